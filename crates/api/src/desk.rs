//! The seam between routes and daemon: everything a client can ask for, once.

use crate::error::UserError;
use crate::house::House;
use crate::machine_desk::MachineDesk;
use crate::push::Pushing;
use crate::steering::Steering;
use crate::view::{
    AnswerBody, ApplyBody, ChangesView, CreateBody, DiffView, DoctorView, EgressGrantBody,
    EgressWordsBody, EgressWordsView, FolderSpec, LogEntry, ModelsView, OffersView, PlanBody,
    PlanDecisionBody, SayBody, TaskLine, TaskView, VersionView,
};
use crate::view_file::{LookView, PageAsked};
use crate::view_memory::{MemoryBody, MemoryView};
use crate::view_window::{FileAsked, FileBytes, FoldersView, News};
use futures_util::stream::BoxStream;
use std::future::Future;
use task::provenance::Provenance;
use task::transcript::Item;
use task::{CallId, QuestionId, TaskId};

/// Transcript items as they come; an item with a known key replaces the earlier one. Ends when the
/// task rests and nothing is being applied or undone.
pub type EventStream = BoxStream<'static, Watched>;

/// One item of a watch.
#[derive(Debug, Clone)]
pub struct Watched {
    pub item: Item,
    /// Set where nothing up to this event is missing: where a stream that broke off goes on.
    pub whole_to: Option<u64>,
}

/// News of all tasks, and the transcripts of some. Ends only with the daemon.
pub type NewsStream = BoxStream<'static, News>;

pub(crate) type Answer<T> = Result<T, UserError>;

/// What the daemon does for its clients. The daemon implements it; tests of routes and of the
/// command line implement it with canned answers.
pub trait Desk: House + Steering + Pushing + MachineDesk {
    fn version(&self) -> VersionView;
    /// Asks the daemon to end once running appends are stored. Tasks go on at its next start.
    fn shut(&self);
    fn offers(&self) -> impl Future<Output = Answer<OffersView>> + Send;
    /// The language models that this computer can use.
    fn models(&self) -> impl Future<Output = Answer<ModelsView>> + Send;
    fn doctor(&self) -> impl Future<Output = Answer<DoctorView>> + Send;
    /// What plain words would allow; grants nothing.
    fn egress_words(
        &self,
        body: EgressWordsBody,
    ) -> impl Future<Output = Answer<EgressWordsView>> + Send;
    /// Grants rules to a task that is under way.
    fn allow(
        &self,
        task: TaskId,
        body: EgressGrantBody,
    ) -> impl Future<Output = Answer<TaskView>> + Send;
    /// What is remembered of the person.
    fn memory(&self) -> impl Future<Output = Answer<MemoryView>> + Send;
    fn set_memory(&self, body: MemoryBody) -> impl Future<Output = Answer<MemoryView>> + Send;
    fn create(&self, body: CreateBody) -> impl Future<Output = Answer<TaskView>> + Send;
    fn list(&self) -> impl Future<Output = Answer<Vec<TaskLine>>> + Send;
    fn show(&self, task: TaskId) -> impl Future<Output = Answer<TaskView>> + Send;
    /// The transcript so far and from then on; `after` is the last item id the client has, or 0.
    fn watch(&self, task: TaskId, after: u64) -> impl Future<Output = Answer<EventStream>> + Send;
    /// What changes in any task, and of each of `followed` every item after the event beside it.
    fn news(&self, followed: Vec<(TaskId, u64)>)
    -> impl Future<Output = Answer<NewsStream>> + Send;
    /// Folders of the person's to choose from; `path` in the escaped notation of `wire::PathText`.
    fn folders(&self, path: Option<String>) -> impl Future<Output = Answer<FoldersView>> + Send;
    /// Refuses folders that a phone may not hand over: those that it isn't shown to choose from.
    fn handed_by_phone(&self, folders: Vec<FolderSpec>) -> impl Future<Output = Answer<()>> + Send;
    /// Whether a yes to this question of a call holds for all tasks to come.
    fn is_for_all(
        &self,
        task: TaskId,
        question: QuestionId,
    ) -> impl Future<Output = Answer<bool>> + Send;
    /// The bytes of a file among the changes of a task.
    fn file(
        &self,
        task: TaskId,
        asked: FileAsked,
    ) -> impl Future<Output = Answer<FileBytes>> + Send;
    /// One version of a file among the changes of a task, as it can be shown.
    fn look(&self, task: TaskId, asked: FileAsked)
    -> impl Future<Output = Answer<LookView>> + Send;
    /// A page of a PDF among the changes of a task, as a PNG picture.
    fn page(
        &self,
        task: TaskId,
        asked: PageAsked,
    ) -> impl Future<Output = Answer<FileBytes>> + Send;
    /// What a call of `look` showed, as a PNG or JPEG picture.
    fn seen(&self, task: TaskId, call: CallId) -> impl Future<Output = Answer<FileBytes>> + Send;
    /// Where a file that a task made comes from.
    fn provenance(
        &self,
        task: TaskId,
        path: String,
    ) -> impl Future<Output = Answer<Provenance>> + Send;
    /// Opens a document that was applied in the person's own program for it.
    fn open(&self, task: TaskId, path: String) -> impl Future<Output = Answer<()>> + Send;
    fn answer(
        &self,
        task: TaskId,
        body: AnswerBody,
    ) -> impl Future<Output = Answer<TaskView>> + Send;
    fn edit_plan(
        &self,
        task: TaskId,
        body: PlanBody,
    ) -> impl Future<Output = Answer<TaskView>> + Send;
    fn decide_plan(
        &self,
        task: TaskId,
        body: PlanDecisionBody,
    ) -> impl Future<Output = Answer<TaskView>> + Send;
    fn say(&self, task: TaskId, body: SayBody) -> impl Future<Output = Answer<TaskView>> + Send;
    fn stop(&self, task: TaskId) -> impl Future<Output = Answer<TaskView>> + Send;
    fn changes(
        &self,
        task: TaskId,
        offset: u64,
    ) -> impl Future<Output = Answer<ChangesView>> + Send;
    fn diff(&self, task: TaskId, path: String) -> impl Future<Output = Answer<DiffView>> + Send;
    /// Returns when the apply has ended.
    fn apply(&self, task: TaskId, body: ApplyBody)
    -> impl Future<Output = Answer<TaskView>> + Send;
    /// Returns when the undo has ended.
    fn undo(&self, task: TaskId) -> impl Future<Output = Answer<TaskView>> + Send;
    fn log(&self, task: TaskId, after: u64) -> impl Future<Output = Answer<Vec<LogEntry>>> + Send;
    /// A tar archive: events as JSON lines, blobs, the files that the task made.
    fn export(&self, task: TaskId) -> impl Future<Output = Answer<Vec<u8>>> + Send;
}
