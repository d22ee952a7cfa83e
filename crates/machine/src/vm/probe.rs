//! Whether this computer can run VMs, how fast, and if not, why.

use super::hardware::{Hardware, KVM, Speed};
use super::{VmError, VmPrograms, VmSpec, template};
use crate::image::Image;
use crate::limits::KVM_BOOT_WAIT;
use serde::{Deserialize, Serialize};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What trying it out has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmReport {
    pub ok: bool,
    /// How a machine would run.
    pub speed: Speed,
    /// One or two sentences: what works, or what does not.
    pub why: String,
    /// What to do about it; empty when nothing is to be done.
    pub next: String,
}

impl VmPrograms {
    /// Whether all are there.
    pub(crate) fn check(&self) -> Result<(), VmError> {
        let all = [
            (&self.qemu, "QEMU", "qemu-system-x86"),
            (&self.mke2fs, "mke2fs", "e2fsprogs"),
            (&self.bwrap, "bwrap", "bubblewrap"),
        ];
        match all.into_iter().find(|(path, _, _)| !path.is_file()) {
            Some((_, program, package)) => Err(VmError::ProgramMissing { program, package }),
            None => Ok(()),
        }
    }
}

/// What was found out about the processor's virtualisation, for one kernel and one QEMU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    key: String,
    works: bool,
    why: String,
}

/// Looks whether a machine such as this can be made, and tries the processor's virtualisation by
/// booting one, unless that is known. `spec.hardware.speed` is not looked at.
pub async fn probe_vm(spec: &VmSpec) -> VmReport {
    let copy = spec.clone();
    let report = tokio::task::spawn_blocking(move || probe(&copy)).await;
    report.unwrap_or_else(|_| VmReport {
        ok: false,
        speed: Speed::Emulated,
        why: "it could not be tried".into(),
        next: "try again".into(),
    })
}

fn probe(spec: &VmSpec) -> VmReport {
    let failed = |error: &VmError| VmReport {
        ok: false,
        speed: Speed::Emulated,
        why: error.to_string(),
        next: error.next(),
    };
    if let Err(error) = spec.programs.check() {
        return failed(&error);
    }
    let image = match Image::open(&spec.image) {
        Ok(image) => image,
        Err(source) => return failed(&VmError::Image { path: spec.image.clone(), source }),
    };
    let known = known(spec, &image);
    if known.works {
        return VmReport {
            ok: true,
            speed: Speed::Hardware,
            why: "virtual machines run here with the processor's own virtualisation".into(),
            next: String::new(),
        };
    }
    VmReport {
        ok: true,
        speed: Speed::Emulated,
        why: format!(
            "virtual machines run here in software, as isolated as otherwise but many times slower: {}",
            known.why
        ),
        next: next(),
    }
}

fn next() -> String {
    if Path::new(KVM).exists() {
        "to use the processor's virtualisation, see that your user may use /dev/kvm: `sudo usermod -aG kvm $USER`, then log in again".into()
    } else {
        "turn on virtualisation in the computer's firmware settings, if it has any".into()
    }
}

/// Tries it, or remembers.
fn known(spec: &VmSpec, image: &Image) -> Known {
    let Ok(device) = fs::metadata(KVM) else {
        let why = "this computer offers no hardware virtualisation (/dev/kvm is not there)".into();
        return Known { key: String::new(), works: false, why };
    };
    let qemu = fs::metadata(&spec.programs.qemu).ok();
    let qemu = qemu.map(|found| (found.ino(), found.size(), found.mtime(), found.mtime_nsec()));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let version = fs::read_to_string("/proc/sys/kernel/version").unwrap_or_default();
    let key = format!(
        "{} {} {} {qemu:?} {:o} {} {}",
        image.id(),
        kernel.trim(),
        version.trim(),
        device.mode(),
        device.uid(),
        device.gid()
    );
    let path = spec.templates.join("virtualisation.json");
    let stored =
        fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Known>(&bytes).ok());
    if let Some(known) = stored
        && known.key == key
    {
        return known;
    }
    let hardware = Hardware { memory_bytes: 256 << 20, processors: 1, speed: Speed::Hardware };
    let (works, why) = match template::try_boot(spec, image, &hardware, KVM_BOOT_WAIT) {
        Ok(()) => (true, String::new()),
        Err(VmError::BootSilent { seconds }) => {
            let why = format!(
                "this computer offers hardware virtualisation, but a system did not start with it within {seconds} s"
            );
            (false, why)
        }
        Err(error) => (false, format!("hardware virtualisation cannot be used: {error}")),
    };
    let known = Known { key, works, why };
    // Found out anew next time if it can't be kept.
    let kept = serde_json::to_vec(&known).ok().map(|text| fs::write(&path, text));
    let _ = kept;
    known
}
