//! What hostile programs try in a machine, from the table in `abuse.txt`, as root and as an
//! ordinary user; and a guest that turns hostile itself.

#[path = "yard/layered.rs"]
mod layered;
#[path = "yard/mod.rs"]
mod yard;

use machine::{CallError, Jail, StartError};
use std::fs;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use wire::{FailKind, Reply};
use yard::{CANARY, Yard, sh, shell};

#[derive(Debug, Default)]
struct Case {
    title: String,
    /// The one kind of system that it is for.
    only: Option<String>,
    script: String,
    expect: Vec<(String, String)>,
}

fn cases(table: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            number if number.parse::<u32>().is_ok() => {
                cases.push(Case { title: line.into(), ..Case::default() });
            }
            "only" => cases.last_mut().expect("a title first").only = Some(rest.into()),
            "do" => cases.last_mut().expect("a title first").script = rest.into(),
            "is" | "has" | "not" | "fails" | "works" => {
                let expect = &mut cases.last_mut().expect("a title first").expect;
                expect.push((word.into(), rest.into()));
            }
            other => panic!("the table has a line that starts with {other:?}"),
        }
    }
    cases
}

/// What is wrong with the answer, if anything.
fn fault(case: &Case, code: i32, text: &str) -> Option<String> {
    let wrong = |(word, want): &(String, String)| {
        let met = match word.as_str() {
            "is" => text.trim() == want.replace('|', "\n"),
            "has" => text.contains(want.as_str()),
            "not" => !text.contains(want.as_str()),
            "fails" => code != 0,
            _ => code == 0,
        };
        (!met).then(|| format!("{}: not `{word} {want}`, code {code}:\n{text}", case.title))
    };
    case.expect.iter().find_map(wrong)
}

#[tokio::test]
async fn nothing_tried_in_a_machine_reaches_the_host() {
    try_all(Yard::new(), "read-only", "").await;
}

#[tokio::test]
async fn nothing_tried_where_packages_are_installed_reaches_the_host() {
    let mut yard = Yard::layered();
    yard.spec.limits = yard::LIMITS;
    try_all(yard, "layered", "").await;
    let seen = ["/usr/bin", "/etc", "/var"].map(|folder| format!("{folder}/legwork-canary"));
    assert!(seen.iter().all(|path| !std::path::Path::new(path).exists()), "on the host");
}

/// What is let in at the doors is dropped here; nothing else may differ.
#[tokio::test]
async fn nothing_tried_in_a_machine_with_doors_reaches_the_host() {
    let mut yard = Yard::new();
    yard.spec.doors = Some(wire::Doors { ports: vec![22], authority: None });
    try_all(yard, "read-only", include_str!("abuse_doors.txt")).await;
}

async fn try_all(yard: Yard, system: &str, more: &str) {
    let settings = ["kernel/core_pattern", "kernel/hostname", "user/max_user_namespaces"];
    let read = |name: &str| fs::read_to_string(format!("/proc/sys/{name}")).expect("a setting");
    let before = settings.map(read);
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("bound").port();
    let name = format!("yard-{}-{system}-{}", std::process::id(), more.len());
    let address = SocketAddr::from_abstract_name(&name).expect("a short name");
    let _abstract = UnixListener::bind_addr(&address).expect("a free name");
    let _outside = UnixListener::bind(yard.path("socket")).expect("room");
    let _shared = UnixListener::bind(yard.path("work/socket")).expect("room");
    let fifo = yard.path("work/hostfifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).expect("room");
    let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
    let reader = rustix::fs::open(&fifo, flags, 0.into()).expect("a fifo opens");
    let canary = fs::File::open(yard.path("canary")).expect("it is there");
    rustix::io::fcntl_setfd(&canary, rustix::io::FdFlags::empty()).expect("open");

    let jail = yard.start().await;
    let places = [
        ("{canary}", yard.path("canary").display().to_string()),
        ("{task}", yard.path("task").display().to_string()),
        ("{host}", yard.dir.path().display().to_string()),
        ("{socket}", yard.path("socket").display().to_string()),
        ("{abstract}", name),
        ("{port}", port.to_string()),
    ];
    let fill = |text: &str| {
        places.iter().fold(text.to_owned(), |text, (hole, value)| text.replace(hole, value))
    };
    let mut faults = Vec::new();
    let is_for = |case: &Case| case.only.as_ref().is_none_or(|only| only == system);
    let all = cases(&format!("{}\n{more}", include_str!("abuse.txt")));
    for mut case in all.into_iter().filter(is_for) {
        case.expect.iter_mut().for_each(|(_, want)| *want = fill(want));
        let script = format!("A=/folders/tools/abuse\n{}", fill(&case.script));
        let answer = shell(&jail, &script).await;
        faults.extend(fault(&case, answer.code(), &answer.text));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    jail.stop().await;

    assert_eq!(settings.map(read), before, "settings of the host");
    assert_eq!(fs::read_to_string(yard.path("canary")).expect("still there"), CANARY);
    let mut byte = [0];
    assert_eq!(rustix::io::read(&reader, &mut byte), Ok(0), "a fifo of the host was written");
    assert!(canary.as_raw_fd() > 2);
    let mut left: Vec<_> = fs::read_dir(yard.path("work"))
        .expect("there")
        .map(|e| e.expect("read").file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["a.txt", "hostfifo", "socket", "sub"], "the folder is as it was");
    assert_eq!(fs::read(yard.path("work/a.txt")).expect("there"), b"first\n");
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let table = "# x\n7 title\ndo echo a\nis a|b\nnot c\nfails\n";
    let case = cases(table).pop().expect("one");
    assert_eq!(fault(&case, 1, "a\nb\n"), None);
    for (code, text) in [(0, "a\nb"), (1, "a"), (1, "a\nc")] {
        assert!(fault(&case, code, text).is_some(), "{code} {text}");
    }
    let numbered = cases(include_str!("abuse.txt"));
    assert!(numbered.len() >= 40 && numbered.iter().all(|case| !case.expect.is_empty()));
}

/// A guest that misbehaves in way `number`, up to its start.
async fn hostile(number: u64) -> (Yard, Result<Jail, StartError>) {
    let mut yard = Yard::new();
    yard.spec.limits.processes_max = number;
    yard.spec.doors = (number > 20).then(wire::Doors::default);
    start_hostile(yard).await
}

async fn start_hostile(mut yard: Yard) -> (Yard, Result<Jail, StartError>) {
    yard.spec.guest = yard.path("tools/abuse");
    // Nobody will ask it, but without one there is no machine.
    let reader = yard.path("tools/legwork-reader");
    std::fs::copy(yard::guest().with_file_name("legwork-reader"), reader).expect("room");
    let started = Jail::start(&yard.spec).await;
    (yard, started)
}

#[tokio::test]
async fn a_guest_that_starts_wrongly_is_no_machine() {
    for number in 1..=5 {
        let (_yard, started) = hostile(number).await;
        match (number, started.map(drop)) {
            (1 | 4, Err(StartError::Unready { .. }))
            | (2, Err(StartError::Generation))
            | (3 | 5, Err(StartError::Refused { .. })) => {}
            (_, other) => panic!("way {number}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_guest_that_breaks_the_rules_ends_its_machine_and_nothing_else() {
    let told = [
        (11, "a frame of 4294967295 bytes is over"),
        (12, "no message of this generation"),
        (13, "started twice"),
        (14, "a call that nobody made"),
        (15, "does not fit what was asked"),
        (16, "more than a call may return"),
        (18, "does not fit what was asked"),
    ];
    for (number, word) in told {
        let (_yard, started) = hostile(number).await;
        let jail = started.expect("it starts well");
        match jail.call(sh("true", 60_000), |_| {}).await {
            Err(CallError::Ended { why }) => assert!(why.contains(word), "way {number}: {why}"),
            other => panic!("way {number}: {other:?}"),
        }
        assert!(jail.ended().is_some_and(|why| why.contains(word)));
        jail.stop().await;
    }
}

#[tokio::test]
async fn a_guest_that_breaks_the_rules_at_the_doors_ends_its_machine() {
    let told = [
        (21, "counts its connections wrongly"),
        (22, "counts its connections wrongly"),
        (23, "a connection that is not there"),
        (24, "more than there was room for"),
        (25, "more than there was room for"),
        (26, "that it had closed"),
        (27, "that it had closed"),
        (28, "more connections than a machine may have"),
        (29, "a name that is too long"),
        (30, "does not fit what was asked"),
        (31, "a connection that is not there"),
        (32, "no longer listens"),
    ];
    for (number, word) in told {
        let (_yard, started) = hostile(number).await;
        let jail = started.expect("it starts well");
        // What comes is held, but for the guest that never stops: there nobody takes it.
        let held = jail.connections().filter(|_| number != 32);
        match jail.call(sh("true", 60_000), |_| {}).await {
            Err(CallError::Ended { why }) => assert!(why.contains(word), "way {number}: {why}"),
            other => panic!("way {number}: {other:?}"),
        }
        jail.stop().await;
        drop(held);
    }
    let mut yard = Yard::new();
    yard.spec.limits.processes_max = 21;
    let (_yard, started) = start_hostile(yard).await;
    let jail = started.expect("it starts well");
    let told = jail.call(sh("true", 60_000), |_| {}).await;
    let why = CallError::Ended { why: "the guest opened a door that it does not have".into() };
    assert_eq!(told, Err(why));
}

#[tokio::test]
async fn an_answer_given_twice_ends_the_machine_after_the_call() {
    let (_yard, started) = hostile(17).await;
    let jail = started.expect("it starts well");
    let first = jail.call(sh("true", 60_000), |_| {}).await;
    assert!(matches!(first, Ok(Reply::Exited { code: 0, .. })), "{first:?}");
    assert!(jail.wait_end().await.contains("a call that nobody made"));
    let second = jail.call(sh("true", 60_000), |_| {}).await;
    assert!(matches!(second, Err(CallError::Ended { .. })), "{second:?}");
}

#[tokio::test]
async fn what_a_guest_writes_is_shown_without_terminal_escapes() {
    let (_yard, started) = hostile(19).await;
    let jail = started.expect("it starts well");
    match jail.call(sh("true", 60_000), |_| {}).await {
        Ok(Reply::Failed { kind: FailKind::Bug, why }) => {
            assert!(!why.contains(|letter: char| letter.is_control()), "{why:?}");
            assert!(why.chars().count() <= 2_000);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
