//! What the daemon does for its clients about machines.

use crate::desk::FrontDesk;
use crate::door::Bell;
use crate::{layers, steering};
use api::{
    ErrorKind, FreeBody, ImageBuildBody, ImageStream, ImageView, ItsMachineView, LayerView,
    MachineDesk, MachineView, NamedBody, RoomView, Terminal, TerminalEnd, TerminalSize, UserError,
};
use task::{Steer, TaskId};

type Answer<T> = Result<T, UserError>;

impl MachineDesk for FrontDesk {
    async fn machines(&self) -> Answer<Vec<MachineView>> {
        self.office.machine_views().await
    }

    async fn room(&self) -> Answer<RoomView> {
        let office = self.office.clone();
        let counted = tokio::task::spawn_blocking(move || office.room()).await;
        counted.map_err(|why| {
            UserError::new(ErrorKind::Bug, "room-uncounted", "the room could not be counted")
                .cause(why)
        })
    }

    async fn free(&self, body: FreeBody) -> Answer<RoomView> {
        self.office.free(body).await?;
        self.room().await
    }

    async fn images(&self) -> Answer<Vec<ImageView>> {
        Ok(self.office.images().list())
    }

    async fn build_image(&self, body: ImageBuildBody) -> Answer<ImageStream> {
        self.office.images().build(body)
    }

    async fn remove_image(&self, body: NamedBody) -> Answer<Vec<ImageView>> {
        self.office.images().remove(&body)
    }

    async fn layers(&self) -> Answer<Vec<LayerView>> {
        layers::list(&self.office)
    }

    async fn remove_layer(&self, body: NamedBody) -> Answer<Vec<LayerView>> {
        layers::remove(&self.office, &body)
    }

    async fn keep(&self, task: TaskId, body: NamedBody) -> Answer<LayerView> {
        layers::keep(&self.office, &task, &body).await
    }

    async fn its_machine(&self, task: TaskId) -> Answer<ItsMachineView> {
        self.office.its_machine(&task).await
    }

    async fn terminal(&self, task: TaskId, size: TerminalSize) -> Answer<Terminal> {
        let live = self.office.fetch(&task).await?;
        let Some(edges) = self.office.edges(&task) else {
            return Err(UserError::new(ErrorKind::Bug, "task-broke", "the task was put away"));
        };
        let bell = Bell { shared: live.shared().clone(), mailbox: live.mailbox() };
        let state = live.shared().read(|driver, _| driver.task().clone());
        let opened = edges.terminal(&state, &bell, size).await?;
        steering::in_terminal(&self.office, &task, Steer::TerminalOpened).await?;
        let office = self.office.clone();
        let run = opened.run;
        let run = Box::pin(async move {
            let end = run.await;
            // A task that came to rest took the machine, and the terminal, with it.
            let closed = steering::in_terminal(&office, &task, Steer::TerminalClosed).await;
            match closed {
                Ok(()) => end,
                Err(error) => TerminalEnd { code: None, why: error.what },
            }
        });
        Ok(Terminal { run, ..opened })
    }
}
