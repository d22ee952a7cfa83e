//! Where Legwork lives on this computer: its folders and its socket.
//!
//! Follows the XDG Base Directory Specification 0.8: a variable that is unset, empty or not an
//! absolute path counts as unset. Client and daemon both ask here, so that they meet.

use crate::error::{ErrorKind, UserError};
use std::ffi::OsString;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Bytes of a socket's path, the final NUL included: `sun_path` in unix(7).
const SOCKET_PATH_MAX: usize = 108;

/// The folders that belong to Legwork, and the folder of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub home: PathBuf,
    /// Holds `config.toml` and the person's own skills.
    pub config: PathBuf,
    /// Holds the ledger, the tasks' folders and the daemon's log.
    pub state: PathBuf,
    /// Holds the socket; open to this user only.
    pub runtime: PathBuf,
}

impl Place {
    /// The place that this process's environment names.
    pub fn of_this_user() -> Result<Self, UserError> {
        Self::from_env(env_var, user_runtime())
    }

    /// The place that `var` names. `user_runtime` is what the system made for this user.
    pub fn from_env(
        var: impl Fn(&str) -> Option<OsString>,
        user_runtime: Option<PathBuf>,
    ) -> Result<Self, UserError> {
        let folder = |name: &str| var(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = folder("HOME").ok_or_else(|| {
            UserError::new(ErrorKind::Config, "home-unknown", "your home folder is not known")
                .cause("the variable HOME is unset, empty or not an absolute path")
                .next("set HOME to your home folder, as in `HOME=/home/you legwork`")
        })?;
        let config = folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let state = folder("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state"));
        let state = state.join("legwork");
        let runtime = match folder("XDG_RUNTIME_DIR").or(user_runtime) {
            Some(runtime) => runtime.join("legwork"),
            None => state.join("run"),
        };
        let place = Self { config: config.join("legwork"), state, runtime, home };
        if place.socket().as_os_str().len() >= SOCKET_PATH_MAX {
            let what = format!("the socket's path is too long: {}", place.socket().display());
            return Err(UserError::new(ErrorKind::Config, "socket-path-long", what)
                .cause(format!("the system allows {} bytes", SOCKET_PATH_MAX - 1))
                .next("set XDG_RUNTIME_DIR to a folder with a short path that only you can read"));
        }
        Ok(place)
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("socket")
    }

    /// Where the daemon writes what it has to say to those who mend it.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("daemon.log")
    }

    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// Makes the state and runtime folders where they are missing, open to this user only.
    pub fn make_folders(&self) -> Result<(), UserError> {
        for folder in [&self.state, &self.runtime] {
            make_private(folder).map_err(|why| {
                let what = format!("Legwork cannot use its folder {}", folder.display());
                UserError::new(ErrorKind::Unavailable, "place-unusable", what).cause(why).next(
                    "make it yours: check its owner, its permissions and the room on its disk",
                )
            })?;
        }
        Ok(())
    }

    /// Whether `folder` is, holds or lies in a folder of Legwork's own.
    pub fn overlaps(&self, folder: &Path) -> bool {
        let own = [&self.state, &self.runtime, &self.config];
        own.into_iter().any(|own| own.starts_with(folder) || folder.starts_with(own))
    }
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let meta = folder.symlink_metadata()?;
    if !meta.is_dir() || meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it is not a folder of this user"));
    }
    if meta.mode() & 0o077 != 0 {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// The folder that the login made for this user, where XDG_RUNTIME_DIR got lost (sudo, cron).
fn user_runtime() -> Option<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let folder = PathBuf::from(format!("/run/user/{uid}"));
    let meta = folder.symlink_metadata().ok()?;
    (meta.is_dir() && meta.uid() == uid).then_some(folder)
}

#[expect(clippy::disallowed_methods, reason = "the one place where the XDG variables are read")]
fn env_var(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.as_bytes().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(vars: &[(&str, &str)], runtime: Option<&str>) -> Result<Place, UserError> {
        let var = |name: &str| vars.iter().find(|it| it.0 == name).map(|it| OsString::from(it.1));
        Place::from_env(var, runtime.map(PathBuf::from))
    }

    #[test]
    fn each_variable_moves_its_folder() {
        type Vars<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Vars<'_>, Option<&str>, &str); 5] = [
            (&[("XDG_RUNTIME_DIR", "/run/x")], Some("/run/user/7"), "/run/x/legwork/socket"),
            (&[], Some("/run/user/7"), "/run/user/7/legwork/socket"),
            (&[], None, "/h/.local/state/legwork/run/socket"),
            (&[("XDG_STATE_HOME", "/s")], None, "/s/legwork/run/socket"),
            (&[("XDG_RUNTIME_DIR", "relative")], None, "/h/.local/state/legwork/run/socket"),
        ];
        for (vars, runtime, socket) in cases {
            let vars = [&[("HOME", "/h")], vars].concat();
            let place = place(&vars, runtime).unwrap();
            assert_eq!(place.socket(), Path::new(socket), "{vars:?}");
        }
    }

    #[test]
    fn a_place_that_cannot_work_is_an_error() {
        assert_eq!(place(&[], None).unwrap_err().code, "home-unknown");
        let long = format!("/{}", "x".repeat(100));
        let error = place(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", &long)], None).unwrap_err();
        assert_eq!(error.code, "socket-path-long");
    }

    #[test]
    fn folders_are_made_for_this_user_only() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        let place = place(&[("HOME", home)], None).unwrap();
        std::fs::create_dir_all(&place.state).unwrap();
        std::fs::set_permissions(&place.state, Permissions::from_mode(0o755)).unwrap();
        place.make_folders().unwrap();
        place.make_folders().unwrap();
        for folder in [&place.state, &place.runtime] {
            assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        }
        std::fs::write(place.state.join("file"), "").unwrap();
        let place = Place { state: place.state.join("file"), ..place };
        assert_eq!(place.make_folders().unwrap_err().code, "place-unusable");
    }

    #[test]
    fn own_folders_overlap_with_what_holds_them_and_what_they_hold() {
        let place = place(&[("HOME", "/h")], None).unwrap();
        for (folder, overlaps) in [
            ("/", true),
            ("/h/.local/state/legwork", true),
            ("/h/.local/state/legwork/tasks/a", true),
            ("/h/.local/state", true),
            ("/h/.local/state/legwork2", false),
            ("/h/Documents", false),
        ] {
            assert_eq!(place.overlaps(Path::new(folder)), overlaps, "{folder}");
        }
    }
}
