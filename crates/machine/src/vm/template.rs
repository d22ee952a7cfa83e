//! A machine that has booted and fell asleep, kept to make others from in a moment.
//!
//! A template belongs to an image, a guest, a QEMU and a size; any of them new is a new template.
//! On disk it is a folder: the state of the devices, the memory, the scratch disk. The memory of
//! those in use lies in memory once, sealed; every machine maps it and keeps its own changes.

use super::hardware::Hardware;
use super::monitor::Monitor;
use super::qemu::{self, From, Parts, Started};
use super::{VmError, VmSpec, shares, sparse};
use crate::image::{self, Image};
use crate::jail::last_words;
use crate::jail::prepare::READER;
use crate::limits::{BOOT_WAIT, SCRATCH_BYTES, TEMPLATES_MAX};
use rustix::fs::FlockOperation;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::{Asleep, GENERATION};

/// Changes when the files of a template mean something else.
const FORMAT: u32 = 5;

/// The disk goes with its machine: nothing has to hold through a breakdown.
const SCRATCH_FEATURES: &str = "^resize_inode,^has_journal,^metadata_csum,uninit_bg";

/// In a template's folder: which image it was made from.
const IMAGE: &str = "image";

/// A template that machines can be made from.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) memory: OwnedFd,
    folder: PathBuf,
}

impl Template {
    /// The parts of a new machine. `dir` is where its scratch disk grows.
    pub(crate) fn parts(&self, image: &Image, dir: &Path, shares: File) -> io::Result<Parts> {
        let scratch = sparse::unnamed(dir)?;
        sparse::copy(&File::open(self.folder.join("scratch.img"))?, &scratch)?;
        // Used a moment ago: the oldest goes first when there are too many.
        let _ = fs::write(self.folder.join("used"), b"");
        Ok(Parts {
            place: dir.into(),
            memory: self.memory.try_clone()?,
            root: File::open(image.root())?,
            scratch,
            shares,
            from: From::Template,
        })
    }

    /// The state of the devices, to be read once.
    pub(crate) fn state(&self) -> io::Result<File> {
        File::open(self.folder.join("state"))
    }
}

/// Templates in use by this process, by their folders.
static LOADED: Mutex<BTreeMap<PathBuf, Arc<Template>>> = Mutex::new(BTreeMap::new());

/// The template for such a machine, made if there is none yet. Blocks: seconds when it is made,
/// a tenth of one when it is loaded, nothing after that.
pub(crate) fn find(spec: &VmSpec, image: &Image) -> Result<Arc<Template>, VmError> {
    let failed = |source| VmError::Templates { path: spec.templates.clone(), source };
    let folder = spec.templates.join(name(spec, image)?);
    // Held while it is made or loaded, so that many starts at once make one.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = loaded.get(&folder)
        && folder.join("state").is_file()
    {
        return Ok(Arc::clone(found));
    }
    let options = &mut fs::DirBuilder::new();
    options.recursive(true).mode(0o700).create(&spec.templates).map_err(failed)?;
    let lock = File::create(spec.templates.join("lock")).map_err(failed)?;
    rustix::fs::flock(&lock, FlockOperation::LockExclusive).map_err(|e| failed(e.into()))?;
    let memory = if folder.join("state").is_file() {
        load(&folder).map_err(failed)?
    } else {
        let memory = make(spec, image, &folder)?;
        remove_old(&spec.templates, &folder);
        memory
    };
    let template = Arc::new(Template { memory, folder: folder.clone() });
    loaded.retain(|folder, _| folder.is_dir());
    loaded.insert(folder, Arc::clone(&template));
    Ok(template)
}

/// The name of the folder: a hash of all that the template depends on.
pub(crate) fn name(spec: &VmSpec, image: &Image) -> Result<String, VmError> {
    key(spec, image).map_err(|source| VmError::Templates { path: spec.templates.clone(), source })
}

fn key(spec: &VmSpec, image: &Image) -> io::Result<String> {
    // A program is the same as long as nobody replaced it.
    let identity = |path: &Path| {
        let found = fs::metadata(path)?;
        io::Result::Ok((found.dev(), found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
    };
    let text = format!(
        "{FORMAT} {GENERATION} {} {:?} {:?} {:?} {}",
        image.id(),
        identity(&spec.guest)?,
        identity(&spec.guest.with_file_name(READER))?,
        identity(&spec.programs.qemu)?,
        qemu::shape(&spec.hardware),
    );
    Ok(blake3::hash(text.as_bytes()).to_hex()[..32].to_owned())
}

fn load(folder: &Path) -> io::Result<OwnedFd> {
    let file = File::open(folder.join("memory"))?;
    let memory = sparse::memory(file.metadata()?.len())?;
    let copy = File::from(memory.try_clone()?);
    sparse::copy(&file, &copy)?;
    drop(copy);
    sparse::seal(&memory)?;
    Ok(memory)
}

fn make(spec: &VmSpec, image: &Image, folder: &Path) -> Result<OwnedFd, VmError> {
    let failed = |source| VmError::Templates { path: folder.into(), source };
    let part = spec.templates.join("part");
    let _ = fs::remove_dir_all(&part);
    fs::create_dir(&part).map_err(failed)?;
    let made = make_in(spec, image, &part);
    if made.is_ok() {
        let _ = fs::remove_dir_all(folder);
        fs::rename(&part, folder).map_err(failed)?;
    } else {
        let _ = fs::remove_dir_all(&part);
    }
    made
}

fn make_in(spec: &VmSpec, image: &Image, part: &Path) -> Result<OwnedFd, VmError> {
    let failed = |source| VmError::Templates { path: part.into(), source };
    let memory = sparse::memory(spec.hardware.memory_bytes).map_err(failed)?;
    let state = File::create(part.join("state.part")).map_err(failed)?;
    let scratch = scratch_disk(spec, &part.join("scratch.img"))?;
    boot(spec, image, part, &spec.hardware, &memory, scratch, Some(&state), BOOT_WAIT)?;
    sparse::seal(&memory).map_err(failed)?;
    let kept = File::create(part.join("memory")).map_err(failed)?;
    let from = File::from(memory.try_clone().map_err(failed)?);
    sparse::copy(&from, &kept).map_err(failed)?;
    fs::write(part.join(IMAGE), image.id()).map_err(failed)?;
    fs::rename(part.join("state.part"), part.join("state")).map_err(failed)?;
    Ok(memory)
}

/// An empty file system. What is written to it stays sparse on the host.
fn scratch_disk(spec: &VmSpec, path: &Path) -> Result<File, VmError> {
    let failed = |source| VmError::Templates { path: path.into(), source };
    let file = File::create_new(path).map_err(failed)?;
    file.set_len(SCRATCH_BYTES).map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "this is where the disk of a machine is made")]
    let made = std::process::Command::new(&spec.programs.mke2fs)
        .args(["-q", "-F", "-t", "ext4", "-m", "0", "-O", SCRATCH_FEATURES])
        .args(["-E", "lazy_itable_init=1,nodiscard,root_owner=0:0"])
        .arg(path)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(failed)?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        return Err(failed(io::Error::other(said)));
    }
    File::options().read(true).write(true).open(path).map_err(failed)
}

/// Boots the image until its guest is asleep; then writes its state, if there is where to.
#[expect(clippy::too_many_arguments, reason = "two callers, and each argument is a part")]
fn boot(
    spec: &VmSpec,
    image: &Image,
    part: &Path,
    hardware: &Hardware,
    memory: &OwnedFd,
    scratch: File,
    state: Option<&File>,
    wait: Duration,
) -> Result<(), VmError> {
    let failed = |source| VmError::Templates { path: part.into(), source };
    let broken = |source| VmError::Image { path: image.folder().into(), source };
    let initramfs = part.join("initramfs");
    image::initramfs(image, &spec.guest, &initramfs).map_err(broken)?;
    let shares = shares::disk(part, &[]).map_err(|error| failed(io::Error::other(error)))?;
    let shares = shares::read_only(&shares).map_err(failed)?;
    let parts = Parts {
        place: part.into(),
        memory: memory.try_clone().map_err(failed)?,
        root: File::open(image.root()).map_err(broken)?,
        scratch,
        shares,
        from: From::Cold {
            kernel: File::open(image.kernel()).map_err(broken)?,
            initramfs: File::open(&initramfs).map_err(failed)?,
        },
    };
    let started = qemu::start(&spec.programs, hardware, parts);
    let _ = fs::remove_file(&initramfs);
    let Started { mut child, stream, monitor, facts: _facts, diagnostics } =
        started.map_err(|error| VmError::Boot { why: error.to_string() })?;
    // The stream stays open until the state is kept: the guest waits at its other end.
    let asleep = wait_asleep(&stream, wait);
    let saved = match (&asleep, state) {
        (Ok(()), Some(state)) => {
            Monitor::new(monitor).map_err(failed).and_then(|mut monitor| monitor.save(state))
        }
        (Ok(()), None) | (Err(_), _) => Ok(()),
    };
    if state.is_none() || asleep.is_err() || saved.is_err() {
        let _ = child.kill();
    }
    let _ = child.wait();
    if let Err(error) = asleep {
        let timed_out = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        let said = last_words(diagnostics);
        return Err(match said.as_str() {
            "" if timed_out => VmError::BootSilent { seconds: wait.as_secs() },
            "" => VmError::Boot { why: error.to_string() },
            said => VmError::Boot { why: said.into() },
        });
    }
    saved
}

fn wait_asleep(mut stream: &UnixStream, wait: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(wait))?;
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix)?;
    let bytes = wire::frame_length(prefix).map_err(io::Error::other)?;
    let mut body = vec![0; bytes.min(64)];
    stream.read_exact(&mut body)?;
    let asleep: Asleep = wire::decode(&body).map_err(io::Error::other)?;
    if asleep.generation == GENERATION {
        Ok(())
    } else {
        Err(io::Error::other("the guest is of another version"))
    }
}

/// Removes the templates of images that are not in `images` any more, and what an interrupted
/// making left. Machines that run keep what they have of them.
pub fn forget(templates: &Path, images: &Path) -> io::Result<()> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if !templates.is_dir() {
        return Ok(());
    }
    let lock = File::create(templates.join("lock"))?;
    rustix::fs::flock(&lock, FlockOperation::LockExclusive)?;
    let (known, _) = image::list(images);
    for entry in fs::read_dir(templates)? {
        let folder = entry?.path();
        let of = fs::read_to_string(folder.join(IMAGE)).unwrap_or_default();
        if folder.is_dir() && known.iter().all(|image| image.id() != of) {
            loaded.remove(&folder);
            fs::remove_dir_all(folder)?;
        }
    }
    Ok(())
}

/// Removes the templates that were not used for the longest time.
fn remove_old(templates: &Path, kept: &Path) {
    let Ok(entries) = fs::read_dir(templates) else { return };
    let used = |folder: &Path| {
        let time = |name| fs::metadata(folder.join(name)).and_then(|found| found.modified()).ok();
        time("used").max(time("state"))
    };
    let folders = entries.flatten().map(|entry| entry.path());
    let mut folders: Vec<_> = folders.filter(|path| path.is_dir() && path != kept).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(used(folder)));
    for old in folders.iter().skip(TEMPLATES_MAX - 1) {
        let _ = fs::remove_dir_all(old);
    }
}

/// Whether a machine boots with this hardware, within `wait`. Nothing is kept.
pub(crate) fn try_boot(
    spec: &VmSpec,
    image: &Image,
    hardware: &Hardware,
    wait: Duration,
) -> Result<(), VmError> {
    let failed = |source| VmError::Templates { path: spec.templates.clone(), source };
    let part = spec.templates.join(format!("try-{}", std::process::id()));
    let _ = fs::remove_dir_all(&part);
    fs::create_dir_all(&part).map_err(failed)?;
    let tried = (|| {
        let memory = sparse::memory(hardware.memory_bytes).map_err(failed)?;
        let scratch = scratch_disk(spec, &part.join("scratch.img"))?;
        boot(spec, image, &part, hardware, &memory, scratch, None, wait)
    })();
    let _ = fs::remove_dir_all(&part);
    tried
}

#[cfg(test)]
mod tests {
    use super::{IMAGE, forget};
    use crate::image::{self, Image, ImageManifest};
    use std::collections::BTreeMap;
    use std::fs;

    #[test]
    fn only_templates_of_images_that_are_gone_are_forgotten() {
        let dir = tempfile::tempdir().expect("room");
        let (templates, images) = (dir.path().join("templates"), dir.path().join("images"));
        forget(&templates, &images).expect("there is nothing");
        let id = |name: &str| {
            let manifest = ImageManifest {
                format: image::FORMAT,
                name: name.into(),
                made_at_seconds: 0,
                suite: String::new(),
                kernel: String::new(),
                packages: BTreeMap::new(),
                files: BTreeMap::new(),
            };
            fs::create_dir_all(images.join(name)).expect("room");
            let text = serde_json::to_vec(&manifest).expect("plain");
            fs::write(images.join(name).join(image::MANIFEST), text).expect("room");
            Image::open(&images.join(name)).expect("whole").id().to_owned()
        };
        let made = [("a", id("standard")), ("b", id("office")), ("part", String::new())];
        for (folder, of) in &made {
            fs::create_dir_all(templates.join(folder)).expect("room");
            fs::write(templates.join(folder).join(IMAGE), of).expect("room");
        }
        fs::remove_dir_all(images.join("office")).expect("ours");
        forget(&templates, &images).expect("ours");
        let left = ["a", "b", "part"].map(|folder| templates.join(folder).exists());
        assert_eq!(left, [true, false, false]);
    }
}
