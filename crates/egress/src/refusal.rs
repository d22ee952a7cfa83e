//! Why something did not leave, in words that a model can act on and a person understands.

use crate::head::REFUSED;
use crate::limits::PHRASE_CHARS_MAX;
use policy::egress::Denial;
use policy::egress::address::Class;
use policy::egress::host::HostError;

/// Why a stream was refused or cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("{0}")]
    Judged(Denial),
    #[error("{0}")]
    Person(String),
    #[error("a person was asked and did not answer in time; ask them, then try again")]
    Unanswered,
    #[error("too many questions are waiting for a person; try again when they are answered")]
    TooManyQuestions,
    #[error("the name stands for an address of {0}, which is only reached by a rule that says so")]
    NotPublic(Class),
    #[error("the name stands for an address that a rule of this task forbids")]
    Barred,
    #[error("no address was found for the name")]
    Unresolved,
    #[error("the place did not accept a connection")]
    Unreachable,
    #[error("the company's proxy did not let it through (it answered {0})")]
    Upstream(u16),
    #[error("the company's proxy could not be reached, or did not answer as a proxy does")]
    UpstreamSilent,
    #[error("the place's certificate is not valid for it, so it may be somebody else")]
    Certificate,
    #[error("the encrypted connection could not be made")]
    Handshake,
    #[error("the name of the place is not acceptable: {0}")]
    Host(HostError),
    #[error("this is no proper request: {0}")]
    Malformed(&'static str),
    #[error("the head of the request is too large")]
    HeadTooLarge,
    #[error("it took too long to say what is wanted")]
    TooSlow,
    #[error("the request names another host than the connection was opened for")]
    OtherHost,
    #[error("the encrypted connection names another host than the one it was opened for")]
    OtherSni,
    #[error("the encrypted connection hides which host it is for (ECH), which is not let through")]
    Hidden,
    #[error("the encrypted connection does not say which host it is for (no SNI)")]
    NoSni,
    #[error("port 443 is for encrypted connections (TLS), and this is none")]
    NotTls,
    #[error("this rule allows SSH, and this is something else")]
    NotSsh,
    #[error("the bound of a rule is used up: {0}")]
    Spent(String),
    #[error("the bytes that this task may exchange with the network are used up")]
    AllSpent,
    #[error("the body is larger than a request that only reads may have")]
    BodyTooLarge,
    #[error(
        "the stand-in for the secret {0:?} was found where it is not to be; it only works in a \
         header of a request to the place that it is bound to"
    )]
    StandIn(String),
    #[error("the request carries a key in its address; at this place only our own secret is used")]
    KeyInTarget,
    #[error("the request carries the keys of two secrets; use one of them")]
    TwoAccounts,
    #[error("the answer held the value of the secret {0:?} and was cut off")]
    SecretReturned(String),
    #[error(
        "the answer is compressed although that was not wanted, so it can't be searched for the \
         value of a secret"
    )]
    Compressed,
    #[error(
        "the rules of this task changed, and this connection would be let through otherwise now"
    )]
    Changed,
    #[error("this task has too many connections at once")]
    TooMany,
    #[error("the place did not answer as a web server does")]
    BadAnswer,
    #[error("nothing moved for too long")]
    Idle,
    #[error("the connection broke")]
    Broken,
}

impl Refusal {
    /// The status of HTTP that says it best.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Host(_) | Self::Malformed(_) | Self::OtherHost | Self::TwoAccounts => 400,
            Self::HeadTooLarge => 431,
            Self::TooSlow => 408,
            Self::TooMany | Self::TooManyQuestions | Self::Changed => 429,
            Self::Unresolved
            | Self::Unreachable
            | Self::Upstream(_)
            | Self::UpstreamSilent
            | Self::Certificate
            | Self::Handshake
            | Self::BadAnswer
            | Self::Compressed
            | Self::Broken => 502,
            Self::Idle => 504,
            Self::Judged(_)
            | Self::Person(_)
            | Self::Unanswered
            | Self::NotPublic(_)
            | Self::Barred
            | Self::OtherSni
            | Self::Hidden
            | Self::NoSni
            | Self::NotTls
            | Self::NotSsh
            | Self::Spent(_)
            | Self::AllSpent
            | Self::BodyTooLarge
            | Self::StandIn(_)
            | Self::KeyInTarget
            | Self::SecretReturned(_) => 403,
        }
    }

    /// What a program is told: `what` it wanted, why not, and what to do.
    pub(crate) fn answer(&self, what: &str) -> Vec<u8> {
        let status = self.status();
        let reason = self.to_string();
        let verb = if status == 403 { "was not let out" } else { "could not be done" };
        let body = format!("Legwork: {what} {verb}.\nWhy: {reason}.\nNext: {}\n", self.next());
        // Clients that show nothing of the body show the phrase.
        let shown = reason.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
        let phrase: String = shown.take(PHRASE_CHARS_MAX).collect();
        format!(
            "HTTP/1.1 {status} Legwork: {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {}\r\nCache-Control: no-store\r\n{REFUSED}: 1\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    fn next(&self) -> &'static str {
        match self.status() {
            403 => {
                "do not try to get around this; say what is needed and what for, so that the \
                 person can allow it, or go on without it."
            }
            400 | 431 => "correct the request, then send it again.",
            408 | 429 => "wait a little, then send it again.",
            _ => "check the address; if it is right, try again later.",
        }
    }
}
