//! The judgement: may this call be made after what was read?

use super::act::{Act, Kind};
use super::command::Simple;
use super::limits::SEEN_MAX;
use super::named::Named;
use super::place::{self, is_at_or_below};
use super::tables::{
    DEVELOP_WORDS, DEVELOPERS, FETCH_WORDS, FETCHERS, FOLLOW_WORDS, INSTALL_WORDS, INSTALLERS,
    RUN_SIGNS, RUN_STEMS, RUN_WORDS, SEND_WORDS, SOURCE_STEMS, TARGET_WORDS,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What the contents that a task read have named.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Which content named it first.
    places: BTreeMap<String, String>,
    links: BTreeSet<u64>,
    commands: BTreeMap<Simple, String>,
    /// What the person allowed for the rest of the task.
    allowed: BTreeSet<Lead>,
    /// A content that named more than is kept: from then on everything counts as named by it.
    overflowed: Option<String>,
}

/// Something that a content named and a call would follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lead {
    Place(String),
    /// As `Named::commands` writes it.
    Command(String),
    /// The call is too long to be looked through.
    Long,
}

/// The answer to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Free,
    Doubt(Doubt),
}

/// Why a call is outside the boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub lead: Lead,
    /// The content that named it.
    pub source: String,
    /// The call would carry more there than the content's own link does.
    pub sends: bool,
}

/// What the person said, and the plan that they approved.
#[derive(Debug, Clone, Default)]
pub struct Foreseen {
    words: BTreeSet<String>,
    text: String,
    places: Vec<String>,
}

impl fmt::Display for Lead {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(place) => write!(out, "place {place}"),
            Self::Command(command) => write!(out, "command {command}"),
            Self::Long => out.write_str("long"),
        }
    }
}

impl Lead {
    /// Reads what `Display` writes; anything else is `Long`, which allows the least.
    pub fn parse(text: &str) -> Self {
        match text.split_once(' ') {
            Some(("place", place)) => Self::Place(place.to_owned()),
            Some(("command", command)) => Self::Command(command.to_owned()),
            _ => Self::Long,
        }
    }

    /// For a person: the place, or the command with plain blanks.
    pub fn said(&self) -> String {
        match self {
            Self::Place(place) => place.clone(),
            Self::Command(line) => {
                let Simple { program, words } = Simple::of_line(line);
                match program.as_str() {
                    "run" => words.join(" "),
                    _ => [vec![program], words].concat().join(" "),
                }
            }
            Self::Long => "a very long command".to_owned(),
        }
    }
}

impl Seen {
    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.commands.is_empty() && self.overflowed.is_none()
    }

    /// Takes in what a content named.
    pub fn add(&mut self, source: &str, named: &Named) {
        let is_full = |count: usize| count >= SEEN_MAX;
        for place in &named.places {
            if !is_full(self.places.len()) {
                self.places.entry(place.clone()).or_insert_with(|| source.to_owned());
            }
        }
        for line in &named.commands {
            if !is_full(self.commands.len()) {
                self.commands.entry(Simple::of_line(line)).or_insert_with(|| source.to_owned());
            }
        }
        if !is_full(self.links.len()) {
            self.links.extend(&named.links);
        }
        if named.is_cut || is_full(self.places.len()) || is_full(self.commands.len()) {
            self.overflowed.get_or_insert_with(|| source.to_owned());
        }
    }

    /// Of what a content named, that which no content named before.
    pub fn news(&self, named: &Named) -> Named {
        let new_command = |line: &&String| !self.commands.contains_key(&Simple::of_line(line));
        Named {
            places: named
                .places
                .iter()
                .filter(|it| !self.places.contains_key(*it))
                .cloned()
                .collect(),
            links: named.links.iter().filter(|it| !self.links.contains(it)).copied().collect(),
            commands: named.commands.iter().filter(new_command).cloned().collect(),
            is_cut: named.is_cut && self.overflowed.is_none(),
        }
    }

    /// The person allows this for the rest of the task.
    pub fn allow(&mut self, lead: Lead) {
        self.allowed.insert(lead);
    }

    /// The content that named this place or one above it.
    pub fn source_of(&self, host: &str) -> Option<&str> {
        self.place(host).map(|(_, source)| source)
    }

    /// Places that the person neither foresaw nor allowed.
    pub fn doubted<'a>(&'a self, foreseen: &'a Foreseen) -> impl Iterator<Item = &'a str> {
        let open = self.places.iter().filter(|(place, source)| {
            !self.allowed.contains(&Lead::Place((*place).clone()))
                && !foreseen.sees_place(place, source, false)
        });
        open.map(|(place, _)| place.as_str())
    }

    fn place(&self, host: &str) -> Option<(&str, &str)> {
        // A name has few labels: each name above it is looked up.
        let mut name = host;
        loop {
            if let Some((place, source)) = self.places.get_key_value(name) {
                return Some((place, source));
            }
            name = name.split_once('.').map(|it| it.1).filter(|it| it.contains('.'))?;
        }
    }

    fn command(&self, command: &Simple) -> Option<(&Simple, &str)> {
        let from = Simple { program: command.program.clone(), words: vec![] };
        let same = self.commands.range(from..).take_while(|(it, _)| it.program == command.program);
        let mut done = same.filter(|(told, _)| command.does(told));
        done.next().map(|(told, source)| (told, source.as_str()))
    }
}

/// Decides whether the call may be made without asking.
pub fn judge(seen: &Seen, foreseen: &Foreseen, act: &Act) -> Verdict {
    if seen.is_empty() {
        return Verdict::Free;
    }
    for (host, link) in &act.places {
        let (place, source) = match (seen.place(host), &seen.overflowed) {
            (Some((place, source)), _) => (place, source),
            (None, Some(source)) => (host.as_str(), source.as_str()),
            (None, None) => continue,
        };
        let is_own = seen.links.contains(link);
        // A file may hold the links that are in its sources; only new ones carry something away.
        if act.kind == Kind::File && is_own && !act.sends {
            continue;
        }
        let sends = act.sends || !is_own;
        let lead = Lead::Place(place.to_owned());
        if !seen.allowed.contains(&lead) && !foreseen.sees_place(host, source, sends) {
            return Verdict::Doubt(Doubt { lead, source: source.to_owned(), sends });
        }
    }
    for command in act.commands.iter().filter(|it| !it.is_harmless()) {
        // Where these go was judged above.
        if FETCHERS.contains(&command.program.as_str()) && !act.places.is_empty() {
            continue;
        }
        let (told, source) = match (seen.command(command), &seen.overflowed) {
            (Some(found), _) => found,
            (None, Some(source)) => (command, source.as_str()),
            (None, None) => continue,
        };
        let lead = Lead::Command(told.line());
        if !seen.allowed.contains(&lead) && !foreseen.sees_command(command, told, source) {
            return Verdict::Doubt(Doubt { lead, source: source.to_owned(), sends: false });
        }
    }
    if act.is_cut {
        let source = seen.places.values().chain(seen.commands.values()).next();
        let source = source.or(seen.overflowed.as_ref()).cloned().unwrap_or_default();
        return Verdict::Doubt(Doubt { lead: Lead::Long, source, sends: false });
    }
    Verdict::Free
}

impl Foreseen {
    /// From what the person said and approved.
    pub fn by<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut foreseen = Self::default();
        for text in texts {
            let lower = text.to_lowercase();
            let is_gap =
                |it: char| !(it.is_alphanumeric() || matches!(it, '.' | '-' | '_' | '/' | '@'));
            for word in lower.split(is_gap) {
                let word = word.trim_matches(['.', '-', '/']);
                foreseen.words.extend(word.split('/').map(|it| it.trim_matches('.').to_owned()));
                foreseen.words.insert(word.to_owned());
            }
            foreseen.places.extend(place::places(text).into_iter().map(|it| it.host));
            foreseen.text.push_str(&lower);
            foreseen.text.push('\n');
        }
        foreseen.words.remove("");
        foreseen
    }

    /// In any of the languages in which a content could say it.
    fn says_run(&self) -> bool {
        let stems: Vec<&str> = RUN_STEMS.iter().map(|it| it.trim_end()).collect();
        let has_sign = RUN_SIGNS.iter().any(|sign| self.text.contains(sign));
        has_sign || self.speaks_of(RUN_WORDS) || self.speaks_of(&stems)
    }

    fn speaks_of(&self, stems: &[&str]) -> bool {
        stems.iter().any(|stem| match stem.contains(' ') {
            true => self.text.contains(stem),
            false => {
                self.words.range((*stem).to_owned()..).next().is_some_and(|it| it.starts_with(stem))
            }
        })
    }

    /// Whether a file or a script is named, with its ending or without.
    fn names(&self, file: &str) -> bool {
        let file = file.to_lowercase();
        let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
        self.words.contains(&file) || stem.len() > 2 && self.words.contains(stem)
    }

    /// Whether a content is named: its file, the folder that was looked through, its place.
    fn names_source(&self, source: &str) -> bool {
        let is_command = source.contains(' ') && !source.contains("://");
        let mut words = source.split(' ').filter(|it| !is_command || it.contains(['.', '/']));
        let is_page = place::places(source).into_iter().any(|it| self.has_place(&it.host));
        is_page || words.any(|path| self.names_whole(path))
    }

    /// Whether a content is named so that nothing else can be meant: "run the tests" is not about
    /// `docs/tests.md`, but "follow the readme" is about `README.md`.
    fn names_whole(&self, path: &str) -> bool {
        let path = path.to_lowercase();
        let name = path.rsplit('/').next().unwrap_or(&path);
        let stem = |it: &str| it.rsplit_once('.').map_or(it, |(stem, _)| stem).to_owned();
        let is_own = |word: &String| word.contains('/') && stem(&path).ends_with(word.as_str());
        let is_known = SOURCE_STEMS.contains(&stem(name).as_str());
        name.len() > 2 && self.words.contains(name)
            || is_known && self.words.contains(&stem(name))
            || self.words.iter().any(is_own)
    }

    fn has_place(&self, host: &str) -> bool {
        self.places.iter().any(|place| is_at_or_below(host, place))
    }

    fn sees_place(&self, host: &str, source: &str, sends: bool) -> bool {
        let is_meant = match sends {
            true => self.speaks_of(SEND_WORDS) && self.speaks_of(TARGET_WORDS),
            false => self.speaks_of(FETCH_WORDS),
        };
        self.has_place(host) || is_meant && self.names_source(source)
    }

    fn sees_command(&self, command: &Simple, told: &Simple, source: &str) -> bool {
        let program = command.program.as_str();
        if DEVELOPERS.contains(&program) && self.speaks_of(DEVELOP_WORDS) {
            return true;
        }
        let is_named = |word: &String| self.names(word) || self.has_place(word);
        if INSTALLERS.contains(&program) && self.speaks_of(INSTALL_WORDS) {
            let is_here =
                |word: &String| word.ends_with(".txt") || word.ends_with(".toml") || is_named(word);
            return command.words.iter().all(is_here);
        }
        let mut shared = command.words.iter().filter(|it| told.words.contains(it)).peekable();
        let on_named = shared.peek().is_none() || shared.any(is_named);
        let name = program.split(' ').next().unwrap_or_default();
        let is_program_named = match program {
            "run" => self.says_run() && !command.words.is_empty() && !command.is_untold(),
            _ => self.words.contains(name),
        };
        is_program_named && on_named || self.speaks_of(FOLLOW_WORDS) && self.names_source(source)
    }
}
