//! The client's side of what is kept for all tasks.

use crate::client::{Answer, Client, escaped};
use crate::view::{ArchiveBody, BoundaryBody, DoctorView, ModelsView, TaskView};
use crate::view_house::{
    DoctorFixBody, FolderLately, ModelKeyBody, ModelKeyRemoveBody, ModelKeyView, ModelTestBody,
    ModelTested, PhoneLink, PhoneRevokeBody, PhonesView, SearchHit, SettingBody, SettingsView,
    StandingBody, StandingView,
};
use crate::view_memory::{FolderMemoryBody, FolderMemoryView};
use task::TaskId;

impl Client {
    pub async fn set_boundary(&self, task: &TaskId, body: &BoundaryBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/boundary"), body).await
    }

    pub async fn archive(&self, task: &TaskId, body: &ArchiveBody) -> Answer<TaskView> {
        self.post(format!("/v1/tasks/{task}/archive"), body).await
    }

    pub async fn settings(&self) -> Answer<SettingsView> {
        self.get("/v1/settings".to_owned()).await
    }

    pub async fn set(&self, body: &SettingBody) -> Answer<SettingsView> {
        self.post("/v1/settings".to_owned(), body).await
    }

    pub async fn test_model(&self, body: &ModelTestBody) -> Answer<ModelTested> {
        self.post("/v1/models/test".to_owned(), body).await
    }

    pub async fn keep_model_key(&self, body: &ModelKeyBody) -> Answer<ModelKeyView> {
        self.post("/v1/models/key".to_owned(), body).await
    }

    pub async fn forget_model_key(&self, body: &ModelKeyRemoveBody) -> Answer<ModelsView> {
        self.post("/v1/models/key/remove".to_owned(), body).await
    }

    pub async fn folder_memories(&self) -> Answer<Vec<FolderMemoryView>> {
        self.get("/v1/memory/folders".to_owned()).await
    }

    pub async fn set_folder_memory(
        &self,
        body: &FolderMemoryBody,
    ) -> Answer<Vec<FolderMemoryView>> {
        self.post("/v1/memory/folders".to_owned(), body).await
    }

    pub async fn standing(&self) -> Answer<StandingView> {
        self.get("/v1/egress/standing".to_owned()).await
    }

    pub async fn set_standing(&self, body: &StandingBody) -> Answer<StandingView> {
        self.post("/v1/egress/standing".to_owned(), body).await
    }

    pub async fn folders_lately(&self) -> Answer<Vec<FolderLately>> {
        self.get("/v1/folders/lately".to_owned()).await
    }

    pub async fn search(&self, words: &str) -> Answer<Vec<SearchHit>> {
        self.get(format!("/v1/search?words={}", escaped(words))).await
    }

    pub async fn fix(&self, body: &DoctorFixBody) -> Answer<DoctorView> {
        self.post("/v1/doctor/fix".to_owned(), body).await
    }

    pub async fn phones(&self) -> Answer<PhonesView> {
        self.get("/v1/phones".to_owned()).await
    }

    /// A link that lets one more phone in.
    pub async fn phone_link(&self) -> Answer<PhoneLink> {
        self.post("/v1/phones/pair".to_owned(), &serde_json::json!({})).await
    }

    pub async fn revoke_phone(&self, body: &PhoneRevokeBody) -> Answer<PhonesView> {
        self.post("/v1/phones/revoke".to_owned(), body).await
    }
}
