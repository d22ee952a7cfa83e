//! A machine's life: calls, limits, ends, folders of every kind, and what `doctor` is told.

#[path = "yard/mod.rs"]
mod yard;

#[path = "yard/processes.rs"]
mod processes;

use machine::{CallError, Jail, StartError, probe};
use processes::{is_gone_soon, is_named, itself, processes};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use wire::{Exec, FailKind, GuestTool, Limits, Reply, Request};
use yard::{Yard, call, sh, share, shell};

#[tokio::test]
async fn programs_of_the_host_work_inside() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let mut scripts = vec![
        ("cat a.txt | tr a-z A-Z", "FIRST"),
        (
            "pwd; id -u; echo $HOME; hostname 2>/dev/null || cat /etc/hostname",
            "/folders/work\n0\n/home\nmachine",
        ),
        ("find . -type f | sort | xargs wc -c | tail -1 | awk '{print $1}'", "13"),
        ("echo x > /tmp/a && cp /tmp/a b && mv b c && sort c && rm c", "x"),
        ("tar cf t.tar a.txt && mkdir o && tar xf t.tar -C o && cat o/a.txt", "first"),
        ("date -d @0 +%Y; test -c /dev/null && head -c 4 /dev/urandom | wc -c", "4"),
        ("stat -c %a /run/lock; echo 1 > /run/lock/own && cat /run/lock/own", "1777\n1"),
    ];
    // Addresses that are only set aside are no memory, and a network that leads nowhere has a list.
    let others = [
        ("/usr/bin/python3", "-c 'import json,threading,tempfile; print(json.dumps(6*7))'", "42"),
        (
            "/usr/bin/python3",
            "-c 'import mmap; print(len(mmap.mmap(-1, 1 << 36, 34, prot=1)))'",
            "68719476736",
        ),
        ("/usr/bin/python3", "-c 'import socket; print(socket.if_nameindex())'", "[(1, 'lo')]"),
        (
            "/usr/bin/node",
            "-p 'new WebAssembly.Memory({initial:1,maximum:65536}).buffer.byteLength'",
            "65536",
        ),
        ("/usr/bin/node", "-p 'Object.keys(os.networkInterfaces()).join()'", "lo"),
    ];
    let here = others.iter().filter(|(program, ..)| Path::new(program).exists());
    let others: Vec<_> = here.map(|(it, args, want)| (format!("{it} {args}"), *want)).collect();
    scripts.extend(others.iter().map(|(script, want)| (script.as_str(), *want)));
    for (script, want) in scripts {
        let answer = shell(&jail, script).await;
        assert!(answer.code() == 0 && answer.text.trim().ends_with(want), "{script}: {answer:?}");
    }
    jail.stop().await;
}

#[tokio::test]
async fn a_program_ends_as_it_ended() {
    let yard = Yard::new();
    let jail = yard.start().await;
    for (script, code) in [("exit 7", 7), ("kill -TERM $$", 143), ("kill -SEGV $$", 139)] {
        assert_eq!(shell(&jail, script).await.code(), code, "{script}");
    }
    let answer = shell(&jail, "echo out; echo err >&2; exit 1").await;
    assert!(answer.text.contains("out\n") && answer.text.contains("err\n"), "{answer:?}");
    let missing = ["/folders", "/folders/work/none", "/etc", "/folders/../etc", "work", ""];
    for (folder, fits) in missing.into_iter().zip([true, false, false, false, false, false]) {
        let argv = vec!["/bin/true".to_owned()];
        let exec = Exec::new(argv, folder, 60_000);
        match call(&jail, Request::Exec(exec)).await.reply {
            Reply::Exited { code: 0, .. } if fits => {}
            Reply::Failed { kind: FailKind::Path, .. } if !fits => {}
            other => panic!("{folder}: {other:?}"),
        }
    }
    for argv in [vec![], vec!["/no/such".to_owned()], vec!["a\0b".to_owned()]] {
        let exec = Exec::new(argv, "/tmp", 60_000);
        let reply = call(&jail, Request::Exec(exec)).await.reply;
        assert!(matches!(reply, Reply::Failed { kind: FailKind::Arguments, .. }), "{reply:?}");
    }
    jail.stop().await;
}

/// What is blocked is inherited: such a shell never hears that what it waits for has ended.
#[tokio::test]
async fn a_program_hears_every_signal() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let blocked = shell(&jail, "grep SigBlk /proc/self/status").await.text;
    assert_eq!(blocked, "SigBlk:\t0000000000000000\n");
    let waits = "sleep 0.3 & wait; echo ended; trap 'echo usr' USR1; kill -USR1 $$";
    assert_eq!(shell(&jail, waits).await.text, "ended\nusr\n");
    jail.stop().await;
}

#[tokio::test]
async fn output_over_the_limit_is_counted_and_dropped() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let answer = shell(&jail, "head -c 30000000 /dev/zero").await;
    let kept = usize::try_from(yard::LIMITS.output_bytes_max).expect("small");
    assert_eq!(answer.text.len(), kept);
    let dropped_bytes = 30_000_000 - kept as u64;
    assert_eq!(answer.reply, Reply::Exited { code: 0, timed_out: false, dropped_bytes });
    assert_eq!(shell(&jail, "echo next").await.text, "next\n");
    jail.stop().await;
}

#[tokio::test]
async fn a_call_over_its_time_ends_with_all_it_started() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let mark = format!("9{}01", std::process::id());
    let script = format!("trap '' TERM INT; sleep {mark} & sleep {mark}; echo never");
    let answer = call(&jail, sh(&script, 300)).await;
    assert!(matches!(answer.reply, Reply::Exited { timed_out: true, code: 137, .. }), "{answer:?}");
    assert!(processes(&mark).into_iter().all(is_gone_soon));
    jail.stop().await;
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_and_the_machine_goes_on() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let mark = format!("9{}02", std::process::id());
    let script = format!("echo on; exec sleep {mark}");
    let heard = tokio::sync::Notify::new();
    {
        let long = jail.call(sh(&script, 600_000), |_| heard.notify_one());
        tokio::select! {
            reply = long => panic!("it sleeps: {reply:?}"),
            () = heard.notified() => {}
        }
    }
    // The machine hears of it before it hears this.
    assert_eq!(shell(&jail, "echo next").await.text, "next\n");
    assert!(processes(&mark).into_iter().all(is_gone_soon));
    jail.stop().await;
}

#[tokio::test]
async fn many_calls_at_once_do_not_mix() {
    let yard = Yard::new();
    let jail = Arc::new(yard.start().await);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..120 {
        let jail = Arc::clone(&jail);
        calls.spawn(async move {
            let script = format!("for i in 1 2 3; do echo {number}; done; exit {}", number % 7);
            (number, shell(&jail, &script).await)
        });
    }
    while let Some(ended) = calls.join_next().await {
        let (number, answer) = ended.expect("no panic");
        assert_eq!(answer.text, format!("{number}\n").repeat(3));
        assert_eq!(answer.code(), number % 7);
    }
}

#[tokio::test]
async fn nothing_outlives_its_call_or_its_machine() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let mark = format!("9{}03", std::process::id());
    let daemon = format!("setsid nohup sh -c 'trap \"\" TERM HUP; sleep {mark}' >/dev/null 2>&1 &");
    assert_eq!(shell(&jail, &daemon).await.code(), 0);
    assert!(processes(&mark).into_iter().all(is_gone_soon), "idle means that nothing runs");
    let heard = tokio::sync::Notify::new();
    let script = format!("{daemon} echo on; exec sleep {mark}");
    let long = jail.call(sh(&script, 600_000), |_| heard.notify_one());
    let stop = async {
        heard.notified().await;
        assert!(!processes(&mark).is_empty());
        jail.stop().await;
        assert!(processes(&mark).is_empty(), "stop waits until all is gone");
    };
    let (reply, ()) = tokio::join!(long, stop);
    assert_eq!(reply, Err(CallError::Ended { why: "it was stopped".into() }));
}

/// What `bwrap` has forked waits for it, however early both are ended.
#[tokio::test]
async fn a_start_that_is_given_up_leaves_nothing_however_early() {
    let yard = Yard::new();
    let mark = yard.dir.path().to_str().expect("a name of ours").to_owned();
    for early in 0..40 {
        let soon = std::time::Duration::from_micros(early * 250);
        let _ = tokio::time::timeout(soon, yard.start()).await;
    }
    // They are started in turn: when this one stands, all before it are through.
    yard.start().await.stop().await;
    assert!(processes(&mark).into_iter().all(is_gone_soon), "something waits for what is gone");
}

#[tokio::test]
async fn a_stopped_machine_answers_nobody_and_a_new_one_finds_what_was_written() {
    let yard = Yard::new();
    let jail = yard.start().await;
    assert_eq!(
        shell(&jail, "echo new > new.txt; rm a.txt; echo more >> sub/b.txt").await.code(),
        0
    );
    jail.stop().await;
    let late = jail.call(sh("true", 60_000), |_| {}).await;
    assert_eq!(late, Err(CallError::Ended { why: "it was stopped".into() }));
    assert_eq!(fs::read(yard.path("work/a.txt")).expect("untouched"), b"first\n");
    assert_eq!(fs::read(yard.path("work/sub/b.txt")).expect("untouched"), b"second\n");
    let written = yard.path("task/upper/work/upper/new.txt");
    assert_eq!(fs::read(written).expect("in the task's folder"), b"new\n");

    let jail = yard.start().await;
    let answer = shell(&jail, "ls; cat sub/b.txt; ls /base/work; cat /base/work/sub/b.txt").await;
    assert_eq!(answer.text, "new.txt\nsub\nsecond\nmore\na.txt\nsub\nsecond\n");
    jail.stop().await;
}

#[tokio::test]
async fn folders_of_every_kind_are_shown() {
    let mut yard = Yard::new();
    let odd = yard.dir.path().join(std::ffi::OsStr::from_bytes(b"o:d,d\\\n\xff '\"%s"));
    fs::create_dir(&odd).expect("room");
    fs::write(odd.join("f"), "odd").expect("room");
    std::os::unix::fs::symlink(&odd, yard.path("link")).expect("room");
    yard.spec.shares.extend([
        share("a:b,c\\d März", odd.clone(), true),
        share("-rf", yard.path("link"), true),
        share("inner", yard.path("work/sub"), true),
        share("work again", yard.path("work"), false),
    ]);
    let jail = yard.start().await;
    let script = "cat '/folders/a:b,c\\d März/f' /folders/-rf/f /folders/inner/b.txt; \
                  cat '/folders/work again/sub/b.txt'; echo x > '/folders/a:b,c\\d März/new' && \
                  echo x > /folders/inner/new && ls /folders/work/sub";
    let answer = shell(&jail, script).await;
    assert_eq!(answer.text, "oddoddsecond\nsecond\nb.txt\n");
    assert!(shell(&jail, "touch '/folders/work again/x'").await.text.contains("Read-only"));
    jail.stop().await;
    assert!(!odd.join("new").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_shown_is_refused_with_a_reason() {
    let cases: [(&str, &str, bool); 5] = [
        ("x", "missing", true),
        ("a/b", "work", true),
        ("", "work", true),
        ("work", "work", true),
        ("x", "", false),
    ];
    for (name, path, writable) in cases {
        let mut yard = Yard::new();
        let host = yard.path(path);
        yard.spec.shares.push(share(name, host, writable));
        let refused = Jail::start(&yard.spec).await.map(drop).expect_err("not a fit folder");
        let fits = matches!(
            (name, path, &refused),
            ("x", "missing", StartError::ShareMissing { .. })
                | ("x", "", StartError::ShareHoldsTask { .. })
                | ("a/b" | "" | "work", "work", StartError::ShareName { .. })
        );
        assert!(fits, "{name} {path}: {refused:?}");
        assert!(!refused.to_string().is_empty() && !refused.next().is_empty());
    }
    // Every Linux has file systems mounted below its root.
    let mut yard = Yard::new();
    yard.spec.shares = vec![share("dev", "/dev".into(), true)];
    if fs::read_to_string("/proc/self/mountinfo").expect("there").contains(" /dev/pts ") {
        let refused = Jail::start(&yard.spec).await.map(drop).expect_err("it holds mounts");
        assert!(matches!(refused, StartError::ShareHasMounts { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named_with_what_to_do() {
    let mut yard = Yard::new();
    yard.spec.bwrap = "/no/bwrap".into();
    let refused = Jail::start(&yard.spec).await.map(drop).expect_err("no bwrap");
    assert!(matches!(refused, StartError::BwrapMissing { .. }) && refused.next().contains("apt"));
    let report = probe(Path::new("/no/bwrap"), &yard.spec.guest).await;
    assert!(!report.ok && report.next.contains("bubblewrap"), "{report:?}");
    let bwrap = Path::new("/usr/bin/bwrap");
    let report = probe(bwrap, Path::new("/no/guest")).await;
    assert!(!report.ok && report.why.contains("/no/guest"), "{report:?}");
    // A bwrap that only complains, as one does where namespaces are forbidden.
    let fake = yard.path("bwrap");
    fs::write(
        &fake,
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n",
    )
    .expect("room");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).expect("ours");
    let report = probe(&fake, &yard.spec.guest).await;
    assert!(!report.ok && report.why.contains("No permissions"), "{report:?}");
    assert!(!report.next.is_empty());
    let report = probe(bwrap, &yard.spec.guest).await;
    assert!(report.ok && report.next.is_empty(), "{report:?}");
}

#[tokio::test]
async fn roots_machine_reads_and_changes_files_of_everybody_and_is_not_root() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let yard = Yard::new();
    for (name, owner) in [("mine", 0), ("theirs", 61_111)] {
        let path = yard.path("work").join(name);
        fs::write(&path, name).expect("room");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        std::os::unix::fs::chown(&path, Some(owner), Some(owner)).expect("root may");
    }
    let jail = yard.start().await;
    let script = "cat mine theirs && echo + >> mine && echo + >> theirs && mv theirs moved && \
                  chmod 640 moved && cat mine moved && sed 's/ .*//' /proc/self/uid_map | wc -l";
    let answer = shell(&jail, script).await;
    assert!(answer.text.starts_with("minetheirsmine+\ntheirs+\n"), "{answer:?}");
    let mark = format!("9{}04", std::process::id());
    let heard = tokio::sync::Notify::new();
    let script = format!("echo on; exec sleep {mark}");
    let long = jail.call(sh(&script, 600_000), |_| heard.notify_one());
    tokio::pin!(long);
    tokio::select! {
        reply = &mut long => panic!("it sleeps: {reply:?}"),
        () = heard.notified() => {}
    }
    for pid in processes(&mark) {
        let owner = fs::metadata(format!("/proc/{pid}")).expect("it sleeps").uid();
        assert_ne!(owner, 0, "nothing in a machine is the host's root");
    }
    let moved = fs::metadata(yard.path("task/upper/work/upper/moved")).expect("copied up");
    assert_eq!((moved.uid(), moved.mode() & 0o777), (61_111, 0o640));
    assert_eq!(fs::metadata(yard.path("task/upper")).expect("there").mode() & 0o077, 0);
}

#[tokio::test]
async fn tools_answer_in_json_and_long_answers_come_whole() {
    let yard = Yard::new();
    for number in 0..6_000 {
        fs::write(yard.path("work/sub").join(format!("{number:-<200}")), "").expect("room");
    }
    let jail = yard.start().await;
    let tool = |tool, args: &str| Request::Tool { tool, args: args.into(), timeout_ms: 60_000 };
    let list = tool(GuestTool::ListFiles, r#"{"path":"work"}"#);
    match call(&jail, list).await.reply {
        Reply::Result { json, more: false } => {
            assert!(json.len() > 1_200_000, "{}", json.len());
            let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            assert_eq!(value["entries"].as_array().map(Vec::len), Some(6_003));
        }
        other => panic!("{other:?}"),
    }
    for args in ["", "{}", "[1]", r#"{"path":"../../etc"}"#, r#"{"path":"/etc"}"#] {
        let reply = call(&jail, tool(GuestTool::ListFiles, args)).await.reply;
        let kind =
            matches!(reply, Reply::Failed { kind: FailKind::Arguments | FailKind::Path, .. });
        assert!(kind, "{args}: {reply:?}");
    }
    let long = format!(r#"{{"path":"work/long.txt","text":"{}"}}"#, "x".repeat(3_000_000));
    let written = call(&jail, tool(GuestTool::WriteFile, &long)).await.reply;
    assert!(matches!(written, Reply::Result { .. }), "{written:?}");
    let huge = "x".repeat(61 * 1024 * 1024);
    let refused = jail.call(tool(GuestTool::WriteFile, &huge), |_| {}).await;
    assert_eq!(refused, Err(CallError::TooLarge));
    assert_eq!(shell(&jail, "wc -c < long.txt").await.text, "3000000\n");
    jail.stop().await;
}

/// Starts a machine that sleeps, and stays: the other half of the test below. Alone it does
/// nothing.
#[tokio::test]
async fn a_host_that_will_be_killed() {
    let Some(mark) = yard::given("LEGWORK_TEST_MARK") else { return };
    let yard = Yard::new();
    let jail = yard.start().await;
    let _ = jail.call(sh(&format!("sleep {mark}; true"), 600_000), |_| {}).await;
}

#[test]
fn a_machine_dies_with_its_host() {
    let mark = format!("9{}05", std::process::id());
    let place = tempfile::tempdir_in("/var/tmp").expect("room");
    let mut host = itself("a_host_that_will_be_killed", &mark, place.path());
    let sleeping = || processes(&mark).into_iter().filter(|pid| is_named(*pid, "sleep"));
    // The machine is up when its program sleeps; until then the host must not have given up.
    while sleeping().next().is_none() {
        assert!(host.try_wait().expect("ours").is_none(), "the host ended early");
        std::thread::yield_now();
    }
    let pids: Vec<i32> = sleeping().collect();
    host.kill().expect("ours");
    host.wait().expect("ours");
    assert!(pids.into_iter().all(is_gone_soon), "the machine outlived its host");
    machine::clear(place.path()).expect("what it left can be removed");
}

/// Starts machines and gives them up, again and again: the other half of the test below. Alone it
/// does nothing.
#[tokio::test]
async fn a_host_that_will_be_killed_while_it_starts() {
    if yard::given("LEGWORK_TEST_MARK").is_none() {
        return;
    }
    let yard = Yard::new();
    fs::write(yard.path("../stands"), "").expect("room");
    loop {
        yard.start().await.stop().await;
    }
}

/// Whatever moment it was.
#[test]
fn nothing_waits_for_a_host_that_was_killed_while_it_started() {
    let place = tempfile::tempdir_in("/var/tmp").expect("room");
    let mark = place.path().to_str().expect("a name of ours").to_owned();
    for moment in 0..24 {
        let own = place.path().join(moment.to_string());
        fs::create_dir(&own).expect("room");
        let mut host = itself("a_host_that_will_be_killed_while_it_starts", &mark, &own);
        while !own.join("stands").exists() {
            assert!(host.try_wait().expect("ours").is_none(), "the host ended early");
            std::thread::yield_now();
        }
        std::thread::sleep(std::time::Duration::from_micros(700 * moment));
        host.kill().expect("ours");
        host.wait().expect("ours");
        // What it had forked becomes `bwrap` before the next host of that place can be up.
        while processes(&mark).into_iter().any(|pid| !is_named(pid, "bwrap")) {
            std::thread::yield_now();
        }
    }
    machine::end_orphans(place.path());
    assert!(processes(&mark).into_iter().all(is_gone_soon), "something waits for its host");
    machine::clear(place.path()).expect("what it left can be removed");
}

/// Fills the small disk that it finds itself on: the other half of the test below.
#[tokio::test]
async fn a_disk_that_fills() {
    if yard::given("LEGWORK_TEST_MARK").is_none_or(|mark| mark != "disk") {
        return;
    }
    let mut yard = Yard::new();
    yard.spec.shares.clear();
    let jail = yard.start().await;
    let heard = tokio::sync::Notify::new();
    let argv = ["/bin/sh", "-c", "echo on; exec sleep 600"].map(String::from).into();
    let exec = Request::Exec(Exec::new(argv, "/tmp", 600_000));
    let long = jail.call(exec, |_| heard.notify_one());
    let fill = async {
        heard.notified().await;
        let disk = rustix::fs::statvfs(yard.dir.path()).expect("there");
        assert!(disk.f_blocks * disk.f_frsize < 256 << 20, "not the small disk");
        let bytes = (disk.f_bavail * disk.f_frsize).saturating_sub(64 * 1024);
        let bytes = usize::try_from(bytes).expect("small");
        fs::write(yard.path("large"), vec![1_u8; bytes]).expect("it fits");
    };
    let (reply, ()) = tokio::join!(long, fill);
    let Err(CallError::Ended { why }) = reply else { panic!("{reply:?}") };
    assert!(why.contains("almost full") && why.contains("MB must stay so"), "{why}");
    jail.stop().await;
    // Nothing is started either until there is room.
    assert_eq!(machine::no_room(&yard.spec.dir).map(|why| why.contains("almost full")), Some(true));
    fs::remove_file(yard.path("large")).expect("ours");
    assert_eq!(machine::no_room(&yard.spec.dir), None);
    println!("the machine ended first");
}

/// Says that the computer has no memory left, as a busy one would: half of the test below.
#[tokio::test]
async fn a_memory_that_runs_out() {
    if yard::given("LEGWORK_TEST_MARK").is_none_or(|mark| mark != "memory") {
        return;
    }
    let yard = Yard::new();
    let jail = yard.start().await;
    let table = fs::read_to_string("/proc/meminfo").expect("there");
    let line = table.lines().find(|line| line.starts_with("MemAvailable:")).expect("a line");
    fs::write(yard.path("meminfo"), table.replace(line, "MemAvailable:  3072 kB")).expect("room");
    let heard = tokio::sync::Notify::new();
    let long = jail.call(sh("echo kept > kept; echo on; exec sleep 600", 600_000), |_| {
        heard.notify_one();
    });
    let fall_short = async {
        heard.notified().await;
        // After the machine's start: a namespace below is given no table that something covers.
        rustix::mount::mount_bind(yard.path("meminfo"), "/proc/meminfo").expect("it is ours here");
    };
    let (reply, ()) = tokio::join!(long, fall_short);
    let Err(CallError::Ended { why }) = reply else { panic!("{reply:?}") };
    assert!(why.starts_with("the computer is almost out of memory: 3 MB are free"), "{why}");
    assert_eq!(jail.ended().as_ref(), Some(&why));
    jail.stop().await;
    assert_eq!(machine::no_room(&yard.spec.dir), Some(why));
    let unmount = rustix::mount::UnmountFlags::empty();
    rustix::mount::unmount("/proc/meminfo", unmount).expect("it is ours");
    // What was written is there when it goes on.
    let jail = yard.start().await;
    assert_eq!(shell(&jail, "cat kept").await.text, "kept\n");
    jail.stop().await;
    println!("the machine ended first");
}

#[test]
fn a_machine_ends_before_the_memory_is_gone() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a table of its own takes a namespace of its own"
    )]
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount"])
        .arg(std::env::current_exe().expect("a program knows itself"))
        .args(["--exact", "a_memory_that_runs_out", "--nocapture"])
        .env("LEGWORK_TEST_MARK", "memory")
        .output()
        .expect("unshare is part of util-linux");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("ended first"), "{said}");
}

/// Servers want many files, and sanitizers more addresses than there is memory.
#[tokio::test]
async fn what_asks_for_more_files_or_memory_may_have_it() {
    let mut yard = Yard::new();
    yard.spec.limits.open_files_max = 8192;
    yard.spec.limits.memory_bytes_max = 128 << 20;
    let jail = yard.start().await;
    let answer = shell(&jail, "ulimit -n; ulimit -Hn; ulimit -n 8192 && ulimit -n").await;
    assert_eq!(answer.text, "4096\n8192\n8192\n");
    let map = "python3 -c 'import mmap; mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | 0x4000)'";
    if Path::new("/usr/bin/python3").exists() {
        assert_ne!(shell(&jail, map).await.code(), 0);
        assert_eq!(shell(&jail, &format!("ulimit -d unlimited; {map}")).await.code(), 0);
    }
    jail.stop().await;
}

/// A limit that is reached ends what reached it, with words; the machine works on.
#[tokio::test]
async fn what_reaches_a_limit_is_told_so_and_the_machine_goes_on() {
    let mut yard = Yard::new();
    yard.spec.limits = Limits {
        processes_max: 12,
        memory_bytes_max: 256 << 20,
        file_bytes_max: 1 << 20,
        open_files_max: 64,
        output_bytes_max: 1000,
    };
    let jail = yard.start().await;
    let python = Path::new("/usr/bin/python3").exists();
    for (script, want, is_here) in [
        ("for n in 1 2 3 4 5 6 7 8 9 10 11 12 13; do sleep 100 & done", "Cannot fork", true),
        // A shell that hears of the end before it waits for it says no word, only the number.
        ("head -c 2M /dev/zero > large; echo \"ended $?\"", "ended 153", true),
        ("/folders/tools/abuse files", "EMFILE", true),
        ("python3 -c 'x = bytearray(1 << 30)'", "MemoryError", python),
    ] {
        if !is_here {
            continue;
        }
        let answer = shell(&jail, &format!("exec 2>&1; {script}")).await;
        assert!(answer.text.contains(want), "{script}: {answer:?}");
        assert!(matches!(answer.reply, Reply::Exited { timed_out: false, .. }), "{answer:?}");
        assert_eq!(shell(&jail, "echo alive").await.text, "alive\n", "after {script}");
    }
    let answer = shell(&jail, "head -c 5000 /dev/zero | tr '\\0' x; exit 3").await;
    assert_eq!(answer.text.len(), 1000);
    let Reply::Exited { code: 3, timed_out: false, dropped_bytes: 4000 } = answer.reply else {
        panic!("{answer:?}")
    };
    // A tool that finds no room for a process of its own says so too.
    // The last place is that of the program which took all others, once it has ended.
    let fill = "/folders/tools/abuse forks > /dev/null; sleep 100 & echo on; exec sleep 100";
    let fill = sh(fill, 600_000);
    let heard = tokio::sync::Notify::new();
    let full = jail.call(fill, |_| heard.notify_one());
    let ask = async {
        heard.notified().await;
        let list = Request::Tool {
            tool: GuestTool::ListFiles,
            args: r#"{"path":"work"}"#.into(),
            timeout_ms: 60_000,
        };
        let refused = call(&jail, list).await.reply;
        let told = matches!(&refused, Reply::Failed { kind: FailKind::Limit, why }
            if why.contains("can start no more processes"));
        assert!(told, "{refused:?}");
    };
    tokio::select! {
        reply = full => panic!("it sleeps: {reply:?}"),
        () = ask => {}
    }
    assert_eq!(jail.ended(), None);
    jail.stop().await;
}

#[test]
fn a_machine_ends_before_its_disk_is_full() {
    let place = tempfile::tempdir_in("/var/tmp").expect("room");
    let path = place.path().display();
    let script = format!(
        "mount -t tmpfs -o size=128m,mode=777 small {path} && exec \"$0\" --exact a_disk_that_fills \
         --nocapture"
    );
    #[expect(clippy::disallowed_methods, reason = "a disk of its own takes namespaces of its own")]
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(std::env::current_exe().expect("a program knows itself"))
        .env("LEGWORK_TEST_MARK", "disk")
        .env(yard::PLACE, place.path())
        .output()
        .expect("unshare is part of util-linux");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("ended first"), "{said}");
}

#[tokio::test]
async fn a_bomb_of_processes_ends_with_its_machine() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let heard = tokio::sync::Notify::new();
    let mark = format!("9{}06", std::process::id());
    let script = format!("/folders/tools/abuse forks; echo on; exec sleep {mark}");
    let long = jail.call(sh(&script, 600_000), |_| heard.notify_one());
    let stop = async {
        heard.notified().await;
        assert_eq!(processes(&mark).len(), 1);
        jail.stop().await;
        assert!(processes(&mark).is_empty());
        // The program lies in a folder that no other test's machine has.
        let folder = yard.dir.path().display().to_string();
        assert!(processes(&folder).is_empty(), "bwrap is gone, and the bomb in its namespace");
    };
    let (reply, ()) = tokio::join!(long, stop);
    assert_eq!(reply, Err(CallError::Ended { why: "it was stopped".into() }));
}

#[tokio::test]
async fn a_flood_of_output_does_not_grow_the_host() {
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").expect("there");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).expect("a number")
    };
    let yard = Yard::new();
    let jail = yard.start().await;
    let before = resident();
    let answer = shell(&jail, "head -c 1000M /dev/zero | tr '\\0' '\\377'").await;
    let Reply::Exited { code: 0, dropped_bytes, .. } = answer.reply else { panic!("{answer:?}") };
    assert!(dropped_bytes > 900 << 20, "{dropped_bytes}");
    // Other tests of this process take some meanwhile.
    assert!(resident() < before + 512 * 1024, "{before} kB, now {}", resident());
    jail.stop().await;
}

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
