//! What Legwork can mend by itself: only what takes nothing away and can be done again otherwise.

use crate::config::Config;
use crate::network::Network;
use crate::office::Office;
use crate::settings;
use api::{DoctorFix, ErrorKind, SettingBody, UserError};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

const PRIVATE: &str = "private-folders";
const RULES: &str = "rules-unread";
const DEFAULT_MODEL: &str = "default-model";
const NOTIFY: &str = "notify-program";

/// What is to be mended now.
pub(crate) async fn offered(office: &Office) -> Vec<DoctorFix> {
    let config = office.config();
    let mut fixes = vec![];
    let mut offer = |id: &str, what: String, label: &str| {
        fixes.push(DoctorFix { id: id.to_owned(), what, label: label.to_owned() });
    };
    let open = open_folders(&config);
    if !open.is_empty() {
        let what = format!("{} can be read by other users", list(&open));
        offer(PRIVATE, what, "close them to others");
    }
    let unread = Network::new(config.clone()).unread().unwrap_or_default();
    if !unread.is_empty() {
        let what = format!("{} lines in egress.rules are no rules: {}", unread.len(), unread[0]);
        offer(RULES, what, "turn them into comments");
    }
    // What a provider did not say just now is no setting to be mended.
    if let Err(error) = config.models.choose(None).await
        && error.code != "model-unlisted"
    {
        let what = format!("the model that is to be used is not there: {}", error.what);
        offer(DEFAULT_MODEL, what, "choose one by itself again");
    }
    if config.notify_desktop && crate::notify::program().is_none() {
        let what = "notify-send is missing, so the desktop can't be told".to_owned();
        offer(NOTIFY, what, "tell nothing on the desktop");
    }
    fixes
}

/// Mends one of them.
pub(crate) async fn fix(office: &Office, id: &str) -> Result<(), UserError> {
    if !offered(office).await.iter().any(|fix| fix.id == id) {
        let what = format!("there is nothing called {id:?} to mend");
        return Err(UserError::new(ErrorKind::User, "fix-unknown", what)
            .next("`legwork doctor` says what there is"));
    }
    let config = office.config();
    let unset = |key: &str| {
        let body = SettingBody { key: key.to_owned(), value: None };
        settings::write(&config, &body).map(|config| office.follow(config))
    };
    match id {
        PRIVATE => close(&open_folders(&config)),
        RULES => Network::new(config.clone()).comment_out_unread(),
        DEFAULT_MODEL => unset("models.default"),
        NOTIFY => unset("notify.desktop"),
        _ => Ok(()),
    }
}

/// Legwork's own folders that others can look into.
fn open_folders(config: &Arc<Config>) -> Vec<PathBuf> {
    let own = [&config.place.state, &config.place.runtime];
    let is_open = |folder: &&PathBuf| {
        folder.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
    };
    own.into_iter().filter(is_open).cloned().collect()
}

fn close(folders: &[PathBuf]) -> Result<(), UserError> {
    for folder in folders {
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, mode).map_err(|error| {
            let what = format!("{} can't be closed to others", folder.display());
            UserError::new(ErrorKind::Unavailable, "place-unusable", what).cause(error)
        })?;
    }
    Ok(())
}

fn list(folders: &[PathBuf]) -> String {
    let shown: Vec<String> = folders.iter().map(|it| it.display().to_string()).collect();
    shown.join(", ")
}
