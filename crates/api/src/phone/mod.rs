//! The window on a phone: at an address that the person chose, for phones that were paired.
//!
//! Nothing listens until an address is set. What is reached there is the page and what a person
//! does with tasks, not what is set for this computer; see `guard`.

mod certificate;
mod door;
mod guard;
mod known;
mod qr;
mod reach;
mod routes;

pub(crate) use guard::{FromPhone, may_not};
pub(crate) use known::Paired;
pub use known::{Permit, Phones};
pub(crate) use qr::rows;
pub use reach::{PhoneSpec, PhoneSpecError};
pub(crate) use reach::{Reach, serve};
pub(crate) use routes::routes;
