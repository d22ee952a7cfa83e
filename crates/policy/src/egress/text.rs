//! A rule as one line that people read and the ledger keeps, and back without loss.
//!
//! `allow reading from **.example.com below /docs port 8443 uploading at most 5 MB because of "…"`

use super::address::Cidr;
use super::host::{Host, Name};
use super::limits::{LIST_MAX, RULE_BYTES_MAX};
use super::rule::{Account, Internal, Method, Methods, PathPrefix, Place, Reach, Rule, Stance};
use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.stance {
            Stance::Allow => "allow ",
            Stance::Deny => "deny ",
        })?;
        write!(out, "{} {}", self.reach, self.place)?;
        list(out, " below ", self.paths.iter().map(PathPrefix::as_str))?;
        list(out, " port ", self.ports.iter())?;
        if let Some(account) = &self.account {
            write!(out, " as {}", account.as_str())?;
        }
        if self.inspect {
            out.write_str(" inspected")?;
        }
        match self.internal {
            Internal::No => {}
            Internal::Any => out.write_str(" internal")?,
            Internal::Within(net) => write!(out, " internal within {net}")?,
        }
        if let Some(bytes) = self.upload_bytes_max {
            write!(out, " uploading at most {}", Amount(bytes))?;
        }
        if let Some(requests) = self.requests_max {
            write!(out, " at most {requests} requests")?;
        }
        if !self.words.is_empty() {
            write!(out, " because of {:?}", Quoted(&self.words))?;
        }
        Ok(())
    }
}

fn list<T: fmt::Display>(
    out: &mut fmt::Formatter<'_>,
    head: &str,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        write!(out, "{}{item}", if index == 0 { head } else { " and " })?;
    }
    Ok(())
}

impl fmt::Display for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => out.write_str("everything to"),
            Self::Reading => out.write_str("reading from"),
            Self::Packages => out.write_str("packages from"),
            Self::Pushing => out.write_str("pushing to"),
            Self::Writing => out.write_str("writing to"),
            Self::Ssh => out.write_str("ssh to"),
            Self::Methods(methods) => {
                list(out, "", methods.as_slice().iter().map(Method::as_str))?;
                out.write_str(" to")
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => name.fmt(out),
            Self::Below(name) => write!(out, "*.{name}"),
            Self::AtOrBelow(name) => write!(out, "**.{name}"),
            Self::Net(net) => net.fmt(out),
            Self::Everywhere => out.write_str("everywhere"),
        }
    }
}

impl FromStr for Place {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let name = |text: &str| {
            Name::parse(text.as_bytes()).map_err(|_| RuleError::Place(text.to_owned()))
        };
        if text == "everywhere" {
            return Ok(Self::Everywhere);
        }
        if let Some(rest) = text.strip_prefix("**.") {
            return name(rest).map(Self::AtOrBelow);
        }
        if let Some(rest) = text.strip_prefix("*.") {
            return name(rest).map(Self::Below);
        }
        if let Ok(net) = text.parse::<Cidr>() {
            return Ok(Self::Net(net));
        }
        match Host::parse(text.as_bytes()) {
            Ok(Host::Name(name)) => Ok(Self::Exact(name)),
            Ok(Host::Address(address)) => Ok(Self::Net(Cidr::single(address))),
            Err(_) => Err(RuleError::Place(text.to_owned())),
        }
    }
}

/// Bytes in the largest unit that says them exactly.
struct Amount(u64);

const UNITS: [(&str, u64); 4] =
    [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("bytes", 1)];

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = UNITS.iter().find(|(_, size)| self.0 != 0 && self.0.is_multiple_of(*size));
        let (unit, size) = fitting.unwrap_or(&("bytes", 1));
        write!(out, "{} {unit}", self.0 / size)
    }
}

/// Text in quotation marks without anything that moves a cursor or ends a line.
struct Quoted<'a>(&'a str);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The standard library escapes what is not printable as `\u{…}`, which `unquoted` reads.
        fmt::Debug::fmt(self.0, out)
    }
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleError {
    TooLong,
    /// Something else was expected at this word; empty at the end.
    Expected {
        what: &'static str,
        at: String,
    },
    Place(String),
    Path(String),
    Port(String),
    Amount(String),
    Account(String),
    /// The words after `because of` are not properly quoted.
    Words,
    /// More methods, paths or ports than a rule may have.
    TooMany,
}

impl fmt::Display for RuleError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(out, "a rule has at most {RULE_BYTES_MAX} bytes"),
            Self::Expected { what, at } if at.is_empty() => {
                write!(out, "the rule ends where {what} should be")
            }
            Self::Expected { what, at } => write!(out, "{at:?} is where {what} should be"),
            Self::Place(at) => write!(
                out,
                "{at:?} is no place; write example.com, *.example.com, **.example.com, 192.0.2.7, \
                 10.0.0.0/8 or everywhere"
            ),
            Self::Path(at) => write!(out, "{at:?} is no path; one is written like /v1/items"),
            Self::Port(at) => write!(out, "{at:?} is no port from 1 to 65535"),
            Self::Amount(at) => write!(out, "{at:?} is no amount; write 500 kB, 5 MB or 1 GB"),
            Self::Account(at) => write!(
                out,
                "{at:?} is no name of a secret; those have 1 to 64 letters, digits, `-`, `_` or `.`"
            ),
            Self::Words => out.write_str("what follows `because of` is not in quotation marks"),
            Self::TooMany => write!(out, "a rule lists at most {LIST_MAX} of a kind"),
        }
    }
}

impl std::error::Error for RuleError {}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        if text.len() > RULE_BYTES_MAX {
            return Err(RuleError::TooLong);
        }
        let (text, words) = match text.split_once(" because of ") {
            Some((text, quoted)) => (text, unquoted(quoted).ok_or(RuleError::Words)?),
            None => (text, String::new()),
        };
        let mut line = Line { words: text.split(' ').collect(), at: 0 };
        let stance = match line.take() {
            "allow" => Stance::Allow,
            "deny" => Stance::Deny,
            other => return Err(expected("`allow` or `deny`", other)),
        };
        let reach = reach(&mut line)?;
        let mut rule = Rule::new(stance, reach, line.take().parse()?);
        rule.words = words;
        rule.paths = line.list("below", |text| {
            PathPrefix::parse(text).ok_or_else(|| RuleError::Path(text.to_owned()))
        })?;
        rule.ports = line.list("port", |text| {
            let port = super::host::parse_port(text.as_bytes()).ok().and_then(NonZeroU16::new);
            port.ok_or_else(|| RuleError::Port(text.to_owned()))
        })?;
        if line.skip(&["as"]) {
            let name = line.take();
            let account = Account::parse(name);
            rule.account = Some(account.ok_or_else(|| RuleError::Account(name.to_owned()))?);
        }
        rule.inspect = line.skip(&["inspected"]);
        rule.internal = match (line.skip(&["internal"]), line.skip(&["within"])) {
            (false, _) => Internal::No,
            (true, false) => Internal::Any,
            (true, true) => {
                let net = line.take();
                Internal::Within(net.parse().map_err(|_| RuleError::Place(net.to_owned()))?)
            }
        };
        if line.skip(&["uploading", "at", "most"]) {
            let (number, unit) = (line.take(), line.take());
            rule.upload_bytes_max = Some(amount(number, unit)?);
        }
        if line.skip(&["at", "most"]) {
            rule.requests_max = Some(number(line.take())?);
            line.expect("requests")?;
        }
        match line.take() {
            "" => Ok(rule),
            other => Err(expected("the end", other)),
        }
    }
}

fn reach(line: &mut Line<'_>) -> Result<Reach, RuleError> {
    let first = line.take();
    let (reach, preposition) = match first {
        "everything" => (Reach::Everything, "to"),
        "reading" => (Reach::Reading, "from"),
        "packages" => (Reach::Packages, "from"),
        "pushing" => (Reach::Pushing, "to"),
        "writing" => (Reach::Writing, "to"),
        "ssh" => (Reach::Ssh, "to"),
        _ => {
            line.at -= 1;
            let wrong = || expected("`everything`, `reading` or a method like GET", first);
            let method = |text: &str| Method::parse(text).ok_or_else(wrong);
            let methods = Methods::new(line.items(method)?).ok_or_else(wrong)?;
            (Reach::Methods(methods), "to")
        }
    };
    line.expect(preposition)?;
    Ok(reach)
}

/// The words of a rule, and how far it was read.
struct Line<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Line<'a> {
    /// The next word; empty at the end.
    fn take(&mut self) -> &'a str {
        let word = self.words.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        word
    }

    /// Reads the words if they are the next ones.
    fn skip(&mut self, words: &[&str]) -> bool {
        let comes = self.words.get(self.at..).is_some_and(|rest| rest.starts_with(words));
        self.at += if comes { words.len() } else { 0 };
        comes
    }

    fn expect(&mut self, word: &'static str) -> Result<(), RuleError> {
        match self.take() {
            found if found == word => Ok(()),
            found => Err(expected(word, found)),
        }
    }

    /// Items with `and` between them.
    fn items<T>(
        &mut self,
        read: impl Fn(&str) -> Result<T, RuleError>,
    ) -> Result<Vec<T>, RuleError> {
        let mut items = vec![read(self.take())?];
        while self.skip(&["and"]) {
            items.push(read(self.take())?);
            if items.len() > LIST_MAX {
                return Err(RuleError::TooMany);
            }
        }
        Ok(items)
    }

    /// The items after this word, if it is the next one.
    fn list<T>(
        &mut self,
        head: &str,
        read: impl Fn(&str) -> Result<T, RuleError>,
    ) -> Result<Vec<T>, RuleError> {
        if self.skip(&[head]) { self.items(read) } else { Ok(Vec::new()) }
    }
}

fn expected(what: &'static str, at: &str) -> RuleError {
    RuleError::Expected { what, at: at.to_owned() }
}

fn number(text: &str) -> Result<u64, RuleError> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain);
    number.ok_or_else(|| RuleError::Amount(text.to_owned()))
}

/// Bytes from a number and its unit, in any case.
pub(super) fn amount(digits: &str, unit: &str) -> Result<u64, RuleError> {
    let wrong = || RuleError::Amount(format!("{digits} {unit}"));
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(wrong)?;
    number(digits)?.checked_mul(unit.1).ok_or_else(wrong)
}

/// What `Debug` of a string wrote.
fn unquoted(text: &str) -> Option<String> {
    let mut chars = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '"' => return None,
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let hex: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    char::from_u32(u32::from_str_radix(hex.strip_prefix('{')?, 16).ok()?)?
                }
                c @ ('"' | '\'' | '\\') => c,
                _ => return None,
            },
            c => c,
        });
    }
    Some(plain)
}
