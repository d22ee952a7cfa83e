//! The system of the view where programs may change it: overlays whose upper layers are in the
//! task's folder on the host's disk, kept layers below those, and the host's system or an image at
//! the bottom. And what any view gets of the host's programs and configuration.
//!
//! Upper layers come back from an earlier life of the machine, so they are hostile: a link in
//! `/etc` or `/var` is never followed here. Else something could be mounted over `/proc`, and the
//! locks would be checked against what a program wrote.

use crate::init::{At, Refusal};
use crate::limits::{PLACED_DEPTH_MAX, PLACED_FILES_MAX};
use crate::second;
use crate::tools::READER;
use crate::view::{HOST, open_below_host, open_folder, overlay};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use wire::{PlacedFile, System};

/// Folders of the view that come from the overlay beside `/usr`.
const REST: [&str; 5] = ["etc", "var", "opt", "srv", "home"];

/// Where programs of a layered system may write beside the folders that any view has.
const WRITABLE: [&str; 5] = ["/usr", "/etc", "/var", "/opt", "/srv"];

/// Where the list of the installed packages is, from `/var`.
const PACKAGES: [&str; 2] = ["lib", "dpkg"];

/// A login shell begins with a PATH of its own, which knows nothing of the machine's programs.
const PROFILE: (&str, &str) = (
    "/etc/profile.d/legwork.sh",
    "for legwork in /programs/*/bin /programs/.legwork/bin; do\n\
     \tif [ -d \"$legwork\" ]; then PATH=$legwork:$PATH; fi\ndone\nunset legwork\n",
);

/// `bin` of each folder with programs, as they stand in PATH.
static PROGRAMS: OnceLock<String> = OnceLock::new();

const PATH: &str = "/home/.local/bin:/home/.cargo/bin:/usr/local/sbin:/usr/local/bin:\
                    /usr/sbin:/usr/bin:/sbin:/bin";

pub(crate) fn writable(system: System) -> &'static [&'static str] {
    match system {
        System::ReadOnly => &[],
        System::Layered { .. } => &WRITABLE,
    }
}

/// Whether the folder `path` of the view is on the disk of a layered system.
pub(crate) fn holds(system: System, path: &str) -> bool {
    let name = path.trim_start_matches('/');
    matches!(system, System::Layered { .. }) && REST.contains(&name)
}

/// What programs are told in addition. Nothing in a machine can answer a question of an installer,
/// and the `pip` of a distribution may write here, as there is nobody else's system to protect.
pub(crate) fn environment() -> [(&'static str, String); 4] {
    [
        ("PATH", format!("{}{PATH}", PROGRAMS.get().map_or("", String::as_str))),
        ("DEBIAN_FRONTEND", "noninteractive".into()),
        ("PIP_BREAK_SYSTEM_PACKAGES", "1".into()),
        ("PIP_ROOT_USER_ACTION", "ignore".into()),
    ]
}

/// `upper` is where below `/host` the shares' layers are; the system's lies beside it.
pub(crate) fn make(layers: u32, upper: &[u8]) -> Result<(), Refusal> {
    let host = Path::new(HOST);
    let beside = Path::new(OsStr::from_bytes(upper)).with_file_name("system");
    let own = open_below_host(beside.as_os_str().as_bytes()).at("system", "/host/system")?;
    let stack =
        |name: &str, at: &Path, bottom: Option<&Path>| stack(name, at, layers, bottom, &own);
    let image = host.join("tree");
    let is_image = image.is_dir();
    stack("usr", Path::new("/usr"), Some(Path::new("/usr")))?;
    let rest = host.join("rest");
    fs::create_dir(&rest).at("system", "/host/rest")?;
    stack("rest", &rest, is_image.then_some(&image))?;
    for name in REST {
        let (from, to) = (open_folder(&rest.join(name)), Path::new("/").join(name));
        let from = from.at("system", name)?;
        fs::create_dir(&to).at("system", name)?;
        rustix::mount::mount_bind(by_number(&from), &to).at("system", name)?;
    }
    // Made by the host's root, it is nobody's here, and programs mistrust such a home.
    if fs::metadata("/home").at("system", "/home")?.uid() != 0 {
        std::os::unix::fs::chown("/home", Some(0), Some(0)).at("system", "/home")?;
    }
    symlink("/home", "/root").at("system", "/root")?;
    let packages = host.join("packages");
    if packages.is_dir() {
        let mut at = open_folder(Path::new("/var")).at("system", "/var")?;
        for name in PACKAGES {
            at = enter(&at, name).at("system", "/var/lib/dpkg")?;
        }
        stack("packages", Path::new(&by_number(&at)), Some(&packages))?;
    }
    Ok(())
}

/// Mounts one overlay of the system: the task's own layer, the kept ones, the ground, the bottom.
fn stack(
    name: &str,
    at: &Path,
    layers: u32,
    bottom: Option<&Path>,
    own: &OwnedFd,
) -> Result<(), Refusal> {
    let host = Path::new(HOST);
    let kept = (0..layers).map(|n| host.join("layers").join(n.to_string()).join(name));
    let ground = std::iter::once(host.join("ground").join(name));
    let lowers = kept.chain(ground).chain(bottom.map(PathBuf::from));
    let open = |path: PathBuf| open_folder(&path).at("system", path.display());
    let lowers = lowers.map(open).collect::<Result<Vec<_>, _>>()?;
    let own = Path::new(&by_number(own)).to_owned();
    let upper = open(own.join("upper").join(name))?;
    let work = open(own.join("work").join(name))?;
    let mut options = String::new();
    for (n, lower) in lowers.iter().enumerate() {
        let before = if n == 0 { "lowerdir=" } else { ":" };
        let _ = write!(options, "{before}{}", by_number(lower));
    }
    let _ = write!(options, ",upperdir={},workdir={}", by_number(&upper), by_number(&work));
    overlay(at, &options, "")
        .map_err(|Refusal { why, .. }| Refusal { stage: "system", why: format!("{name}{why}") })
}

fn by_number(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// Opens a folder below `parent`. What is in its place and is no folder goes.
fn enter(parent: &OwnedFd, name: &str) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let open = || rustix::fs::openat2(parent, name, flags, Mode::empty(), resolve);
    open().or_else(|_| {
        let _ = rustix::fs::unlinkat(parent, name, AtFlags::empty());
        rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o755))?;
        open()
    })
}

/// Shows the folders with programs that the host named, and the programs that become the second
/// user where there is one. No folder of the host's is called like that of the latter.
pub(crate) fn show_programs(names: &[String], system: System) -> Result<(), Refusal> {
    let mut path = String::new();
    if let System::Layered { .. } = system {
        let folder = Path::new(second::PROGRAMS);
        fs::create_dir_all(folder).at("programs", second::PROGRAMS)?;
        for name in second::NAMES {
            symlink(READER, folder.join(name)).at("programs", name)?;
        }
        let _ = write!(path, "{}:", second::PROGRAMS);
    }
    for name in names {
        let from = Path::new(HOST).join("programs").join(name);
        let to = Path::new("/programs").join(name);
        fs::create_dir_all(&to).at("programs", name)?;
        // Read-only as what it is bound from.
        rustix::mount::mount_bind(&from, &to).at("programs", name)?;
        let _ = write!(path, "/programs/{name}/bin:");
    }
    let _ = PROGRAMS.set(path);
    Ok(())
}

/// Puts the configuration of programs into the view. `/host` is gone by now.
pub(crate) fn place(files: &[PlacedFile]) -> Result<(), Refusal> {
    if files.len() > PLACED_FILES_MAX {
        return Err(Refusal { stage: "files", why: format!("{} are too many", files.len()) });
    }
    files.iter().try_for_each(|file| place_one(file).at("files", &file.path))
}

/// Puts our own there, where there is anything of ours that can be written over.
pub(crate) fn place_profile(system: System) -> Result<(), Refusal> {
    let System::Layered { .. } = system else { return Ok(()) };
    let (path, text) = PROFILE;
    place(&[PlacedFile { path: path.to_owned(), mode: 0o644, text: text.to_owned() }])
}

fn place_one(file: &PlacedFile) -> std::io::Result<()> {
    let odd = || std::io::Error::from_raw_os_error(libc::EINVAL);
    let path = file.path.strip_prefix('/').ok_or_else(odd)?;
    let parts: Vec<&str> = path.split('/').collect();
    let is_odd = |part: &&str| matches!(*part, "" | "." | "..");
    let [top @ ("etc" | "home"), folders @ .., name] = parts.as_slice() else { return Err(odd()) };
    if parts.len() > PLACED_DEPTH_MAX || parts.iter().any(is_odd) {
        return Err(odd());
    }
    let mut folder = open_folder(&Path::new("/").join(top))?;
    for part in folders {
        folder = enter(&folder, part)?;
    }
    // Renamed into its place: what is there is replaced and never opened.
    let fresh = format!(".{name}.placed");
    let _ = rustix::fs::unlinkat(&folder, &fresh, AtFlags::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let made = rustix::fs::openat(&folder, &fresh, flags, Mode::from_raw_mode(0o600))?;
    let mut made = fs::File::from(made);
    made.write_all(file.text.as_bytes())?;
    rustix::fs::fchmod(&made, Mode::from_raw_mode(file.mode & 0o777))?;
    Ok(rustix::fs::renameat(&folder, &fresh, &folder, *name)?)
}

#[cfg(test)]
mod tests {
    use super::{holds, place_one};
    use wire::{PlacedFile, System};

    #[test]
    fn no_file_is_placed_elsewhere() {
        let deep = format!("/etc{}", "/a".repeat(8));
        for path in ["", "/etc", "/etc/", "/usr/x", "etc/x", "/etc/../x", "/etc//x", "/x", &deep] {
            let file = PlacedFile { path: path.into(), mode: 0o644, text: String::new() };
            let refused = place_one(&file).expect_err(path);
            assert_eq!(refused.raw_os_error(), Some(libc::EINVAL), "{path}");
        }
    }

    #[test]
    fn a_home_on_the_disk_is_not_in_memory_too() {
        let layered = System::Layered { layers: 0 };
        assert!(holds(layered, "/home") && !holds(layered, "/tmp"));
        assert!(!holds(System::ReadOnly, "/home"));
    }
}
