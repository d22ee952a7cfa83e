//! The tools on temporary folders: no machine, no privilege, the worker is this test program.

mod checking;
mod describing;
mod fetching;
mod foreign;
mod moving;
mod reading;
mod walking;
mod writing;

use super::beneath::Roots;
use super::{View, run_in};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use tempfile::TempDir;
use wire::{FailKind, GuestTool, PathText};

/// A view with one share `s`, now and before the work.
struct Place {
    dir: TempDir,
    view: View,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let roots = Roots { folders: dir.path().join("folders"), base: dir.path().join("base") };
        for share in [roots.folders.join("s"), roots.base.join("s")] {
            fs::create_dir_all(share).expect("a share");
        }
        Self { view: View { roots, worker: worker_of_tests(), proxy: 0 }, dir }
    }

    /// Makes the file with its folders.
    fn file(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        self.put("folders", path.as_ref(), content.as_ref())
    }

    /// Makes the file as it was before the work.
    fn base(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        self.put("base", path.as_ref(), content.as_ref())
    }

    fn put(&self, side: &str, path: &[u8], content: &[u8]) -> &Self {
        let path = self.dir.path().join(side).join("s").join(OsStr::from_bytes(path));
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, content).expect("a file");
        self
    }

    /// Where a path of the share is.
    fn at(&self, path: impl AsRef<[u8]>) -> PathBuf {
        self.view.roots.folders.join("s").join(OsStr::from_bytes(path.as_ref()))
    }

    fn link(&self, target: &str, path: &str) -> &Self {
        std::os::unix::fs::symlink(target, self.at(path)).expect("a link");
        self
    }

    fn fifo(&self, path: &str) -> &Self {
        rustix::fs::mkfifoat(
            rustix::fs::CWD,
            self.at(path),
            rustix::fs::Mode::from_raw_mode(0o644),
        )
        .expect("a fifo");
        self
    }

    fn call(&self, tool: GuestTool, args: &Value) -> Result<Value, (FailKind, String)> {
        match run_in(&self.view, tool, &args.to_string(), &|_, _| ()) {
            Ok(json) => Ok(serde_json::from_str(&json).expect("a result is JSON")),
            Err(failure) => Err((failure.kind, failure.why)),
        }
    }

    /// The result of a call that must work.
    fn done(&self, tool: GuestTool, args: &Value) -> Value {
        self.call(tool, args).unwrap_or_else(|why| panic!("{tool:?} {args}: {why:?}"))
    }

    /// Everything below the share: its paths and, of files, contents.
    fn all(&self) -> Vec<String> {
        let listing = self.done(GuestTool::ListFiles, &serde_json::json!({ "path": "s" }));
        let entries = listing["entries"].as_array().expect("entries");
        let line = |entry: &Value| {
            let path = entry["path"].as_str().expect("a path");
            let bytes = PathText(path.to_owned()).to_relative().expect("a relative path");
            match entry["kind"].as_str() {
                Some("file") => {
                    let content = fs::read(self.at(&bytes[2..])).unwrap_or_default();
                    format!("{path} = {}", String::from_utf8_lossy(&content))
                }
                Some("link") => format!("{path} -> {}", entry["target"].as_str().unwrap_or("?")),
                kind => format!("{path} ({})", kind.unwrap_or("?")),
            }
        };
        entries.iter().map(line).collect()
    }
}

/// The word by which this program knows that it was started as a worker.
const AS_WORKER: &str = "started-as-worker";

fn worker_of_tests() -> (PathBuf, Vec<OsString>) {
    let test = "tools::tests::serves_where_it_was_started_as_a_worker";
    let args = ["--exact", test, "--nocapture", "--skip", AS_WORKER];
    ("/proc/self/exe".into(), args.iter().map(OsString::from).collect())
}

#[test]
fn serves_where_it_was_started_as_a_worker() {
    if std::env::args().any(|arg| arg == AS_WORKER) {
        super::answer_questions();
    }
}

/// Does it on a thread that is an ordinary user, so that permissions hold also when root tests.
fn as_nobody<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = rustix::process::Uid::from_raw(65534);
                rustix::thread::set_thread_res_uid(None, Some(nobody), None).expect("another user");
            }
            what()
        });
        other.join().expect("no panic")
    })
}
