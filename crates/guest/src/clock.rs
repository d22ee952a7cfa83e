//! The one place of the guest that reads the clock.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "timeouts of what runs are kept here, at the edge")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
