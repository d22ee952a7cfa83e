//! Makes an image from this computer's own package sources.
//!
//! `mmdebstrap` puts the packages together, in one pass: while its folder stands, the kernel is
//! fetched into it and carried out, the file system is written and carried out, then the folder
//! goes.
//! Where packages come from is learnt from this computer's apt: its sources, its proxies, its
//! certificates. What of that is secret does not stay in the image.

use super::scratch::{self, Scratch};
use super::{
    FORMAT, Image, ImageError, ImageFile, ImageManifest, KERNEL, MANIFEST, MODULES, ROOT, is_name,
    modules,
};
use crate::limits::{IMAGE_QUIET_WAIT, IMAGE_ROOM_MIN, IMAGE_SCRATCH_MIN, MANIFEST_BYTES_MAX};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Stdio};
use std::time::SystemTime;

/// The programs that making an image takes.
#[derive(Debug, Clone)]
pub struct ImagePrograms {
    pub mmdebstrap: PathBuf,
    pub mkfs_erofs: PathBuf,
    pub apt_config: PathBuf,
}

/// What is in an image beside the distribution's essential packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageContent {
    /// Python with pip and environments, git, curl, Node.js with npm.
    pub standard: bool,
    /// Rust's compiler and cargo.
    pub rust: bool,
    /// LibreOffice, without a screen.
    pub office: bool,
    /// Further packages of the distribution, by name.
    pub more: Vec<String>,
}

/// An image to be.
#[derive(Debug, Clone)]
pub struct ImageSpec {
    /// The folder of all images; made if it is not there.
    pub images: PathBuf,
    pub name: String,
    pub content: ImageContent,
    pub programs: ImagePrograms,
}

const ALWAYS: [&str; 2] = ["ca-certificates", "python3-minimal"];
const STANDARD: [&str; 8] =
    ["python3", "python3-venv", "python3-pip", "git", "curl", "nodejs", "npm", "procps"];
const RUST: [&str; 3] = ["cargo", "rustc", "gcc"];
const OFFICE: [&str; 4] = [
    "libreoffice-writer-nogui",
    "libreoffice-calc-nogui",
    "libreoffice-impress-nogui",
    "fonts-dejavu-core",
];

/// What nobody reads in a machine.
const LEFT_OUT: [&str; 4] = ["doc/*", "man/*", "locale/*", "info/*"];

/// The kernels that fit, the best first: without drivers for hardware that a VM does not have.
const KERNELS: &str =
    "linux-image-cloud-amd64 linux-image-virtual linux-image-amd64 linux-image-generic";

/// Run by a shell in the system's folder, which is `$1`.
const FETCH_KERNEL: &str = r#"set -e
mkdir "$1/legwork"
chroot "$1" sh -c '
cd /legwork
for meta in KERNELS; do
    name=$(apt-cache depends "$meta" 2>/dev/null | sed -n "s/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p" | head -n 1)
    [ -z "$name" ] || break
done
[ -n "$name" ] || { echo "E: none of these kernels is to be had: KERNELS" >&2; exit 1; }
apt-get -qq download "$name" $(apt-cache depends "$name" | sed -n "s/^ *Depends: \(linux-modules-[0-9][^ ]*\)$/\1/p") >&2
for file in *.deb; do dpkg-deb -x "$file" kernel; rm "$file"; done
mkdir -p kernel/lib/modules kernel/boot
[ ! -d kernel/usr/lib/modules ] || mv kernel/usr/lib/modules/* kernel/lib/modules/
dpkg-query -W > kernel/packages
'"#;

/// What belongs to this computer or to the making.
const CLEAN: &str = r#"cd "$1" && set -e
rm -rf legwork var/lib/apt/lists/* var/cache/apt/* var/log/* etc/machine-id
rm -f etc/apt/apt.conf.d/99mmdebstrap var/lib/dbus/machine-id
find etc/apt -name '*.list' -o -name '*.sources' | xargs -r sed -i 's#://[^/@ ]*@#://#g'
find . -xdev -name __pycache__ -prune -exec rm -rf {} +
: > etc/machine-id"#;

/// Makes the image and returns it. `progress` hears a sentence for each stage. Blocks for minutes.
/// An image of that name is replaced, at once, when the new one is whole.
pub fn build(spec: &ImageSpec, progress: &mut dyn FnMut(&str)) -> Result<Image, ImageError> {
    check(spec)?;
    let failed = |source| ImageError::Folder { path: spec.images.clone(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&spec.images).map_err(failed)?;
    let part = spec.images.join(format!(".part-{}-{}", spec.name, std::process::id()));
    remove_parts(&spec.images, &format!("{}-", spec.name));
    scratch::remove_left(&spec.programs.mmdebstrap);
    check_room(&spec.images, IMAGE_ROOM_MIN)?;
    check_room(Path::new(scratch::PLACE), IMAGE_SCRATCH_MIN)?;
    fs::create_dir(&part).map_err(failed)?;
    let made = build_in(spec, &part, progress);
    let placed = made.and_then(|()| place(spec, &part));
    if placed.is_err() {
        let _ = crate::jail::clear(&part);
    }
    placed
}

fn check(spec: &ImageSpec) -> Result<(), ImageError> {
    if !is_name(&spec.name) {
        return Err(ImageError::Name { name: spec.name.clone() });
    }
    can_build(&spec.programs)
}

/// On a full disk the makers say much, and not that it is full.
fn check_room(path: &Path, least: u64) -> Result<(), ImageError> {
    let Ok(disk) = rustix::fs::statvfs(path) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let room =
        |free: u64| ImageError::Room { path: path.into(), free: free >> 20, least: least >> 20 };
    if free < least { Err(room(free)) } else { Ok(()) }
}

/// Whether this computer has what making an image takes.
pub fn can_build(programs: &ImagePrograms) -> Result<(), ImageError> {
    if std::env::consts::ARCH != "x86_64" {
        return Err(ImageError::Architecture);
    }
    let all = [
        (&programs.apt_config, "apt-config", "apt"),
        (&programs.mmdebstrap, "mmdebstrap", "mmdebstrap"),
        (&programs.mkfs_erofs, "mkfs.erofs", "erofs-utils"),
    ];
    if let Some((_, program, package)) = all.into_iter().find(|(path, _, _)| !path.is_file()) {
        return Err(ImageError::ProgramMissing { program, package });
    }
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    if !Path::new("/usr/bin/newuidmap").exists() {
        return Err(ImageError::ProgramMissing { program: "newuidmap", package: "uidmap" });
    }
    if has_ids() { Ok(()) } else { Err(ImageError::NoIds) }
}

/// Whether the user has ids beside their own.
fn has_ids() -> bool {
    let own = rustix::process::geteuid().as_raw().to_string();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == own).then(|| name.to_owned())
    });
    let is_own = |line: &str| {
        let first = line.split(':').next();
        first == Some(own.as_str()) || (name.is_some() && first == name.as_deref())
    };
    let listed = |file| fs::read_to_string(file).is_ok_and(|text| text.lines().any(is_own));
    listed("/etc/subuid") && listed("/etc/subgid")
}

/// Removes what makings left behind that were killed. None may be under way in `images`.
pub fn forget_interrupted(images: &Path, programs: &ImagePrograms) {
    remove_parts(images, "");
    scratch::remove_left(&programs.mmdebstrap);
}

fn remove_parts(images: &Path, name: &str) {
    let prefix = format!(".part-{name}");
    for entry in fs::read_dir(images).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = crate::jail::clear(&entry.path());
        }
    }
}

fn build_in(
    spec: &ImageSpec,
    part: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ImageError> {
    let failed = |source| ImageError::Folder { path: part.into(), source };
    progress("learning this computer's package sources");
    let options = part.join("apt.conf");
    fs::write(&options, own_apt_settings(&spec.programs.apt_config).map_err(failed)?)
        .map_err(failed)?;
    fs::set_permissions(&options, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let arguments = arguments(spec, part, &options)?;
    let scratch = Scratch::make(&spec.programs.mmdebstrap).map_err(failed)?;
    run(&spec.programs.mmdebstrap, &arguments, &scratch, progress)?;
    drop(scratch);
    fs::remove_file(&options).map_err(failed)?;
    progress("choosing what of the kernel is needed");
    pick_kernel(part)?;
    progress("writing down what is in it");
    write_manifest(spec, part).map_err(failed)
}

/// How this computer's apt reaches its sources: proxies, certificates, retries. Its hooks and
/// folders stay here.
fn own_apt_settings(apt_config: &Path) -> io::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "this is where images are made")]
    let dumped = std::process::Command::new(apt_config).arg("dump").output()?;
    let text = String::from_utf8_lossy(&dumped.stdout).into_owned();
    let mut kept: String = text
        .lines()
        .filter(|line| line.starts_with("Acquire::") && !line.starts_with("Acquire::Changelogs"))
        .flat_map(|line| [line, "\n"])
        .collect();
    kept.push_str("Dir::Etc::netrc \"/etc/apt/auth.conf\";\n");
    kept.push_str("Dir::Etc::netrcparts \"/etc/apt/auth.conf.d\";\n");
    Ok(kept)
}

fn suite() -> Result<String, ImageError> {
    let text = fs::read_to_string("/etc/os-release").map_err(|_| ImageError::Distribution)?;
    let named = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let name = named.map(|name| name.trim_matches('"').to_owned());
    name.filter(|name| is_name(name)).ok_or(ImageError::Distribution)
}

/// The files that say where packages come from.
fn sources() -> Result<Vec<PathBuf>, ImageError> {
    let mut found: Vec<PathBuf> = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let extension = path.extension().and_then(OsStr::to_str);
            matches!(extension, Some("list" | "sources"))
        })
        .collect();
    found.push("/etc/apt/sources.list".into());
    let says_something = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line.starts_with("deb ") || line.starts_with("Types:"))
    };
    found.retain(says_something);
    found.sort();
    if found.is_empty() { Err(ImageError::Distribution) } else { Ok(found) }
}

fn packages(content: &ImageContent) -> String {
    let mut names: Vec<&str> = ALWAYS.to_vec();
    let parts: [(bool, &[&str]); 3] =
        [(content.standard, &STANDARD), (content.rust, &RUST), (content.office, &OFFICE)];
    for (_, more) in parts.into_iter().filter(|(wanted, _)| *wanted) {
        names.extend(more);
    }
    names.extend(content.more.iter().map(String::as_str));
    names.join(",")
}

fn arguments(spec: &ImageSpec, part: &Path, options: &Path) -> Result<Vec<OsString>, ImageError> {
    let is_root = rustix::process::geteuid().is_root();
    let mut args: Vec<OsString> = Vec::new();
    let mut add = |word: &str| args.push(word.into());
    add(if is_root { "--mode=root" } else { "--mode=unshare" });
    add("--variant=minbase");
    add("--format=null");
    add(&format!("--include={}", packages(&spec.content)));
    for path in LEFT_OUT {
        add(&format!("--dpkgopt=path-exclude=/usr/share/{path}"));
    }
    add("--dpkgopt=path-include=/usr/share/doc/*/copyright");
    let hook = |text: &str| OsString::from(format!("--customize-hook={text}"));
    let carry = |what: &str, to: &Path| {
        let mut word = hook(what);
        word.push(" ");
        word.push(quoted(to.as_os_str()));
        word
    };
    let mut aptopt = OsString::from("--aptopt=");
    aptopt.push(options);
    args.push(aptopt);
    args.push(hook(&FETCH_KERNEL.replace("KERNELS", KERNELS)));
    args.push(carry("copy-out /legwork/kernel", part));
    args.push(hook(CLEAN));
    let mut make = hook("");
    make.push(quoted(spec.programs.mkfs_erofs.as_os_str()));
    make.push(" --quiet -zlz4hc -x-1 '--exclude-regex=^(proc|sys|dev|tmp|run)/.*' ");
    make.push("--exclude-path=legwork.erofs \"$1/legwork.erofs\" \"$1\"");
    args.push(make);
    args.push(carry("download /legwork.erofs", &part.join(ROOT)));
    args.push(suite()?.into());
    args.push("/dev/null".into());
    args.extend(sources()?.into_iter().map(PathBuf::into_os_string));
    Ok(args)
}

/// As one word of a shell.
fn quoted(word: &OsStr) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut text = vec![b'\''];
    for &byte in word.as_bytes() {
        match byte {
            b'\'' => text.extend(b"'\\''"),
            other => text.push(other),
        }
    }
    text.push(b'\'');
    OsString::from_vec(text)
}

/// What root's maker mounts meanwhile goes with it, however it ends.
const APART: [&str; 4] = ["/usr/bin/unshare", "--mount", "--propagation", "slave"];

fn maker(program: &Path) -> std::process::Command {
    #[expect(clippy::disallowed_methods, reason = "this is where images are made")]
    let new = |program: &OsStr| std::process::Command::new(program);
    let mut apart = new(APART[0].as_ref());
    apart.args(&APART[1..]);
    let works = || new(APART[0].as_ref()).args([APART[1], "true"]).output();
    if rustix::process::geteuid().is_root() && works().is_ok_and(|it| it.status.success()) {
        apart.arg(program);
        return apart;
    }
    new(program.as_ref())
}

/// Runs `mmdebstrap` and passes on what it is about.
fn run(
    program: &Path,
    arguments: &[OsString],
    scratch: &Scratch,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ImageError> {
    let broken = |error: io::Error| ImageError::Build { why: error.to_string() };
    let mut command = maker(program);
    let lock = scratch.lock.as_raw_fd();
    // SAFETY: the closure makes two system calls, and nothing else; `scratch` outlives the start.
    #[expect(unsafe_code, reason = "only the new process itself can ask to end with its parent")]
    unsafe {
        let signal = Some(rustix::process::Signal::TERM);
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(signal)?;
            let lock = BorrowedFd::borrow_raw(lock);
            Ok(rustix::io::fcntl_setfd(lock, rustix::io::FdFlags::empty())?)
        });
    }
    let mut child = command
        .args(arguments)
        .env("TMPDIR", &scratch.path)
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(broken)?;
    let group = rustix::process::Pid::from_child(&child);
    let heard = match child.stderr.take() {
        Some(stderr) => follow(stderr, progress),
        None => Ok(String::new()),
    };
    if heard.is_err() {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let status = child.wait().map_err(broken)?;
    let complaint = heard?;
    if status.success() {
        return Ok(());
    }
    let why = if complaint.is_empty() { status.to_string() } else { complaint };
    Err(ImageError::Build { why })
}

/// Reads until the end; returns the first complaint. Silence for too long is an error.
fn follow(mut stderr: ChildStderr, progress: &mut dyn FnMut(&str)) -> Result<String, ImageError> {
    let broken = |error: io::Error| ImageError::Build { why: error.to_string() };
    let mut complaint = String::new();
    let mut buffer = Vec::new();
    loop {
        let mut fds = [PollFd::new(&stderr, PollFlags::IN)];
        let wait = Timespec::try_from(IMAGE_QUIET_WAIT).ok();
        if rustix::event::poll(&mut fds, wait.as_ref()).map_err(|e| broken(e.into()))? == 0 {
            return Err(ImageError::Stuck { minutes: IMAGE_QUIET_WAIT.as_secs() / 60 });
        }
        let mut bytes = [0; 4096];
        let count = stderr.read(&mut bytes).map_err(broken)?;
        if count == 0 {
            return Ok(complaint);
        }
        buffer.extend_from_slice(&bytes[..count]);
        while let Some(end) = buffer.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = String::from_utf8_lossy(&buffer[..end]).into_owned();
            buffer.drain(..=end);
            if let Some(stage) = stage(&line) {
                progress(stage);
            }
            if complaint.is_empty() && (line.starts_with("E:") || line.starts_with("<E>")) {
                complaint = crate::jail::stream::plain(line.trim());
            }
        }
        // A line without an end is no line.
        if buffer.len() > 64 * 1024 {
            buffer.clear();
        }
    }
}

/// What the maker's line means to a person.
fn stage(line: &str) -> Option<&'static str> {
    let stages = [
        ("I: running apt-get update", "reading the lists of packages"),
        ("I: downloading packages", "downloading packages"),
        ("I: extracting archives", "unpacking the essential packages"),
        ("I: installing essential packages", "installing the essential packages"),
        ("I: installing remaining packages", "installing the other packages"),
        ("I: running --customize-hook in shell: sh -c 'set -e", "fetching the kernel"),
        ("I: running special hook: copy-out", "taking the kernel out"),
        ("I: running special hook: download", "taking the file system out"),
    ];
    stages.into_iter().find(|(start, _)| line.starts_with(start)).map(|(_, stage)| stage)
}

pub(super) fn last_line(said: &str) -> String {
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("no word why");
    crate::jail::stream::plain(last)
}

/// Keeps the kernel and the few modules that the guest loads.
fn pick_kernel(part: &Path) -> Result<(), ImageError> {
    let broken = |why: String| ImageError::Kernel { why };
    let io_broken = |error: io::Error| ImageError::Kernel { why: error.to_string() };
    let from = part.join("kernel");
    let mut kernels: Vec<PathBuf> = fs::read_dir(from.join("boot"))
        .map_err(io_broken)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("vmlinuz"))
        })
        .collect();
    kernels.sort();
    let kernel = kernels.pop().ok_or_else(|| broken("its package holds no kernel".into()))?;
    let mut versions = fs::read_dir(from.join("lib/modules")).map_err(io_broken)?.flatten();
    let version = versions.next().ok_or_else(|| broken("its package holds no modules".into()))?;
    let picked = modules::pick(&version.path(), &part.join(MODULES)).map_err(io_broken)?;
    if picked == 0 {
        return Err(broken("it has none of the modules a machine needs".into()));
    }
    fs::copy(&kernel, part.join(KERNEL)).map_err(io_broken)?;
    // QEMU opens it by number, as another user.
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(part.join(KERNEL), open).map_err(io_broken)?;
    fs::write(part.join("version"), version.file_name().to_string_lossy().as_bytes())
        .map_err(io_broken)
}

fn write_manifest(spec: &ImageSpec, part: &Path) -> io::Result<()> {
    let kernel = fs::read_to_string(part.join("version"))?;
    let listed = fs::read_to_string(part.join("kernel/packages"))?;
    fs::remove_file(part.join("version"))?;
    crate::jail::clear(&part.join("kernel"))?;
    let package = |line: &str| {
        let (name, version) = line.split_once('\t')?;
        Some((name.to_owned(), version.to_owned()))
    };
    let mut files = BTreeMap::new();
    let mut names = vec![ROOT.to_owned(), KERNEL.to_owned()];
    for entry in fs::read_dir(part.join(MODULES))? {
        names.push(format!("{MODULES}/{}", entry?.file_name().to_string_lossy()));
    }
    for name in names {
        let path = part.join(&name);
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(&path)?)?;
        let hash = hasher.finalize().to_hex().to_string();
        files.insert(name, ImageFile { size_bytes: fs::metadata(&path)?.len(), hash });
    }
    #[expect(clippy::disallowed_methods, reason = "an image says when it was made")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let manifest = ImageManifest {
        format: FORMAT,
        name: spec.name.clone(),
        made_at_seconds: now.as_secs(),
        suite: suite().map_err(io::Error::other)?,
        kernel,
        packages: listed.lines().filter_map(package).collect(),
        files,
    };
    let text = serde_json::to_vec_pretty(&manifest)?;
    if text.len() as u64 > MANIFEST_BYTES_MAX {
        return Err(io::Error::other("the list of what is in it is too long"));
    }
    let mut file = File::create(part.join(MANIFEST))?;
    file.write_all(&text)?;
    file.sync_all()
}

/// Puts the new image where it belongs, at once.
fn place(spec: &ImageSpec, part: &Path) -> Result<Image, ImageError> {
    let folder = spec.images.join(&spec.name);
    let failed = |source| ImageError::Folder { path: folder.clone(), source };
    if folder.exists() {
        let (at, exchange) = (rustix::fs::CWD, rustix::fs::RenameFlags::EXCHANGE);
        rustix::fs::renameat_with(at, part, at, &folder, exchange).map_err(|e| failed(e.into()))?;
        let _ = crate::jail::clear(part);
    } else {
        fs::rename(part, &folder).map_err(failed)?;
    }
    Image::open(&folder).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{ImageContent, check_room, packages, quoted, stage};

    #[test]
    fn content_is_a_list_of_packages() {
        assert_eq!(packages(&ImageContent::default()), "ca-certificates,python3-minimal");
        let more = vec!["jq".to_owned()];
        let content = ImageContent { rust: true, more, ..ImageContent::default() };
        assert_eq!(packages(&content), "ca-certificates,python3-minimal,cargo,rustc,gcc,jq");
    }

    #[test]
    fn a_disk_without_room_is_told_before_anything_is_made() {
        let place = std::env::temp_dir();
        assert!(check_room(&place, 0).is_ok());
        let error = check_room(&place, u64::MAX).expect_err("no disk is so large");
        assert!(error.to_string().ends_with("takes 17592186044415 MB there at least"), "{error}");
        assert!(error.next().contains("make room"), "{}", error.next());
    }

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted("/a b/it's $HOME".as_ref()), "'/a b/it'\\''s $HOME'");
    }

    #[test]
    fn only_known_lines_are_stages() {
        let line = "I: downloading packages with apt...";
        assert_eq!(stage(line), Some("downloading packages"));
        assert_eq!(stage("W: something"), None);
    }
}
