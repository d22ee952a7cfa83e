//! What clients ask for of all tasks: settings, standing rules, folders, search, the doctor's
//! fixes.

use crate::desk::FrontDesk;
use crate::managed::Managed;
use crate::{doctor, folder_memory, mend, settings, views, words};
use api::{
    ArchiveBody, BoundaryBody, DoctorFixBody, DoctorView, ErrorKind, FolderLately,
    FolderMemoryBody, FolderMemoryView, House, ModelKeyBody, ModelKeyRemoveBody, ModelKeyView,
    ModelTestBody, ModelTested, ModelsView, SearchHit, SecretBody, SecretRemoveBody, SecretView,
    SettingBody, SettingsView, StandingBody, StandingView, TaskView, UserError,
};
use task::{EgressInput, Input, TaskId};

type Answer<T> = Result<T, UserError>;

impl House for FrontDesk {
    async fn settings(&self) -> Answer<SettingsView> {
        settings::view(&self.office.config())
    }

    async fn set(&self, body: SettingBody) -> Answer<SettingsView> {
        let config = settings::write(&self.office.config(), &body)?;
        self.phones.shut_out_after(config.phone_idle_days);
        self.phones.want(settings::phone(&config)).await;
        self.office.follow(config);
        settings::view(&self.office.config())
    }

    async fn test_model(&self, body: ModelTestBody) -> Answer<ModelTested> {
        let models = self.office.config().models.clone();
        models.test(&body.name).await
    }

    async fn keep_model_key(&self, body: ModelKeyBody) -> Answer<ModelKeyView> {
        self.office.config().models.keep_key(body).await
    }

    async fn forget_model_key(&self, body: ModelKeyRemoveBody) -> Answer<ModelsView> {
        self.office.config().models.forget_key(&body.provider).await
    }

    async fn standing(&self) -> Answer<StandingView> {
        self.network().standing_view().await
    }

    async fn set_standing(&self, body: StandingBody) -> Answer<StandingView> {
        self.network().set_standing(&body)?;
        self.network().standing_view().await
    }

    async fn folders_lately(&self) -> Answer<Vec<FolderLately>> {
        let office = self.office.clone();
        let found = tokio::task::spawn_blocking(move || office.finder().folders(&office));
        settled(found.await)
    }

    async fn search(&self, asked: String) -> Answer<Vec<SearchHit>> {
        let office = self.office.clone();
        let found = tokio::task::spawn_blocking(move || office.finder().search(&office, &asked));
        settled(found.await)
    }

    async fn fix(&self, body: DoctorFixBody) -> Answer<DoctorView> {
        mend::fix(&self.office, &body.id).await?;
        Ok(doctor::examine(&self.office).await)
    }

    async fn folder_memories(&self) -> Answer<Vec<FolderMemoryView>> {
        let folders = self.folders_lately().await?;
        let listed = tokio::task::spawn_blocking(move || folder_memory::list(&folders));
        listed.await.map_err(|_| words::store(&crate::store::StoreError::Gone))
    }

    async fn set_folder_memory(&self, body: FolderMemoryBody) -> Answer<Vec<FolderMemoryView>> {
        if !body.text.trim().is_empty() {
            Managed::read(&self.office.config().policy_file)?.memory()?;
        }
        let folders = self.folders_lately().await?;
        let replaced = tokio::task::spawn_blocking(move || {
            folder_memory::replace(&folders, &body).map(|()| folder_memory::list(&folders))
        });
        replaced.await.map_err(|_| words::store(&crate::store::StoreError::Gone))?
    }

    async fn secrets(&self) -> Answer<Vec<SecretView>> {
        self.network().secrets_kept()
    }

    async fn set_secret(&self, body: SecretBody) -> Answer<Vec<SecretView>> {
        self.network().set_secret(body).await?;
        self.network().secrets_kept()
    }

    async fn remove_secret(&self, body: SecretRemoveBody) -> Answer<Vec<SecretView>> {
        self.network().remove_secret(&body.name).await?;
        self.network().secrets_kept()
    }

    async fn set_boundary(&self, task: TaskId, body: BoundaryBody) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        let BoundaryBody { writes, budget, revoke } = body;
        if let Some(budget) = budget {
            self.network().policy()?.within(budget)?;
        }
        let mut changed = self.bring(&live, Input::BoundarySet { writes, budget }).await?;
        let revoked = self.bring(&live, EgressInput::Revoked(revoke).into()).await?;
        if revoked > 0 {
            self.rules_changed(&task, &live).await?;
        }
        changed += revoked;
        if changed == 0 {
            return Err(words::boundary_settled(live.shared()));
        }
        Ok(views::whole(live.shared()))
    }

    async fn archive(&self, task: TaskId, body: ArchiveBody) -> Answer<TaskView> {
        let live = self.office.fetch(&task).await?;
        let away = body.archived;
        let is_so = || live.shared().read(|driver, _| driver.task().is_put_away()) == away;
        if self.bring(&live, Input::PutAway { away }).await? == 0 && !is_so() {
            let what = format!("task {task} is still under way");
            return Err(UserError::new(ErrorKind::User, "task-under-way", what)
                .next(format!("stop it first, with `legwork stop {task}`")));
        }
        Ok(views::whole(live.shared()))
    }
}

type Looked<T> = Result<Result<T, crate::store::StoreError>, tokio::task::JoinError>;

fn settled<T>(looked: Looked<T>) -> Answer<T> {
    match looked {
        Ok(found) => found.map_err(|error| words::store(&error)),
        Err(_) => Err(words::store(&crate::store::StoreError::Gone)),
    }
}
