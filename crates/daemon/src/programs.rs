//! What runs in a task's machine, as the machine itself tells it: a list to look at, and hostile.

use crate::limits::{PROGRAM_CHARS_MAX, PROGRAMS_MAX, PROGRAMS_MS_MAX};
use crate::words;
use api::ProgramView;
use machine::{Happening, Machine};
use std::sync::Mutex;
use std::sync::PoisonError;
use wire::{Exec, Output, Reply, Request};

/// A line for each program: id, KiB of memory, what it was started with. Neither the machine's
/// first process, which serves it, nor this script; what has no words is the kernel's.
const LIST: &str = r#"
for place in /proc/[0-9]*; do
  id=${place#/proc/}
  if [ $id = 1 ] || [ $id = $$ ]; then continue; fi
  memory=0
  while read -r name value _; do
    if [ $name = VmRSS: ]; then memory=$value; fi
  done < $place/status
  words=$(head -c 2000 $place/cmdline | tr '\000\n' '  ')
  if [ -n "$words" ]; then printf '%s %s %s\n' $id $memory "$words"; fi
done 2> /dev/null
exit 0
"#;

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
    let mut all = said.lines().filter_map(program);
    let mut programs: Vec<ProgramView> = all.by_ref().take(PROGRAMS_MAX).collect();
    programs.sort_by_key(|it| it.id);
    (programs, all.next().is_some())
}

fn program(line: &str) -> Option<ProgramView> {
    let mut parts = line.splitn(3, ' ');
    let id = parts.next()?.parse().ok()?;
    let memory_bytes = parts.next()?.parse::<u64>().ok()?.checked_mul(1024)?;
    let command = words::one_line_of(parts.next()?.trim(), PROGRAM_CHARS_MAX);
    (!command.is_empty()).then_some(ProgramView { id, memory_bytes, command })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_machine_tells_is_believed_in_bounds() {
        let said =
            "12 40 sh -c x\u{1b}[2J \nwords\n9 99999999999999999999 a\n7 0 python3 a.py  \n8 1  \n";
        let (programs, are_more) = parse(said);
        let told: Vec<_> =
            programs.iter().map(|it| (it.id, it.memory_bytes, it.command.as_str())).collect();
        assert_eq!(told, [(7, 0, "python3 a.py"), (12, 40_960, "sh -c x[2J")]);
        assert!(!are_more);
        let many = "5 1 a\n".repeat(PROGRAMS_MAX + 1);
        let (programs, are_more) = parse(&many);
        assert_eq!((programs.len(), are_more), (PROGRAMS_MAX, true));
        let long = format!("5 1 {}", "x".repeat(9000));
        assert_eq!(parse(&long).0[0].command.chars().count(), PROGRAM_CHARS_MAX);
    }
}
