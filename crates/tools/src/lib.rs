//! Pure: what a mind can call, and how a call becomes a request to a machine.
//!
//! The tools themselves run in the guest. Here is the list of them, which of them only look, and
//! the translation there and back.

mod fitted;
mod offer;
mod outcome;
mod proof;
mod request;
mod search;
mod spec;
mod validate;

pub use fitted::{fitted, unkept, unpacked};
pub use offer::{Offered, asked, offered};
pub use outcome::{Printed, check_result, ended, judged};
pub use proof::Proof;
pub use request::{RequestError, is_background, request};
pub use search::{QUERY, SearchPlace, search};
pub use spec::{Background, SPECS, ToolKind, ToolSpec, spec};
