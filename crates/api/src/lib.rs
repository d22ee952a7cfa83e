//! Edge: the HTTP interface: its types, its routes, its client.
//!
//! One interface for people and for agents. It holds no truth: each view is a projection of a
//! task's events, made by the daemon behind the `Desk` seam.

mod client;
mod client_house;
mod clock;
mod desk;
mod error;
mod etag;
mod exchange;
mod file_routes;
mod guard;
mod house;
mod house_routes;
pub mod limits;
mod machine_client;
mod machine_desk;
mod machine_routes;
mod neighbour;
mod page;
mod phone;
mod place;
mod push;
mod routes;
mod steering;
mod steering_routes;
mod terminal;
mod terminal_routes;
mod view;
mod view_file;
mod view_house;
mod view_machine;
mod view_memory;
mod view_push;
mod view_steering;
mod view_window;
mod watch;
mod window;
mod window_routes;

pub use client::{Client, ClientError};
pub use desk::{Desk, EventStream, NewsStream, Watched};
pub use error::{Despite, ErrorKind, UserError};
pub use house::House;
pub use limits::PHONE_IDLE_DAYS;
pub use machine_client::Building;
pub use machine_desk::{ImageStream, MachineDesk};
pub use neighbour::Doorway;
pub use phone::{Permit, PhoneSpec, PhoneSpecError, Phones};
pub use place::Place;
pub use push::{PushOwner, Pushing};
pub use routes::{router, serve, serve_all};
pub use steering::Steering;
pub use terminal::{Heard, Terminal, TerminalClient, Typed};
pub use view::{
    AnswerBody, ApplyBody, ArchiveBody, Became, BoundaryBody, CHANGES_PAGE, ChangeKind, ChangeView,
    ChangesView, CheckView, CreateBody, DelegateView, DiffBody, DiffView, DoctorFinding,
    DoctorState, DoctorView, EgressGrantBody, EgressWordsBody, EgressWordsView, FolderSpec,
    LogEntry, MachineView, MindFound, ModelLine, ModelsView, NowCode, NowSaid, Offer, OffersView,
    PlanBody, PlanDecisionBody, QuestionView, SayBody, SecretBody, SecretBound, SecretKept,
    SecretRemoveBody, SecretView, SpentView, Status, StaysView, TableChange, TaskLine, TaskView,
    TerminalEnd, TerminalSize, VersionView,
};
pub use view_file::{
    BlockView, CellView, FactView, LookView, PageAsked, PaperView, PathAsked, RowView, SeenAsked,
    SheetView,
};
pub use view_house::{
    DoctorFix, DoctorFixBody, FolderLately, FoundIn, ManagedKind, ManagedLine, ModelKeyBody,
    ModelKeyRemoveBody, ModelKeyView, ModelTestBody, ModelTested, PairBody, PhoneLink, PhoneReach,
    PhoneRevokeBody, PhoneView, PhonesView, PresetView, ProviderLine, SearchHit, SettingBegins,
    SettingBody, SettingForm, SettingView, SettingsView, StandingBody, StandingView,
};
pub use view_machine::{
    FreeBody, ImageBuildBody, ImageNews, ImageView, ItsMachineView, LayerView, NamedBody,
    ProgramView, RoomView,
};
pub use view_memory::{FolderMemoryBody, FolderMemoryView, MemoryBody, MemoryView};
pub use view_push::{PushBody, PushLanguage, PushPlace, PushView};
pub use view_steering::{AsideBody, AsideView, KeysBody, SwitchBody};
pub use view_window::{
    FileAsked, FileBytes, FileSide, FolderView, FoldersView, ItemsView, LiveView, News,
    WindowAsked, WindowLink,
};
pub use watch::Watch;
pub use window::Window;
