//! Copies files with holes, and memory that has no name.

use rustix::fs::{MemfdFlags, SealFlags, SeekFrom};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

/// Makes `to`, which is empty, the same as `from`, with its holes.
pub(crate) fn copy(from: &File, to: &File) -> io::Result<()> {
    let size = from.metadata()?.len();
    to.set_len(size)?;
    let mut at = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let data = match rustix::fs::seek(from, SeekFrom::Data(at)) {
            Ok(data) => data,
            Err(Errno::NXIO) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let hole = rustix::fs::seek(from, SeekFrom::Hole(data))?;
        at = data;
        while at < hole {
            let want = usize::try_from(hole - at).unwrap_or(buffer.len()).min(buffer.len());
            match from.read_at(&mut buffer[..want], at)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => {
                    if buffer[..count].iter().any(|&byte| byte != 0) {
                        to.write_all_at(&buffer[..count], at)?;
                    }
                    at += count as u64;
                }
            }
        }
    }
}

/// Memory of this size that several processes can map, all zeros.
pub(crate) fn memory(size: u64) -> io::Result<OwnedFd> {
    let fd = rustix::fs::memfd_create("template", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&fd, size)?;
    Ok(fd)
}

/// From here on nobody can change it any more, this process included.
pub(crate) fn seal(memory: &OwnedFd) -> io::Result<()> {
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    Ok(rustix::fs::fcntl_add_seals(memory, seals)?)
}

/// A file without a name in this folder, gone when nobody has it open any more.
pub(crate) fn unnamed(folder: &std::path::Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR)?.into())
}

#[cfg(test)]
mod tests {
    use super::{copy, memory, seal, unnamed};
    use std::fs::File;
    use std::os::unix::fs::{FileExt, MetadataExt};

    #[test]
    fn holes_stay_holes() {
        let dir = tempfile::tempdir().expect("room");
        let (from, to) = (unnamed(dir.path()).expect("room"), unnamed(dir.path()).expect("room"));
        from.set_len(1 << 30).expect("sparse");
        from.write_all_at(b"here", 700_000_000).expect("room");
        copy(&from, &to).expect("room");
        let mut bytes = [0; 4];
        to.read_exact_at(&mut bytes, 700_000_000).expect("it is there");
        assert_eq!((&bytes, to.metadata().expect("open").len()), (b"here", 1 << 30));
        assert!(to.metadata().expect("open").blocks() < 2048);
    }

    #[test]
    fn a_template_cannot_be_written_once_it_is_sealed() {
        let template = memory(1 << 20).expect("memory");
        let file = File::from(template.try_clone().expect("one more"));
        file.write_all_at(b"before", 0).expect("not sealed yet");
        seal(&template).expect("nobody has it mapped");
        let denied = |result: std::io::Result<()>| {
            assert_eq!(result.expect_err("sealed").kind(), std::io::ErrorKind::PermissionDenied);
        };
        denied(file.write_all_at(b"after", 0));
        denied(file.set_len(0));
        denied(seal(&template));
    }
}
