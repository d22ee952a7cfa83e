//! The first file system of a VM: the guest, the reader, the modules it loads, and two devices.
//!
//! The format is "newc" of cpio (the kernel's Documentation/driver-api/early-userspace).

use super::Image;
use crate::jail::prepare::READER;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const FILE: u32 = 0o100_644;
const DEVICE: u32 = 0o020_600;

/// Writes it to `to`. The guest is its `/init`; the reader is beside the guest.
pub(crate) fn initramfs(image: &Image, guest: &Path, to: &Path) -> io::Result<()> {
    let file = File::create(to)?;
    // QEMU opens it by number, as another user.
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    let mut archive = Archive { out: io::BufWriter::new(file), at: 0, entries: 0 };
    archive.entry("dev", FOLDER, (0, 0), &[])?;
    // Without these two nothing can be complained about.
    archive.entry("dev/console", DEVICE, (5, 1), &[])?;
    archive.entry("dev/null", DEVICE, (1, 3), &[])?;
    archive.entry("modules", FOLDER, (0, 0), &[])?;
    for name in image.modules() {
        archive.entry(name, FILE, (0, 0), &fs::read(image.folder().join(name))?)?;
    }
    archive.entry("init", PROGRAM, (0, 0), &fs::read(guest)?)?;
    // Where the guest of any machine finds it.
    archive.entry("guest", FOLDER, (0, 0), &[])?;
    let reader = fs::read(guest.with_file_name(READER))?;
    archive.entry(&format!("guest/{READER}"), PROGRAM, (0, 0), &reader)?;
    archive.entry("TRAILER!!!", 0, (0, 0), &[])?;
    archive.out.flush()
}

struct Archive<W> {
    out: W,
    at: usize,
    entries: u32,
}

impl<W: Write> Archive<W> {
    fn entry(
        &mut self,
        name: &str,
        mode: u32,
        device: (u32, u32),
        content: &[u8],
    ) -> io::Result<()> {
        self.entries += 1;
        let size = u32::try_from(content.len()).map_err(io::Error::other)?;
        let name_size = u32::try_from(name.len() + 1).map_err(io::Error::other)?;
        let fields = [self.entries, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, name_size, 0];
        let mut head = String::from("070701");
        for field in fields {
            head.push_str(&format!("{field:08x}"));
        }
        self.put(head.as_bytes())?;
        self.put(name.as_bytes())?;
        self.put(&[0])?;
        self.pad()?;
        self.put(content)?;
        self.pad()
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len();
        self.out.write_all(bytes)
    }

    fn pad(&mut self) -> io::Result<()> {
        let missing = self.at.next_multiple_of(4) - self.at;
        self.put(&[0; 3][..missing])
    }
}

#[cfg(test)]
mod tests {
    use super::{Archive, FILE};

    #[test]
    fn entries_begin_at_multiples_of_four() {
        let mut archive = Archive { out: Vec::new(), at: 0, entries: 0 };
        archive.entry("a", FILE, (0, 0), b"12345").expect("memory");
        archive.entry("TRAILER!!!", 0, (0, 0), &[]).expect("memory");
        let text = String::from_utf8(archive.out).expect("plain");
        // 13 numbers of 8 digits after the magic, then the name, then the content.
        let numbers = |of: [u32; 13]| of.map(|number| format!("{number:08x}")).concat();
        let first = numbers([1, FILE, 0, 0, 1, 0, 5, 0, 0, 0, 0, 2, 0]);
        let last = numbers([2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0]);
        let wanted = format!("070701{first}a\x0012345\0\0\x00070701{last}TRAILER!!!\0\0\0\0");
        assert_eq!(text, wanted);
    }
}
