//! What is said about words that are not understood.

use super::super::host::HostError;
use super::super::limits::{LIST_MAX, WORDS_CHARS_MAX, WORDS_RULES_MAX};
use super::super::rule::Rule;
use super::vocabulary;
use std::fmt;

/// Words that became no rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordsError {
    pub problem: Problem,
    /// Where it is; may be empty.
    pub word: String,
    /// The rules until there.
    pub understood: Vec<Rule>,
    /// Known words that look like it.
    pub nearest: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    Empty,
    TooLong,
    TooManyRules,
    /// More ports or paths than a rule may list.
    TooManyOfAKind,
    Unknown,
    /// A place, but not what may be done there.
    PlaceWithoutVerb,
    VerbWithoutPlace,
    /// A port or a bound, and no place before it.
    BoundWithoutPlace,
    /// `nothing`, and something beside it.
    NothingAndMore,
    /// The local network, beside everything or in place of it.
    InternalEverywhere,
    NoPackages,
    PackagesVerb,
    Host(HostError),
    /// A name with letters beyond ASCII.
    NotAscii,
    Net,
    Port,
    Path,
    Amount,
    Scheme,
    /// No name of an account.
    Account,
    /// Nobody sees whose key it is.
    AccountOfSsh,
    /// Where its paths name accounts is not known.
    OwnerPlace,
    /// An account beside a path.
    OwnerPath,
}

/// What is shown after each error, and what the tests read.
pub(in super::super) const EXAMPLES: [&str; 7] = [
    "nothing",
    "packages",
    "packages and the web, reading only",
    "packages, and read github.com",
    "write to api.example.com/v1, upload at most 5 MB to files.example.com",
    "push to github.com, org acme, as alice",
    "everything public, not evil.example",
];

const NOTHING_AND_MORE: &str = "“nothing” leaves no room for anything else; say “nothing but \
                                packages”, or leave “nothing” out.";
const INTERNAL_EVERYWHERE: &str = "What is local is named: “read wiki.example.com internal”, or \
                                   “write to 192.168.1.0/24”.";

impl WordsError {
    pub(super) fn new(problem: Problem, word: String, understood: Vec<Rule>) -> Self {
        let nearest = match problem {
            Problem::Unknown => vocabulary::nearest(&word),
            _ => Vec::new(),
        };
        Self { problem, word, understood, nearest }
    }
}

impl fmt::Display for WordsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem(out)?;
        if !self.nearest.is_empty() {
            let near: Vec<String> = self.nearest.iter().map(|near| format!("`{near}`")).collect();
            write!(out, " Did you mean {}?", near.join(" or "))?;
        }
        if !self.understood.is_empty() {
            out.write_str(" Understood until there:")?;
            for rule in &self.understood {
                let bare = Rule { words: String::new(), ..rule.clone() };
                write!(out, " “{bare}”")?;
            }
            out.write_str(".")?;
        }
        write!(out, " Examples: “{}”.", EXAMPLES.join("”, “"))
    }
}

impl WordsError {
    fn too_much(&self) -> String {
        let word = self.word.escape_debug();
        match self.problem {
            Problem::TooManyRules => {
                format!("The words become more than {WORDS_RULES_MAX} rules at “{word}”.")
            }
            Problem::TooManyOfAKind => {
                format!("With “{word}” one rule would list more than {LIST_MAX} of a kind.")
            }
            _ => format!("The words are longer than {WORDS_CHARS_MAX} characters."),
        }
    }

    fn problem(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.escape_debug();
        match self.problem {
            Problem::Empty => out.write_str("The words name nothing that may be reached."),
            Problem::TooLong | Problem::TooManyRules | Problem::TooManyOfAKind => {
                out.write_str(&self.too_much())
            }
            Problem::Unknown if self.nearest.is_empty() => write!(
                out,
                "“{word}” is not understood; a place is named by its address, as in github.com."
            ),
            Problem::Unknown => write!(out, "“{word}” is not understood."),
            Problem::PlaceWithoutVerb => write!(
                out,
                "What may be done at {word} is not said: “read {word}” or “write to {word}”."
            ),
            Problem::VerbWithoutPlace => write!(out, "After “{word}” a place is missing."),
            Problem::BoundWithoutPlace => {
                write!(out, "“{word}” belongs behind the place that it is about.")
            }
            Problem::NothingAndMore => out.write_str(NOTHING_AND_MORE),
            Problem::InternalEverywhere => out.write_str(INTERNAL_EVERYWHERE),
            Problem::NoPackages => write!(
                out,
                "“{word}” stands for what apt, pip, npm and cargo of this computer are configured \
                 for, and that is nothing; name the places instead."
            ),
            Problem::PackagesVerb => {
                write!(out, "“{word}” can only be allowed as a whole; name the places instead.")
            }
            Problem::Host(error) => write!(out, "“{word}” is no name of a place: {error}."),
            Problem::NotAscii => {
                write!(out, "“{word}” has letters that names have only in the form `xn--…`.")
            }
            Problem::Net => {
                write!(out, "“{word}” is no block of addresses; one is written 10.0.0.0/8.")
            }
            Problem::Port => write!(out, "“{word}” is no port from 1 to 65535."),
            Problem::Path => write!(
                out,
                "The path in “{word}” can't be used; write it like example.com/v1/items."
            ),
            Problem::Amount => {
                write!(out, "“{word}” is no amount; write 500 kB, 5 MB or 100 requests.")
            }
            Problem::Account => {
                write!(out, "“{word}” is no name; one has letters, digits, “-”, “_” and “.”.")
            }
            Problem::AccountOfSsh => write!(
                out,
                "“{word}” needs a look at what is sent, and SSH lets nobody look; say “push to” \
                 instead, which goes by https."
            ),
            Problem::OwnerPlace => write!(
                out,
                "Where {word} says whose things are asked for is not known; name the path, as in \
                 “write to example.com/acme”."
            ),
            Problem::OwnerPath => write!(
                out,
                "“{word}” stands beside a path or behind SSH; say either the path or whose it is."
            ),
            Problem::Scheme => {
                write!(out, "“{word}” is no address of the web; only http and https are.")
            }
        }
    }
}

impl std::error::Error for WordsError {}
