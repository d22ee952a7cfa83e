//! The rules of a task and their judgement.
//!
//! Within a list, whatever denies wins; then the first that allows counts. What no rule covers is
//! for a person to answer. Lists of an administrator lie above: each of them has to agree.

use super::address::Cidr;
use super::host::Host;
use super::request::{Denial, Request, What};
use super::rule::{Internal, Place, Reach, Rule, Stance, is_plain_path};

/// Ports that nobody is asked about: remote shells and mail.
const CLOSED_PORTS: [u16; 5] = [22, 23, 25, 465, 587];

/// An ordered list of rules, and the lists above it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    own: Vec<Rule>,
    managed: Vec<Vec<Rule>>,
    /// Places that only a content named, in the form of `Name` and of addresses.
    doubted: Vec<String>,
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'r> {
    Allow(Allowed<'r>),
    Deny(Denial),
    /// No rule of the person's says anything; by default this is a no.
    Ask(Asked<'r>),
}

/// What holds for a request even if the person lets it through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked<'r> {
    /// Rules of the administrator that allow it; their bounds hold.
    pub managed: Vec<&'r Rule>,
    /// A tunnel whose requests have to be judged one by one, because some rule forbids some.
    pub inspect: bool,
}

/// What allowed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed<'r> {
    pub rule: &'r Rule,
    /// Rules of the administrator that allow it too; their bounds hold as well.
    pub managed: Vec<&'r Rule>,
    /// A tunnel whose requests have to be judged one by one.
    pub inspect: bool,
}

impl<'r> Allowed<'r> {
    pub fn all(&self) -> impl Iterator<Item = &'r Rule> {
        std::iter::once(self.rule).chain(self.managed.iter().copied())
    }

    /// Whether an address that is not public may be dialled: all have to permit it.
    pub fn permits(&self, address: std::net::IpAddr, is_own: bool) -> bool {
        self.all().all(|rule| rule.internal.permits(address, is_own))
    }

    /// Some rule speaks of addresses that are not public.
    pub fn is_internal(&self) -> bool {
        self.rule.internal != Internal::No
    }
}

impl Rules {
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { own: rules, managed: Vec::new(), doubted: Vec::new() }
    }

    /// The person's own rules, without those of the administrator.
    pub fn own(&self) -> &[Rule] {
        &self.own
    }

    /// Blocks that rules forbid on this port: no name may stand for an address in them.
    pub fn barred(&self, port: u16) -> Vec<Cidr> {
        let all = self.managed.iter().flatten().chain(&self.own);
        let denying = all.filter(|rule| rule.stance == Stance::Deny && is_whole(rule));
        let nets = denying.filter_map(|rule| match rule.place {
            Place::Net(net) => Some((rule, net)),
            Place::Exact(_) | Place::Below(_) | Place::AtOrBelow(_) | Place::Everywhere => None,
        });
        let here = nets.filter(|(rule, net)| rule.covers(&Host::Address(net.first()), port));
        here.map(|(_, net)| net).collect()
    }

    /// Some rule speaks of accounts at this place: no key may get there that is not ours.
    pub fn speaks_of_accounts(&self, host: &Host, port: u16) -> bool {
        let mut all = self.managed.iter().flatten().chain(&self.own);
        all.any(|rule| rule.account.is_some() && rule.covers(host, port))
    }

    /// The same rules, but what was granted without naming a place is no grant for these, nor for
    /// what is below them: a content that the task read named them, and no person did.
    pub fn doubting(mut self, places: Vec<String>) -> Rules {
        self.doubted = places;
        self
    }

    fn doubts(&self, host: &Host, port: u16) -> bool {
        let text = host.to_string();
        let is_below = |place: &String| {
            text.strip_suffix(place.as_str()).is_some_and(|it| it.is_empty() || it.ends_with('.'))
        };
        let names_it = |rule: &&Rule| match rule.place {
            Place::Exact(_) | Place::Below(_) | Place::AtOrBelow(_) => rule.covers(host, port),
            Place::Net(net) => net.is_single() && rule.covers(host, port),
            Place::Everywhere => false,
        };
        let mut allowing = self.own.iter().filter(|rule| rule.stance == Stance::Allow);
        self.doubted.iter().any(is_below) && !allowing.any(|rule| names_it(&rule))
    }

    /// These rules under those of an administrator: what either denies is denied, and if those
    /// allow something at all, nothing else is allowed. Can only make them narrower.
    pub fn tightened(&self, managed: &Rules) -> Rules {
        let mut tightened = self.clone();
        let lists = managed.managed.iter().chain(std::iter::once(&managed.own));
        tightened.managed.extend(lists.filter(|list| !list.is_empty()).cloned());
        tightened
    }
}

/// Decides whether the request may leave.
pub fn judge<'r>(rules: &'r Rules, request: &Request<'_>) -> Verdict<'r> {
    let mut managed = Vec::new();
    let mut inspect = false;
    for list in &rules.managed {
        let has_allows = list.iter().any(|rule| rule.stance == Stance::Allow);
        match judge_list(list, request) {
            Listed::Deny(Denial::Rule(text)) => return Verdict::Deny(Denial::ManagedRule(text)),
            Listed::Deny(denial) => return Verdict::Deny(denial),
            Listed::Nothing if has_allows => {
                let why = list.first().map(|rule| rule.words.clone()).unwrap_or_default();
                return Verdict::Deny(Denial::Managed(why));
            }
            Listed::Nothing => inspect |= watches(list, request),
            Listed::Allow(rule, inspects) => {
                managed.push(rule);
                inspect |= inspects;
            }
        }
    }
    match judge_list(&rules.own, request) {
        Listed::Deny(denial) => Verdict::Deny(denial),
        Listed::Allow(_, inspects) if rules.doubts(request.host, request.port) => {
            Verdict::Ask(Asked { managed, inspect: inspect || inspects })
        }
        Listed::Allow(rule, inspects) => {
            Verdict::Allow(Allowed { rule, managed, inspect: inspect || inspects })
        }
        Listed::Nothing => {
            let inspect = inspect || watches(&rules.own, request);
            by_default(request, Asked { managed, inspect })
        }
    }
}

enum Listed<'r> {
    Allow(&'r Rule, bool),
    Deny(Denial),
    Nothing,
}

fn judge_list<'r>(list: &'r [Rule], request: &Request<'_>) -> Listed<'r> {
    let covering = || list.iter().filter(|rule| rule.covers(request.host, request.port));
    match request.what {
        What::Tunnel => judge_tunnel(covering),
        What::Http { path, .. } => {
            if covering().any(|rule| !rule.paths.is_empty()) && !is_plain_path(path) {
                return Listed::Deny(Denial::OddPath);
            }
            let fitting = || covering().filter(|rule| rule.fits(&request.what));
            if let Some(rule) = fitting().find(|rule| rule.stance == Stance::Deny) {
                return Listed::Deny(Denial::Rule(rule.to_string()));
            }
            fitting().next().map_or(Listed::Nothing, |rule| Listed::Allow(rule, false))
        }
    }
}

fn judge_tunnel<'r, I>(covering: impl Fn() -> I) -> Listed<'r>
where
    I: Iterator<Item = &'r Rule>,
{
    let denies = || covering().filter(|rule| rule.stance == Stance::Deny);
    if let Some(rule) = denies().find(|rule| is_whole(rule)) {
        return Listed::Deny(Denial::Rule(rule.to_string()));
    }
    let allows = || covering().filter(|rule| rule.stance == Stance::Allow);
    let watched =
        denies().any(|rule| rule.reach != Reach::Ssh) || allows().any(|rule| rule.inspect);
    let open = allows().find(|rule| !rule.needs_inspection());
    match open {
        Some(rule) => Listed::Allow(rule, watched && rule.reach != Reach::Ssh),
        None => allows().next().map_or(Listed::Nothing, |rule| Listed::Allow(rule, true)),
    }
}

/// A rule that forbids some requests at a place can only be kept by looking at each.
fn watches(list: &[Rule], request: &Request<'_>) -> bool {
    request.what == What::Tunnel
        && list
            .iter()
            .filter(|rule| rule.reach != Reach::Ssh)
            .any(|rule| rule.covers(request.host, request.port) && !is_whole(rule))
}

fn is_whole(rule: &Rule) -> bool {
    rule.reach == Reach::Everything && rule.paths.is_empty() && rule.account.is_none()
}

fn by_default<'r>(request: &Request<'_>, asked: Asked<'r>) -> Verdict<'r> {
    match request.host {
        Host::Address(_) => Verdict::Deny(Denial::Literal),
        Host::Name(name) if name.is_internal() => Verdict::Deny(Denial::InternalName),
        Host::Name(_) if CLOSED_PORTS.contains(&request.port) => {
            Verdict::Deny(Denial::Port(request.port))
        }
        Host::Name(_) => Verdict::Ask(asked),
    }
}
