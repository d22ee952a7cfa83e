//! The door of one machine: what its programs send out goes through a gate, what no rule covers
//! becomes a question of the task, and what was decided goes to its ledger.

use crate::limits::{USES_EVERY, USES_PER_EVENT_MAX, USES_WAITING_MAX};
use crate::live::{Mailbox, Shared};
use crate::network::Means;
use egress::{
    Answer, Ask, Attempt, Audit, Door, Gate, GateError, GateSpec, Happened, Origin, Record,
    SystemResolver,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use machine::{Connection, Connections};
use policy::egress::host::Host;
use policy::egress::{Place, Reach, Rule, Rules, Stance};
use std::num::NonZeroU16;
use std::sync::Arc;
use task::{EgressAttempt, EgressDecision, EgressInput, EgressUse, EgressVerdict};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{DoorKind, Doors, PlacedFile};

/// A gate, and what serves it. Dropping it closes every connection.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    gate: Gate,
    /// Name and stand-in of each secret.
    stand_ins: Vec<(String, String)>,
    /// What programs are to trust beside the system's: the company's authorities and the gate's.
    authority: String,
    _keeping: JoinSet<()>,
}

/// What leads to the task that a door belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Bell {
    pub(crate) shared: Arc<Shared>,
    pub(crate) mailbox: Mailbox,
}

impl Doorkeeper {
    pub(crate) fn new(means: Means, bell: &Bell) -> Result<Self, GateError> {
        let stand_ins = means.secrets.iter();
        let stand_ins = stand_ins.map(|it| (it.name().to_owned(), it.stand_in().to_owned()));
        let stand_ins = stand_ins.collect();
        let mut authority: String =
            means.authorities.iter().map(|pem| only_certificates(pem)).collect();
        let (uses, told) = mpsc::channel(USES_WAITING_MAX);
        let gate = Gate::new(GateSpec {
            rules: means.rules,
            bytes_max: None,
            upstream: means.upstream,
            authorities: means.authorities,
            secrets: means.secrets,
            resolver: Arc::new(SystemResolver::default()),
            ask: Some(Arc::new(bell.clone())),
            audit: Arc::new(Book(uses)),
            also_public: vec![],
        })?;
        // Its owner is the door's book: it ends when that is gone and all in it is written down.
        #[expect(
            clippy::disallowed_methods,
            reason = "aborted with the door it would lose the end"
        )]
        tokio::spawn(write_down(told, bell.mailbox.clone()));
        authority += &gate.certificate_pem();
        Ok(Self { gate, stand_ins, authority, _keeping: JoinSet::new() })
    }

    /// How the machine is to be made so that its programs find the door.
    pub(crate) fn doors(&self) -> Doors {
        Doors { ports: vec![22], authority: Some(self.authority.clone()) }
    }

    /// How a browser comes to trust the task: it has a list of its own.
    pub(crate) fn browser_policy(&self) -> PlacedFile {
        PlacedFile {
            path: "/etc/chromium/policies/managed/legwork.json".to_owned(),
            mode: 0o644,
            text: egress::browser_policy(self.gate.certificate_pem().as_bytes()),
        }
    }

    /// What programs get in the place of secrets.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let name = |name: &str| name.replace(['-', '.'], "_");
        self.stand_ins.iter().map(|(key, value)| (name(key), value.clone())).collect()
    }

    /// What the machine has in place of a secret.
    pub(crate) fn stand_in(&self, name: &str) -> Option<&str> {
        self.stand_ins.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn set_rules(&self, rules: Rules) {
        self.gate.set_rules(rules);
    }

    /// Serves the connections of a machine until it ends.
    pub(crate) fn keep(&mut self, mut connections: Connections) {
        let gate = self.gate.clone();
        self._keeping.spawn(async move {
            let mut served = JoinSet::new();
            while let Some(Connection { door, stream }) = connections.next().await {
                let gate = gate.clone();
                served.spawn(async move { gate.serve(origin(door), stream).await });
                while served.try_join_next().is_some() {}
            }
        });
    }
}

/// The certificates of a text, and nothing that may stand beside them.
fn only_certificates(pem: &[u8]) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    let blocks = text.split(BEGIN).skip(1).filter_map(|rest| rest.split_once(END));
    blocks.map(|(block, _)| format!("{BEGIN}{block}{END}\n")).collect()
}

fn origin(door: wire::Door) -> Origin {
    let program = door.program.map(|program| program.name);
    let door = match door.kind {
        DoorKind::HttpProxy => Door::HttpProxy,
        DoorKind::Socks => Door::Socks,
        DoorKind::Captured { port } => Door::Captured { name: door.name, port },
    };
    Origin { door, program }
}

impl Ask for Bell {
    fn ask(&self, attempt: Attempt) -> BoxFuture<'static, Answer> {
        let (bell, attempt) = (self.clone(), asked(&attempt));
        async move {
            match attempt {
                Some(attempt) => bell.wait(attempt).await,
                None => Answer::Deny("nobody is asked about what is no name".to_owned()),
            }
        }
        .boxed()
    }
}

impl Bell {
    /// Brings the attempt, and waits until a person has decided. The gate bounds the wait.
    async fn wait(self, attempt: EgressAttempt) -> Answer {
        let mut changes = self.shared.changes();
        let asked = self.shared.read(|driver, _| driver.task().egress_asks().len());
        self.mailbox.bring(EgressInput::Attempted(attempt.clone()).into()).await;
        loop {
            let decided = self.shared.read(|driver, _| {
                let found = driver.task().egress_ask_like(&attempt);
                found.map(|(id, ask)| (id.0 as usize > asked, ask.decision))
            });
            let is_standing =
                || self.shared.read(|driver, _| driver.task().standing().take_suggestions);
            match decided {
                Some((_, None)) => {}
                Some((is_new, Some(decision))) if is_new || !decision.allows() => {
                    return answer(decision, is_standing());
                }
                // It was not asked: too much waits already, or the task does not work any more.
                Some((_, Some(_))) | None => {
                    return Answer::Deny("nothing allows it, and nobody is asked now".to_owned());
                }
            }
            if changes.changed().await.is_err() {
                return Answer::Deny("the task has ended".to_owned());
            }
        }
    }
}

/// `is_standing`: the person had said that nobody is to be asked.
fn answer(decision: EgressDecision, is_standing: bool) -> Answer {
    let why = match decision {
        EgressDecision::Once | EgressDecision::Task | EgressDecision::Always => {
            return Answer::Once;
        }
        EgressDecision::No if is_standing => {
            "no rule allows it, and this task was handed over with nobody to ask"
        }
        EgressDecision::No => {
            "a person was asked and said no: the person does not allow it in this task"
        }
        EgressDecision::Never => "a person was asked and said no: the person does not allow it",
    };
    Answer::Deny(why.to_owned())
}

/// The attempt in words, with the rule that would allow it. `None` for what is no name: an answer
/// must never become a rule for more than was asked.
fn asked(attempt: &Attempt) -> Option<EgressAttempt> {
    let reads = attempt.asked.as_ref().is_some_and(|it| matches!(&*it.method, "GET" | "HEAD"));
    let Ok(Host::Name(name)) = Host::parse(attempt.host.as_bytes()) else { return None };
    let place = Place::Exact(name);
    let reach = if reads { Reach::Reading } else { Reach::Everything };
    let mut rule = Rule::new(Stance::Allow, reach, place);
    if !matches!(attempt.port, 80 | 443) {
        rule.ports = NonZeroU16::new(attempt.port).into_iter().collect();
    }
    Some(EgressAttempt {
        program: attempt.program.clone().unwrap_or_default(),
        place: shown(&attempt.host, attempt.port),
        purpose: match &attempt.asked {
            Some(asked) if reads => format!("to read {}", asked.path),
            Some(asked) => format!("to send {} {}", asked.method, asked.path),
            None => "to connect".to_owned(),
        },
        rule: rule.to_string(),
    })
}

fn shown(host: &str, port: u16) -> String {
    match port {
        443 => host.to_owned(),
        port => format!("{host}:{port}"),
    }
}

/// Where decisions wait for the ledger.
struct Book(mpsc::Sender<EgressUse>);

impl Audit for Book {
    fn record(&self, record: Record) {
        let Some(used) = used(record) else { return };
        tracing::info!(place = %used.place, verdict = ?used.verdict, why = %used.why, "egress");
        // Full: a program knocks faster than a disk writes. The diagnostic log has it.
        let _ = self.0.try_send(used);
    }
}

fn used(record: Record) -> Option<EgressUse> {
    let (verdict, why, sent_bytes, received_bytes) = match record.happened {
        Happened::Allowed { rule } => (EgressVerdict::Allowed, rule, 0, 0),
        Happened::AllowedOnce => (EgressVerdict::Allowed, "allowed once by you".to_owned(), 0, 0),
        Happened::Refused { reason, alarm: None } => (EgressVerdict::Denied, reason, 0, 0),
        Happened::Refused { reason, alarm: Some(_) } => (EgressVerdict::Alarm, reason, 0, 0),
        Happened::Closed { bytes_up, bytes_down, cut, alarm } => {
            let verdict =
                if alarm.is_some() { EgressVerdict::Alarm } else { EgressVerdict::Allowed };
            let why = match cut {
                Some(cut) => format!("cut: {cut}"),
                None if bytes_up + bytes_down == 0 && alarm.is_none() => return None,
                None => "over".to_owned(),
            };
            (verdict, why, bytes_up, bytes_down)
        }
        Happened::ForeignKeyDropped { header } => (
            EgressVerdict::Alarm,
            format!("a key that is not yours was taken out of {header}"),
            0,
            0,
        ),
    };
    let purpose = record
        .asked
        .map_or_else(|| "connected".to_owned(), |asked| format!("{} {}", asked.method, asked.path));
    Some(EgressUse {
        program: record.program.unwrap_or_default(),
        place: shown(&record.host, record.port),
        purpose,
        verdict,
        why,
        sent_bytes,
        received_bytes,
    })
}

/// Brings what was decided to the ledger, several at a time, until the door is gone.
async fn write_down(mut told: mpsc::Receiver<EgressUse>, mailbox: Mailbox) {
    let mut uses = vec![];
    while told.recv_many(&mut uses, USES_PER_EVENT_MAX).await > 0 {
        mailbox.bring(EgressInput::Used(std::mem::take(&mut uses)).into()).await;
        // What comes in a moment goes into one event.
        if !told.is_closed() {
            tokio::time::sleep(USES_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_who_decided() {
        let why = |decision, is_standing| match answer(decision, is_standing) {
            Answer::Deny(why) => why,
            Answer::Once => "once".to_owned(),
        };
        assert_eq!(why(EgressDecision::Task, true), "once");
        assert!(why(EgressDecision::No, false).starts_with("a person was asked and said no"));
        assert!(why(EgressDecision::No, true).ends_with("with nobody to ask"));
    }

    #[test]
    fn an_answer_becomes_a_rule_for_what_was_asked_and_no_more() {
        let rule = |host: &str, port, method: Option<&str>| {
            let asks = method.map(|it| egress::Asked { method: it.into(), path: "/a".into() });
            let attempt = Attempt { program: None, host: host.into(), port, asked: asks };
            asked(&attempt).map(|it| it.rule)
        };
        let cases = [
            ("a.test", 443, None, Some("allow everything to a.test")),
            ("a.test", 443, Some("GET"), Some("allow reading from a.test")),
            ("a.test", 8443, Some("POST"), Some("allow everything to a.test port 8443")),
            ("203.0.113.9", 443, None, None),
            ("a b", 443, None, None),
        ];
        for (host, port, method, expected) in cases {
            assert_eq!(rule(host, port, method).as_deref(), expected, "{host}");
        }
    }
}
