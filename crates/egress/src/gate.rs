//! The gate of one task: what belongs to it, and how one request is decided.

use crate::dial::{Dialler, Resolve, Terms, Upstream};
use crate::limits::{
    ASK_TIME, ASKS_WAITING_MAX, CONNECTIONS_MAX, PATH_RECORDED_BYTES_MAX, SECRETS_MAX,
};
use crate::meter::{Counts, Meter};
use crate::record::{Alarm, Answer, Ask, Asked, Attempt, Audit, Happened, Origin, Record, shown};
use crate::refusal::Refusal;
use crate::secret::{Secret, Secrets};
use crate::stream::{Ahead, Io};
use crate::tls::{Authority, AuthorityError, CertificatesError, Trust, certificates};
use crate::tunnel;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use policy::egress::address::Cidr;
use policy::egress::host::Host;
use policy::egress::{Denial, Reach, Request, Rule, Rules, Verdict, What, judge};
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// What a gate is made from.
pub struct GateSpec {
    pub rules: Rules,
    /// Bytes in both directions, in the life of the gate. `None`: no bound.
    pub bytes_max: Option<u64>,
    /// A company's proxy.
    pub upstream: Option<Upstream>,
    /// More certificate authorities to trust, as PEM. Only their certificates are used.
    pub authorities: Vec<Vec<u8>>,
    pub secrets: Vec<Secret>,
    pub resolver: Arc<dyn Resolve>,
    /// Who is asked where no rule says anything; `None`: it is denied.
    pub ask: Option<Arc<dyn Ask>>,
    pub audit: Arc<dyn Audit>,
    /// Blocks to dial although they are not public. For tests, whose places are on loopback.
    pub also_public: Vec<Cidr>,
}

impl fmt::Debug for GateSpec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GateSpec").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// Why there is no gate, and so no way out.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    #[error("a task has at most {SECRETS_MAX} secrets")]
    TooManySecrets,
}

/// The door of one task. Clones are the same door.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Gate")
    }
}

pub(crate) struct Inner {
    rules: watch::Sender<Arc<Rules>>,
    counts: Arc<Counts>,
    pub(crate) secrets: Secrets,
    pub(crate) dialler: Dialler,
    pub(crate) authority: Authority,
    pub(crate) trust: Trust,
    ask: Option<Arc<dyn Ask>>,
    audit: Arc<dyn Audit>,
    permits: Semaphore,
    records: AtomicU64,
    waiting: Mutex<HashMap<Attempt, Shared<BoxFuture<'static, Answer>>>>,
}

impl Gate {
    pub fn new(spec: GateSpec) -> Result<Self, GateError> {
        if spec.secrets.len() > SECRETS_MAX {
            return Err(GateError::TooManySecrets);
        }
        let mut extra = Vec::new();
        for pem in &spec.authorities {
            extra.extend(certificates(pem)?);
        }
        Ok(Self(Arc::new(Inner {
            rules: watch::Sender::new(Arc::new(spec.rules)),
            counts: Arc::new(Counts::new(spec.bytes_max)),
            secrets: Secrets::new(spec.secrets),
            dialler: Dialler {
                resolver: spec.resolver,
                upstream: spec.upstream,
                also_public: spec.also_public,
            },
            authority: Authority::new()?,
            trust: Trust::new(extra),
            ask: spec.ask,
            audit: spec.audit,
            permits: Semaphore::new(CONNECTIONS_MAX),
            records: AtomicU64::new(0),
            waiting: Mutex::default(),
        })))
    }

    /// Replaces the rules. What was let through before and would not be now is cut.
    pub fn set_rules(&self, rules: Rules) {
        self.0.rules.send_replace(Arc::new(rules));
    }

    /// The authority that the machine's programs have to trust, as PEM.
    pub fn certificate_pem(&self) -> String {
        self.0.authority.pem().to_owned()
    }

    /// All authorities that programs of the machine have to trust, as one PEM: those of this
    /// computer, the extra ones, and the task's own. For variables such as `SSL_CERT_FILE`, which
    /// replace what a program would trust.
    pub fn bundle_pem(&self) -> String {
        self.0.trust.pem() + self.0.authority.pem()
    }

    /// Serves one stream of the machine to its end.
    pub async fn serve(
        &self,
        origin: Origin,
        mut stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    ) {
        let caller = Caller { gate: &self.0, program: shown(origin.program.as_deref()) };
        let stream: &mut dyn Io = &mut stream;
        let mut stream = Ahead::new(stream);
        match self.0.permits.try_acquire() {
            Ok(_permit) => Box::pin(tunnel::serve(&caller, &origin.door, &mut stream)).await,
            Err(_) => tunnel::refuse_all(&caller, &origin.door, &mut stream).await,
        }
    }
}

/// One stream's view of the gate.
pub(crate) struct Caller<'g> {
    pub(crate) gate: &'g Inner,
    program: Option<String>,
}

/// A yes.
pub(crate) struct Granted {
    pub(crate) id: u64,
    pub(crate) meter: Meter,
    /// Those that allowed it; none if a person did.
    pub(crate) rules: Vec<Rule>,
    /// Rules of the administrator whose bounds hold although a person allowed it.
    bounds: Vec<Rule>,
    /// Blocks in which its name may have no address.
    barred: Vec<Cidr>,
    /// Requests have to be judged one by one.
    pub(crate) inspect: bool,
}

impl Granted {
    pub(crate) fn is_ssh(&self) -> bool {
        self.rules.first().is_some_and(|rule| rule.reach == Reach::Ssh)
    }

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms { rules: &self.rules, barred: &self.barred }
    }

    pub(crate) fn body_bytes_max(&self) -> Option<u64> {
        self.rules.iter().chain(&self.bounds).filter_map(Rule::body_bytes_max).min()
    }
}

impl Caller<'_> {
    /// Judges, asks where no rule says anything, and writes it down. `pre`: a person already let
    /// through what this is a part of.
    pub(crate) async fn decide(
        &self,
        request: &Request<'_>,
        pre: bool,
    ) -> Result<Granted, Refusal> {
        let gate = self.gate;
        // A name may carry a stand-in too, to whoever answers for it.
        if let Err(refusal) = gate.secrets.refuse_in_name(request.host) {
            self.refused_early(&refusal);
            return Err(refusal);
        }
        let rules = self.rules();
        let asked = asked(&request.what);
        let barred = rules.barred(request.port);
        // What goes to port 80 in the clear can be read, so it is.
        let is_clear = request.what == What::Tunnel && request.port == 80;
        let looks = gate.secrets.is_bound(request.host) || is_clear;
        let decided = match judge(&rules, request) {
            Verdict::Deny(denial) => Err(Refusal::Judged(denial)),
            Verdict::Ask(held) => {
                let yes = if pre { Ok(()) } else { self.ask(request, asked.clone()).await };
                let bounds = held.managed.into_iter().cloned().collect();
                yes.map(|()| (Vec::new(), bounds, looks || held.inspect))
            }
            Verdict::Allow(allowed) => {
                let is_ssh = allowed.rule.reach == Reach::Ssh;
                let inspect = allowed.inspect || (looks && !is_ssh);
                Ok((allowed.all().cloned().collect(), Vec::new(), inspect))
            }
        };
        let (rules, bounds, inspect) = match decided {
            Ok(decided) => decided,
            Err(refusal) => {
                self.refused(request.host, request.port, asked, &refusal);
                return Err(refusal);
            }
        };
        let id = gate.records.fetch_add(1, Relaxed) + 1;
        let happened = match rules.first() {
            Some(rule) => Happened::Allowed { rule: rule.to_string() },
            None => Happened::AllowedOnce,
        };
        // A tunnel whose requests are judged is no decision yet.
        if !(inspect && request.what == What::Tunnel) {
            self.record(id, request.host, request.port, asked, happened);
        }
        let meter = gate.counts.meter(rules.iter().chain(&bounds));
        Ok(Granted { id, meter, rules, bounds, barred, inspect })
    }

    /// One question, however many connections have it.
    async fn ask(&self, request: &Request<'_>, asked: Option<Asked>) -> Result<(), Refusal> {
        let no_rule = Refusal::Judged(Denial::NoRule);
        let ask = self.gate.ask.as_ref().ok_or(no_rule)?;
        let attempt = Attempt {
            program: self.program.clone(),
            host: request.host.to_string(),
            port: request.port,
            asked,
        };
        let lock = || self.gate.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = {
            let mut waiting = lock();
            match waiting.get(&attempt) {
                Some(answer) => answer.clone(),
                None if waiting.len() >= ASKS_WAITING_MAX => return Err(Refusal::TooManyQuestions),
                None => {
                    let answer = ask.ask(attempt.clone()).shared();
                    waiting.insert(attempt.clone(), answer.clone());
                    answer
                }
            }
        };
        let _asked = Waiting { gate: self.gate, attempt };
        match timeout(ASK_TIME, answer).await {
            Err(_) => Err(Refusal::Unanswered),
            Ok(Answer::Once) => Ok(()),
            Ok(Answer::Deny(reason)) => Err(Refusal::Person(reason)),
        }
    }

    /// No key may get there that is not ours.
    pub(crate) fn takes_foreign_keys_out(&self, host: &Host, port: u16) -> bool {
        self.gate.secrets.is_bound(host) || self.rules().speaks_of_accounts(host, port)
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.gate.rules.borrow())
    }

    /// Tells of each new set of rules.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Rules>> {
        self.gate.rules.subscribe()
    }

    /// Ends with the reason when the rules no longer let go on what was let through. `reached`: the
    /// address that was dialled for it.
    pub(crate) async fn revoked(
        &self,
        request: &Request<'_>,
        granted: &Granted,
        reached: Option<IpAddr>,
    ) -> Refusal {
        let mut changes = self.changes();
        loop {
            let rules = Arc::clone(&changes.borrow_and_update());
            if let Some(refusal) = self.no_longer(&rules, request, granted, reached) {
                return refusal;
            }
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    fn no_longer(
        &self,
        rules: &Rules,
        request: &Request<'_>,
        granted: &Granted,
        reached: Option<IpAddr>,
    ) -> Option<Refusal> {
        let is_tunnel = request.what == What::Tunnel;
        // A place of which only the content spoke is doubted for what begins now.
        let rules = rules.clone().doubting(vec![]);
        let (now, inspect) = match judge(&rules, request) {
            Verdict::Deny(denial) => return Some(Refusal::Judged(denial)),
            // What a person let through has no rule that could have been taken back.
            Verdict::Ask(_) if !granted.rules.is_empty() => {
                return Some(Refusal::Judged(Denial::NoRule));
            }
            Verdict::Ask(held) => (held.managed, held.inspect),
            Verdict::Allow(allowed) => (allowed.all().collect(), allowed.inspect),
        };
        let counts = |rule: &&Rule| rule.upload_bytes_max.is_some() || rule.requests_max.is_some();
        let is_counted =
            |rule: &Rule| granted.rules.iter().chain(&granted.bounds).any(|it| it == rule);
        let goes_uncounted = now.iter().copied().filter(counts).any(|rule| !is_counted(rule));
        if (is_tunnel && inspect) || goes_uncounted {
            return Some(Refusal::Changed);
        }
        let own: Vec<Rule> = match granted.rules.is_empty() {
            true => Vec::new(),
            false => now.into_iter().cloned().collect(),
        };
        let barred = rules.barred(request.port);
        let terms = Terms { rules: &own, barred: &barred };
        self.gate.dialler.keeps(reached, terms).err()
    }

    pub(crate) fn refused(&self, host: &Host, port: u16, asked: Option<Asked>, refusal: &Refusal) {
        let id = self.gate.records.fetch_add(1, Relaxed) + 1;
        let happened = Happened::Refused { reason: refusal.to_string(), alarm: alarm(refusal) };
        self.record(id, host, port, asked, happened);
    }

    /// Refused before it was known where to.
    pub(crate) fn refused_early(&self, refusal: &Refusal) {
        let id = self.gate.records.fetch_add(1, Relaxed) + 1;
        let happened = Happened::Refused { reason: refusal.to_string(), alarm: alarm(refusal) };
        let (program, host) = (self.program.clone(), String::new());
        self.gate.audit.record(Record { id, program, host, port: 0, asked: None, happened });
    }

    pub(crate) fn closed(
        &self,
        granted: &Granted,
        host: &Host,
        port: u16,
        asked: Option<Asked>,
        result: &Result<(), Refusal>,
    ) {
        let cut = result.as_ref().err();
        let happened = Happened::Closed {
            bytes_up: granted.meter.bytes_up(),
            bytes_down: granted.meter.bytes_down(),
            cut: cut.map(Refusal::to_string),
            alarm: cut.and_then(alarm),
        };
        self.record(granted.id, host, port, asked, happened);
    }

    pub(crate) fn record(
        &self,
        id: u64,
        host: &Host,
        port: u16,
        asked: Option<Asked>,
        happened: Happened,
    ) {
        let (program, host) = (self.program.clone(), host.to_string());
        self.gate.audit.record(Record { id, program, host, port, asked, happened });
    }
}

/// A question that is forgotten with the first who waits no longer for its answer; others who wait
/// have it still.
struct Waiting<'g> {
    gate: &'g Inner,
    attempt: Attempt,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.gate.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&self.attempt);
    }
}

/// What is written down of a request.
pub(crate) fn asked(what: &What<'_>) -> Option<Asked> {
    match what {
        What::Tunnel => None,
        What::Http { method, path, .. } => {
            let path = path.get(..PATH_RECORDED_BYTES_MAX).unwrap_or(path).to_owned();
            Some(Asked { method: (*method).to_owned(), path })
        }
    }
}

fn alarm(refusal: &Refusal) -> Option<Alarm> {
    match refusal {
        Refusal::StandIn(secret) => Some(Alarm::StandInAstray { secret: secret.clone() }),
        Refusal::SecretReturned(secret) => Some(Alarm::SecretReturned { secret: secret.clone() }),
        _ => None,
    }
}
