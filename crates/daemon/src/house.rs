//! What clients ask for of all tasks: settings, standing rules, folders, search, the doctor's
//! fixes.

use crate::desk::FrontDesk;
use crate::{doctor, mend, settings, words};
use api::{
    DoctorFixBody, DoctorView, FolderLately, House, ModelTestBody, ModelTested, SearchHit,
    SettingBody, SettingsView, StandingBody, StandingView, UserError,
};

type Answer<T> = Result<T, UserError>;

impl House for FrontDesk {
    async fn settings(&self) -> Answer<SettingsView> {
        settings::view(&self.office.config())
    }

    async fn set(&self, body: SettingBody) -> Answer<SettingsView> {
        let config = settings::write(&self.office.config(), &body)?;
        self.phones.want(config.phone.clone()).await;
        self.office.follow(config);
        settings::view(&self.office.config())
    }

    async fn test_model(&self, body: ModelTestBody) -> Answer<ModelTested> {
        let models = self.office.config().models.clone();
        models.test(&body.name).await
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
}

type Looked<T> = Result<Result<T, crate::store::StoreError>, tokio::task::JoinError>;

fn settled<T>(looked: Looked<T>) -> Answer<T> {
    match looked {
        Ok(found) => found.map_err(|error| words::store(&error)),
        Err(_) => Err(words::store(&crate::store::StoreError::Gone)),
    }
}
