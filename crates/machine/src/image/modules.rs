//! Which modules of a kernel the guest needs, and in which order.
//!
//! The guest only loads; it cannot look up what needs what. The order comes from each module's own
//! `depends=` (`.modinfo` of the kernel's module format). What is built in has no file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What the guest needs to find its disks and its stream, and to put the layers of its root
/// together.
const NEEDED: [&str; 6] =
    ["virtio_pci", "virtio_blk", "virtio_console", "erofs", "ext4", "overlay"];

/// Modules that need one another in a circle would be a broken kernel.
const DEPTH_MAX: usize = 16;

/// Copies the needed ones from `kernel` (a folder like `/lib/modules/VERSION`) to `to`, named by
/// their order. Returns how many there are.
pub(super) fn pick(kernel: &Path, to: &Path) -> io::Result<usize> {
    let mut files = BTreeMap::new();
    find(kernel, &mut files, 0)?;
    fs::create_dir_all(to)?;
    let mut order = Vec::new();
    for name in NEEDED {
        add(name, &files, &mut order, 0)?;
    }
    for (index, (name, content)) in order.iter().enumerate() {
        fs::write(to.join(format!("{index:02}-{name}.ko")), content)?;
    }
    Ok(order.len())
}

fn find(folder: &Path, files: &mut BTreeMap<String, PathBuf>, depth: usize) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if depth < DEPTH_MAX {
                find(&path, files, depth + 1)?;
            }
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some((stem, _)) = name.split_once(".ko") {
            files.insert(stem.replace('-', "_"), path);
        }
    }
    Ok(())
}

fn add(
    name: &str,
    files: &BTreeMap<String, PathBuf>,
    order: &mut Vec<(String, Vec<u8>)>,
    depth: usize,
) -> io::Result<()> {
    let is_known = order.iter().any(|(other, _)| other == name);
    let Some(path) = files.get(name).filter(|_| !is_known) else { return Ok(()) };
    if depth > DEPTH_MAX {
        return Err(io::Error::other("its modules need one another in a circle"));
    }
    let content = read(path)?;
    for needed in depends(&content) {
        add(&needed, files, order, depth + 1)?;
    }
    order.push((name.to_owned(), content));
    Ok(())
}

/// The module, unpacked if the distribution packs them.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let program = match path.extension().and_then(|extension| extension.to_str()) {
        Some("xz") => "xz",
        Some("zst") => "zstd",
        Some("gz") => "gzip",
        _ => return fs::read(path),
    };
    #[expect(clippy::disallowed_methods, reason = "this is where images are made")]
    let mut child = std::process::Command::new(program)
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    let packed = fs::read(path)?;
    let mut input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let feed = std::thread::spawn(move || input.write_all(&packed));
    let mut content = Vec::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_end(&mut content)?;
    }
    let _ = feed.join();
    if child.wait()?.success() { Ok(content) } else { Err(io::Error::other("it is damaged")) }
}

fn depends(module: &[u8]) -> Vec<String> {
    let fields = module.split(|&byte| byte == 0);
    let found = fields.filter_map(|field| field.strip_prefix(b"depends="));
    let list = found.filter_map(|list| std::str::from_utf8(list).ok()).next().unwrap_or("");
    list.split(',').filter(|name| !name.is_empty()).map(|name| name.replace('-', "_")).collect()
}

#[cfg(test)]
mod tests {
    use super::pick;
    use std::fs;

    #[test]
    fn what_is_needed_comes_first() {
        let dir = tempfile::tempdir().expect("room");
        let kernel = dir.path().join("kernel/fs");
        fs::create_dir_all(&kernel).expect("room");
        let modules: [(&str, &[u8]); 5] = [
            ("virtio_blk.ko", b"\x7fELF\0depends=virtio,virtio_ring\0rest"),
            ("virtio.ko", b"\0depends=virtio_ring\0"),
            ("virtio_ring.ko", b"\0depends=\0"),
            ("overlay.ko", b"\0depends=\0"),
            ("unrelated.ko", b"\0depends=\0"),
        ];
        for (name, content) in modules {
            fs::write(kernel.join(name), content).expect("room");
        }
        let to = dir.path().join("modules");
        assert_eq!(pick(&dir.path().join("kernel"), &to).expect("readable"), 4);
        let mut names: Vec<_> = fs::read_dir(&to)
            .expect("it was made")
            .map(|entry| entry.expect("readable").file_name().into_string().expect("plain"))
            .collect();
        names.sort();
        let wanted = ["00-virtio_ring.ko", "01-virtio.ko", "02-virtio_blk.ko", "03-overlay.ko"];
        assert_eq!(names, wanted);
    }

    #[test]
    fn a_circle_of_modules_is_refused() {
        let dir = tempfile::tempdir().expect("room");
        fs::write(dir.path().join("erofs.ko"), b"\0depends=a\0").expect("room");
        fs::write(dir.path().join("a.ko"), b"\0depends=erofs\0").expect("room");
        assert!(pick(dir.path(), &dir.path().join("to")).is_err());
    }
}
