//! The `/etc` of the view: a few small files that programs expect. What must come from the host
//! (caches, certificates, time zone) is bound there by the host; nothing else of its `/etc` is here.

use crate::init::{At, Refusal};
use std::fs;
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

pub(crate) fn write() -> Result<(), Refusal> {
    let etc = Path::new("/etc");
    fs::create_dir_all(etc).at("etc", "/etc")?;
    for (name, text) in FILES {
        fs::write(etc.join(name), text).at("etc", name)?;
    }
    for (name, target) in [("mtab", "/proc/self/mounts"), ("os-release", "/usr/lib/os-release")] {
        std::os::unix::fs::symlink(target, etc.join(name)).at("etc", name)?;
    }
    Ok(())
}
