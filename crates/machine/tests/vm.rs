//! A VM's life: programs, tools, limits, folders in and out, restores that share nothing, ends.

mod vm_yard;
#[path = "world/mod.rs"]
mod world;

use machine::{CallError, Feed, Happening, Machine, Speed, StartError, VmError, VmSpare, probe_vm};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use vm_yard::{VmYard, call, given, itself, processes_below, seconds_now, sh, share, shell};
use wire::{
    DoorKind, Doors, Exec, ExecInput, FailKind, GuestTool, Output, PlacedFile, Reply, Request,
    Terminal,
};
use world::{World, file, folder, link, plain, shown, tree};

#[tokio::test]
async fn programs_of_the_image_work_inside() {
    let yard = VmYard::new();
    let vm = yard.start().await;
    let scripts = [
        ("cat a.txt | tr a-z A-Z", "FIRST"),
        ("pwd; id -u; echo $HOME; hostname", "/folders/work\n0\n/home\nmachine"),
        ("cat /base/work/sub/b.txt /folders/tools/c.txt", "second\ntool"),
        ("python3 -c 'print(6*7)'", "42"),
        // The system is the machine's own, to change and to break.
        (
            "echo x > /usr/local/x && cat /usr/local/x && rm /usr/bin/perl && test ! -e /usr/bin/perl",
            "x",
        ),
        ("chown 33:33 sub && stat -c %u sub && setpriv --reuid=65534 id -u", "33\n65534"),
        ("apt-get --version >/dev/null && dpkg --print-architecture", "amd64"),
        (
            "python3 -c 'import socket; s=socket.create_server((\"127.0.0.1\",80)); print(s.getsockname()[1])'",
            "80",
        ),
        ("ulimit -n; nproc; awk '/MemTotal/ {print ($2 < 524288)}' /proc/meminfo", "256\n1\n1"),
    ];
    for (script, want) in scripts {
        let answer = shell(&vm, script).await;
        assert!(answer.code() == 0 && answer.text.trim().ends_with(want), "{script}: {answer:?}");
    }
    vm.stop().await.expect("what was written comes home");
    let late = vm.call(sh("true", 60_000), |_| {}).await;
    assert_eq!(late, Err(CallError::Ended { why: "it was stopped".into() }));
}

#[tokio::test]
async fn what_could_reach_the_host_or_the_disks_is_not_there() {
    let yard = VmYard::new();
    let vm = yard.start().await;
    let refused = [
        "ls /dev | grep -E 'vd|sd|mem$|kvm|vport|port'",
        "mknod /tmp/d b 254 0",
        "mount -t tmpfs x /mnt",
        "unshare -r true",
        "unshare -n true",
        "echo b > /proc/sysrq-trigger",
        "echo 0 > /proc/sys/kernel/randomize_va_space",
        "echo x > /sys/power/state",
        "reboot -f",
        "chroot / true",
        "date -s @0",
        "hostname other",
        "dmesg",
        "cat /proc/1/environ",
        "readlink /proc/1/fd/4",
        "cat /proc/1/mem",
        "grep -v '^ *lo:' /proc/net/dev | grep :",
        "ls /host /modules /new /scratch /lower /init",
        "echo x >> /reader",
        "rm /reader",
        "mount -o remount,rw /reader",
        "touch /folders/tools/x",
        "touch /base/work/x",
        "insmod /lib/x.ko",
    ];
    for script in refused {
        let answer = shell(&vm, script).await;
        assert_ne!(answer.code(), 0, "{script}: {answer:?}");
    }
    let bomb = ":() { :|:& }; :; sleep 1; echo on";
    let answer = call(&vm, sh(bomb, 5_000)).await;
    assert!(matches!(answer.reply, Reply::Exited { .. }), "{answer:?}");
    assert_eq!(shell(&vm, "echo still").await.text, "still\n");
    let eats = "python3 -c 'b = [bytearray(1 << 20) for _ in range(4000)]'; echo $?";
    assert_ne!(shell(&vm, eats).await.text.trim(), "0", "more memory than there is");
    assert_eq!(shell(&vm, "echo still").await.text, "still\n");
    vm.stop().await.expect("nothing was written");
}

#[tokio::test]
async fn the_tools_of_the_guest_work() {
    let yard = VmYard::new();
    let vm = yard.start().await;
    let tool = |tool, args: &str| Request::Tool { tool, args: args.into(), timeout_ms: 60_000 };
    match call(&vm, tool(GuestTool::ListFiles, r#"{"path":"work"}"#)).await.reply {
        Reply::Result { json, more: false } => {
            let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
            assert_eq!(value["entries"].as_array().map(Vec::len), Some(3), "{json}");
        }
        other => panic!("{other:?}"),
    }
    let long = format!(r#"{{"path":"work/long.txt","text":"{}"}}"#, "x".repeat(3_000_000));
    let written = call(&vm, tool(GuestTool::WriteFile, &long)).await.reply;
    assert!(matches!(written, Reply::Result { .. }), "{written:?}");
    let read = call(&vm, tool(GuestTool::ReadDocument, r#"{"path":"work/a.txt"}"#)).await.reply;
    let Reply::Result { json, more: false } = read else { panic!("{read:?}") };
    assert!(json.contains("first"), "{json}");
    let outside = call(&vm, tool(GuestTool::ListFiles, r#"{"path":"/etc"}"#)).await.reply;
    let fits = matches!(outside, Reply::Failed { kind: FailKind::Arguments | FailKind::Path, .. });
    assert!(fits, "{outside:?}");
    vm.stop().await.expect("what was written comes home");
    let written = fs::read(yard.path("task/upper/work/upper/long.txt")).expect("it came home");
    assert_eq!(written.len(), 3_000_000);
}

/// What the task does in the share `docs`.
const WORK: &str = r#"
set -e
cd /folders/docs
printf edited > edit.txt
rm gone.txt
chmod 755 mode.sh
touch same.txt
mkdir sorted && mv inbox/a.pdf sorted/
mv inbox/b.pdf "sorted/b renamed.pdf"
rm -r old && mkdir old && printf new > old/new
rm file-to-folder && mkdir file-to-folder && printf fresh > file-to-folder/x
rm -r folder-to-link && ln -s sorted folder-to-link
ln -sf edit.txt points
mkfifo pipe
python3 - <<'END'
import os
os.mkdir(b'two\nlines')
open(b'two\nlines/\xff\xfe', 'w').write('odd')
open(b'n' * 255, 'w').write('long')
open('-rf', 'w').write('dash')
f = open('sparse', 'w'); f.seek(50_000_000); f.write('end'); f.close()
import socket
socket.socket(socket.AF_UNIX).bind('socket')
END
chown 1:1 edit.txt && chmod 4755 mode.sh
"#;

fn base() -> world::Tree {
    tree([
        ("edit.txt", file("before")),
        ("gone.txt", file("gone")),
        ("mode.sh", file("#!/bin/sh\n")),
        ("same.txt", file("same")),
        ("inbox/a.pdf", file("content of a")),
        ("inbox/b.pdf", file("content of b")),
        ("old/x", file("x")),
        ("old/deep/y", file("y")),
        ("file-to-folder", file("f")),
        ("folder-to-link/z", file("z")),
        ("points", link("gone.txt")),
        ("odd \u{202e}name", file("odd")),
    ])
}

#[tokio::test]
async fn folders_go_in_and_changes_come_out_to_be_applied_and_undone() {
    let mut yard = VmYard::new();
    let mut world = World::new(&base());
    let before = world.look();
    yard.spec.shares.push(share("docs", world.host.clone(), true));
    let vm = yard.start().await;
    let answer = shell(&vm, WORK).await;
    assert_eq!((answer.code(), answer.text.as_str()), (0, ""), "{answer:?}");
    vm.stop().await.expect("what was written comes home");
    assert_eq!(world.look(), before, "the folder itself is untouched");

    // A second machine of the task finds what the first one wrote, and adds to it.
    let vm = yard.start().await;
    let script = "cd /folders/docs; cat edit.txt sorted/a.pdf old/new; ls old inbox; ls -d gone.txt; \
                  printf ' twice' >> edit.txt; rm -r sorted";
    let answer = shell(&vm, script).await;
    assert!(
        answer.text.starts_with("editedcontent of anewinbox:\n\nold:\nnew\nls: "),
        "{answer:?}"
    );
    vm.stop().await.expect("what was written comes home");

    world.upper = yard.path("task/upper/docs/upper");
    let long = "n".repeat(255);
    let created = format!("docs/{long} File: created");
    assert_eq!(
        shown(&world.list()),
        [
            "docs/-rf File: created",
            "docs/edit.txt File: modified",
            "docs/file-to-folder File: deleted",
            "docs/file-to-folder Folder: created",
            "docs/file-to-folder/x File: created",
            "docs/folder-to-link Folder: deleted",
            "docs/folder-to-link Link: created",
            "docs/folder-to-link/z File: deleted",
            "docs/gone.txt File: deleted",
            "docs/inbox/a.pdf File: deleted",
            "docs/inbox/b.pdf File: deleted",
            "docs/mode.sh File: mode 755 [tick]",
            created.as_str(),
            "docs/old/deep Folder: deleted",
            "docs/old/deep/y File: deleted",
            "docs/old/new File: created",
            "docs/old/x File: deleted",
            "docs/pipe Other: created [refused]",
            "docs/points Link: modified",
            "docs/socket Other: created [refused]",
            "docs/sparse File: created",
            "docs/two\\x0alines Folder: created",
            "docs/two\\x0alines/\\xff\\xfe File: created",
        ]
    );
    world.apply("a");
    let after = world.content();
    let wanted = plain(tree([
        (&b"edit.txt"[..], file("edited twice")),
        (b"two\nlines/\xff\xfe", file("odd")),
        (b"folder-to-link", link("sorted")),
        (b"inbox", folder()),
        (long.as_bytes(), file("long")),
    ]));
    for (path, thing) in wanted {
        assert_eq!(after.get(&path), Some(&thing), "{}", String::from_utf8_lossy(&path));
    }
    assert!(!after.contains_key(&b"gone.txt"[..]));
    world.undo("a");
    assert_eq!(world.look(), before);
}

#[tokio::test]
async fn what_comes_home_early_comes_home_again() {
    let mut yard = VmYard::new();
    let folder = yard.path("private");
    fs::create_dir(&folder).expect("room");
    fs::write(folder.join("a"), "a").expect("room");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).expect("it is ours");
    yard.spec.shares.push(share("private", folder, true));
    let upper = yard.path("task/upper/private/upper");
    let mode = || fs::metadata(&upper).expect("it is there").permissions().mode() & 0o777;
    let vm = yard.start().await;
    let rounds = [
        ("cd /folders/private; stat -c %a . a /base/private", "750\n644\n750\n", ""),
        ("cd /folders/private; echo b > b; cat a; stat -c %a .", "a750\n", "b"),
        ("cd /folders/private; rm b; echo c > c; ls; ls -A /base/private", "a\nc\na\n", "c"),
    ];
    for (script, want, written) in rounds {
        assert_eq!(shell(&vm, script).await.text, want, "{script}");
        vm.collect().await.expect("it comes home while the machine lives");
        let found: Vec<String> = fs::read_dir(&upper)
            .expect("it is there")
            .flatten()
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(found.join(" "), written);
        assert_eq!(mode(), 0o750);
    }
    vm.stop().await.expect("what was written comes home");
}

#[tokio::test]
async fn shares_of_every_name_are_shown() {
    let mut yard = VmYard::new();
    let odd = yard.path("o:d,d\\ '\"%s\n");
    fs::create_dir(&odd).expect("room");
    fs::write(odd.join("f"), "odd").expect("room");
    std::os::unix::fs::symlink(&odd, yard.path("link")).expect("room");
    yard.spec.shares.extend([
        share("a:b,c\\d März", odd.clone(), true),
        share("-rf", yard.path("link"), true),
        share("work again", yard.path("work"), false),
    ]);
    let vm = yard.start().await;
    let script = "cat '/folders/a:b,c\\d März/f' /folders/-rf/f '/folders/work again/sub/b.txt'; \
                  echo x > '/folders/a:b,c\\d März/new'; ls /folders/-rf";
    assert_eq!(shell(&vm, script).await.text, "oddoddsecond\nf\n");
    vm.stop().await.expect("what was written comes home");
    assert!(yard.path("task/upper/a:b,c\\d März/upper/new").is_file() && !odd.join("new").exists());
}

#[tokio::test]
async fn machines_of_one_template_share_nothing_but_their_past() {
    let yards = [VmYard::new(), VmYard::new()];
    let mut seen: [BTreeSet<String>; 3] = Default::default();
    for yard in &yards {
        let before = seconds_now();
        let vm = yard.start().await;
        let script = "cat /etc/machine-id; head -c 16 /dev/urandom | od -An -tx1; \
                      cat /proc/sys/kernel/random/uuid; date +%s.%N";
        let answer = shell(&vm, script).await;
        let now = seconds_now();
        let lines: Vec<&str> = answer.text.lines().collect();
        let [id, chance, uuid, date] = lines[..] else { panic!("{answer:?}") };
        assert_eq!(id.len(), 32);
        for (kind, text) in [id, chance, uuid].into_iter().enumerate() {
            assert!(seen[kind].insert(text.into()), "twice: {text}");
        }
        let date: f64 = date.parse().expect("a number");
        // However busy the computer is, it lies in between.
        assert!((before - 1.0..now + 1.0).contains(&date), "{before} {date} {now}");
        assert_eq!(shell(&vm, "touch /usr/left; ls /tmp").await.text, "");
        vm.stop().await.expect("nothing was written");
    }
    let vm = yards[0].start().await;
    assert_eq!(shell(&vm, "ls /usr/left").await.code(), 2, "a machine's system is thrown away");
}

#[tokio::test]
async fn a_spare_vm_becomes_the_same_machine_as_a_new_one() {
    let look = "exec 2>&1; cat a.txt /folders/tools/c.txt; echo new > new.txt; ls /folders /base; \
                ls -A / /tmp /home; cut -d' ' -f5- /proc/self/mountinfo | sort; \
                grep -h -E 'Cap|Seccomp|NoNew' /proc/self/status; ulimit -a; \
                cat /proc/sys/user/max_user_namespaces; \
                echo $$ > /usr/own && ls /usr";
    let (plain, yard) = (VmYard::new(), VmYard::new());
    let new = plain.start().await;
    let wanted = shell(&new, look).await;
    new.stop().await.expect("what was written comes home");
    let spare = VmSpare::start(&yard.spec, &yard.path("")).await.expect("it starts");
    let vm = spare.try_hand_over(&yard.spec).await.expect("it is fit");
    let seen = shell(&vm, look).await;
    assert_eq!(seen.text, wanted.text);
    vm.stop().await.expect("what was written comes home");
    assert_eq!(fs::read(yard.path("task/upper/work/upper/new.txt")).expect("home"), b"new\n");

    let spare = VmSpare::start(&yard.spec, &yard.path("")).await.expect("it starts");
    let mut other = yard.spec.clone();
    other.hardware.memory_bytes += 64 << 20;
    assert!(spare.try_hand_over(&other).await.is_none(), "of another size");
    let spare = VmSpare::start(&yard.spec, &yard.path("")).await.expect("it starts");
    assert_eq!(fs::read_dir(yard.path("")).expect("ours").count(), 3, "its files have no names");
    let qemu = processes_below(std::process::id(), "qemu");
    assert!(!qemu.is_empty());
    drop(spare);
    for process in qemu {
        let mut gone = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut gone, None).expect("it ends");
    }
}

/// In a process of its own, because it kills every QEMU below it.
#[test]
fn a_machine_that_is_gone_is_reported() {
    let _made = VmYard::new();
    let mut alone = itself("a_machine_that_is_gone", Path::new("/dev/null"));
    assert!(alone.wait().expect("ours").success(), "its complaint is above");
}

/// The other half of the test above. Alone it does nothing.
#[tokio::test]
async fn a_machine_that_is_gone() {
    if given("LEGWORK_TEST_READY").is_none() {
        return;
    }
    let yard = VmYard::new();
    let vm = yard.start().await;
    assert_eq!(shell(&vm, "echo kept > kept.txt").await.code(), 0);
    vm.collect().await.expect("it comes home while the machine lives");
    assert_eq!(shell(&vm, "echo lost > lost.txt").await.code(), 0);
    for pidfd in processes_below(std::process::id(), "qemu") {
        rustix::process::pidfd_send_signal(&pidfd, rustix::process::Signal::KILL).expect("ours");
    }
    let why = vm.wait_end().await;
    assert!(!why.is_empty());
    let lost = vm.stop().await.expect_err("what was written is gone with it");
    assert!(lost.to_string().contains("work") && !lost.next().is_empty(), "{lost}");
    let upper = yard.path("task/upper/work/upper");
    assert_eq!(fs::read(upper.join("kept.txt")).expect("saved"), b"kept\n");
    assert!(!upper.join("lost.txt").exists());
}

#[tokio::test]
async fn a_vm_that_cannot_start_says_why_and_what_next() {
    let yard = VmYard::new();
    let mut cases = Vec::new();
    let mut push = |change: &dyn Fn(&mut machine::VmSpec)| {
        let mut spec = yard.spec.clone();
        change(&mut spec);
        cases.push(spec);
    };
    push(&|spec| spec.programs.qemu = "/no/qemu".into());
    push(&|spec| spec.programs.bwrap = "/no/bwrap".into());
    push(&|spec| spec.image = "/no/image".into());
    push(&|spec| spec.guest = "/no/guest".into());
    push(&|spec| spec.shares.push(share("x", "/no/folder".into(), true)));
    push(&|spec| spec.shares.push(share("a/b", "/usr".into(), false)));
    // A program that is none: the kernel finds nothing to start.
    let fake = yard.path("fake");
    for program in [&fake, &yard.path("legwork-reader")] {
        fs::write(program, "nothing").expect("room");
    }
    push(&|spec| spec.guest = fake.clone());
    // A QEMU that complains and ends.
    let complains = yard.path("qemu");
    fs::write(&complains, "no program").expect("room");
    push(&|spec| spec.programs.qemu = complains.clone());
    for spec in cases {
        let refused = machine::Vm::start(&spec).await.map(drop).expect_err("it cannot start");
        assert!(refused.to_string().len() > 20 && refused.next().len() > 10, "{refused:?}");
    }
    let mut spec = yard.spec.clone();
    spec.guest = fake;
    let refused = machine::Vm::start(&spec).await.map(drop).expect_err("it cannot start");
    let StartError::Vm(VmError::Boot { why }) = refused else { panic!("{refused:?}") };
    assert!(why.contains("panic"), "{why}");
}

#[tokio::test]
async fn broken_virtualisation_is_found_out_and_remembered() {
    let mut yard = VmYard::new();
    let fresh = tempfile::tempdir_in("/var/tmp").expect("room");
    yard.spec.templates = fresh.path().into();
    let started = seconds_now();
    let report = probe_vm(&yard.spec).await;
    assert!(seconds_now() - started < 20.0, "{report:?}");
    assert!(report.ok, "{report:?}");
    if report.speed == Speed::Emulated {
        assert!(report.why.contains("software") && !report.next.is_empty(), "{report:?}");
    }
    assert_eq!(probe_vm(&yard.spec).await, report);
    yard.spec.programs.qemu = "/no/qemu".into();
    let report = probe_vm(&yard.spec).await;
    assert!(!report.ok && report.next.contains("qemu"), "{report:?}");
}

#[tokio::test]
async fn virtualisation_that_hangs_is_given_up() {
    let mut yard = VmYard::new();
    let fresh = tempfile::tempdir_in("/var/tmp").expect("room");
    yard.spec.templates = fresh.path().into();
    yard.spec.programs.qemu = env!("CARGO_BIN_EXE_abuse").into();
    let report = probe_vm(&yard.spec).await;
    assert!(report.ok && report.speed == Speed::Emulated, "{report:?}");
    let usable = rustix::fs::access("/dev/kvm", rustix::fs::Access::EXISTS).is_ok();
    assert_eq!(report.why.contains("did not start"), usable, "{report:?}");
    assert!(processes_below(std::process::id(), "abuse").is_empty(), "it was ended");
}

/// Starts a machine and stays: the other half of the test below. Alone it does nothing.
#[tokio::test]
async fn a_host_that_will_be_killed() {
    let Some(ready) = given("LEGWORK_TEST_READY") else { return };
    let yard = VmYard::new();
    let vm = yard.start().await;
    assert_eq!(shell(&vm, "echo up").await.text, "up\n");
    fs::write(ready, "").expect("room");
    vm.wait_end().await;
}

#[test]
fn a_vm_dies_with_its_host() {
    let _made = VmYard::new();
    let place = tempfile::tempdir_in("/var/tmp").expect("room");
    let ready = place.path().join("ready");
    let mut host = itself("a_host_that_will_be_killed", &ready);
    while !ready.exists() {
        assert!(host.try_wait().expect("ours").is_none(), "the host ended early");
        std::thread::yield_now();
    }
    let below = processes_below(host.id(), "");
    assert!(below.len() >= 2, "bwrap and QEMU run: {below:?}");
    host.kill().expect("ours");
    host.wait().expect("ours");
    for pidfd in below {
        let mut fds = [rustix::event::PollFd::new(&pidfd, rustix::event::PollFlags::IN)];
        let wait = rustix::event::Timespec { tv_sec: 10, tv_nsec: 0 };
        let ready = rustix::event::poll(&mut fds, Some(&wait)).expect("pollable");
        assert!(ready > 0, "the machine outlived its host");
    }
}

#[tokio::test]
async fn nothing_of_a_machine_lies_in_its_folder_but_what_it_wrote() {
    let yard = VmYard::new();
    let vm = yard.start().await;
    let names = |path: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(path).expect("there").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    let left = BTreeSet::from(["upper".to_owned()]);
    let in_task = names(&yard.path("task"));
    assert!(in_task.difference(&left).all(|name| name == "guest.log"), "{in_task:?}");
    vm.stop().await.expect("nothing was written");
    assert_eq!(
        names(&yard.path("task/upper/work")),
        BTreeSet::from(["upper".into(), "work".into()])
    );
}

#[test]
fn machines_of_an_ordinary_user_work_alike() {
    vm_yard::again_as_an_ordinary_user(&[
        "programs_of_the_image_work_inside",
        "folders_go_in_and_changes_come_out_to_be_applied_and_undone",
    ]);
}

#[tokio::test]
async fn the_doors_of_a_vm_are_those_of_any_machine() {
    let mut yard = VmYard::new();
    let authority = "-----BEGIN CERTIFICATE-----\nTEdXSw==\n-----END CERTIFICATE-----\n";
    yard.spec.doors = Some(Doors { ports: vec![22], authority: Some(authority.into()) });
    yard.spec.environment = vec![("FROM_HOST".into(), "yes".into())];
    let text = "[global]\n".into();
    yard.spec.files = vec![PlacedFile { path: "/etc/odd/conf".into(), mode: 0o640, text }];
    let vm = yard.start().await;
    let script = "echo $HTTPS_PROXY $FROM_HOST; cat /etc/odd/conf; stat -c %a /etc/odd/conf; \
                  tail -n 1 $SSL_CERT_FILE";
    let want = "http://127.0.0.1:3128 yes\n[global]\n640\n-----END CERTIFICATE-----\n";
    assert_eq!(shell(&vm, script).await.text, want);

    let mut connections = vm.connections().expect("it has doors, and nobody took them");
    assert!(vm.connections().is_none(), "once");
    for (to, kind, name) in [
        ("127.0.0.1/3128", DoorKind::HttpProxy, None),
        ("127.0.0.1/1080", DoorKind::Socks, None),
        ("example.com/443", DoorKind::Captured { port: 443 }, Some("example.com")),
        ("git.example.test/22", DoorKind::Captured { port: 22 }, Some("git.example.test")),
    ] {
        let script =
            format!("exec bash -c 'exec 3<>/dev/tcp/{to}; head -c 300000 /dev/zero >&3; cat <&3'");
        let host = async {
            let mut connection = connections.next().await.expect("it dials");
            assert_eq!((connection.door.kind, connection.door.name.as_deref()), (kind, name));
            let mut all = vec![1; 300_000];
            connection.stream.read_exact(&mut all).await.expect("it sends");
            assert!(all.iter().all(|byte| *byte == 0));
            connection.stream.write_all(b"through\n").await.expect("it listens");
        };
        let (answer, ()) = tokio::join!(shell(&vm, &script), host);
        assert_eq!(answer.text, "through\n", "{to}");
    }
    let nowhere = "exec timeout 5 bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'; echo $?";
    assert_ne!(shell(&vm, nowhere).await.code(), 124);
    vm.stop().await.expect("nothing was written");
}

#[tokio::test]
async fn a_program_in_a_vm_is_fed_and_any_machine_is_called_alike() {
    let yard = VmYard::new();
    let vm: Box<dyn Machine> = Box::new(yard.start().await);
    let text = Mutex::new(Vec::new());
    let heard = |happening| {
        if let Happening::Output(Output::Stdout(bytes)) = happening {
            text.lock().expect("one caller").extend(bytes);
        }
    };
    let (feeder, feed) = mpsc::channel(4);
    let argv = ["/bin/sh", "-c", "test -t 0 && read -r line && echo \"<$line>\" > fed"];
    let exec = Exec {
        input: ExecInput::Stream,
        terminal: Some(Terminal { columns: 80, rows: 24 }),
        ..Exec::new(argv.map(String::from).into(), "/folders/work", 60_000)
    };
    feeder.send(Feed::Bytes(b"hello\n".into())).await.expect("room");
    let reply = vm.call(Request::Exec(exec), Some(feed), &heard).await;
    assert!(matches!(reply, Ok(Reply::Exited { code: 0, .. })), "{reply:?}");
    assert_eq!(text.lock().expect("one caller").as_slice(), b"hello\r\n");
    vm.stop().await.expect("what was written comes home");
    assert_eq!(vm.ended().as_deref(), Some("it was stopped"));
    let written = fs::read(yard.path("task/upper/work/upper/fed")).expect("it came home");
    assert_eq!(written, b"<hello>\n");
}
