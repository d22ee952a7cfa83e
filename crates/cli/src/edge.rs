//! What the command line takes from its surroundings: the terminal, the environment, processes.

use crate::screen::Look;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// Whether a person sits at both ends, so that questions can be asked.
pub(crate) fn has_person() -> bool {
    // Questions are drawn on the error output.
    let is_terminal =
        io::stdin().is_terminal() && io::stdout().is_terminal() && io::stderr().is_terminal();
    is_terminal && var("TERM").as_deref() != Some("dumb")
}

/// What the output may be told. NO_COLOR: see no-color.org.
pub(crate) fn look(is_terminal: bool) -> Look {
    if !is_terminal || var("TERM").as_deref() == Some("dumb") {
        return Look { has_colour: false, width: None };
    }
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    let width = size.map(|size| usize::from(size.ws_col)).filter(|&width| width > 0);
    Look { has_colour: var("NO_COLOR").is_none(), width: Some(width.unwrap_or(80)) }
}

/// Whether a process of this id is there. One that does not exist, or is not ours, is not.
pub(crate) fn is_running(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// The output as a file, for bytes that nobody reads on the way.
pub(crate) fn raw_output() -> io::Result<File> {
    Ok(rustix::io::dup(io::stdout())?.into())
}

/// The person's editor: VISUAL, EDITOR, or one that is usually there.
pub(crate) fn editor() -> Option<String> {
    let found = || {
        let usual = ["/usr/bin/editor", "/usr/bin/nano", "/usr/bin/vi"];
        // Without a person nobody could leave it again.
        let found = usual.into_iter().find(|path| has_person() && Path::new(path).exists());
        found.map(str::to_owned)
    };
    var("VISUAL").or_else(|| var("EDITOR")).or_else(found)
}

/// Opens `file` in `editor`, which may be a command with arguments, and waits for its end.
#[expect(clippy::disallowed_methods, reason = "the person's own editor, at the person's wish")]
pub(crate) fn edit(editor: &str, file: &Path) -> io::Result<ExitStatus> {
    Command::new("/bin/sh").args(["-c", &format!("{editor} \"$1\""), "editor"]).arg(file).status()
}

/// Whether there is a screen on which a browser could open.
pub(crate) fn has_display() -> bool {
    var("DISPLAY").is_some() || var("WAYLAND_DISPLAY").is_some()
}

/// Browsers that can show a page in a window of its own.
const APP_BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "microsoft-edge"];

/// Opens `url` in a window of its own where a browser can, else in the person's browser.
pub(crate) fn browse(url: &str) -> bool {
    let as_app = APP_BROWSERS.iter().map(|browser| (*browser, format!("--app={url}")));
    let mut ways = as_app.chain([("xdg-open", url.to_owned())]);
    ways.any(|(program, argument)| open_with(program, &argument).is_ok())
}

#[expect(clippy::disallowed_methods, reason = "the person's own browser, at the person's wish")]
fn open_with(program: &str, argument: &str) -> io::Result<Child> {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

/// Starts the daemon in a process group of its own, so that Ctrl-C here is not meant for it.
#[expect(clippy::disallowed_methods, reason = "the daemon is this program, started once for all")]
pub(crate) fn start_daemon(log: File) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("serve")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
}

#[expect(clippy::disallowed_methods, reason = "the one place of the command line that reads it")]
fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
