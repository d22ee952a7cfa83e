//! What is made from the option records: shell completions and man pages.

use crate::exit::{Exit, Failure, STATUSES};
use crate::options::Options;
use crate::screen::{Ink, Screen};
use api::{ErrorKind, UserError};
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::roff::{Roff, roman};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Prints the completions.
pub(crate) fn completions(shell: Shell, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Options::command(), "legwork", &mut script);
    screen.bytes(&script)?;
    Ok(Exit::Done)
}

/// Writes one man page per command into `folder`.
pub(crate) fn man(folder: &Path, as_json: bool, screen: &mut Screen) -> Result<Exit, Failure> {
    let unusable = |why: io::Error| {
        let what = format!("the man pages cannot be written into {}", folder.display());
        UserError::new(ErrorKind::User, "folder-unwritable", what)
            .cause(why)
            .next("name a folder that you may write into")
    };
    fs::create_dir_all(folder).map_err(unusable)?;
    let mut program = Options::command().disable_help_subcommand(true);
    program.build();
    let mut written: Vec<PathBuf> = vec![];
    let pages = std::iter::once(program.clone()).chain(program.get_subcommands().cloned());
    for command in pages {
        let name = command.get_display_name().unwrap_or("legwork").to_owned();
        let path = folder.join(format!("{name}.1"));
        let page = page(&command).map_err(unusable)?;
        fs::write(&path, page).map_err(unusable)?;
        written.push(path);
    }
    if as_json {
        screen.json(&serde_json::json!({ "written": written }))?;
        return Ok(Exit::Done);
    }
    screen.text(
        0,
        Ink::Plain,
        &format!("{} man pages are in {}", written.len(), folder.display()),
    )?;
    screen.command(
        "read",
        &format!("man {}", crate::words::shell_quoted(&written[0].to_string_lossy())),
    )?;
    Ok(Exit::Done)
}

fn page(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut page = vec![];
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut page)?;
    }
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut more = Roff::new();
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    more.control("SH", ["EXAMPLES"]);
    for line in examples.lines().skip(1) {
        more.text([roman(line.trim())]);
        more.control("br", []);
    }
    more.control("SH", ["EXIT STATUS"]);
    for line in STATUSES.lines().skip(1) {
        more.text([roman(line.trim())]);
        more.control("br", []);
    }
    more.to_writer(&mut page)?;
    Ok(page)
}
