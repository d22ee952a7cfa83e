//! Edge: the HTTP interface: its types, its routes, its client.
//!
//! One interface for people and for agents. It holds no truth: each view is a projection of a
//! task's events, made by the daemon behind the `Desk` seam.

mod client;
mod desk;
mod error;
pub mod limits;
mod place;
mod routes;
mod view;
mod watch;

pub use client::{Client, ClientError};
pub use desk::{Desk, EventStream};
pub use error::{ErrorKind, UserError};
pub use place::Place;
pub use routes::{router, serve};
pub use view::{
    AnswerBody, ApplyBody, CHANGES_PAGE, ChangeKind, ChangeView, ChangesView, CheckView,
    CreateBody, DiffBody, DiffView, DoctorFinding, DoctorState, DoctorView, EgressGrantBody,
    EgressWordsBody, EgressWordsView, FolderSpec, LogEntry, MindFound, Offer, OffersView, PlanBody,
    PlanDecisionBody, QuestionView, SayBody, Status, TableChange, TaskLine, TaskView, VersionView,
};
pub use watch::Watch;
