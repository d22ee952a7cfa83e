//! From the kernel's first process to everything mounted that does not depend on the task.
//!
//! The root is the image, read-only, under an overlay whose upper layer is the scratch disk. So
//! packages can be installed, and the disk bounds what they take.

use super::Booted;
use super::view::Uppers;
use super::wake::{self, MACHINE_ID, Own};
use crate::filter::{Filter, Pretended};
use crate::init::{At, Refusal};
use crate::system;
use crate::tools::READER;
use crate::view::{self, HOST};
use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use std::ffi::CString;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wire::{System, VM_DISK_ROOT, VM_DISK_SCRATCH, VM_DISK_SHARES, VM_PORT, VM_PROCESSES};

/// Looks for a device that is not there yet, and the time between two looks.
const LOOKS_MAX: usize = 400;
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Small writable file systems of the machine, beside its root.
const MEMORY_FOLDERS: [(&str, &str); 4] = [
    ("/run", "mode=755,size=64m"),
    ("/dev/shm", "mode=1777,size=256m"),
    // Where shares will land. Made in memory it costs a new machine nothing.
    ("/folders", "mode=755,size=1m"),
    ("/base", "mode=755,size=1m"),
];

/// Tables that nothing was written to yet are left as they are: the disk goes with the machine.
const SCRATCH: &str = "discard,noinit_itable";

/// Where the layers of the root are put together. The machine sees nothing of it.
const NEW: &str = "/new";

/// A filter of calls is translated in each machine, or only read where it is needed; free memory
/// need not lie together, and is counted as often as anybody looks.
const SETTINGS: [(&str, &str); 3] = [
    ("/proc/sys/net/core/bpf_jit_enable", "0"),
    ("/proc/sys/vm/compaction_proactiveness", "0"),
    ("/proc/sys/vm/stat_interval", "3600"),
];

/// In place of the image's own.
const FILES: [(&str, &str); 5] = [
    ("/etc/hostname", "machine\n"),
    ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 machine\n"),
    ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
    ("/etc/gitconfig", "[safe]\n\tdirectory = *\n"),
    ("/etc/machine-id", "\n"),
];

/// The port that leads to the host, and the rest.
pub(super) fn boot() -> Result<(OwnedFd, Booted), Refusal> {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let nothing = MountFlags::empty();
    for (kind, path) in [("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev")] {
        mount(kind, kind, Path::new(path), nothing, "")?;
    }
    load_modules()?;
    let root = disk(VM_DISK_ROOT)?;
    let scratch = disk(VM_DISK_SCRATCH)?;
    let shares = disk(VM_DISK_SHARES)?;
    let port = port()?;
    mount("erofs", &root, Path::new("/lower"), MountFlags::RDONLY, "")?;
    mount("ext4", &scratch, Path::new("/scratch"), MountFlags::NOATIME, SCRATCH)?;
    for folder in ["/scratch/root", "/scratch/work"] {
        fs::create_dir_all(folder).at("boot", folder)?;
    }
    let layers = "lowerdir=/lower,upperdir=/scratch/root,workdir=/scratch/work";
    mount("overlay", "overlay", Path::new(NEW), nothing, layers)?;
    let uppers = make_uppers()?;
    enter()?;
    make_folders()?;
    let shares = open(&Path::new(HOST).join("dev").join(shares.trim_start_matches("/dev/")))?;
    leave_host()?;
    super::view::stand(&shares, &uppers)?;
    settle();
    let own = Own::open()?;
    system::place_profile(System::Layered { layers: 0 })?;
    wake::bound_processes(VM_PROCESSES)?;
    view::close_counters()?;
    // What is emulated executes each instruction for the first time again in each machine.
    let filter = Filter::new(Pretended::Nothing)?;
    Ok((port, Booted { shares, uppers, filter, own, processes_max: VM_PROCESSES }))
}

fn make_uppers() -> Result<Uppers, Refusal> {
    let folder = |name: &str| {
        let path = Path::new("/scratch/shares").join(name);
        fs::create_dir_all(&path).at("boot", path.display())?;
        view::open_folder(&path).at("boot", path.display())
    };
    Ok(Uppers { upper: folder("upper")?, work: folder("work")?, nothing: folder("nothing")? })
}

/// Makes the layers the root. The first file system cannot be left, so it is covered.
fn enter() -> Result<(), Refusal> {
    let host = Path::new(NEW).join("host");
    mount("tmpfs", "tmpfs", &host, MountFlags::NOSUID | MountFlags::NODEV, "mode=700,size=64k")?;
    let host = host.join("dev");
    for folder in [&host, &Path::new(NEW).join("host/shares"), &Path::new(NEW).join("host/guest")] {
        fs::create_dir(folder).at("boot", "/host")?;
    }
    rustix::mount::mount_bind("/guest", Path::new(NEW).join("host/guest")).at("boot", "/guest")?;
    for (from, to) in [("/dev", host), ("/proc", Path::new(NEW).join("proc"))] {
        fs::create_dir_all(&to).at("boot", from)?;
        rustix::mount::mount_move(from, &to).at("boot", from)?;
    }
    rustix::process::chdir(NEW).at("boot", NEW)?;
    rustix::mount::mount_move(".", "/").at("boot", "root")?;
    rustix::process::chroot(".").at("boot", "root")?;
    rustix::process::chdir("/").at("boot", "root")?;
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).at("boot", "root")
}

/// Nothing of it is needed any more. What is still mounted cannot be removed.
fn leave_host() -> Result<(), Refusal> {
    rustix::mount::unmount(HOST, UnmountFlags::DETACH).at("boot", HOST)?;
    fs::remove_dir(HOST).at("boot", HOST)
}

/// Keeps the kernel from work that nobody asked it for. One that knows no such setting is no worse.
fn settle() {
    for (path, value) in SETTINGS {
        let _ = fs::write(path, value);
    }
}

fn make_folders() -> Result<(), Refusal> {
    let kept = MountFlags::NOSUID | MountFlags::NODEV;
    for (path, text) in FILES {
        // The image may have a link there that leads nowhere.
        let _ = fs::remove_file(path);
        super::write(path, text)?;
    }
    view::make_devices()?;
    view::show_reader()?;
    // The first file system can be written, and programs here may write what is root's.
    view::seal(READER, kept)?;
    mount("sysfs", "sysfs", Path::new("/sys"), kept | MountFlags::NOEXEC | MountFlags::RDONLY, "")?;
    for (path, options) in MEMORY_FOLDERS {
        mount("tmpfs", "tmpfs", Path::new(path), kept, options)?;
    }
    // Each machine writes its own, and a file in memory is written in no time.
    super::write(MACHINE_ID, "\n")?;
    rustix::mount::mount_bind(MACHINE_ID, "/etc/machine-id").at("boot", "machine-id")?;
    for path in ["/home", "/tmp"] {
        fs::create_dir_all(path).at("boot", path)?;
    }
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
    fs::set_permissions("/tmp", everyone).at("boot", "/tmp")?;
    rustix::system::sethostname(b"machine").at("boot", "hostname")?;
    loopback().at("boot", "loopback")?;
    view::seal("/dev", MountFlags::NOSUID)?;
    let flags = kept | MountFlags::BIND;
    rustix::mount::mount_remount("/", flags, c"").at("boot", "/")
}

/// The host put them in an order in which each finds what it needs.
fn load_modules() -> Result<(), Refusal> {
    let mut modules: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir("/modules").at("modules", "/modules")? {
        modules.push(entry.at("modules", "/modules")?.path());
    }
    modules.sort();
    for path in modules {
        let file = open_read(&path)?;
        rustix::system::finit_module(&file, c"", 0).at("modules", path.display())?;
    }
    let _ = fs::remove_dir_all("/modules");
    Ok(())
}

/// The device file of the disk with this serial number.
fn disk(serial: &str) -> Result<String, Refusal> {
    let found = look("/sys/block", |name| {
        let read = fs::read_to_string(format!("/sys/block/{name}/serial"));
        read.is_ok_and(|text| text.trim() == serial)
    });
    let name = found.ok_or_else(|| missing("disk", serial))?;
    // What is asked of the disk is sorted by the host. A kernel that can't is no worse.
    for (setting, value) in [("scheduler", "none"), ("wbt_lat_usec", "0")] {
        let _ = fs::write(format!("/sys/block/{name}/queue/{setting}"), value);
    }
    Ok(format!("/dev/{name}"))
}

/// The port that leads to the host.
fn port() -> Result<OwnedFd, Refusal> {
    let found = look("/sys/class/virtio-ports", |name| {
        let read = fs::read_to_string(format!("/sys/class/virtio-ports/{name}/name"));
        read.is_ok_and(|text| text.trim() == VM_PORT)
    });
    let name = found.ok_or_else(|| missing("port", VM_PORT))?;
    open(&Path::new("/dev").join(name))
}

fn look(folder: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    for _ in 0..LOOKS_MAX {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        if let Some(name) = names.find(|name| fits(name)) {
            return Some(name);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    None
}

fn missing(what: &str, name: &str) -> Refusal {
    Refusal { stage: "boot", why: format!("there is no {what} {name}") }
}

fn open(path: &Path) -> Result<OwnedFd, Refusal> {
    // The disk of the shares cannot be written; the port can.
    let both = rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    both.or_else(|_| rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()))
        .at("boot", path.display())
}

fn open_read(path: &Path) -> Result<OwnedFd, Refusal> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).at("modules", path.display())
}

fn mount(
    kind: &str,
    from: &str,
    to: &Path,
    flags: MountFlags,
    options: &str,
) -> Result<(), Refusal> {
    let what = || format!("{kind} at {}", to.display());
    fs::create_dir_all(to).at("boot", what())?;
    let options = CString::new(options).at("boot", what())?;
    rustix::mount::mount(from, to, kind, flags, options.as_c_str()).at("boot", what())
}

/// Brings up the machine's own loopback; there is no other network.
fn loopback() -> std::io::Result<()> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    // SAFETY: the structure is valid when zeroed, lives through both calls, and has the size that
    // these two requests expect.
    #[expect(unsafe_code, reason = "no safe interface to the flags of an interface")]
    unsafe {
        use std::os::fd::AsRawFd;
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = (*from).cast_signed();
        }
        if libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS, &raw mut request) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        request.ifr_ifru.ifru_flags |= 1; // IFF_UP
        if libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
