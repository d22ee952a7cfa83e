//! Machines that wait for a task: what they become, and when they make way.

#[path = "yard/mod.rs"]
mod yard;

use machine::system::{Layered, System};
use machine::{Jail, Spare, SpareSpec, StartError};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use yard::{CANARY, Yard, share, shell};

fn spare_of(yard: &Yard, places: Vec<PathBuf>) -> SpareSpec {
    let (guest, bwrap) = (yard.spec.guest.clone(), yard.spec.bwrap.clone());
    let tasks = yard.dir.path().to_owned();
    SpareSpec { guest, bwrap, tasks, places, systems: None, programs: Vec::new() }
}

/// What a machine shows and does, whichever way it came to be.
async fn look(jail: &Jail) -> String {
    let script = [
        "exec 2>&1; cat a.txt; echo new > new.txt; ls /folders /base /; ls -A /host",
        "cat /host/places/0/canary /host/tasks/canary",
        "cut -d' ' -f5- /proc/self/mountinfo | sort",
        "cat /proc/sys/user/max_user_namespaces; grep -h Cap /proc/self/status",
    ];
    let script = script.join("; ");
    shell(jail, &script).await.text
}

#[tokio::test]
async fn a_spare_becomes_the_same_machine_as_a_new_one() {
    let yard = Yard::new();
    let jail = yard.start().await;
    let new = look(&jail).await;
    jail.stop().await;
    let places = vec!["/no/such/place".into(), yard.dir.path().to_owned()];
    let spare = Spare::start(&spare_of(&yard, places)).await.expect("it starts");
    let jail = spare.try_hand_over(&yard.spec).await.expect("it is fit");
    let handed = look(&jail).await;
    // An overlay whose upper layer is not new any more shows its options differently.
    let plain = |text: &str| text.replace("new.txt\n", "").replace(",uuid=on", "");
    assert_eq!(plain(&handed), plain(&new));
    assert!(!handed.contains(CANARY) && handed.starts_with("first\n"), "{handed}");
    jail.stop().await;
    let written = yard.path("task/upper/work/upper/new.txt");
    assert_eq!(fs::read(written).expect("in the task's folder"), b"new\n");
    assert!(!yard.path("work/new.txt").exists());
}

#[tokio::test]
async fn a_spare_takes_packages_too() {
    let mut yard = Yard::new();
    // In memory: some disks take half a minute to remove as many folders as a ground has.
    let store = tempfile::Builder::new().prefix("yard").tempdir_in("/dev/shm").expect("room");
    let system = Layered { store: store.path().to_owned(), layers: Vec::new() };
    yard.spec.system = System::Layered(system.clone());
    let places = vec![yard.dir.path().to_owned()];
    let plain = spare_of(&yard, places);
    let waiting = Spare::start(&plain).await.expect("it starts");
    assert!(waiting.try_hand_over(&yard.spec).await.is_none(), "it knows no ground");
    let jail = yard.start().await;
    let new = look(&jail).await;
    jail.stop().await;
    let layered = SpareSpec { systems: Some(system.store.clone()), ..plain.clone() };
    let spare = Spare::start(&layered).await.expect("it starts");
    let jail = spare.try_hand_over(&yard.spec).await.expect("it is fit");
    let handed = look(&jail).await;
    let plain = |text: &str| text.replace("new.txt\n", "").replace(",uuid=on", "");
    assert_eq!(plain(&handed), plain(&new));
    let script = "echo x > /usr/bin/own && echo y > /etc/own && su daemon -s /bin/sh -c 'id -u'";
    let answer = shell(&jail, script).await;
    assert_eq!((answer.code(), answer.text.as_str()), (0, "1\n"));
    jail.stop().await;
    let written = yard.path("task/system/upper/usr/bin/own");
    assert_eq!(fs::read(written).expect("in the task's folder"), b"x\n");

    // It has no layers, and is as good as any for a task that installs nothing.
    let spare = Spare::start(&layered).await.expect("it starts");
    yard.spec.system = System::Layered(Layered { layers: vec!["a".into()], ..system });
    assert!(spare.try_hand_over(&yard.spec).await.is_none());
    let spare = Spare::start(&layered).await.expect("it starts");
    yard.spec.system = System::ReadOnly;
    let jail = spare.try_hand_over(&yard.spec).await.expect("it is fit");
    assert_eq!(shell(&jail, "cat a.txt; ls -A /host 2>&1 | wc -l").await.text, "first\n1\n");
    jail.stop().await;
}

#[tokio::test]
async fn what_a_spare_is_not_fit_for_is_done_by_a_new_machine() {
    let mut yard = Yard::new();
    let here = yard.dir.path().to_owned();
    let elsewhere = tempfile::tempdir_in("/var/tmp").expect("room");
    let all: [(&str, SpareSpec); 4] = [
        ("nothing shared lies there", spare_of(&yard, vec![elsewhere.path().to_owned()])),
        ("no places", spare_of(&yard, vec![])),
        (
            "another guest",
            SpareSpec {
                guest: yard.path("guest/legwork-guest"),
                ..spare_of(&yard, vec![here.clone()])
            },
        ),
        (
            "tasks elsewhere",
            SpareSpec { tasks: elsewhere.path().to_owned(), ..spare_of(&yard, vec![here.clone()]) },
        ),
    ];
    fs::create_dir(yard.path("guest")).expect("room");
    for name in ["legwork-guest", "legwork-reader"] {
        let from = yard.spec.guest.with_file_name(name);
        let from = if from.exists() { from } else { yard.spec.guest.clone() };
        fs::copy(from, yard.path("guest").join(name)).expect("room");
    }
    for (what, spec) in all {
        let spare = Spare::start(&spec).await.expect("it starts");
        assert!(spare.try_hand_over(&yard.spec).await.is_none(), "{what}");
        let spare = Spare::start(&spec).await.expect("it starts");
        let jail = spare.hand_over(&yard.spec).await.expect("a new one does it");
        let answer = shell(&jail, "cat a.txt").await;
        assert_eq!((answer.code(), answer.text.as_str()), (0, "first\n"), "{what}");
        jail.stop().await;
    }
    // The program was replaced while the spare waited.
    let guest = yard.path("guest/legwork-guest");
    yard.spec.guest = guest.clone();
    let spare = Spare::start(&spare_of(&yard, vec![here.clone()])).await.expect("it starts");
    fs::copy(&guest, yard.path("guest/new")).expect("room");
    fs::rename(yard.path("guest/new"), &guest).expect("ours");
    assert!(spare.try_hand_over(&yard.spec).await.is_none());
    let missing = SpareSpec { guest: "/no/guest".into(), ..spare_of(&yard, vec![here]) };
    let refused = Spare::start(&missing).await.map(drop);
    assert!(matches!(refused, Err(StartError::GuestMissing { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_refusal_of_the_task_is_the_new_machines() {
    let mut yard = Yard::new();
    yard.spec.shares.push(share("x", yard.path("missing"), true));
    let spare = spare_of(&yard, vec![yard.dir.path().to_owned()]);
    let spare = Spare::start(&spare).await.expect("it starts");
    let refused = spare.hand_over(&yard.spec).await.map(drop);
    assert!(matches!(refused, Err(StartError::ShareMissing { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_spare_finds_odd_names_and_folders_behind_links() {
    let mut yard = Yard::new();
    let odd = yard.dir.path().join(std::ffi::OsStr::from_bytes(b"o:d,d\\\n\xff '\"%s"));
    fs::create_dir(&odd).expect("room");
    fs::write(odd.join("f"), "odd").expect("room");
    std::os::unix::fs::symlink(&odd, yard.path("link")).expect("room");
    yard.spec.shares.push(share("linked", yard.path("link"), true));
    let spare = spare_of(&yard, vec![yard.dir.path().to_owned()]);
    let spare = Spare::start(&spare).await.expect("it starts");
    // Made after the spare was.
    fs::write(odd.join("late"), "late").expect("room");
    let jail = spare.try_hand_over(&yard.spec).await.expect("it is fit");
    assert_eq!(shell(&jail, "cat /folders/linked/f /folders/linked/late").await.text, "oddlate");
    jail.stop().await;
}

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
