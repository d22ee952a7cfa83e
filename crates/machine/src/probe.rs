//! Whether machines can be made here, and if not, exactly what stands in the way.

use crate::jail::{Jail, JailShare, JailSpec, StartError, clear};
use std::fs;
use std::path::{Path, PathBuf};
use wire::{Exec, Limits, Reply, Request};

/// What trying it out has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport {
    pub ok: bool,
    /// One sentence: what works, or what does not.
    pub why: String,
    /// What to do about it; empty when it works.
    pub next: String,
}

/// Makes a machine with a small folder, starts a program in it, and stops it again.
pub async fn probe(bwrap: &Path, guest: &Path) -> ProbeReport {
    let base = [PathBuf::from("/var/tmp"), std::env::temp_dir()];
    let name = format!("legwork-probe-{}", rustix::process::getpid().as_raw_nonzero());
    let made = base.iter().map(|base| base.join(&name)).find(|dir| {
        let _ = clear(dir);
        fs::create_dir(dir).is_ok() && fs::create_dir(dir.join("share")).is_ok()
    });
    let Some(dir) = made else {
        let why = "no folder could be made in /var/tmp to try it with".to_owned();
        return ProbeReport { ok: false, why, next: "make room there".into() };
    };
    let report = probe_in(&dir, bwrap, guest).await;
    let _ = clear(&dir);
    report
}

async fn probe_in(dir: &Path, bwrap: &Path, guest: &Path) -> ProbeReport {
    let task = dir.join("task");
    if let Err(source) = fs::create_dir(&task) {
        return failed(&StartError::TaskFolder { path: task, source });
    }
    let share = JailShare { name: "share".into(), host: dir.join("share"), writable: true };
    let limits = Limits {
        processes_max: 64,
        memory_bytes_max: 1 << 30,
        file_bytes_max: 1 << 20,
        open_files_max: 128,
        output_bytes_max: 4096,
    };
    let spec = JailSpec {
        dir: task,
        guest: guest.to_owned(),
        shares: vec![share],
        limits,
        bwrap: bwrap.to_owned(),
        doors: None,
        environment: Vec::new(),
        root: crate::system::Root::Host,
        system: crate::system::System::ReadOnly,
        programs: Vec::new(),
        files: Vec::new(),
    };
    let jail = match Jail::start(&spec).await {
        Ok(jail) => jail,
        Err(error) => return failed(&error),
    };
    let argv = ["/bin/sh", "-c", "echo 1 > written && test -s written"].map(String::from).into();
    let exec = Exec::new(argv, "/folders/share", 10_000);
    let reply = jail.call(Request::Exec(exec), |_| {}).await;
    jail.stop().await;
    match reply {
        Ok(Reply::Exited { code: 0, .. }) => ProbeReport {
            ok: true,
            why: "tasks can work in jails: they see copies of your folders, and share this computer's \
                  kernel"
                .into(),
            next: String::new(),
        },
        other => ProbeReport {
            ok: false,
            why: format!("a machine could be made, but no program runs in it ({other:?})"),
            next: next_for_namespaces(),
        },
    }
}

fn failed(error: &StartError) -> ProbeReport {
    let mut why = error.to_string();
    if let (StartError::Refused { .. } | StartError::Unready { .. }, Some(obstacle)) =
        (error, obstacle())
    {
        why = format!("{}; {why}", obstacle.what);
    }
    ProbeReport { ok: false, why, next: error.next() }
}

/// A setting of the host that forbids what a machine needs.
struct Obstacle {
    file: &'static str,
    /// The value that forbids it.
    forbids: &'static str,
    what: &'static str,
    next: &'static str,
}

const OBSTACLES: [Obstacle; 3] = [
    Obstacle {
        file: "/proc/sys/kernel/unprivileged_userns_clone",
        forbids: "0",
        what: "this computer forbids user namespaces to ordinary users",
        next: "run `sudo sysctl -w kernel.unprivileged_userns_clone=1`, and put the setting into \
               /etc/sysctl.d/ to keep it",
    },
    Obstacle {
        file: "/proc/sys/user/max_user_namespaces",
        forbids: "0",
        what: "this computer allows no user namespaces at all",
        next: "run `sudo sysctl -w user.max_user_namespaces=15000`, and put the setting into \
               /etc/sysctl.d/ to keep it",
    },
    Obstacle {
        file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        forbids: "1",
        what: "AppArmor restricts user namespaces on this computer",
        next: "run `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or allow it to \
               bwrap alone with an AppArmor profile",
    },
];

fn obstacle() -> Option<&'static Obstacle> {
    OBSTACLES.iter().find(|obstacle| {
        fs::read_to_string(obstacle.file).is_ok_and(|value| value.trim() == obstacle.forbids)
    })
}

/// What to do when the namespaces themselves are refused.
pub(crate) fn next_for_namespaces() -> String {
    match obstacle() {
        Some(obstacle) => obstacle.next.into(),
        None => {
            "check that `bwrap --unshare-all --ro-bind / / true` works here; inside a container \
                 it needs the right to make user namespaces and mounts"
                .into()
        }
    }
}
