//! What `su`, `sudo` and their kin were asked for. They share no grammar; of each we know what
//! people and scripts write. What we don't know is left to the system's own program.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Who is to run what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// A name or a number.
    pub(crate) user: OsString,
    /// As if that user had logged in: in its home.
    pub(crate) login: bool,
    /// Nobody waits for it.
    pub(crate) background: bool,
    /// Where it starts, if not where its caller is or at home.
    pub(crate) folder: Option<PathBuf>,
    pub(crate) run: Run,
    /// Set for the program in addition.
    pub(crate) environment: Vec<(OsString, OsString)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Run {
    Program(Vec<OsString>),
    /// Only whether it may be asked.
    Nothing,
    /// A shell, the user's own unless one is named, with these arguments.
    Shell(Option<OsString>, Vec<OsString>),
}

/// An option with what it needs, or why the words were not understood.
type Found<T> = Result<T, String>;

/// How one program writes its options.
struct Grammar {
    /// Letters and words that take a value.
    values: &'static [(&'static str, What)],
    /// Those that take none.
    flags: &'static [(&'static str, What)],
    /// Whether options may follow what is no option.
    is_mixed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    User,
    Command,
    Shell,
    Login,
    AsShell,
    Background,
    Folder,
    /// Needs no program.
    Question,
    /// Of no meaning where there is one user.
    Nothing,
}

const SU: Grammar = Grammar {
    values: &[
        ("c", What::Command),
        ("command", What::Command),
        ("session-command", What::Command),
        ("s", What::Shell),
        ("shell", What::Shell),
        ("g", What::Nothing),
        ("group", What::Nothing),
        ("G", What::Nothing),
        ("supp-group", What::Nothing),
        ("w", What::Nothing),
        ("whitelist-environment", What::Nothing),
    ],
    flags: &[
        ("l", What::Login),
        ("login", What::Login),
        ("", What::Login),
        ("m", What::Nothing),
        ("p", What::Nothing),
        ("preserve-environment", What::Nothing),
        ("f", What::Nothing),
        ("fast", What::Nothing),
        ("P", What::Nothing),
        ("pty", What::Nothing),
        ("T", What::Nothing),
        ("no-pty", What::Nothing),
    ],
    is_mixed: true,
};

const RUNUSER: Grammar = Grammar {
    values: &[
        ("u", What::User),
        ("user", What::User),
        ("g", What::Nothing),
        ("group", What::Nothing),
        ("G", What::Nothing),
        ("supp-group", What::Nothing),
    ],
    flags: &[],
    is_mixed: false,
};

const SUDO: Grammar = Grammar {
    values: &[
        ("u", What::User),
        ("user", What::User),
        ("g", What::Nothing),
        ("group", What::Nothing),
        ("p", What::Nothing),
        ("prompt", What::Nothing),
        ("C", What::Nothing),
        ("close-from", What::Nothing),
        ("preserve-env", What::Nothing),
        ("D", What::Folder),
        ("chdir", What::Folder),
    ],
    flags: &[
        ("i", What::Login),
        ("login", What::Login),
        ("s", What::AsShell),
        ("shell", What::AsShell),
        ("H", What::Nothing),
        ("set-home", What::Nothing),
        ("E", What::Nothing),
        ("preserve-env", What::Nothing),
        ("n", What::Nothing),
        ("non-interactive", What::Nothing),
        ("S", What::Nothing),
        ("stdin", What::Nothing),
        ("k", What::Question),
        ("reset-timestamp", What::Question),
        ("K", What::Question),
        ("remove-timestamp", What::Question),
        ("v", What::Question),
        ("validate", What::Question),
        ("b", What::Background),
        ("background", What::Background),
        ("A", What::Nothing),
        ("askpass", What::Nothing),
        ("P", What::Nothing),
        ("preserve-groups", What::Nothing),
    ],
    is_mixed: false,
};

const SETPRIV: Grammar = Grammar {
    values: &[
        ("reuid", What::User),
        ("ruid", What::User),
        ("euid", What::User),
        ("regid", What::Nothing),
        ("rgid", What::Nothing),
        ("egid", What::Nothing),
        ("groups", What::Nothing),
        ("inh-caps", What::Nothing),
        ("ambient-caps", What::Nothing),
        ("bounding-set", What::Nothing),
        ("securebits", What::Nothing),
        ("pdeathsig", What::Nothing),
    ],
    flags: &[
        ("clear-groups", What::Nothing),
        ("keep-groups", What::Nothing),
        ("init-groups", What::Nothing),
        ("no-new-privs", What::Nothing),
        ("nnp", What::Nothing),
        ("reset-env", What::Nothing),
    ],
    is_mixed: false,
};

/// `name` is the program, `args` what follows it.
pub(crate) fn parse(name: &str, args: &[OsString]) -> Found<Asked> {
    match name {
        "su" => su(args),
        "runuser" => runuser(args),
        "sudo" => sudo(args),
        "setpriv" => with_program(&SETPRIV, args),
        // gosu and su-exec: USER[:GROUP] PROGRAM …
        _ => match args {
            [user, program @ ..] if !program.is_empty() => {
                let user = user.as_bytes().split(|&b| b == b':').next().unwrap_or_default();
                let user = OsStr::from_bytes(user).to_owned();
                Ok(asked(user, Run::Program(program.to_vec())))
            }
            _ => Err("it needs a user and a program".into()),
        },
    }
}

pub(crate) fn asked(user: OsString, run: Run) -> Asked {
    let environment = Vec::new();
    Asked { user, login: false, background: false, folder: None, run, environment }
}

fn su(args: &[OsString]) -> Found<Asked> {
    let words = SU.read(args)?;
    let mut rest = words.rest.into_iter();
    let user = rest.next().unwrap_or_else(|| "root".into());
    let command = words.command.map(|command| ["-c".into(), command]);
    let args = command.into_iter().flatten().chain(rest).collect();
    Ok(Asked { login: words.login, ..asked(user, Run::Shell(words.shell, args)) })
}

/// Two programs in one: with `-u` it runs a program, and else it is `su`.
fn runuser(args: &[OsString]) -> Found<Asked> {
    let is_program = args.iter().any(|arg| {
        arg == "--user" || arg.as_bytes().starts_with(b"-u") || arg.as_bytes().starts_with(b"--u")
    });
    if is_program { with_program(&RUNUSER, args) } else { su(args) }
}

fn with_program(grammar: &Grammar, args: &[OsString]) -> Found<Asked> {
    let words = grammar.read(args)?;
    if words.rest.is_empty() {
        return Err("it needs a program".into());
    }
    Ok(asked(words.user.unwrap_or_else(|| "root".into()), Run::Program(words.rest)))
}

fn sudo(args: &[OsString]) -> Found<Asked> {
    let words = SUDO.read(args)?;
    let mut environment = Vec::new();
    let mut rest = words.rest;
    while let Some((name, value)) = rest.first().and_then(|word| setting(word)) {
        environment.push((name, value));
        rest.remove(0);
    }
    let run = match (words.as_shell || words.login, rest.is_empty()) {
        (false, true) if words.question => Run::Nothing,
        (false, true) => return Err("it needs a program".into()),
        (false, false) => Run::Program(rest),
        (true, is_bare) => {
            // A login's shell is the user's own, and otherwise the caller's: root's.
            let shell = (!words.login).then(|| OsString::from("/bin/sh"));
            let line = rest.iter().map(|word| escaped(word)).collect::<Vec<_>>();
            let line = (!is_bare).then(|| ["-c".into(), line.join(OsStr::new(" "))]);
            Run::Shell(shell, line.into_iter().flatten().collect())
        }
    };
    let user = words.user.unwrap_or_else(|| "root".into());
    let Words { login, background, folder, .. } = words;
    Ok(Asked { login, background, folder, environment, ..asked(user, run) })
}

/// As `sudo` hands a word to a shell: one word still, in which a variable has its value.
fn escaped(word: &OsStr) -> OsString {
    let mut bytes = Vec::with_capacity(word.len());
    for &byte in word.as_bytes() {
        if !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'$') {
            bytes.push(b'\\');
        }
        bytes.push(byte);
    }
    OsString::from_vec(bytes)
}

fn setting(word: &OsStr) -> Option<(OsString, OsString)> {
    let bytes = word.as_bytes();
    let at = bytes.iter().position(|&b| b == b'=')?;
    let is_name = at > 0 && bytes[..at].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let part = |bytes: &[u8]| OsStr::from_bytes(bytes).to_owned();
    is_name.then(|| (part(&bytes[..at]), part(&bytes[at + 1..])))
}

#[derive(Debug, Default)]
struct Words {
    user: Option<OsString>,
    command: Option<OsString>,
    shell: Option<OsString>,
    login: bool,
    as_shell: bool,
    background: bool,
    question: bool,
    folder: Option<PathBuf>,
    rest: Vec<OsString>,
}

impl Words {
    fn take(&mut self, what: What, value: OsString) {
        match what {
            What::User => self.user = Some(value),
            What::Command => self.command = Some(value),
            What::Shell => self.shell = Some(value),
            What::Login => self.login = true,
            What::AsShell => self.as_shell = true,
            What::Background => self.background = true,
            What::Question => self.question = true,
            What::Folder => self.folder = Some(value.into()),
            What::Nothing => {}
        }
    }
}

impl Grammar {
    fn read(&self, args: &[OsString]) -> Found<Words> {
        let mut words = Words::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let bytes = arg.as_bytes();
            match bytes {
                b"--" => {
                    words.rest.extend(args.cloned());
                    break;
                }
                [b'-', b'-', long @ ..] => self.long(long, &mut args, &mut words)?,
                [b'-', short @ ..] => self.short(short, &mut args, &mut words)?,
                _ => words.rest.push(arg.clone()),
            }
            if !self.is_mixed && !words.rest.is_empty() {
                words.rest.extend(args.cloned());
                break;
            }
        }
        Ok(words)
    }

    fn long(
        &self,
        word: &[u8],
        args: &mut std::slice::Iter<'_, OsString>,
        words: &mut Words,
    ) -> Found<()> {
        let at = word.iter().position(|&b| b == b'=');
        let (name, value) = at.map_or((word, None), |at| (&word[..at], Some(&word[at + 1..])));
        let of = |list: &[(&str, What)]| {
            list.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, what)| *what)
        };
        let value = value.map(|value| OsStr::from_bytes(value).to_owned());
        match (of(self.flags), of(self.values), value) {
            (Some(what), _, None) => words.take(what, OsString::new()),
            (_, Some(what), Some(value)) => words.take(what, value),
            (None, Some(what), None) => {
                let value = args.next().ok_or_else(|| needs_value(name))?;
                words.take(what, value.clone());
            }
            _ => return Err(unknown(&[b"--", word].concat())),
        }
        Ok(())
    }

    /// Letters, of which the last may have a value; none of them is `-`, alone.
    fn short(
        &self,
        letters: &[u8],
        args: &mut std::slice::Iter<'_, OsString>,
        words: &mut Words,
    ) -> Found<()> {
        if letters.is_empty() && self.flags.iter().all(|(known, _)| !known.is_empty()) {
            return Err(unknown(b"-"));
        }
        if letters.is_empty() {
            words.take(What::Login, OsString::new());
        }
        for (at, letter) in letters.iter().enumerate() {
            let is = |known: &&(&str, What)| known.0.as_bytes() == [*letter];
            if let Some((_, what)) = self.flags.iter().find(is) {
                words.take(*what, OsString::new());
            } else if let Some((_, what)) = self.values.iter().find(is) {
                let value = match &letters[at + 1..] {
                    [] => args.next().ok_or_else(|| needs_value(&[*letter]))?.clone(),
                    value => OsStr::from_bytes(value).to_owned(),
                };
                words.take(*what, value);
                break;
            } else {
                return Err(unknown(&[b'-', *letter]));
            }
        }
        Ok(())
    }
}

fn needs_value(name: &[u8]) -> String {
    format!("the option {:?} needs a value", String::from_utf8_lossy(name))
}

fn unknown(option: &[u8]) -> String {
    format!("the option {:?} is not known in a machine", String::from_utf8_lossy(option))
}

#[cfg(test)]
mod tests {
    use super::{Run, parse};
    use std::ffi::OsString;

    fn said(line: &str) -> String {
        let mut words = line.split(' ').map(|word| OsString::from(word.replace('_', " ")));
        let name = words.next().expect("a program").into_string().expect("plain");
        match parse(&name, &words.collect::<Vec<_>>()) {
            Err(why) => why,
            Ok(asked) => {
                let login = if asked.login { " at home" } else { "" };
                let background = if asked.background { " behind" } else { "" };
                let folder = asked.folder.map(|it| format!(" in {}", it.display()));
                let login = [login, background, &folder.unwrap_or_default()].concat();
                let run = match asked.run {
                    Run::Nothing => "nothing".to_owned(),
                    Run::Program(argv) => format!("{argv:?}"),
                    Run::Shell(None, args) => format!("shell {args:?}"),
                    Run::Shell(Some(shell), args) => format!("{} {args:?}", shell.display()),
                };
                format!("{}{login}: {run}", asked.user.display())
            }
        }
    }

    #[test]
    fn people_and_scripts_are_understood() {
        for (line, want) in [
            ("su postgres -c initdb_-D_x", r#"postgres: shell ["-c", "initdb -D x"]"#),
            ("su - postgres -c psql", r#"postgres at home: shell ["-c", "psql"]"#),
            ("su -c psql - postgres", r#"postgres at home: shell ["-c", "psql"]"#),
            ("su -l -cpsql postgres", r#"postgres at home: shell ["-c", "psql"]"#),
            ("su --login --command=psql postgres", r#"postgres at home: shell ["-c", "psql"]"#),
            ("su www -s /bin/sh -c id", r#"www: /bin/sh ["-c", "id"]"#),
            ("su", "root: shell []"),
            ("su a -- script -x", r#"a: shell ["script", "-x"]"#),
            ("runuser -u postgres -- psql -c x", r#"postgres: ["psql", "-c", "x"]"#),
            ("runuser -u postgres psql -c x", r#"postgres: ["psql", "-c", "x"]"#),
            ("runuser -l postgres -c psql", r#"postgres at home: shell ["-c", "psql"]"#),
            ("sudo apt-get install -y x", r#"root: ["apt-get", "install", "-y", "x"]"#),
            ("sudo -u postgres psql -c x", r#"postgres: ["psql", "-c", "x"]"#),
            ("sudo -nHu postgres A=b psql", r#"postgres: ["psql"]"#),
            ("sudo -upostgres -- psql", r#"postgres: ["psql"]"#),
            ("sudo -E --user=postgres psql", r#"postgres: ["psql"]"#),
            ("sudo -iu postgres", "postgres at home: shell []"),
            ("sudo -i -u postgres psql -l", r#"postgres at home: shell ["-c", "psql -l"]"#),
            (
                "sudo -iu postgres psql -c select_1;_$A",
                r#"postgres at home: shell ["-c", "psql -c select\\ 1\\;\\ $A"]"#,
            ),
            ("sudo -s id", r#"root: /bin/sh ["-c", "id"]"#),
            ("sudo -su postgres", "postgres: /bin/sh []"),
            ("sudo -b -u redis redis-server", r#"redis behind: ["redis-server"]"#),
            ("sudo -H -u postgres -D /tmp psql", r#"postgres in /tmp: ["psql"]"#),
            ("sudo --chdir=/tmp psql", r#"root in /tmp: ["psql"]"#),
            ("sudo -v", "root: nothing"),
            ("sudo -nk", "root: nothing"),
            ("sudo -k id", r#"root: ["id"]"#),
            ("setpriv --reuid=105 --regid 106 --init-groups id -u", r#"105: ["id", "-u"]"#),
            ("setpriv --no-new-privs id", r#"root: ["id"]"#),
            ("gosu postgres:postgres postgres -D x", r#"postgres: ["postgres", "-D", "x"]"#),
            ("su-exec redis redis-server", r#"redis: ["redis-server"]"#),
        ] {
            assert_eq!(said(line), want, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (line, want) in [
            ("sudo", "it needs a program"),
            ("sudo -u", r#"the option "u" needs a value"#),
            ("sudo -", r#"the option "-" is not known in a machine"#),
            ("sudo --chroot=/ id", r#"the option "--chroot=/" is not known in a machine"#),
            ("su --odd", r#"the option "--odd" is not known in a machine"#),
            ("su --login=x", r#"the option "--login=x" is not known in a machine"#),
            ("setpriv --dump", r#"the option "--dump" is not known in a machine"#),
            ("setpriv --reuid=1", "it needs a program"),
            ("gosu postgres", "it needs a user and a program"),
            ("runuser -u postgres", "it needs a program"),
        ] {
            assert_eq!(said(line), want, "{line}");
        }
    }
}
