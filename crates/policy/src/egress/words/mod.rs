//! Rules from plain words, always the same way: no guessing, no model.
//!
//! `packages, and read github.com` is read word by word. A verb (read, write to, ssh to, not)
//! holds for all places after it, up to the next verb; what comes after a place (a port, a bound,
//! `internal`) holds for all places since the verb. A word that is not known is an error that says
//! what was understood until there. What it became is shown to the person before it holds.

mod error;
mod forges;
mod vocabulary;

use super::address::class_of;
use super::host::{Host, Name, parse_port};
use super::limits::{LIST_MAX, WORDS_CHARS_MAX, WORDS_RULES_MAX};
use super::rule::{Account, Internal, PathPrefix, Place, Reach, Rule, Stance};
use super::text::amount;
pub use error::{Problem, WordsError};
use std::num::NonZeroU16;
use vocabulary::{Meaning, meaning};

/// A source of packages that this computer is configured for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagePlace {
    pub host: Host,
    pub port: NonZeroU16,
    /// Whether it is on the local network; the rule then says so.
    pub internal: Internal,
}

/// Reads the words. `packages`: what the word `packages` stands for.
pub fn parse(text: &str, packages: &[PackagePlace]) -> Result<Vec<Rule>, WordsError> {
    let mut reader = Reader {
        words: split(text),
        at: 0,
        packages,
        rules: Vec::new(),
        clause_at: 0,
        verb: None,
        internal: None,
        upload_bytes_max: None,
        requests_max: None,
        said_nothing: false,
        forbids_rest: false,
        has_owner: false,
    };
    let done = match text.chars().count() > WORDS_CHARS_MAX {
        true => Err((Problem::TooLong, String::new())),
        false => reader.read(),
    };
    for rule in &mut reader.rules {
        text.trim().clone_into(&mut rule.words);
    }
    match done {
        Ok(()) => Ok(reader.rules),
        Err((problem, word)) => Err(WordsError::new(problem, word, reader.rules)),
    }
}

/// What comes after `nothing` and names what is left.
const EXCEPT: [&str; 5] = ["but", "except", "außer", "ausser", "als"];
/// Verbs that stand behind their places.
const READ_LAST: [&str; 4] = ["lesen", "lesend", "abrufen", "herunterladen"];

type Wrong = (Problem, String);

/// Words without quotation marks around them, commas as words of their own.
fn split(text: &str) -> Vec<String> {
    let is_mark = |c: char| matches!(c, '"' | '“' | '”' | '„' | '\'' | '!' | '(' | ')');
    let mut words = Vec::new();
    for raw in text.split_whitespace() {
        let word = raw.trim_matches(is_mark);
        let bare = word.trim_end_matches([',', ';', '.', '!', '?']);
        // `read: example.com`, and not an address of IPv6.
        let bare = bare.strip_suffix(':').filter(|rest| !rest.contains(':')).unwrap_or(bare);
        let bare = bare.trim_matches(is_mark);
        if !bare.is_empty() {
            words.push(bare.to_owned());
        }
        if word.ends_with([',', ';']) || bare.is_empty() {
            words.push(",".to_owned());
        }
    }
    words
}

/// What the verb before a place says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Read,
    Write,
    Push,
    Ssh,
    Deny,
    DenyWriting,
    DenyPushing,
}

struct Reader<'a> {
    words: Vec<String>,
    at: usize,
    packages: &'a [PackagePlace],
    rules: Vec<Rule>,
    /// Index of the first rule since the last verb.
    clause_at: usize,
    /// The verb, and whether a place followed it.
    verb: Option<(Verb, bool)>,
    /// Said before the place that it is about.
    internal: Option<Internal>,
    upload_bytes_max: Option<u64>,
    requests_max: Option<u64>,
    said_nothing: bool,
    /// All that is not allowed is forbidden, as it is anyway.
    forbids_rest: bool,
    /// The clause's paths are those of accounts, so that there may be another one.
    has_owner: bool,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Wrong> {
        while let Some(word) = self.words.get(self.at).cloned() {
            self.at += 1;
            match meaning(&word) {
                Some(Meaning::Filler) => {}
                Some(found) => self.take(found, &word)?,
                None => self.place(&word)?,
            }
            if self.rules.len() > WORDS_RULES_MAX {
                return Err((Problem::TooManyRules, word));
            }
        }
        let last = self.words.last().cloned().unwrap_or_default();
        let allowing = || self.rules.iter().filter(|rule| rule.stance == Stance::Allow);
        let everywhere = || allowing().filter(|rule| rule.place == Place::Everywhere);
        let says_nothing = self.said_nothing || self.forbids_rest;
        let is_torn = (self.said_nothing && allowing().next().is_some())
            || (self.forbids_rest && everywhere().next().is_some());
        match self.verb {
            Some((_, false)) => Err((Problem::VerbWithoutPlace, last)),
            None if self.rules.is_empty() && !says_nothing => Err((Problem::Empty, last)),
            _ if is_torn => Err((Problem::NothingAndMore, "nothing".to_owned())),
            // `everything local` is not everything and the local network beside it.
            _ if everywhere().any(|rule| rule.internal != Internal::No) => {
                Err((Problem::InternalEverywhere, "internal".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn take(&mut self, found: Meaning, word: &str) -> Result<(), Wrong> {
        match found {
            Meaning::Filler => {}
            Meaning::Nothing => self.nothing(),
            Meaning::Network if self.verb == Some((Verb::Deny, false)) => self.everywhere(),
            Meaning::Network => {}
            Meaning::But => self.but(),
            Meaning::Packages => self.packages(word)?,
            Meaning::Web => {
                if self.verb.is_none_or(|(_, has_place)| has_place) {
                    self.verb = Some((Verb::Read, false));
                }
                self.everywhere();
            }
            // `all packages` are just packages.
            Meaning::Everything if self.following() == Some(Meaning::Packages) => {}
            // `read everything on example.com` still only reads.
            Meaning::Everything if self.is_before_place() => {
                if self.verb.is_none_or(|(_, has_place)| has_place) {
                    self.begin(Verb::Write);
                }
            }
            Meaning::Everything => {
                if self.verb.is_none_or(|(_, has_place)| has_place) {
                    self.verb = Some((Verb::Write, false));
                }
                self.everywhere();
            }
            Meaning::Read if self.is_afterthought() => {
                for rule in &mut self.rules[self.clause_at..] {
                    if rule.stance == Stance::Allow && rule.reach == Reach::Everything {
                        rule.reach = Reach::Reading;
                    }
                }
            }
            Meaning::Read => self.begin(Verb::Read),
            Meaning::Write => self.begin(Verb::Write),
            Meaning::Push => self.begin(Verb::Push),
            Meaning::Ssh => self.begin(Verb::Ssh),
            Meaning::As => self.account(word)?,
            Meaning::Owner => self.owner(word)?,
            Meaning::Not => self.begin(Verb::Deny),
            Meaning::Port => self.ports(word)?,
            Meaning::Most => self.bound(word)?,
            Meaning::Internal => self.internal(Internal::Any),
            Meaning::Within => {
                let net = self.next();
                let net = net.parse().map_err(|_| (Problem::Net, net))?;
                self.internal(Internal::Within(net));
            }
            Meaning::Inspected => {
                for rule in self.clause() {
                    rule.inspect = true;
                }
            }
        }
        Ok(())
    }

    /// Two verbs without a place between them are one: `read and write to`, `not write to`.
    fn begin(&mut self, verb: Verb) {
        let verb = match (self.verb, verb) {
            (Some((Verb::Deny, false)), Verb::Write) => Verb::DenyWriting,
            (Some((Verb::Deny, false)), Verb::Push) => Verb::DenyPushing,
            (Some((Verb::Deny, false)), _) => Verb::Deny,
            (Some((Verb::Write, false)), Verb::Read) => Verb::Write,
            (Some((Verb::Push, false)), Verb::Read) => Verb::Push,
            (_, verb) => verb,
        };
        self.verb = Some((verb, false));
        self.clause_at = self.rules.len();
        self.has_owner = false;
    }

    /// `as alice`: with the secret that is kept under this name, and no other key.
    fn account(&mut self, word: &str) -> Result<(), Wrong> {
        let name = self.next();
        let account = Account::parse(&name).ok_or((Problem::Account, name))?;
        for rule in self.bounded(word)? {
            if rule.reach == Reach::Ssh {
                return Err((Problem::AccountOfSsh, word.to_owned()));
            }
            rule.account = Some(account.clone());
        }
        Ok(())
    }

    /// `org acme`: what belongs to this account, where it is known how paths say that.
    fn owner(&mut self, word: &str) -> Result<(), Wrong> {
        let name = self.next();
        let has_owner = std::mem::replace(&mut self.has_owner, true);
        for rule in self.bounded(word)? {
            let Place::Exact(host) = &rule.place else {
                return Err((Problem::OwnerPlace, rule.place.to_string()));
            };
            if rule.reach == Reach::Ssh || (!has_owner && !rule.paths.is_empty()) {
                return Err((Problem::OwnerPath, word.to_owned()));
            }
            let paths = forges::paths(host, &name);
            let paths = paths.ok_or_else(|| (Problem::OwnerPlace, host.to_string()))?;
            for path in paths.ok_or_else(|| (Problem::Account, name.clone()))? {
                if !rule.paths.contains(&path) {
                    rule.paths.push(path);
                }
            }
            if rule.paths.len() > LIST_MAX {
                return Err((Problem::TooManyOfAKind, name));
            }
        }
        Ok(())
    }

    /// `nothing but packages` says what it leaves, and so does `packages and nothing else`.
    fn nothing(&mut self) {
        const ELSE: [&str; 8] =
            ["else", "more", "other", "sonst", "weiter", "weiteres", "anderes", "mehr"];
        let said = |word: &String| ELSE.contains(&word.to_lowercase().as_str());
        let is_behind = self.at > 1 && self.words.get(self.at - 2).is_some_and(said);
        let is_rest = self.skip(&ELSE) || is_behind;
        self.verb = None;
        self.at_all();
        let adds_nothing = is_rest && !self.rules.is_empty();
        let leaves_some = self.skip(&EXCEPT);
        self.said_nothing |= !leaves_some && !adds_nothing;
    }

    /// `nothing at all` is no more than nothing.
    fn at_all(&mut self) {
        if self.peek() == Some("at") {
            self.at += 1;
            self.skip(&["all"]);
        }
    }

    /// `everything but evil.example` forbids; before a verb, or before `not`, it joins.
    fn but(&mut self) {
        if self.following().is_none() {
            self.begin(Verb::Deny);
        }
    }

    /// What the verb says, at all places.
    fn everywhere(&mut self) {
        let (stance, reach) = match self.verb.map(|(verb, _)| verb) {
            // What is not allowed is not let out: to forbid everything is to allow nothing.
            Some(Verb::Deny) => {
                (self.verb, self.forbids_rest) = (None, true);
                self.at_all();
                self.skip(&EXCEPT);
                return;
            }
            Some(Verb::DenyWriting) => (Stance::Deny, Reach::Writing),
            Some(Verb::DenyPushing) => (Stance::Deny, Reach::Pushing),
            Some(Verb::Read) => (Stance::Allow, Reach::Reading),
            Some(Verb::Push) => (Stance::Allow, Reach::Pushing),
            Some(Verb::Ssh) => (Stance::Allow, Reach::Ssh),
            Some(Verb::Write) | None => (Stance::Allow, Reach::Everything),
        };
        self.clause_at = self.rules.len();
        self.push(Rule::new(stance, reach, Place::Everywhere));
        self.verb = None;
    }

    fn packages(&mut self, word: &str) -> Result<(), Wrong> {
        let is_other = |verb| !matches!(verb, Verb::Read | Verb::Write);
        if self.verb.is_some_and(|(verb, has_place)| !has_place && is_other(verb)) {
            return Err((Problem::PackagesVerb, word.to_owned()));
        }
        if self.packages.is_empty() {
            return Err((Problem::NoPackages, word.to_owned()));
        }
        self.clause_at = self.rules.len();
        for source in self.packages {
            let place = match &source.host {
                Host::Name(name) => Place::Exact(name.clone()),
                Host::Address(address) => Place::Net(super::address::Cidr::single(*address)),
            };
            let mut rule = Rule::new(Stance::Allow, Reach::Packages, place);
            rule.ports = vec![source.port];
            self.internal = Some(source.internal);
            rule.upload_bytes_max = Some(super::limits::PACKAGES_UPLOAD_BYTES_MAX);
            self.push(rule);
        }
        self.verb = None;
        Ok(())
    }

    fn place(&mut self, word: &str) -> Result<(), Wrong> {
        let looks_like_place = word.contains(['.', '/', ':', '*']);
        if !looks_like_place && !(word.eq_ignore_ascii_case("localhost")) {
            return Err((Problem::Unknown, word.to_owned()));
        }
        let (place, port, path) = place(word).map_err(|problem| (problem, word.to_owned()))?;
        // As in German, where the verb may come last.
        let is_last = |word: &String| READ_LAST.contains(&word.to_lowercase().as_str());
        let reads = self.verb.is_none() && self.words.last().is_some_and(is_last);
        let Some((verb, _)) = self.verb.or(reads.then_some((Verb::Read, false))) else {
            return Err((Problem::PlaceWithoutVerb, word.to_owned()));
        };
        let (stance, reach) = match verb {
            Verb::Read => (Stance::Allow, Reach::Reading),
            Verb::Write => (Stance::Allow, Reach::Everything),
            Verb::Push => (Stance::Allow, Reach::Pushing),
            Verb::Ssh => (Stance::Allow, Reach::Ssh),
            Verb::Deny => (Stance::Deny, Reach::Everything),
            Verb::DenyWriting => (Stance::Deny, Reach::Writing),
            Verb::DenyPushing => (Stance::Deny, Reach::Pushing),
        };
        let mut rule = Rule::new(stance, reach, place);
        rule.ports.extend(port);
        rule.paths.extend(path);
        self.verb = Some((verb, true));
        self.push(rule);
        Ok(())
    }

    /// Adds a rule, with what was said before its place.
    fn push(&mut self, mut rule: Rule) {
        if rule.stance == Stance::Allow {
            rule.internal = self.internal.take().unwrap_or_else(|| named_internal(&rule.place));
            rule.upload_bytes_max = self.upload_bytes_max.take().or(rule.upload_bytes_max);
            rule.requests_max = self.requests_max.take().or(rule.requests_max);
        }
        self.rules.push(rule);
    }

    fn internal(&mut self, internal: Internal) {
        let waits = self.verb.is_none_or(|(_, has_place)| !has_place);
        if waits {
            self.internal = Some(internal);
        }
        for rule in self.clause() {
            rule.internal = internal;
        }
    }

    fn ports(&mut self, word: &str) -> Result<(), Wrong> {
        if self.clause().is_empty() {
            return Err((Problem::BoundWithoutPlace, word.to_owned()));
        }
        let mut ports = Vec::new();
        while let Some(port) = self.peek().and_then(|text| parse_port(text.as_bytes()).ok()) {
            ports.extend(NonZeroU16::new(port).filter(|port| !ports.contains(port)));
            self.at += 1;
            // `ports 80 and 443`: the word between two numbers belongs to them.
            let number_follows = |word: &String| word.bytes().all(|b| b.is_ascii_digit());
            if self.words.get(self.at + 1).is_some_and(number_follows) {
                self.skip(&["and", "und", ",", "or", "oder"]);
            }
        }
        if ports.is_empty() {
            return Err((Problem::Port, self.peek().unwrap_or(word).to_owned()));
        }
        if ports.len() > LIST_MAX {
            return Err((Problem::TooManyOfAKind, word.to_owned()));
        }
        for rule in self.clause() {
            rule.ports.clone_from(&ports);
        }
        Ok(())
    }

    /// `at most 5 MB`, `at most 100 requests`.
    fn bound(&mut self, word: &str) -> Result<(), Wrong> {
        let first = self.next();
        let digits = first.trim_end_matches(|c: char| !c.is_ascii_digit()).to_owned();
        let unit = match &first[digits.len()..] {
            "" => self.next(),
            unit => unit.to_owned(),
        };
        let wrong = || (Problem::Amount, format!("{word} {first}"));
        let is_count = ["requests", "request", "anfragen", "anfrage"];
        let before_place = self.verb.is_some_and(|(_, has_place)| !has_place);
        if is_count.contains(&unit.to_lowercase().as_str()) {
            let count: u64 = digits.parse().map_err(|_| wrong())?;
            match before_place {
                true => self.requests_max = Some(count),
                false => self.bounded(word)?.iter_mut().for_each(|r| r.requests_max = Some(count)),
            }
        } else {
            let bytes = amount(&digits, &unit).map_err(|_| wrong())?;
            match before_place {
                true => self.upload_bytes_max = Some(bytes),
                false => {
                    self.bounded(word)?.iter_mut().for_each(|r| r.upload_bytes_max = Some(bytes));
                }
            }
        }
        Ok(())
    }

    fn bounded(&mut self, word: &str) -> Result<&mut [Rule], Wrong> {
        let clause = self.clause();
        let is_empty = clause.is_empty();
        if is_empty { Err((Problem::BoundWithoutPlace, word.to_owned())) } else { Ok(clause) }
    }

    fn clause(&mut self) -> &mut [Rule] {
        &mut self.rules[self.clause_at..]
    }

    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.words.get(self.at - 1).cloned().unwrap_or_default()
    }

    fn skip(&mut self, any_of: &[&str]) -> bool {
        let comes = self.peek().is_some_and(|word| any_of.contains(&word.to_lowercase().as_str()));
        self.at += usize::from(comes);
        comes
    }

    /// The next word that says something; `None`: a place, an unknown word, or the end.
    fn following(&self) -> Option<Meaning> {
        let rest = self.words[self.at..].iter().map(|word| meaning(word));
        rest.into_iter().find(|found| *found != Some(Meaning::Filler)).flatten()
    }

    /// `everything to example.com`: a place follows, perhaps behind a small word.
    fn is_before_place(&self) -> bool {
        const SMALL: [&str; 14] = [
            "to", "on", "at", "from", "of", "in", "the", "auf", "von", "an", "aus", "bei", "zu",
            "nach",
        ];
        let mut rest = self.words[self.at..].iter();
        let next = rest.find(|word| !SMALL.contains(&word.to_lowercase().as_str()));
        next.is_some_and(|word| meaning(word).is_none())
    }

    /// `…, reading only`: no place follows.
    fn is_afterthought(&self) -> bool {
        let next = self.words[self.at..].iter().find(|w| !matches!(w.as_str(), "only" | "nur"));
        !self.rules.is_empty() && next.is_none_or(|word| word == ",")
    }
}

/// Who names a place of the local network means it.
fn named_internal(place: &Place) -> Internal {
    match place {
        Place::Exact(name) if name.is_internal() => Internal::Any,
        // `*.com` has one word too, and is no name of the local network.
        Place::Below(name) | Place::AtOrBelow(name)
            if Name::parse(format!("x.{name}").as_bytes()).is_ok_and(|it| it.is_internal()) =>
        {
            Internal::Any
        }
        // A block of all addresses means the net, and not this computer in it.
        Place::Net(net) if class_of(net.first()).is_some() && net.is_of_one_kind() => {
            Internal::Within(*net)
        }
        Place::Exact(_)
        | Place::Below(_)
        | Place::AtOrBelow(_)
        | Place::Net(_)
        | Place::Everywhere => Internal::No,
    }
}

type Parts = (Place, Option<NonZeroU16>, Option<PathPrefix>);

/// `example.com`, `*.example.com:8443/v1`, `https://example.com/`, `10.0.0.0/8`.
fn place(word: &str) -> Result<Parts, Problem> {
    if let Ok(net) = word.parse() {
        return Ok((Place::Net(net), None, None));
    }
    let (rest, by_scheme) = match word.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (rest, Some(443)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (rest, Some(80)),
        Some(_) => return Err(Problem::Scheme),
        None => (word, None),
    };
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    if !authority.is_ascii() {
        return Err(Problem::NotAscii);
    }
    let stars = ["**.", "*."].into_iter().find(|stars| authority.starts_with(stars));
    let stars = stars.unwrap_or_default();
    let (host, port) =
        Host::parse_with_port(&authority.as_bytes()[stars.len()..]).map_err(Problem::Host)?;
    let place = match (host, stars) {
        (Host::Name(name), "") => Place::Exact(name),
        (Host::Name(name), "*.") => Place::Below(name),
        (Host::Name(name), _) => Place::AtOrBelow(name),
        (Host::Address(address), "") => Place::Net(super::address::Cidr::single(address)),
        (Host::Address(_), _) => return Err(Problem::Net),
    };
    let is_prefix = path.len() > 1 && path[1..].bytes().all(|byte| byte.is_ascii_digit());
    if matches!(place, Place::Net(_)) && is_prefix {
        return Err(Problem::Net);
    }
    let path = match path {
        "" | "/" => None,
        path => Some(PathPrefix::parse(path).ok_or(Problem::Path)?),
    };
    Ok((place, port.or(by_scheme).and_then(NonZeroU16::new), path))
}
