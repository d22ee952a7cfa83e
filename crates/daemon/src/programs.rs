//! What runs in a task's machine, as the machine itself tells it: a list to look at, and hostile.

use crate::limits::{PROGRAM_CHARS_MAX, PROGRAMS_MAX, PROGRAMS_MS_MAX};
use crate::words;
use api::ProgramView;
use machine::{Happening, Machine};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use wire::{Exec, Output, Reply, Request};

/// Its own id, then lines `/proc/ID/statm:…` and `/proc/ID/cmdline:…`. One program reads them all:
/// where the processor is emulated, one for each took seconds.
const LIST: &str = r#"echo $$; exec grep -aHs '' /proc/[0-9]*/statm /proc/[0-9]*/cmdline"#;
/// In KiB; that of all computers whose machines are looked into.
const PAGE_KIB: u64 = 4;
/// The machine's first process, which serves it.
const FIRST: u32 = 1;

/// What was listed, and whether there is more.
pub(crate) type Listed = (Vec<ProgramView>, bool);

/// The error: why it is not known.
pub(crate) async fn list(machine: &dyn Machine) -> Result<Listed, String> {
    let argv = ["/bin/sh", "-c", LIST].map(String::from).into();
    let said = Mutex::new(Vec::new());
    let heard = |happening| {
        if let Happening::Output(Output::Stdout(bytes)) = happening {
            said.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        }
    };
    let request = Request::Exec(Exec::new(argv, "/tmp", PROGRAMS_MS_MAX));
    let reply = machine.call(request, None, &heard).await.map_err(|error| error.to_string())?;
    match reply {
        Reply::Exited { .. } | Reply::Result { .. } => {
            let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
            Ok(parse(&String::from_utf8_lossy(&said)))
        }
        Reply::Failed { why, .. } => Err(why),
    }
}

fn parse(said: &str) -> Listed {
    let mut lines = said.lines();
    let own = lines.next().and_then(|it| it.parse().ok()).unwrap_or(FIRST);
    let mut all = BTreeMap::<u32, (u64, String)>::new();
    for line in lines {
        let Some((id, file, text)) = line_of(line).filter(|it| it.0 != FIRST && it.0 != own) else {
            continue;
        };
        let (memory, command) = all.entry(id).or_default();
        match file {
            "statm" => {
                let pages = text.split(' ').nth(1).and_then(|it| it.parse::<u64>().ok());
                *memory = pages.unwrap_or(0).saturating_mul(PAGE_KIB * 1024);
            }
            // What was typed on several lines has several.
            _ if command.len() < PROGRAM_CHARS_MAX => {
                command.extend([" ", &text.replace('\0', " ")]);
            }
            _ => (),
        }
    }
    let told = all.into_iter().filter_map(|(id, (memory_bytes, command))| {
        let command = words::one_line_of(command.trim(), PROGRAM_CHARS_MAX);
        // What has no words is the kernel's.
        (!command.is_empty()).then_some(ProgramView { id, memory_bytes, command })
    });
    let mut programs: Vec<ProgramView> = told.take(PROGRAMS_MAX + 1).collect();
    let are_more = programs.len() > PROGRAMS_MAX;
    programs.truncate(PROGRAMS_MAX);
    (programs, are_more)
}

fn line_of(line: &str) -> Option<(u32, &str, &str)> {
    let (id, rest) = line.strip_prefix("/proc/")?.split_once('/')?;
    let (file, text) = rest.split_once(':')?;
    Some((id.parse().ok()?, file, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_machine_tells_is_believed_in_bounds() {
        let said = "30\n/proc/1/statm:9 9\n/proc/12/statm:70 10 1\n/proc/7/statm:1 0\n\
                    /proc/9/statm:x\n/proc/30/statm:1 1\n/proc/1/cmdline:init\n\
                    /proc/12/cmdline:sh\0-c\0x\u{1b}[2J\n/proc/12/cmdline:words\0\n\
                    /proc/7/cmdline:python3\0a.py\0\n/proc/30/cmdline:grep\n/proc/x/cmdline:a\nb\n";
        let (programs, are_more) = parse(said);
        let told: Vec<_> =
            programs.iter().map(|it| (it.id, it.memory_bytes, it.command.as_str())).collect();
        assert_eq!(told, [(7, 0, "python3 a.py"), (12, 40_960, "sh -c x[2J words")]);
        assert!(!are_more);
        let line = |id: usize| format!("/proc/{}/cmdline:a\n", id + 2);
        let many: String = (0..=PROGRAMS_MAX).map(line).collect();
        let (programs, are_more) = parse(&format!("1\n{many}"));
        assert_eq!((programs.len(), are_more), (PROGRAMS_MAX, true));
        let long = format!("1\n/proc/5/cmdline:{}", "x".repeat(9000));
        assert_eq!(parse(&long).0[0].command.chars().count(), PROGRAM_CHARS_MAX);
    }
}
