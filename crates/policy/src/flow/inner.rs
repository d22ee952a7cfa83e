//! Commands that stand in the arguments of another one: programs that look, and start others when
//! they are told to.
//!
//! Options as in the manuals of GNU findutils 4.10, sed 4.9, gawk 5.3, tar 1.35 and sort 9.6, of
//! Info-ZIP's zip 3.0, ripgrep 14 and git 2.50.

/// Settings that name a program, by the end of their names.
const SETTINGS: &[&str] = &[
    "PAGER",
    "EDITOR",
    "VISUAL",
    "LESSOPEN",
    "LESSCLOSE",
    "COMMAND",
    "EXTERNAL_DIFF",
    "ASKPASS",
    "BASH_ENV",
];

/// What `tar` starts; each takes its command behind `=` or as the next word.
const OF_TAR: &[&str] = &[
    "--to-command",
    "--checkpoint-action",
    "--use-compress-program",
    "--info-script",
    "--new-volume-script",
    "--rsh-command",
    "-I",
    "-F",
];

/// The commands that `program` starts when it is given `args`, each as a shell takes it.
pub(super) fn inner(program: &str, args: &[String]) -> Vec<String> {
    match program {
        "find" => of_find(args),
        "awk" | "gawk" | "mawk" | "nawk" => args.iter().flat_map(|it| of_awk(it)).collect(),
        "sed" | "gsed" => args.iter().flat_map(|it| of_sed(it)).collect(),
        "tar" | "gtar" | "bsdtar" => {
            let acts = behind(args, OF_TAR).into_iter();
            acts.map(|it| it.strip_prefix("exec=").unwrap_or(&it).to_owned()).collect()
        }
        "zip" => behind(args, &["-TT", "--unzip-command"]),
        "sort" => behind(args, &["--compress-program"]),
        "rg" => behind(args, &["--pre", "--hostname-bin"]),
        "export" => args.iter().filter_map(|it| of_setting(it)).collect(),
        "git" => {
            let values = args.iter().filter_map(|it| it.split_once('='));
            values.map(|(_, value)| value.trim_start_matches('!').to_owned()).collect()
        }
        _ => vec![],
    }
}

/// `PAGER='sh x'`: the program that a setting has another one start.
pub(super) fn of_setting(word: &str) -> Option<String> {
    let (name, value) = word.split_once('=')?;
    let value = value.trim_start_matches(['|', ' ']);
    SETTINGS.iter().any(|end| name.ends_with(end)).then(|| value.to_owned())
}

/// What stands behind one of these options: `--option=command`, `--option command`, `-Icommand`.
fn behind(args: &[String], options: &[&str]) -> Vec<String> {
    let mut found = vec![];
    for (index, arg) in args.iter().enumerate() {
        for option in options {
            let is_short = option.len() == 2;
            // `-cI command`: the last of several letters.
            let is_last = is_short
                && arg.starts_with('-')
                && !arg.starts_with("--")
                && arg.ends_with(&option[1..]);
            match arg.strip_prefix(option) {
                Some(rest) if rest.starts_with('=') => found.push(rest[1..].to_owned()),
                Some(rest) if is_short && !rest.is_empty() => found.push(rest.to_owned()),
                rest if rest == Some("") || is_last => found.extend(args.get(index + 1).cloned()),
                _ => (),
            }
        }
    }
    found
}

/// What `-exec` runs, with the names that are looked for in the place of `{}`.
fn of_find(args: &[String]) -> Vec<String> {
    let is_of = |options: &[&str], at: usize| options.contains(&args[at].as_str());
    let named = (1..args.len())
        .filter(|at| is_of(&["-name", "-iname", "-path", "-wholename"], at - 1))
        .map(|at| args[at].as_str())
        .filter(|it| !it.contains(['*', '?', '[']));
    let places = args.iter().take_while(|it| !it.starts_with(['-', '(', '!']));
    let files = places.map(String::as_str).filter(|it| !it.trim_matches(['.', '/']).is_empty());
    let names: Vec<&str> = named.chain(files).collect();
    let mut found = vec![];
    for at in 0..args.len() {
        if !is_of(&["-exec", "-execdir", "-ok", "-okdir"], at) {
            continue;
        }
        let words = args[at + 1..].iter().take_while(|it| !matches!(it.as_str(), ";" | "+"));
        let words: Vec<&str> = words.map(String::as_str).collect();
        match names.is_empty() {
            true => found.push(quoted(&words)),
            false => found.extend(names.iter().map(|name| {
                // What is found is run by a path.
                let path = format!("./{name}");
                let with =
                    |word: &&str| if *word == "{}" { path.clone() } else { (*word).to_owned() };
                let words: Vec<String> = words.iter().map(with).collect();
                quoted(&words.iter().map(String::as_str).collect::<Vec<_>>())
            })),
        }
    }
    found
}

/// As a shell would take these words again.
fn quoted(words: &[&str]) -> String {
    let quoted = |word: &&str| format!("'{}'", word.replace('\'', "'\\''"));
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The texts of a program of awk that starts others, by `system` or by a pipe.
fn of_awk(code: &str) -> Vec<String> {
    let starts = |it: &str| it.replace("||", "").contains('|') || it.contains("system");
    match code.split('"').step_by(2).any(starts) {
        true => code.split('"').skip(1).step_by(2).map(str::to_owned).collect(),
        false => vec![],
    }
}

/// What a script of sed runs: `1e command`, and `s/a/command/e`.
fn of_sed(script: &str) -> Vec<String> {
    let script = script.strip_prefix("--expression=").unwrap_or(script);
    let begins = script.match_indices(['\n', ';', '{', '}']).map(|(at, _)| at + 1);
    let mut found = vec![];
    for at in [0].into_iter().chain(begins).take(200) {
        let rest = behind_address(&script[at..]);
        let line = rest.lines().next().unwrap_or_default();
        let mut signs = rest.chars();
        match signs.next() {
            // Alone, it runs what stands in the line that is read.
            Some('e') if !line[1..].starts_with(char::is_alphanumeric) => {
                found.push(match line[1..].trim() {
                    "" => "{}".to_owned(),
                    command => command.to_owned(),
                });
            }
            Some('s') => {
                let Some(sign) = signs.next().filter(|it| !it.is_alphanumeric()) else { continue };
                let mut parts = signs.as_str().splitn(3, sign).skip(1);
                let (command, flags) = (parts.next(), parts.next().unwrap_or_default());
                let mut flags = flags.chars().take_while(|it| it.is_alphanumeric());
                if flags.any(|flag| flag == 'e') {
                    found.extend(command.map(str::to_owned));
                    found.push("{}".to_owned());
                }
            }
            _ => (),
        }
    }
    found
}

/// A command of sed without the lines that it is for: `3,/end/!e` is `e`.
fn behind_address(command: &str) -> &str {
    let mut rest = command;
    loop {
        rest = rest.trim_start_matches(|it: char| {
            it.is_ascii_digit() || it.is_whitespace() || matches!(it, '$' | ',' | '~' | '+' | '!')
        });
        let sign = match rest.strip_prefix('\\') {
            Some(own) => own.chars().next(),
            None => rest.chars().next().filter(|it| *it == '/'),
        };
        let Some(sign) = sign else { return rest };
        let from = rest.find(sign).map_or(rest.len(), |at| at + sign.len_utf8());
        let Some(end) = rest[from..].find(sign) else { return "" };
        rest = &rest[from + end + sign.len_utf8()..];
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::{Simple, commands};

    #[test]
    fn what_another_program_is_told_to_start_is_found() {
        for (text, expected) in [
            ("find . -name setup.sh -exec sh {} +", "run setup.sh"),
            ("find . -name setup.sh -exec sh '{}' \\;", "run setup.sh"),
            ("find . -name setup.sh -exec {} \\;", "run setup.sh"),
            ("find setup.sh -execdir bash {} ';'", "run setup.sh"),
            ("find . -name '*.sh' -exec sh {} \\;", "run ?"),
            ("find . -type f -exec sh -c 'python3 fix.py' \\;", "run fix.py"),
            ("find . -name '*.c' -exec wc -l {} +", "wc"),
            ("ls | xargs -I {} sh {}", "run ?"),
            ("ls *.sh | xargs -n 1 bash", "run ?"),
            ("cat setup.sh | sh -e", "run ?"),
            ("awk 'BEGIN{system(\"sh setup.sh\")}'", "run setup.sh"),
            ("awk \"BEGIN { \\\"sh setup.sh\\\" | getline }\"", "run setup.sh"),
            ("sed '1e sh setup.sh' a", "run setup.sh"),
            ("sed -n -e '/a b/,$!{e sh setup.sh' -e '}' a", "run setup.sh"),
            ("sed 's/.*/sh setup.sh/e' a", "run setup.sh"),
            ("sed '\\,x,s|a|sh setup.sh|ge;p' a", "run setup.sh"),
            ("sed e a", "run ?"),
            ("tar xf a.tar --to-command='sh setup.sh'", "run setup.sh"),
            ("tar cf a --checkpoint=1 --checkpoint-action 'exec=sh setup.sh' b", "run setup.sh"),
            ("tar -I 'sh setup.sh' -xf a", "run setup.sh"),
            ("tar -xI 'sh setup.sh' -f a", "run setup.sh"),
            ("tar --use-compress-program=./setup.sh -xf a", "run setup.sh"),
            ("zip a.zip b -T -TT 'sh setup.sh'", "run setup.sh"),
            ("sort --compress-program=./setup.sh a", "run setup.sh"),
            ("rg --pre ./setup.sh x", "run setup.sh"),
            ("git -c core.pager='sh setup.sh' log", "run setup.sh"),
            ("git -c alias.st='!sh setup.sh' st", "run setup.sh"),
            ("GIT_PAGER='sh setup.sh' git log", "run setup.sh"),
            ("export LESSOPEN='|sh setup.sh'", "run setup.sh"),
            ("env -S 'sh setup.sh'", "run setup.sh"),
        ] {
            let found: Vec<String> = commands(text).iter().map(Simple::line).collect();
            assert!(found.iter().any(|it| it.starts_with(expected)), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_only_looks_starts_nothing() {
        for text in [
            "find . -name '*.rs' -newer a -print",
            "awk -F, '{ s += $3 } END { print s \"|\" NR }' a.csv",
            "awk '$1 == \"sh setup.sh\" || NR > 3' a",
            "sed -n '/setup.sh/p; s/setup.sh/x/; s#else#end#g' a",
            "sed -e 's/e/f/' -e '$d' setup.sh",
            "tar -czf a.tgz setup.sh",
            "sort -t, -k2 setup.sh",
            "FILE=setup.sh wc -l",
            "python3 --version",
        ] {
            let found: Vec<String> = commands(text).iter().map(Simple::line).collect();
            assert!(!found.iter().any(|it| it.starts_with("run")), "{text}: {found:?}");
        }
    }
}
