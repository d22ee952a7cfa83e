//! An examination of this computer and of Legwork's own state, in words.

use crate::managed::Managed;
use crate::office::Office;
use crate::skills;
use api::{DoctorFinding, DoctorState, DoctorView};
use std::path::Path;

/// Room below which a person is warned.
const ROOM_BYTES_MIN: u64 = 1 << 30;

pub(crate) async fn examine(office: &Office) -> DoctorView {
    let config = office.config();
    let findings = vec![
        policy(office),
        jails(office).await,
        virtual_machines(office).await,
        room(&config.place.state),
        ledger(office).await,
        playbooks(office),
        models(office).await,
        search(office),
    ];
    DoctorView { findings, fixes: crate::mend::offered(office).await }
}

/// What an administrator set above all that a person sets.
fn policy(office: &Office) -> DoctorFinding {
    let what = "what your administrator set".to_owned();
    match Managed::read(&office.config().policy_file) {
        Ok(managed) => {
            let lines = managed.lines();
            let detail = match lines.len() {
                0 => "nothing: this computer is yours".to_owned(),
                count => {
                    let mut reasons: Vec<&str> = lines.iter().map(|it| &*it.reason).collect();
                    reasons.retain(|reason| !reason.is_empty());
                    reasons.dedup();
                    let because = if reasons.is_empty() { "" } else { "; because: " };
                    let reasons = reasons.join("; ");
                    format!("{count} things, which hold above your settings{because}{reasons}")
                }
            };
            let next = (!lines.is_empty()).then(|| "`legwork settings` lists them".to_owned());
            DoctorFinding { what, state: DoctorState::Good, detail, next }
        }
        Err(error) => {
            let detail = crate::words::short(&error);
            let next = error.next.first().cloned();
            DoctorFinding { what, state: DoctorState::Broken, detail, next }
        }
    }
}

async fn jails(office: &Office) -> DoctorFinding {
    let what = "jails".to_owned();
    let config = office.config();
    let guest = match config.guest() {
        Ok(guest) => guest,
        Err(why) => {
            let next = Some("run `make` in Legwork's folder, or install it again".to_owned());
            return DoctorFinding { what, state: DoctorState::Broken, detail: why, next };
        }
    };
    let report = machine::probe(&config.bwrap, guest).await;
    DoctorFinding {
        what,
        state: if report.ok { DoctorState::Good } else { DoctorState::Broken },
        detail: report.why,
        next: (!report.next.is_empty()).then_some(report.next),
    }
}

/// None is needed, so what stands in their way is no more than a warning.
async fn virtual_machines(office: &Office) -> DoctorFinding {
    let what = "virtual machines".to_owned();
    let config = office.config();
    let Ok(guest) = config.guest() else {
        let detail = "they cannot be tried without the guest program".to_owned();
        return DoctorFinding { what, state: DoctorState::Warning, detail, next: None };
    };
    let (works, detail, next) = match office.machines().report(guest.to_owned()).await {
        Ok(report) => (report.ok, report.why, Some(report.next).filter(|next| !next.is_empty())),
        Err(_) => match machine::image::can_build(&config.image_programs) {
            Ok(()) => {
                let detail = "not set up: there is no image of a system to start them from. Tasks \
                              work in jails, which share this computer's kernel";
                let next = "`legwork machine image build` makes one, if you want a kernel of its \
                            own for each task";
                (true, detail.to_owned(), Some(next.to_owned()))
            }
            Err(error) => {
                let detail = format!(
                    "not set up: there is no image of a system to start them from, and none can \
                     be made yet: {error}. Tasks work in jails, which share this computer's kernel"
                );
                (true, detail, Some(error.next()))
            }
        },
    };
    let state = if works { DoctorState::Good } else { DoctorState::Warning };
    DoctorFinding { what, state, detail, next }
}

fn room(state: &Path) -> DoctorFinding {
    let what = "room for Legwork's state".to_owned();
    match rustix::fs::statvfs(state) {
        Ok(disk) => {
            let bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
            let is_tight = bytes < ROOM_BYTES_MIN;
            DoctorFinding {
                what,
                state: if is_tight { DoctorState::Warning } else { DoctorState::Good },
                detail: format!("{} free at {}", amount(bytes), state.display()),
                next: is_tight.then(|| "make room on that disk".to_owned()),
            }
        }
        Err(error) => DoctorFinding {
            what,
            state: DoctorState::Broken,
            detail: format!("{} cannot be examined: {error}", state.display()),
            next: Some("check the folder's owner and its disk".to_owned()),
        },
    }
}

fn amount(bytes: u64) -> String {
    const GIGA: u64 = 1_000_000_000;
    if bytes >= GIGA { format!("{} GB", bytes / GIGA) } else { format!("{} MB", bytes / 1_000_000) }
}

async fn ledger(office: &Office) -> DoctorFinding {
    let store = office.store().clone();
    let verified = tokio::task::spawn_blocking(move || {
        let heads = store.ledger().tasks().map_err(|error| error.to_string())?;
        for head in &heads {
            store.ledger().verify(&head.task).map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(heads.len())
    });
    let what = "the ledger".to_owned();
    match verified.await.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(tasks) => DoctorFinding {
            what,
            state: DoctorState::Good,
            detail: format!("the records of all tasks are whole: {tasks}"),
            next: None,
        },
        Err(why) => DoctorFinding {
            what,
            state: DoctorState::Broken,
            detail: why,
            next: Some("keep a copy of the state folder before anything else".to_owned()),
        },
    }
}

fn playbooks(office: &Office) -> DoctorFinding {
    let (skills, problems) = skills::all(&office.config());
    let names: Vec<&str> = skills.iter().map(|skill| skill.name.as_str()).collect();
    let told = problems.iter().map(|it| format!("{}: {}", it.folder.display(), it.error));
    let told: Vec<String> = told.collect();
    DoctorFinding {
        what: "playbooks".to_owned(),
        state: if told.is_empty() { DoctorState::Good } else { DoctorState::Warning },
        detail: match told.is_empty() {
            true => names.join(", "),
            false => format!("{}; not usable: {}", names.join(", "), told.join("; ")),
        },
        next: (!told.is_empty()).then(|| "mend or remove the folders named".to_owned()),
    }
}

async fn models(office: &Office) -> DoctorFinding {
    let found = crate::offers::look(&office.config()).await.minds;
    let told: Vec<&str> = found.iter().map(|mind| mind.what.as_str()).collect();
    DoctorFinding {
        what: "models".to_owned(),
        state: DoctorState::Good,
        detail: match told.is_empty() {
            true => "no key and no model server found; the playbooks need none".to_owned(),
            false => format!("found {}; this version works without", told.join(", ")),
        },
        next: None,
    }
}

/// Nobody needs one, so there is nothing to warn of; a key that is not kept would be in vain.
fn search(office: &Office) -> DoctorFinding {
    let what = "searching the web".to_owned();
    let (state, detail, next) = match &office.config().search {
        None => {
            let next = "`legwork settings search.url \"https://…?q={query}&format=json\"` names one; \
                        for a service with a key see search.kind and search.secret";
            let detail = "not set up: models find pages only by their address".to_owned();
            (DoctorState::Good, detail, Some(next.to_owned()))
        }
        Some(search) => {
            let kept = crate::network::Network::new(office.config()).secrets_kept();
            let lacks = search.secret.as_ref().filter(|name| {
                !kept.as_ref().is_ok_and(|all| all.iter().any(|it| it.name == **name))
            });
            match lacks {
                None => (DoctorState::Good, search.told(), None),
                Some(name) => {
                    let detail = format!("{}; there is no secret {name}", search.told());
                    let next = format!("keep it with `legwork secret set {name} --host HOST`");
                    (DoctorState::Warning, detail, Some(next))
                }
            }
        }
    };
    DoctorFinding { what, state, detail, next }
}
