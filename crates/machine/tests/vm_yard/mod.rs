//! A host to test VMs on. The image is made once and kept with what is built; so is the template.

#![expect(clippy::disallowed_methods, reason = "tests read their environment and start processes")]

use machine::image::{Image, ImageContent, ImagePrograms, ImageSpec};
use machine::{Hardware, JailShare, Speed, Vm, VmPrograms, VmSpec, image};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use wire::{Exec, Limits, Output, Reply, Request};

pub(crate) const LIMITS: Limits = Limits {
    processes_max: 100,
    memory_bytes_max: 1 << 30,
    file_bytes_max: 64 << 20,
    open_files_max: 256,
    output_bytes_max: 1 << 20,
};

/// The static guest, or a sentence that says how to get it.
pub(crate) fn guest() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let built = target.join("x86_64-unknown-linux-gnu/guest/legwork-guest");
    let guest = std::env::var_os("LEGWORK_GUEST").map_or(built, PathBuf::from);
    fs::canonicalize(guest).expect("the static guest is built: `make guest`")
}

pub(crate) fn given(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

pub(crate) fn share(name: &str, host: PathBuf, writable: bool) -> JailShare {
    JailShare { name: name.into(), host, writable }
}

/// Since 1970.
pub(crate) fn seconds_now() -> f64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// Starts one test of this program as a process of its own, which makes `ready` when it is.
pub(crate) fn itself(test: &str, ready: &Path) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().expect("a program knows itself"))
        .args(["--exact", test, "--nocapture"])
        .env("LEGWORK_TEST_READY", ready)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it started once already")
}

/// The processes that this one started, and those that they did, whose names begin so.
pub(crate) fn processes_below(pid: u32, name: &str) -> Vec<std::os::fd::OwnedFd> {
    let parent_of = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let entries = fs::read_dir("/proc").expect("/proc is there").flatten();
    let pids: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let is_below = |mut at: u32| {
        while let Some(parent) = parent_of(at).filter(|parent| *parent != 0) {
            if parent == pid {
                return true;
            }
            at = parent;
        }
        false
    };
    let open = |pid: u32| {
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
        rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
    };
    let is_named = |pid: u32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.starts_with(name))
    };
    pids.into_iter().filter(|pid| is_named(*pid) && is_below(*pid)).filter_map(open).collect()
}

pub(crate) fn programs() -> VmPrograms {
    VmPrograms {
        bwrap: "/usr/bin/bwrap".into(),
        qemu: "/usr/bin/qemu-system-x86_64".into(),
        mke2fs: "/usr/sbin/mke2fs".into(),
    }
}

pub(crate) fn image_programs() -> ImagePrograms {
    ImagePrograms {
        mmdebstrap: "/usr/bin/mmdebstrap".into(),
        mkfs_erofs: "/usr/bin/mkfs.erofs".into(),
        apt_config: "/usr/bin/apt-config".into(),
    }
}

/// Where images and templates of the tests are kept between runs.
pub(crate) fn store() -> PathBuf {
    let store = given("LEGWORK_TEST_VM_STORE")
        .unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("vm"));
    fs::create_dir_all(&store).expect("room");
    store
}

/// A small image, made by whichever test comes first.
pub(crate) fn test_image() -> Image {
    static MADE: OnceLock<Image> = OnceLock::new();
    let make = || {
        let images = store().join("images");
        fs::create_dir_all(&images).expect("room");
        let lock = fs::File::create(images.join(".lock")).expect("room");
        lock.lock().expect("one after the other");
        if let Ok(found) = Image::open(&images.join("test")) {
            return found;
        }
        let spec = ImageSpec {
            images,
            name: "test".into(),
            content: ImageContent::default(),
            programs: image_programs(),
        };
        let mut stages = Vec::new();
        let made = image::build(&spec, &mut |stage| stages.push(stage.to_owned()));
        let made = made.unwrap_or_else(|error| panic!("{error}; {} {stages:?}", error.next()));
        assert!(stages.len() > 5, "{stages:?}");
        made
    };
    MADE.get_or_init(make).clone()
}

#[derive(Debug)]
pub(crate) struct VmYard {
    dir: TempDir,
    pub(crate) spec: VmSpec,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
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

impl VmYard {
    pub(crate) fn new() -> Self {
        // A host that is killed leaves its yard to the test that killed it.
        let ready = given("LEGWORK_TEST_READY").filter(|ready| ready.starts_with("/var/tmp"));
        let place = ready.as_deref().and_then(Path::parent).unwrap_or(Path::new("/var/tmp"));
        let dir = tempfile::Builder::new().prefix("vmyard").tempdir_in(place).expect("room");
        let path = |name: &str| dir.path().join(name);
        for name in ["task", "work", "tools", "work/sub"] {
            fs::create_dir(path(name)).expect("room");
        }
        fs::write(path("work/a.txt"), "first\n").expect("room");
        fs::write(path("work/sub/b.txt"), "second\n").expect("room");
        fs::write(path("tools/c.txt"), "tool\n").expect("room");
        let spec = VmSpec {
            dir: path("task"),
            guest: guest(),
            image: test_image().folder().into(),
            templates: store().join("templates"),
            shares: vec![share("work", path("work"), true), share("tools", path("tools"), false)],
            limits: LIMITS,
            hardware: Hardware { memory_bytes: 512 << 20, processors: 1, speed: Speed::Emulated },
            programs: programs(),
            doors: None,
            environment: Vec::new(),
            files: Vec::new(),
        };
        Self { dir, spec }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) async fn start(&self) -> Vm {
        match Vm::start(&self.spec).await {
            Ok(vm) => vm,
            Err(error) => panic!("{error}; next: {}", error.next()),
        }
    }
}

pub(crate) fn sh(script: &str, timeout_ms: u64) -> Request {
    let argv = ["/bin/sh", "-c", script].map(String::from).into();
    Request::Exec(Exec::new(argv, "/folders/work", timeout_ms))
}

pub(crate) async fn call(vm: &Vm, request: Request) -> Answer {
    let text = std::sync::Mutex::new(Vec::new());
    let heard = |happening| {
        if let machine::Happening::Output(Output::Stdout(bytes) | Output::Stderr(bytes)) = happening
        {
            text.lock().expect("one caller").extend(bytes);
        }
    };
    let reply = vm.call(request, heard).await.expect("the machine answers");
    let text = text.into_inner().expect("one caller");
    Answer { reply, text: String::from_utf8_lossy(&text).into_owned() }
}

pub(crate) async fn shell(vm: &Vm, script: &str) -> Answer {
    call(vm, sh(script, 120_000)).await
}

impl Drop for VmYard {
    fn drop(&mut self) {
        let cleared = machine::clear(&self.path("task"));
        if !std::thread::panicking() {
            cleared.expect("the task's folder can be removed");
        }
    }
}

/// Runs tests of this program again as a user without rights, when they run as root.
pub(crate) fn again_as_an_ordinary_user(tests: &[&str]) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = tempfile::Builder::new().prefix("programs").tempdir_in("/var/tmp").expect("room");
    let image = test_image();
    let files = image.manifest.files.keys().map(String::as_str).chain(["manifest.json"]);
    for name in files {
        let to = dir.path().join("store/images/test").join(name);
        fs::create_dir_all(to.parent().expect("below the store")).expect("room");
        fs::copy(image.folder().join(name), to).expect("room");
    }
    let itself = std::env::current_exe().expect("a program knows itself");
    let reader = guest().with_file_name("legwork-reader");
    for (name, from) in [("tests", itself), ("guest", guest()), ("legwork-reader", reader)] {
        fs::copy(from, dir.path().join(name)).expect("room");
    }
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(dir.path(), open).expect("it is ours");
    for name in ["store", "store/images"] {
        let user = Some(61_234);
        std::os::unix::fs::chown(dir.path().join(name), user, user).expect("root may");
    }
    // No account is needed: the kernel knows numbers only. This one owns nothing here.
    let output = std::process::Command::new("setpriv")
        .args(["--reuid=61234", "--regid=61234", "--clear-groups", "--no-new-privs"])
        .arg(dir.path().join("tests"))
        .args(["--exact", "--test-threads=1"])
        .args(tests)
        .env("LEGWORK_TEST_VM_STORE", dir.path().join("store"))
        .env("LEGWORK_GUEST", dir.path().join("guest"))
        .env("HOME", "/var/tmp")
        .env("TMPDIR", "/var/tmp")
        .current_dir("/")
        .output()
        .expect("setpriv is part of util-linux");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "as an ordinary user:\n{said}");
    let passed = format!("test result: ok. {} passed", tests.len());
    assert!(said.contains(&passed), "{said}");
}
