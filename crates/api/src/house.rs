//! The seam between routes and daemon for what is kept for all tasks.

use crate::error::UserError;
use crate::view::{
    ArchiveBody, BoundaryBody, DoctorView, ModelsView, SecretBody, SecretRemoveBody, SecretView,
    TaskView,
};
use crate::view_house::{
    DoctorFixBody, FolderLately, ModelKeyBody, ModelKeyRemoveBody, ModelKeyView, ModelTestBody,
    ModelTested, SearchHit, SettingBody, SettingsView, StandingBody, StandingView,
};
use crate::view_memory::{FolderMemoryBody, FolderMemoryView};
use std::future::Future;
use task::TaskId;

type Answer<T> = Result<T, UserError>;

/// What the daemon keeps for all tasks. As with `Desk`, tests have canned answers.
pub trait House: Send + Sync + 'static {
    fn settings(&self) -> impl Future<Output = Answer<SettingsView>> + Send;
    /// Writes one setting into the person's file.
    fn set(&self, body: SettingBody) -> impl Future<Output = Answer<SettingsView>> + Send;
    /// Really asks the model, which may cost a little.
    fn test_model(&self, body: ModelTestBody) -> impl Future<Output = Answer<ModelTested>> + Send;
    /// Keeps the key of a provider that does not refuse it.
    fn keep_model_key(
        &self,
        body: ModelKeyBody,
    ) -> impl Future<Output = Answer<ModelKeyView>> + Send;
    fn forget_model_key(
        &self,
        body: ModelKeyRemoveBody,
    ) -> impl Future<Output = Answer<ModelsView>> + Send;
    /// The rules that hold for every task.
    fn standing(&self) -> impl Future<Output = Answer<StandingView>> + Send;
    fn set_standing(&self, body: StandingBody)
    -> impl Future<Output = Answer<StandingView>> + Send;
    fn folders_lately(&self) -> impl Future<Output = Answer<Vec<FolderLately>>> + Send;
    /// Tasks in which all words are found, the newest first.
    fn search(&self, words: String) -> impl Future<Output = Answer<Vec<SearchHit>>> + Send;
    fn fix(&self, body: DoctorFixBody) -> impl Future<Output = Answer<DoctorView>> + Send;
    /// What is remembered about folders that tasks were given.
    fn folder_memories(&self) -> impl Future<Output = Answer<Vec<FolderMemoryView>>> + Send;
    fn set_folder_memory(
        &self,
        body: FolderMemoryBody,
    ) -> impl Future<Output = Answer<Vec<FolderMemoryView>>> + Send;
    fn secrets(&self) -> impl Future<Output = Answer<Vec<SecretView>>> + Send;
    fn set_secret(&self, body: SecretBody) -> impl Future<Output = Answer<Vec<SecretView>>> + Send;
    fn remove_secret(
        &self,
        body: SecretRemoveBody,
    ) -> impl Future<Output = Answer<Vec<SecretView>>> + Send;
    // What a person says about one task beside its work.
    /// What it may do, said anew.
    fn set_boundary(
        &self,
        task: TaskId,
        body: BoundaryBody,
    ) -> impl Future<Output = Answer<TaskView>> + Send;
    fn archive(
        &self,
        task: TaskId,
        body: ArchiveBody,
    ) -> impl Future<Output = Answer<TaskView>> + Send;
}
