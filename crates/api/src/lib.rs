//! Edge: the HTTP interface: its types, its routes, its client.
//!
//! One interface for people and for agents. It holds no truth: each view is a projection of a
//! task's events, made by the daemon behind the `Desk` seam.

mod client;
mod desk;
mod error;
mod file_routes;
mod guard;
pub mod limits;
mod neighbour;
mod page;
mod place;
mod routes;
mod steering;
mod terminal;
mod view;
mod view_file;
mod view_memory;
mod view_steering;
mod view_window;
mod watch;
mod window;
mod window_routes;

pub use client::{Client, ClientError};
pub use desk::{Desk, EventStream, NewsStream};
pub use error::{ErrorKind, UserError};
pub use neighbour::Doorway;
pub use place::Place;
pub use routes::{router, serve, serve_both};
pub use steering::Steering;
pub use terminal::{Heard, Terminal, TerminalClient, Typed};
pub use view::{
    AnswerBody, ApplyBody, Became, CHANGES_PAGE, ChangeKind, ChangeView, ChangesView, CheckView,
    CreateBody, DelegateView, DiffBody, DiffView, DoctorFinding, DoctorState, DoctorView,
    EgressGrantBody, EgressWordsBody, EgressWordsView, FolderSpec, LogEntry, MachineView,
    MindFound, ModelLine, ModelsView, Offer, OffersView, PlanBody, PlanDecisionBody, QuestionView,
    SayBody, SecretBody, SecretBound, SecretRemoveBody, SecretView, SpentView, Status, TableChange,
    TaskLine, TaskView, TerminalEnd, TerminalSize, VersionView,
};
pub use view_file::{
    BlockView, CellView, FactView, LookView, PageAsked, PaperView, PathAsked, RowView, SheetView,
};
pub use view_memory::{MemoryBody, MemoryView};
pub use view_steering::{AsideBody, AsideView, SwitchBody};
pub use view_window::{
    FileAsked, FileBytes, FileSide, FolderView, FoldersView, ItemsView, LiveView, News,
    WindowAsked, WindowLink,
};
pub use watch::Watch;
pub use window::Window;
