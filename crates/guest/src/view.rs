//! Makes the view: lands the shares, mounts the small writable file systems, and takes away what
//! nothing foreign may touch.
//!
//! Runs once, with capabilities in the machine's own user namespace, before anything foreign.
//! `bwrap` has made the namespaces and bound the host's `/usr`, and below `/host` what the view is
//! made of: the shares, the task's folder for what is written, and the host's `/etc` and `/dev`,
//! from where a few entries are taken. Then `/host` goes. (`bwrap` could bind the entries one by
//! one, at ten times the cost.)

use crate::environment;
use crate::etc;
use crate::init::{At, Refusal};
use crate::limits::{COUNTERS, FREE_PORTS, MEMORY_FOLDERS, NAMESPACE_COUNTERS, TERMINALS};
use crate::lock::Owners;
use crate::second;
use crate::system;
use crate::tools::READER;
use crate::trust;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::mount::{MountFlags, UnmountFlags};
use std::ffi::CString;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use wire::{Landing, Setup, ShareView, System};

/// Where things of the host wait that this module needs, and that nothing foreign ever sees.
pub(crate) const HOST: &str = "/host";

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

const DEVICE_LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// Files of the kernel that only the host's root may read. Where the view can read files of every
/// owner they would be readable too.
const MASKED: [&str; 8] = [
    "/proc/kcore",
    "/proc/kmsg",
    "/proc/kpagecount",
    "/proc/kpageflags",
    "/proc/kpagecgroup",
    "/proc/slabinfo",
    "/proc/timer_list",
    "/proc/vmallocinfo",
];

/// Refuses when a namespace is one of the host's: then nothing below would be contained, and the
/// counters of `close_counters` would be the host's own.
pub(crate) fn check_isolated(host_namespaces: &[u64]) -> Result<(), Refusal> {
    if !rustix::process::getpid().is_init() {
        return Err(Refusal { stage: "isolation", why: "the guest is not process 1".into() });
    }
    for name in ["user", "mnt", "pid", "net", "ipc", "uts"] {
        let own = fs::metadata(format!("/proc/self/ns/{name}")).at("isolation", name)?.ino();
        if host_namespaces.contains(&own) {
            let why = format!("the {name} namespace is the host's");
            return Err(Refusal { stage: "isolation", why });
        }
    }
    Ok(())
}

pub(crate) fn make(setup: &Setup, owners: Owners) -> Result<(), Refusal> {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let empty = Path::new(HOST).join("empty");
    fs::create_dir(&empty).at("view", "/host/empty")?;
    let empty = open_folder(&empty).at("view", "/host/empty")?;
    for share in &setup.shares {
        land(share, setup, &empty)?;
    }
    drop(empty);
    show_reader()?;
    match setup.system {
        System::ReadOnly => etc::make()?,
        System::Layered { layers } => system::make(layers, &setup.upper)?,
    }
    if let Some(authority) = setup.doors.as_ref().and_then(|doors| doors.authority.as_deref()) {
        trust::write_bundle(authority)?;
    }
    system::show_programs(&setup.programs, setup.system)?;
    if let System::Layered { .. } = setup.system {
        second::leave_environment(&environment::of_all(setup).at("environment", "setup")?)?;
    }
    make_devices()?;
    let in_memory = MEMORY_FOLDERS.iter().filter(|(path, _)| !system::holds(setup.system, path));
    for &(path, options) in in_memory {
        fs::create_dir_all(path).at("view", path)?;
        mount("tmpfs", path, MountFlags::NOSUID | MountFlags::NODEV, options)?;
    }
    // `/var/lock`, where there is one, leads here.
    fs::create_dir("/run/lock").at("view", "/run/lock")?;
    fs::set_permissions("/run/lock", fs::Permissions::from_mode(0o1777)).at("view", "/run/lock")?;
    // One tree, so one unmount. What is still mounted cannot be removed, so the removal proves it.
    rustix::mount::unmount(HOST, UnmountFlags::DETACH).at("view", HOST)?;
    fs::remove_dir(HOST).at("view", HOST)?;
    system::place_profile(setup.system)?;
    system::place(&setup.files)?;
    close_counters()?;
    if owners == Owners::All {
        for path in MASKED.iter().filter(|path| Path::new(path).exists()) {
            rustix::mount::mount_bind("/dev/null", *path).at("view", path)?;
        }
    }
    // Made by the host's root, it is nobody's here, and programs mistrust all that lies below.
    if fs::metadata("/").at("view", "/")?.uid() != 0 {
        std::os::unix::fs::chown("/", Some(0), Some(0)).at("view", "/")?;
    }
    let kept = MountFlags::NOSUID | MountFlags::NODEV;
    seal("/proc", kept | MountFlags::NOEXEC)?;
    seal("/dev", kept - MountFlags::NODEV)?;
    seal("/", kept)?;
    std::env::set_current_dir("/").at("view", "/")
}

/// The program that opens documents stays in the view, read-only as what it is bound from.
pub(crate) fn show_reader() -> Result<(), Refusal> {
    let from = Path::new(HOST).join("guest/legwork-reader");
    fs::File::create(READER).at("view", READER)?;
    rustix::mount::mount_bind(&from, READER).at("view", "legwork-reader")
}

pub(crate) fn make_devices() -> Result<(), Refusal> {
    let (host, dev) = (Path::new(HOST).join("dev"), Path::new("/dev"));
    fs::create_dir_all(dev).at("devices", "/dev")?;
    mount("tmpfs", "/dev", MountFlags::NOSUID | MountFlags::NOEXEC, "mode=755,size=64k")?;
    for name in DEVICES {
        let (from, to) = (host.join(name), dev.join(name));
        if from.exists() {
            fs::File::create(&to).at("devices", name)?;
            rustix::mount::mount_bind(&from, &to).at("devices", name)?;
        }
    }
    for (name, target) in DEVICE_LINKS {
        std::os::unix::fs::symlink(target, dev.join(name)).at("devices", name)?;
    }
    fs::create_dir(dev.join("pts")).at("devices", "/dev/pts")?;
    mount("devpts", "/dev/pts", MountFlags::NOSUID | MountFlags::NOEXEC, TERMINALS)
}

/// Puts one share at `/folders/NAME`, and its content before the work at `/base/NAME`. Both are
/// overlays, also where nothing can be written: a socket or a fifo in the host's folder is another
/// one when seen through an overlay, so that nobody outside can be reached by it.
fn land(share: &ShareView, setup: &Setup, empty: &OwnedFd) -> Result<(), Refusal> {
    let name = &share.name;
    let base = Path::new("/base").join(name);
    let folder = Path::new("/folders").join(name);
    fs::create_dir_all(&base).at("share", name)?;
    fs::create_dir_all(&folder).at("share", name)?;
    let lower = open_below_host(&share.at).at("share", name)?;
    let found = rustix::fs::fstat(&lower).at("share", name)?;
    if (found.st_dev, found.st_ino) != (share.device, share.inode) {
        return Err(Refusal { stage: "replaced", why: name.clone() });
    }
    // By descriptor, so that no character of a name is special to the options, and no path of the
    // host can be read in /proc/self/mountinfo.
    let by_number = |fd: &OwnedFd| format!("/proc/self/fd/{}", fd.as_raw_fd());
    let lower = by_number(&lower);
    overlay(&base, &format!("lowerdir={lower}:{}", by_number(empty)), name)?;
    match share.landing {
        Landing::ReadOnly => rustix::mount::mount_bind(&base, &folder).at("share", name),
        Landing::Overlay => {
            let part = |part: &str| {
                [setup.upper.as_slice(), b"/", name.as_bytes(), part.as_bytes()].concat()
            };
            let upper = open_below_host(&part("/upper")).at("share", name)?;
            let work = open_below_host(&part("/work")).at("share", name)?;
            let (upper, work) = (by_number(&upper), by_number(&work));
            let layers = format!("lowerdir={lower},upperdir={upper},workdir={work}");
            overlay(&folder, &layers, name)
        }
    }
}

pub(crate) fn overlay(at: &Path, layers: &str, name: &str) -> Result<(), Refusal> {
    let options = CString::new(format!("{layers},userxattr")).at("overlay", name)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount("overlay", at, "overlay", flags, options.as_c_str()).at("overlay", name)
}

/// A folder below `/host`; a link on the way there is refused.
pub(crate) fn open_below_host(path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let host = open_folder(Path::new(HOST))?;
    rustix::fs::openat2(&host, path, flags, Mode::empty(), how)
}

pub(crate) fn open_folder(path: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

pub(crate) fn mount(
    kind: &str,
    path: &str,
    flags: MountFlags,
    options: &str,
) -> Result<(), Refusal> {
    let options = CString::new(options).at("view", path)?;
    rustix::mount::mount(kind, path, kind, flags, options.as_c_str()).at("view", path)
}

/// Makes what is mounted at `path` read-only. A device node stays usable on a read-only mount.
pub(crate) fn seal(path: &str, kept: MountFlags) -> Result<(), Refusal> {
    let flags = kept | MountFlags::BIND | MountFlags::RDONLY;
    rustix::mount::mount_remount(path, flags, c"").at("seal", path)
}

/// No namespace can be made in the machine from here on: a filter of system calls alone does not
/// stop `clone3`. These are the counters of the machine's own user namespace.
pub(crate) fn close_counters() -> Result<(), Refusal> {
    forbid_namespaces()?;
    for (path, value) in COUNTERS.into_iter().chain([FREE_PORTS]) {
        let _ = fs::write(path, value);
    }
    // The machine dies first when the host runs out of memory. Raising needs no right.
    fs::write("/proc/self/oom_score_adj", "1000").at("counters", "oom_score_adj")
}

/// In the user namespace of whoever calls.
pub(crate) fn forbid_namespaces() -> Result<(), Refusal> {
    for (n, path) in NAMESPACE_COUNTERS.iter().enumerate() {
        match fs::write(path, "0") {
            Err(error) if n > 0 && error.kind() == std::io::ErrorKind::NotFound => continue,
            written => written.at("counters", path)?,
        }
        let kept = fs::read_to_string(path).at("counters", path)?;
        if kept.trim() != "0" {
            return Err(Refusal { stage: "counters", why: format!("{path} stays at {kept}") });
        }
    }
    Ok(())
}
