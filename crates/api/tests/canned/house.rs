//! What the canned desk keeps for all tasks.

use super::{Answer, Canned};
use api::{
    DoctorFixBody, DoctorView, ErrorKind, FolderLately, FolderMemoryBody, FolderMemoryView,
    FoundIn, House, ModelKeyBody, ModelKeyRemoveBody, ModelKeyView, ModelTestBody, ModelTested,
    ModelsView, PresetView, SearchHit, SecretBody, SecretRemoveBody, SecretView, SettingBegins,
    SettingBody, SettingForm, SettingView, SettingsView, StandingBody, StandingView, TaskView,
    UserError,
};
use task::{Input, TaskId};

fn setting(key: &str, value: Option<serde_json::Value>) -> SettingView {
    SettingView {
        key: key.to_owned(),
        form: SettingForm::Number { least: 1, most: 1000 },
        meaning: "calls that a task may make".to_owned(),
        value,
        usual: Some(50.into()),
        begins: SettingBegins::NextTask,
        locked: None,
    }
}

impl House for Canned {
    async fn settings(&self) -> Answer<SettingsView> {
        let settings = vec![setting("budget.calls", None)];
        Ok(SettingsView { file: "/home/you/config.toml".to_owned(), settings, managed: vec![] })
    }

    async fn set(&self, body: SettingBody) -> Answer<SettingsView> {
        if body.key != "budget.calls" {
            let what = format!("`{}` is unknown", body.key);
            return Err(UserError::new(ErrorKind::Config, "config-bad", what));
        }
        let settings = vec![setting(&body.key, body.value)];
        Ok(SettingsView { file: "/home/you/config.toml".to_owned(), settings, managed: vec![] })
    }

    async fn test_model(&self, body: ModelTestBody) -> Answer<ModelTested> {
        let said = "Yes.".to_owned();
        Ok(ModelTested { name: body.name, said, cost_usd_micros: Some(12), took_ms: 300 })
    }

    async fn keep_model_key(&self, body: ModelKeyBody) -> Answer<ModelKeyView> {
        let body = ModelTestBody { name: body.provider };
        let tested = Some(self.test_model(body).await?);
        let models = ModelsView { models: vec![], providers: vec![] };
        Ok(ModelKeyView { tested, problem: None, models })
    }

    async fn forget_model_key(&self, _: ModelKeyRemoveBody) -> Answer<ModelsView> {
        Ok(ModelsView { models: vec![], providers: vec![] })
    }

    async fn standing(&self) -> Answer<StandingView> {
        let preset = PresetView {
            words: "packages".to_owned(),
            rules: vec!["allow packages from packages.example".to_owned()],
            notes: vec![],
        };
        let rules = vec!["allow reading from example.org".to_owned()];
        Ok(StandingView { file: "/home/you/egress.rules".to_owned(), rules, presets: vec![preset] })
    }

    async fn set_standing(&self, body: StandingBody) -> Answer<StandingView> {
        let mut view = self.standing().await?;
        view.rules.retain(|rule| !body.forget.contains(rule));
        view.rules.extend(body.keep);
        Ok(view)
    }

    async fn folders_lately(&self) -> Answer<Vec<FolderLately>> {
        Ok(vec![])
    }

    async fn search(&self, words: String) -> Answer<Vec<SearchHit>> {
        let lines = api::Desk::list(self).await?;
        let found = lines.into_iter().filter(|line| line.request.contains(&words));
        let hit = |task: api::TaskLine| SearchHit {
            excerpt: task.request.clone(),
            found_in: FoundIn::Request,
            task,
        };
        Ok(found.map(hit).collect())
    }

    async fn fix(&self, _: DoctorFixBody) -> Answer<DoctorView> {
        api::Desk::doctor(self).await
    }

    async fn folder_memories(&self) -> Answer<Vec<FolderMemoryView>> {
        Ok(vec![])
    }

    async fn set_folder_memory(&self, body: FolderMemoryBody) -> Answer<Vec<FolderMemoryView>> {
        let FolderMemoryBody { folder, text, .. } = body;
        Ok(vec![FolderMemoryView { shown: folder.clone(), folder, text, problem: None }])
    }

    async fn secrets(&self) -> Answer<Vec<SecretView>> {
        Ok(self.secrets.lock().expect("one thread").clone())
    }

    async fn set_secret(&self, body: SecretBody) -> Answer<Vec<SecretView>> {
        let secret = SecretView { name: body.name, bound: body.bound, kept: api::SecretKept::File };
        self.secrets.lock().expect("one thread").push(secret);
        self.secrets().await
    }

    async fn remove_secret(&self, body: SecretRemoveBody) -> Answer<Vec<SecretView>> {
        self.secrets.lock().expect("one thread").retain(|it| it.name != body.name);
        self.secrets().await
    }

    async fn set_boundary(&self, task: TaskId, body: api::BoundaryBody) -> Answer<TaskView> {
        self.feed(&task, Input::BoundarySet { writes: body.writes, budget: body.budget })
    }

    async fn archive(&self, task: TaskId, body: api::ArchiveBody) -> Answer<TaskView> {
        self.feed(&task, Input::PutAway { away: body.archived })
    }
}
