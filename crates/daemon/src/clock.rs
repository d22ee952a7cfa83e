//! The one place where the daemon reads a clock.

use std::time::UNIX_EPOCH;
use task::TimeMs;

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the daemon's one clock")]
pub(crate) fn now() -> TimeMs {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    TimeMs(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

/// The civil date of `at` where this computer is, as `YYYY-MM-DD`.
pub(crate) fn date(at: TimeMs) -> String {
    zoned(at).date().to_string()
}

/// The same with the day of the week, for who reads "next Friday".
pub(crate) fn day(at: TimeMs) -> String {
    zoned(at).strftime("%A, %Y-%m-%d").to_string()
}

fn zoned(at: TimeMs) -> jiff::Zoned {
    let at = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(jiff::tz::TimeZone::system())
}
