//! A host to test machines on: folders, a task's folder, canaries, and the programs.

#![expect(clippy::disallowed_methods, reason = "tests read their environment and start processes")]

use machine::system::{Root, System};
use machine::{Happening, Jail, JailShare, JailSpec};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::TempDir;
use wire::{Exec, Limits, Output, Reply, Request};

/// What the canary files hold. It must never be seen in a machine.
pub(crate) const CANARY: &str = "canary-3f1c";

/// Set where the tests run a second time, as an ordinary user, with the programs copied to where
/// that user can read them.
pub(crate) const PROGRAMS: &str = "LEGWORK_TEST_PROGRAMS";

/// Where yards are made, if not in /var/tmp.
pub(crate) const PLACE: &str = "LEGWORK_TEST_PLACE";

pub(crate) const LIMITS: Limits = Limits {
    processes_max: 100,
    memory_bytes_max: 1 << 30,
    file_bytes_max: 64 << 20,
    open_files_max: 256,
    output_bytes_max: 1 << 20,
};

#[derive(Debug)]
pub(crate) struct Yard {
    pub(crate) dir: TempDir,
    pub(crate) spec: JailSpec,
    pub(crate) grounds: Option<TempDir>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// stdout and stderr as they came.
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn code(&self) -> i32 {
        match &self.reply {
            Reply::Exited { code, .. } => *code,
            other => panic!("not a program's end: {other:?}"),
        }
    }
}

/// The static guest, or a sentence that says how to get it.
pub(crate) fn guest() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let built = "x86_64-unknown-linux-gnu/guest/legwork-guest";
    let mut places = vec![target.join(built), root.join("target").join(built)];
    if let Some(given) = std::env::var_os("LEGWORK_GUEST") {
        places.insert(0, given.into());
    }
    if let Some(programs) = std::env::var_os(PROGRAMS) {
        places.insert(0, PathBuf::from(programs).join("guest"));
    }
    let found = places.iter().find(|place| place.is_file()).unwrap_or_else(|| {
        panic!(
            "the static guest is not built; run: RUSTFLAGS=-Ctarget-feature=+crt-static cargo \
             build -p guest --profile guest --target x86_64-unknown-linux-gnu (looked at {places:?})"
        )
    });
    fs::canonicalize(found).expect("it was there a moment ago")
}

/// The program that tries what it should not.
pub(crate) fn abuse() -> PathBuf {
    let copied = std::env::var_os(PROGRAMS).map(|programs| PathBuf::from(programs).join("abuse"));
    copied.unwrap_or_else(|| env!("CARGO_BIN_EXE_abuse").into())
}

impl Yard {
    /// A host with one writable folder, `work`, that holds a few files, one read-only folder,
    /// `tools`, that holds the abuse program, and a canary beside them.
    pub(crate) fn new() -> Self {
        let place = given(PLACE).unwrap_or_else(|| "/var/tmp".into());
        let dir = tempfile::Builder::new().prefix("yard").tempdir_in(place).expect("room");
        let path = |name: &str| dir.path().join(name);
        for name in ["task", "work", "tools", "work/sub"] {
            fs::create_dir(path(name)).expect("room");
        }
        fs::write(path("work/a.txt"), "first\n").expect("room");
        fs::write(path("work/sub/b.txt"), "second\n").expect("room");
        fs::write(path("canary"), CANARY).expect("room");
        fs::copy(abuse(), path("tools/abuse")).expect("the abuse program is built with the tests");
        let spec = JailSpec {
            dir: path("task"),
            guest: guest(),
            shares: vec![share("work", path("work"), true), share("tools", path("tools"), false)],
            limits: LIMITS,
            bwrap: "/usr/bin/bwrap".into(),
            doors: None,
            environment: Vec::new(),
            root: Root::Host,
            system: System::ReadOnly,
            programs: Vec::new(),
            files: Vec::new(),
        };
        Self { dir, spec, grounds: None }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) async fn start(&self) -> Jail {
        Jail::start(&self.spec).await.expect("a machine starts here")
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        // What an overlay leaves cannot be removed by everybody's means.
        let cleared = machine::clear(&self.path("task")).and(machine::clear(&self.path("store")));
        drop(self.grounds.take());
        if !std::thread::panicking() {
            cleared.expect("the task's folder can be removed");
        }
    }
}

pub(crate) fn share(name: &str, host: PathBuf, writable: bool) -> JailShare {
    JailShare { name: name.into(), host, writable }
}

pub(crate) fn sh(script: &str, timeout_ms: u64) -> Request {
    let argv = ["/bin/sh", "-c", script].map(String::from).into();
    Request::Exec(Exec::new(argv, "/folders/work", timeout_ms))
}

pub(crate) async fn call(jail: &Jail, request: Request) -> Answer {
    let text = Mutex::new(Vec::new());
    let heard = |happening| {
        if let Happening::Output(Output::Stdout(bytes) | Output::Stderr(bytes)) = happening {
            text.lock().expect("one caller").extend(bytes);
        }
    };
    let reply = jail.call(request, heard).await.expect("the machine answers");
    let text = text.into_inner().expect("one caller");
    Answer { reply, text: String::from_utf8_lossy(&text).into_owned() }
}

pub(crate) async fn shell(jail: &Jail, script: &str) -> Answer {
    call(jail, sh(script, 60_000)).await
}

/// Runs the tests of this program again as a user without rights, when they run as root.
pub(crate) fn again_as_an_ordinary_user(but_not: &str) {
    if !rustix::process::geteuid().is_root() || std::env::var_os(PROGRAMS).is_some() {
        return;
    }
    let dir = tempfile::Builder::new().prefix("programs").tempdir_in("/var/tmp").expect("room");
    let itself = std::env::current_exe().expect("a program knows itself");
    let reader = guest().with_file_name("legwork-reader");
    let copies =
        [("tests", itself), ("guest", guest()), ("legwork-reader", reader), ("abuse", abuse())];
    for (name, from) in &copies {
        fs::copy(from, dir.path().join(name)).expect("room");
    }
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(dir.path(), open).expect("it is ours");
    // No account is needed: the kernel knows numbers only. This one owns nothing here.
    let output = std::process::Command::new("setpriv")
        .args(["--reuid=61234", "--regid=61234", "--clear-groups", "--no-new-privs"])
        .arg(dir.path().join("tests"))
        .args(["--skip", but_not])
        .env(PROGRAMS, dir.path())
        .env("HOME", "/var/tmp")
        .env("TMPDIR", "/var/tmp")
        .current_dir("/")
        .output()
        .expect("setpriv is part of util-linux");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "as an ordinary user:\n{said}");
    assert!(said.contains("test result: ok"), "{said}");
}

pub(crate) fn given(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
