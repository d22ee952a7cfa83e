//! The `/etc` of the view: a few small files that programs expect, and from the host what programs
//! of its `/usr` need and holds no secret. Nothing else of its `/etc` is there.

use crate::init::{At, Refusal};
use crate::view::HOST;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const FILES: [(&str, &str); 9] = [
    ("passwd", "root:x:0:0:root:/home:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
    ("group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"),
    ("hosts", "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 machine\n"),
    ("hostname", "machine\n"),
    ("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"),
    ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
    ("host.conf", "multi on\n"),
    ("shells", "/bin/sh\n/bin/bash\n"),
    ("gitconfig", "[safe]\n\tdirectory = *\n"),
];

const SHOWN: [&str; 6] =
    ["ld.so.cache", "alternatives", "ssl/certs", "pki/ca-trust/extracted", "fonts", "localtime"];

pub(crate) fn make() -> Result<(), Refusal> {
    let etc = Path::new("/etc");
    fs::create_dir_all(etc).at("etc", "/etc")?;
    for (name, text) in FILES {
        fs::write(etc.join(name), text).at("etc", name)?;
    }
    for (name, target) in [("mtab", "/proc/self/mounts"), ("os-release", "/usr/lib/os-release")] {
        symlink(target, etc.join(name)).at("etc", name)?;
    }
    for name in SHOWN {
        show(&Path::new(HOST).join("etc").join(name), &etc.join(name)).at("etc", name)?;
    }
    Ok(())
}

/// Shows what the host has there, if anything: a link as a link, the rest read-only.
fn show(host: &Path, here: &Path) -> std::io::Result<()> {
    let Ok(found) = fs::symlink_metadata(host) else { return Ok(()) };
    fs::create_dir_all(here.parent().unwrap_or(here))?;
    if found.is_symlink() {
        return symlink(fs::read_link(host)?, here);
    }
    if found.is_dir() {
        fs::create_dir(here)?;
    } else if found.is_file() {
        fs::File::create(here)?;
    } else {
        return Ok(());
    }
    // Read-only as what it is bound from.
    Ok(rustix::mount::mount_bind_recursive(host, here)?)
}
