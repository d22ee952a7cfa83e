//! `service` and `systemctl`, as a program in a machine meets them. Nothing here looks after
//! servers: what has a script in `/etc/init.d` is started by it, and of all else is said what to
//! do instead.

use super::asked::{Asked, Run, asked};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

/// What a call comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Run(Asked),
    /// The system's own program knows more.
    LeaveIt,
    /// There is nothing to do, or nothing that could be done; and why.
    Nothing,
    Impossible(String),
}

const SCRIPTS: &str = "/etc/init.d";

/// What refuses to be root, and is not content with being told that it is somebody else. The first
/// are programs, the last is also the name of a script.
const OWNED: [(&str, &str); 5] = [
    ("pg_createcluster", "postgres"),
    ("pg_ctlcluster", "postgres"),
    ("pg_dropcluster", "postgres"),
    ("pg_upgradecluster", "postgres"),
    ("postgresql", "postgres"),
];

/// Who is to run the program or script of that name, if not root.
pub(super) fn owner(name: &str) -> Option<&'static str> {
    OWNED.iter().find(|(known, _)| *known == name).map(|(_, owner)| *owner)
}

/// It starts, and resets each connection: whoever is not logged in yet it shuts into another root,
/// which no machine allows, and into another user.
const SSHD: &str = "sshd can't serve in a machine: it resets each connection, as it can't change its \
                    root there. dropbear can: `apt-get install dropbear-bin; mkdir -p \
                    /etc/dropbear; dropbear -R -p 22`";

/// `service NAME VERB …`
pub(super) fn service(args: &[OsString], scripts: &[String]) -> Wish {
    match args {
        [name, verb @ ..] if !is_option(name) && !verb.is_empty() => script(name, verb, scripts),
        _ => Wish::LeaveIt,
    }
}

/// `systemctl [OPTIONS] VERB UNIT`
pub(super) fn systemctl(args: &[OsString], scripts: &[String]) -> Wish {
    let words: Vec<&OsString> = args.iter().filter(|arg| !is_option(arg)).collect();
    let verb = words.first().and_then(|verb| verb.to_str()).unwrap_or_default();
    match (verb, &words[words.len().min(1)..]) {
        ("start" | "stop" | "restart" | "reload" | "status" | "try-restart", [unit]) => {
            let name = unit.to_str().unwrap_or_default();
            let name = OsString::from(name.strip_suffix(".service").unwrap_or(name));
            script(&name, &[OsString::from(verb)], scripts)
        }
        ("enable", [_]) if args.iter().any(|arg| arg == "--now") => {
            systemctl(&["start".into(), words[1].clone()], scripts)
        }
        // Nothing is ever begun by itself here, so all of this is so already.
        (
            "enable" | "disable" | "mask" | "unmask" | "preset" | "daemon-reload" | "daemon-reexec"
            | "reset-failed",
            _,
        ) => Wish::Nothing,
        _ => Wish::Impossible(format!("there is no systemd in this machine; {}", advice(scripts))),
    }
}

fn script(name: &OsStr, verb: &[OsString], scripts: &[String]) -> Wish {
    let starts = verb.first().is_some_and(|verb| verb == "start" || verb == "restart");
    if starts && (name == "ssh" || name == "sshd") {
        return Wish::Impossible(SSHD.to_owned());
    }
    let Some(name) = name.to_str().filter(|name| scripts.iter().any(|known| known == name)) else {
        let name = name.to_string_lossy();
        return Wish::Impossible(format!("there is no {SCRIPTS}/{name}; {}", advice(scripts)));
    };
    let path = Path::new(SCRIPTS).join(name).into_os_string();
    let argv = std::iter::once(path).chain(verb.iter().cloned()).collect();
    let run = Run::Program(argv);
    let user = owner(name).unwrap_or("root").into();
    Wish::Run(Asked { folder: Some("/".into()), ..asked(user, run) })
}

fn advice(scripts: &[String]) -> String {
    let known = match scripts {
        [] => "nothing has a script there".to_owned(),
        scripts => format!("`service NAME start` knows {}", scripts.join(", ")),
    };
    format!("{known}. Any server can be started by its own program, as a command in the background")
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// The names of the scripts that there are.
pub(super) fn scripts() -> Vec<String> {
    let entries = fs::read_dir(SCRIPTS).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<String> =
        files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::{SSHD, Wish, service, systemctl};
    use crate::second::asked::Run;
    use std::ffi::OsString;

    #[test]
    fn what_has_a_script_is_started_by_it() {
        let scripts = ["postgresql".to_owned(), "redis-server".to_owned()];
        let known = "`service NAME start` knows postgresql, redis-server. Any server can be started \
                     by its own program, as a command in the background";
        for (line, want) in [
            ("service redis-server start", "root: /etc/init.d/redis-server start"),
            ("service postgresql restart 15", "postgres: /etc/init.d/postgresql restart 15"),
            ("service --status-all", "its own"),
            ("service ssh start", SSHD),
            ("systemctl restart sshd.service", SSHD),
            ("service ssh status", &format!("there is no /etc/init.d/ssh; {known}")),
            ("service redis-server", "its own"),
            ("service", "its own"),
            ("service ../x start", &format!("there is no /etc/init.d/../x; {known}")),
            ("systemctl start redis-server", "root: /etc/init.d/redis-server start"),
            ("systemctl --quiet stop redis-server.service", "root: /etc/init.d/redis-server stop"),
            ("systemctl enable --now postgresql", "postgres: /etc/init.d/postgresql start"),
            ("systemctl enable redis-server", "nothing"),
            ("systemctl daemon-reload", "nothing"),
            ("systemctl start nginx", &format!("there is no /etc/init.d/nginx; {known}")),
            ("systemctl", &format!("there is no systemd in this machine; {known}")),
            ("systemctl start", &format!("there is no systemd in this machine; {known}")),
            ("systemctl list-units", &format!("there is no systemd in this machine; {known}")),
        ] {
            let words: Vec<OsString> = line.split(' ').skip(1).map(OsString::from).collect();
            let ask = if line.starts_with("service") { service } else { systemctl };
            let said = match ask(&words, &scripts) {
                Wish::LeaveIt => "its own".to_owned(),
                Wish::Nothing => "nothing".to_owned(),
                Wish::Impossible(why) => why,
                Wish::Run(asked) => match asked.run {
                    Run::Program(argv) => {
                        let argv: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
                        format!("{}: {}", asked.user.display(), argv.join(" "))
                    }
                    other => format!("{other:?}"),
                },
            };
            assert_eq!(said, want, "{line}");
        }
    }
}
