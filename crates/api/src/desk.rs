//! The seam between routes and daemon: everything a client can ask for, once.

use crate::error::UserError;
use crate::view::{
    AnswerBody, ApplyBody, ChangesView, CreateBody, DiffView, DoctorView, EgressGrantBody,
    EgressWordsBody, EgressWordsView, LogEntry, OffersView, PlanBody, PlanDecisionBody, SayBody,
    TaskLine, TaskView, VersionView,
};
use futures_util::stream::BoxStream;
use std::future::Future;
use task::TaskId;
use task::transcript::Item;

/// Transcript items as they come; an item with a known id replaces the earlier one. Ends when the
/// task rests and nothing is being applied or undone.
pub type EventStream = BoxStream<'static, Item>;

type Answer<T> = Result<T, UserError>;

/// What the daemon does for its clients. The daemon implements it; tests of routes and of the
/// command line implement it with canned answers.
pub trait Desk: Send + Sync + 'static {
    fn version(&self) -> VersionView;
    /// Asks the daemon to end once running appends are stored. Tasks go on at its next start.
    fn shut(&self);
    fn offers(&self) -> impl Future<Output = Answer<OffersView>> + Send;
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
    fn create(&self, body: CreateBody) -> impl Future<Output = Answer<TaskView>> + Send;
    fn list(&self) -> impl Future<Output = Answer<Vec<TaskLine>>> + Send;
    fn show(&self, task: TaskId) -> impl Future<Output = Answer<TaskView>> + Send;
    /// The transcript so far and from then on; `after` is the last item id the client has, or 0.
    fn watch(&self, task: TaskId, after: u64) -> impl Future<Output = Answer<EventStream>> + Send;
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
