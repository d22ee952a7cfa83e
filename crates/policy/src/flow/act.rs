//! What a call would do, as far as the flow rule looks at it.

use super::command::{self, Simple};
use super::named::{Named, bounded, fingerprint};
use super::tables::{LOCAL, SEND_WORDS, SENDERS};
use super::{decode, place};

/// Where a call would go and what it would run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Act {
    /// Places with the fingerprint of the whole link.
    pub(super) places: Vec<(String, u64)>,
    pub(super) commands: Vec<Simple>,
    /// It carries data along, by its own words.
    pub(super) sends: bool,
    /// It is too long to be looked through whole.
    pub(super) is_cut: bool,
    pub(super) kind: Kind,
    pub(super) left: Option<Box<Left>>,
}

/// Files that a call leaves behind, and what they would do if somebody ran them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    names: Vec<String>,
    act: Act,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Command,
    Fetch,
    /// A file that calls the place by itself when it is opened.
    File,
}

impl Act {
    /// Of a shell command.
    pub fn of_command(text: &str) -> Self {
        let (text, is_cut) = bounded(text);
        let mut act = Self { is_cut, ..Self::default() };
        for reading in decode::readings(text) {
            act.add_places(&reading);
            act.commands.extend(command::commands(&reading));
            // `rev` and `tac` turn a text around.
            if text.contains("rev") || text.contains("[::-1]") {
                act.add_places(&reading.chars().rev().collect::<String>());
            }
        }
        // Names that are split by quotes or variables are whole in the commands.
        let whole: Vec<String> = act.commands.iter().flat_map(|it| it.words.clone()).collect();
        for word in whole {
            if !act.places.iter().any(|(host, _)| *host == word) {
                act.add_places(&word);
            }
        }
        act.commands.sort_unstable();
        act.commands.dedup();
        act.sends = sends(text, &act.commands);
        if stays_here(text, &act.commands) {
            act.places.clear();
        }
        let names = written(text);
        let quoted = if names.is_empty() { vec![] } else { quoted(text) };
        act.leaving(names, quoted)
    }

    /// Of a request for one page.
    pub fn of_link(link: &str) -> Self {
        let (link, is_cut) = bounded(link);
        let mut act = Self { is_cut, kind: Kind::Fetch, ..Self::default() };
        decode::readings(link).iter().for_each(|reading| act.add_places(reading));
        act
    }

    /// Of a file that is written.
    pub fn of_file(text: &str) -> Self {
        // That it is long is no reason to ask.
        let (text, _) = bounded(text);
        let mut act = Self { kind: Kind::File, ..Self::default() };
        for reading in decode::readings(text) {
            let lower = reading.to_lowercase();
            act.sends |= SHEET_FUNCTIONS.iter().any(|it| lower.contains(it));
            loaded(&reading).iter().for_each(|link| act.add_places(link));
        }
        act
    }

    /// Of a file that is written at this path.
    pub fn of_file_at(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Self::of_file(text).leaving(vec![name], [text])
    }

    /// Of what somebody else is asked to do in words, who can reach the network or can't.
    pub fn of_request(text: &str, has_network: bool) -> Self {
        let Named { places, links, commands, is_cut } = Named::by(text);
        // Which link is at which place is not kept: each counts as one that stood there.
        let own = |(index, host): (usize, String)| (host, links.get(index).copied().unwrap_or(0));
        let places = places.into_iter().enumerate().map(own).collect();
        Self {
            places: if has_network { places } else { vec![] },
            commands: commands.iter().map(|it| Simple::of_line(it)).collect(),
            sends: has_network && speaks_of_sending(text),
            is_cut,
            ..Self::default()
        }
    }

    /// What the files that it leaves would do, and how the commands are called that run them;
    /// `None`: it leaves none.
    pub fn left(&self) -> Option<(&Self, Vec<String>)> {
        let left = self.left.as_deref()?;
        let run = |name: &String| Simple { program: "run".to_owned(), words: vec![name.clone()] };
        Some((&left.act, left.names.iter().map(|name| run(name).line()).collect()))
    }

    /// Where a file goes that it runs later, the door judges when it is run.
    fn leaving<'a>(self, names: Vec<String>, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut act = Self::default();
        for text in texts {
            let (text, _) = bounded(text);
            for reading in decode::readings(text) {
                act.commands.extend(command::commands(&reading));
            }
        }
        act.commands.retain(|it| !it.is_harmless());
        act.commands.sort_unstable();
        act.commands.dedup();
        let is_nothing = names.is_empty() || act.commands.is_empty();
        let left = (!is_nothing).then(|| Box::new(Left { names, act }));
        Self { left, ..self }
    }

    /// Takes out of what a content names the commands that this does: it was done before.
    pub fn take_from(&self, named: &mut Named) {
        named.commands.retain(|line| {
            let told = Simple::of_line(line);
            !self.commands.iter().any(|it| it.does(&told))
        });
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.commands.is_empty() && !self.is_cut && self.left.is_none()
    }

    fn add_places(&mut self, text: &str) {
        for found in place::places(text) {
            let entry = (found.host, fingerprint(&found.link));
            if !self.places.contains(&entry) {
                self.places.push(entry);
            }
        }
    }
}

/// Whether a request in words wants something carried away.
fn speaks_of_sending(text: &str) -> bool {
    let lower = text.to_lowercase();
    SEND_WORDS.iter().any(|word| lower.contains(word))
}

/// Names of the files that a command writes by the shell.
fn written(text: &str) -> Vec<String> {
    let ends = |it: char| it.is_whitespace() || ";&|()<>\"'".contains(it);
    let name = |rest: &str| {
        let rest = rest.trim_start_matches(['>', '|', ' ', '"', '\'']);
        let path = rest.split(ends).next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or(path).to_owned()
    };
    let mut names = vec![];
    for mark in [">", "tee ", "of="] {
        for (at, _) in text.match_indices(mark) {
            let mut rest = &text[at + mark.len()..];
            while mark == "tee " && rest.trim_start().starts_with('-') {
                rest = rest.trim_start().split_once(' ').map_or("", |it| it.1);
            }
            names.push(name(rest));
        }
    }
    names.retain(|name| !name.is_empty() && name != "null" && !name.starts_with('&'));
    names.dedup();
    names
}

/// What stands in quotes or in a here-document: the lines that a command may write.
fn quoted(text: &str) -> Vec<&str> {
    let mut all = vec![];
    for quote in ['\'', '"'] {
        all.extend(text.split(quote).skip(1).step_by(2));
    }
    for (at, _) in text.match_indices("<<") {
        all.extend(text[at..].split_once('\n').map(|it| it.1));
    }
    all
}

/// Functions of sheets that call a place; what they carry is put together when they do.
const SHEET_FUNCTIONS: &[&str] =
    &["webservice(", "importxml(", "importdata(", "importhtml(", "importfeed(", "=image("];

/// Whether a command carries data along, by the options of the usual programs.
fn sends(text: &str, commands: &[Simple]) -> bool {
    const OPTIONS: &[&str] = &[
        " -d",
        " --data",
        " -F",
        " --form",
        " -T",
        " --upload-file",
        " --json",
        "--post-data",
        "--post-file",
        "--body-data",
        "--body-file",
        "-X POST",
        "-XPOST",
        "-X PUT",
        "-XPUT",
        "-X PATCH",
        "-X DELETE",
        "--request",
        "/dev/tcp/",
        "/dev/udp/",
        "requests.post",
        "requests.put",
        "urlopen(",
        "smtplib",
        "socket",
        "method: 'POST'",
        "method=\"POST\"",
        "InternetOpen",
    ];
    let has_option = OPTIONS.iter().any(|option| text.contains(option));
    has_option || commands.iter().any(|it| SENDERS.contains(&it.program.as_str()))
}

/// Whether none of its programs can reach any place: what looks like one is a name in a file, or of
/// one.
fn stays_here(text: &str, commands: &[Simple]) -> bool {
    let is_odd = ["/dev/tcp", "/dev/udp", "PATH=", "\\"].iter().any(|it| text.contains(it));
    !is_odd
        && !commands.is_empty()
        && commands.iter().all(|it| LOCAL.contains(&it.program.as_str()))
}

/// What a document or a page loads by itself when it is opened, and functions of sheets that do.
fn loaded(text: &str) -> Vec<String> {
    let mut all = vec![];
    let mut add = |text: &str, ends: &[char]| {
        all.push(text[..text.find(ends).unwrap_or(text.len())].to_owned());
    };
    for (at, _) in text.match_indices("![") {
        if let Some((_, target)) = text[at..].split_once("](") {
            add(target.trim_start_matches(['<', ' ']), &[')', '>', ' ', '\n']);
        }
    }
    // `[a]: https://…` and `![x][a]`.
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with('[')
            && text.contains("![")
            && let Some((_, target)) = line.split_once("]:")
        {
            add(target.trim_start_matches([' ', '<']), &['>', ' ', '\n']);
        }
    }
    let lower = text.to_ascii_lowercase();
    for mark in [
        "src=",
        "srcset=",
        "background=",
        "poster=",
        "action=",
        "data=",
        "xlink:href=",
        "target=",
        "ping=",
    ] {
        for (at, _) in lower.match_indices(mark) {
            add(
                text[at + mark.len()..].trim_start_matches(['"', '\'', ' ']),
                &['"', '\'', '>', ' ', '\n'],
            );
        }
    }
    for (at, _) in lower.match_indices("http-equiv") {
        let tag = &text[at..at + text[at..].find('>').unwrap_or(text.len() - at)];
        let target = tag.to_ascii_lowercase().find("url=").map(|from| &tag[from + 4..]);
        if let Some(target) = target {
            add(target.trim_start_matches(['"', '\'', ' ']), &['"', '\'', '>', ' ', '\n']);
        }
    }
    for mark in ["<link", "<base", "<image", "<use", "<feimage"] {
        for (at, _) in lower.match_indices(mark) {
            let tag = &text[at..at + text[at..].find('>').unwrap_or(text.len() - at)];
            if let Some((_, target)) = tag.split_once("href=") {
                add(target.trim_start_matches(['"', '\'']), &['"', '\'', '>', ' ']);
            }
        }
    }
    scripts(text, &lower).into_iter().for_each(|it| add(it, &[]));
    // What a formula adds to a link is behind its first text.
    for mark in ["url(", "@import", "hyperlink("].iter().chain(SHEET_FUNCTIONS) {
        for (at, _) in lower.match_indices(mark) {
            add(
                text[at + mark.len()..].trim_start_matches(['"', '\'', ' ', '(']),
                &['"', '\'', ')', '\n'],
            );
        }
    }
    all
}

/// What a page runs by itself: its scripts, and what its tags do on an event.
fn scripts<'a>(text: &'a str, lower: &str) -> Vec<&'a str> {
    let mut all = vec![];
    for (at, _) in lower.match_indices("<script") {
        let Some(begin) = lower[at..].find('>').map(|it| at + it + 1) else { continue };
        let end = lower[begin..].find("</script").map_or(lower.len(), |it| begin + it);
        all.push(&text[begin..end]);
    }
    for (at, _) in lower.match_indices(" on") {
        let Some((name, _)) = lower[at + 3..].split_once('=') else { continue };
        let is_event =
            (3..20).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_lowercase());
        let tag_begins =
            lower[..at].rfind(['<', '>']).is_some_and(|at| lower[at..].starts_with('<'));
        if is_event && tag_begins {
            let value = &text[at + 3 + name.len() + 1..];
            let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
            let ends = |it: char| quote.map_or(it == '>', |quote| it == quote);
            let value = value.trim_start_matches(['"', '\'']);
            all.push(&value[..value.find(ends).unwrap_or(value.len())]);
        }
    }
    for (at, mark) in lower.match_indices("javascript:") {
        let code = &text[at + mark.len()..];
        all.push(&code[..code.find('>').unwrap_or(code.len())]);
    }
    all
}
