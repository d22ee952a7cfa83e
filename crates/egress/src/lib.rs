//! Edge: the one door out of a task's machine; parses, judges, dials, inspects, writes down.
//!
//! The machine has only loopback. Its guest hands each stream that wants out to the host, bytes
//! untouched, and the daemon gives it to the task's `Gate`. Everything on it is hostile: what it
//! asks for is read here, strictly and once; `policy::egress` judges it; the name is resolved once
//! and the checked address dialled; TLS has to name the judged host. Where a rule speaks of single
//! requests, or a secret is bound, TLS ends here and each request is judged.

mod body;
#[doc(hidden)]
pub mod bytes;
mod dial;
mod gate;
mod head;
mod hello;
pub mod keyring;
pub mod limits;
mod meter;
pub mod push;
mod record;
mod refusal;
pub mod registries;
mod scan;
mod secret;
mod socks;
mod splice;
pub mod store;
mod stream;
mod tls;
mod tunnel;
mod web;
mod words;

pub use dial::{Login, Resolve, SystemResolver, Upstream};
pub use gate::{Gate, GateError, GateSpec};
pub use record::{Alarm, Answer, Ask, Asked, Attempt, Audit, Door, Happened, Origin, Record};
pub use secret::{Bound, Secret, SecretError};
pub use tls::{AuthorityError, CertificatesError, browser_policy, certificates};
pub use words::rules_from_words;
