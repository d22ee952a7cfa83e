//! Starts `bwrap` (0.8.0 or later) with our guest as the first process.
//!
//! `bwrap` makes the namespaces and binds what is shown of the host: `/usr`, the shares read-only,
//! and the task's own folder for what is written. Everything else is made by the guest. The view is
//! an allow-list: what is not named here is not there.

use super::owners;
use super::prepare::Prepared;
use super::{JailSpec, Processes, StartError};
use crate::system::Stack;
use rustix::io::FdFlags;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What was started: `bwrap` itself, and our ends of what leads to it. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) processes: Processes,
    pub(crate) link: Link,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) stream: UnixStream,
    /// What `bwrap` and the guest complain about.
    pub(crate) diagnostics: PipeReader,
}

/// A folder of the host that the guest finds below `/host`, before it takes all of that away.
#[derive(Debug)]
pub(crate) struct Bind {
    pub(crate) path: PathBuf,
    pub(crate) at: PathBuf,
    pub(crate) writable: bool,
}

/// What one machine needs, and no more.
pub(crate) fn binds_of(spec: &JailSpec, shares: &[Prepared], stack: &Stack) -> Vec<Bind> {
    let mut binds = Vec::new();
    for share in shares {
        let at = Path::new("base").join(&share.view.name);
        binds.push(Bind { path: share.path.clone(), at, writable: false });
    }
    if shares.iter().any(|share| share.view.landing == wire::Landing::Overlay) {
        binds.push(Bind { path: spec.dir.join("upper"), at: "upper".into(), writable: true });
    }
    binds.extend(system_binds(spec, stack));
    binds
}

/// What the guest makes the overlays of the system from, and the host's programs.
fn system_binds(spec: &JailSpec, stack: &Stack) -> Vec<Bind> {
    let mut binds = ground_binds(stack);
    let Some(layered) = &stack.layered else { return binds };
    binds.push(Bind { path: spec.dir.join("system"), at: "system".into(), writable: true });
    for (n, layer) in layered.layers.iter().enumerate() {
        binds.push(shown(layer, format!("layers/{n}").into()));
    }
    binds.extend(stack.tree.iter().map(|path| shown(path, "tree".into())));
    binds
}

/// The part of them that is no single task's.
pub(crate) fn ground_binds(stack: &Stack) -> Vec<Bind> {
    let programs = stack.programs.iter();
    let programs = programs.map(|(name, path)| shown(path, Path::new("programs").join(name)));
    let layered = stack.layered.iter();
    let ground = layered.flat_map(|layered| {
        let packages = layered.packages.iter().map(|path| shown(path, "packages".into()));
        std::iter::once(shown(&layered.ground, "ground".into())).chain(packages)
    });
    programs.chain(ground).collect()
}

fn shown(path: &Path, at: PathBuf) -> Bind {
    Bind { path: path.to_owned(), at, writable: false }
}

/// Only what making the view takes; the guest drops all of it before anything foreign runs.
const CAPABILITIES: [&str; 11] = [
    "CAP_SYS_ADMIN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_CHOWN",
    "CAP_FSETID",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_CHROOT",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    // From which port on anyone may listen is a setting of the machine's own network.
    "CAP_NET_ADMIN",
    // Whose user 0 gets another number in a namespace below: the kernel asks for this one.
    "CAP_SETFCAP",
];

/// In addition where the guest has to become user 0 of the machine itself.
const IDENTITY_CAPABILITIES: [&str; 2] = ["CAP_SETUID", "CAP_SETGID"];

/// `greeting` waits in the stream for the guest.
pub(crate) fn start(
    bwrap: &Path,
    guest: &Path,
    root: &Path,
    binds: &[Bind],
    greeting: &[u8],
) -> Result<Started, StartError> {
    try_start(bwrap, guest, root, binds, greeting).map_err(|source| StartError::Spawn { source })
}

fn try_start(
    bwrap: &Path,
    guest: &Path,
    root: &Path,
    binds: &[Bind],
    greeting: &[u8],
) -> io::Result<Started> {
    let (mut stream, theirs) = UnixStream::pair()?;
    // Nobody reads yet: what does not fit the socket must fail here and not block.
    stream.set_nonblocking(true)?;
    stream.write_all(greeting)?;
    let (facts, facts_end) = io::pipe()?;
    let (diagnostics, diagnostics_end) = io::pipe()?;
    let namespace = owners::namespace()?;
    let user = namespace.as_ref().map(|namespace| &namespace.fd);
    // bwrap inherits these two by number, and closes them itself. Whatever else this process starts
    // in the same moment would inherit them too, which neither harms nor helps it.
    for fd in [Some(facts_end.as_fd()), user.map(AsFd::as_fd)].into_iter().flatten() {
        rustix::io::fcntl_setfd(fd, FdFlags::empty())?;
    }
    #[expect(clippy::disallowed_methods, reason = "this is where machines start")]
    let mut command = std::process::Command::new(bwrap);
    command
        .args(arguments(guest, root, binds, &facts_end, user))
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(diagnostics_end);
    let processes = Processes::new(command.process_group(0).spawn()?, facts);
    Ok(Started { processes, link: Link { stream, diagnostics } })
}

fn arguments(
    guest: &Path,
    root: &Path,
    binds: &[Bind],
    facts: &PipeWriter,
    namespace: Option<&OwnedFd>,
) -> Vec<OsString> {
    let mut args = Arguments::default();
    match namespace {
        Some(namespace) => args.add(["--userns", &namespace.as_raw_fd().to_string()]),
        None => args.add(["--unshare-user"]),
    }
    args.add(["--uid", "0", "--gid", "0"]);
    args.add(["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]);
    args.add(["--unshare-cgroup-try", "--hostname", "machine"]);
    args.add(["--as-pid-1", "--die-with-parent", "--new-session", "--clearenv"]);
    args.add(["--info-fd", &facts.as_raw_fd().to_string(), "--cap-drop", "ALL"]);
    let identity = IDENTITY_CAPABILITIES.iter().filter(|_| namespace.is_some());
    for capability in CAPABILITIES.iter().chain(identity) {
        args.add(["--cap-add", *capability]);
    }
    args.bind("--ro-bind", root.join("usr"), "/usr");
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        args.show(&root.join(name), &Path::new("/").join(name));
    }
    // The guest takes what it needs of these, and then all of /host away.
    args.add(["--tmpfs", "/host"]);
    args.bind("--ro-bind", root.join("etc"), "/host/etc");
    args.add(["--dev-bind", "/dev", "/host/dev"]);
    args.add(["--proc", "/proc"]);
    // The folder, because a bind of each program would cost as much as this one.
    let programs = guest.parent().unwrap_or(Path::new("/"));
    args.bind("--ro-bind", programs, "/host/guest");
    for bind in binds {
        let how = if bind.writable { "--bind" } else { "--ro-bind" };
        args.bind(how, &bind.path, Path::new("/host").join(&bind.at));
    }
    let guest = Path::new("/host/guest").join(guest.file_name().unwrap_or_default());
    args.0.extend(["--".into(), guest.into()]);
    args.0
}

#[derive(Debug, Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<const N: usize>(&mut self, args: [&str; N]) {
        self.0.extend(args.map(OsString::from));
    }

    fn bind(&mut self, how: &str, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) {
        self.0.extend([how.into(), from.as_ref().into(), to.as_ref().into()]);
    }

    /// Shows what is at `path`, if anything: a link as a link, the rest read-only.
    fn show(&mut self, path: &Path, at: &Path) {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_symlink() => {
                if let Ok(target) = fs::read_link(path) {
                    self.bind("--symlink", target, at);
                }
            }
            Ok(found) if found.is_dir() => self.bind("--ro-bind", path, at),
            Ok(_) | Err(_) => {}
        }
    }
}
