//! The seam between routes and daemon for what is kept for all tasks.

use crate::desk::Answer;
use crate::view::DoctorView;
use crate::view_house::{
    DoctorFixBody, FolderLately, ModelTestBody, ModelTested, SearchHit, SettingBody, SettingsView,
    StandingBody, StandingView,
};
use std::future::Future;

/// What the daemon keeps for all tasks. As with `Desk`, tests have canned answers.
pub trait House: Send + Sync + 'static {
    fn settings(&self) -> impl Future<Output = Answer<SettingsView>> + Send;
    /// Writes one setting into the person's file.
    fn set(&self, body: SettingBody) -> impl Future<Output = Answer<SettingsView>> + Send;
    /// Really asks the model, which may cost a little.
    fn test_model(&self, body: ModelTestBody) -> impl Future<Output = Answer<ModelTested>> + Send;
    /// The rules that hold for every task.
    fn standing(&self) -> impl Future<Output = Answer<StandingView>> + Send;
    fn set_standing(&self, body: StandingBody)
    -> impl Future<Output = Answer<StandingView>> + Send;
    fn folders_lately(&self) -> impl Future<Output = Answer<Vec<FolderLately>>> + Send;
    /// Tasks in which all words are found, the newest first.
    fn search(&self, words: String) -> impl Future<Output = Answer<Vec<SearchHit>>> + Send;
    fn fix(&self, body: DoctorFixBody) -> impl Future<Output = Answer<DoctorView>> + Send;
}
