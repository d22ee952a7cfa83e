//! The part of the seam that is about machines, and what they are made of.

use crate::error::UserError;
use crate::terminal::Terminal;
use crate::view::{MachineView, TerminalSize};
use crate::view_machine::{
    FreeBody, ImageBuildBody, ImageNews, ImageView, ItsMachineView, LayerView, NamedBody, RoomView,
};
use futures_util::stream::BoxStream;
use std::future::Future;
use task::TaskId;

/// What happens while an image is made. Leaving it does not end that.
pub type ImageStream = BoxStream<'static, ImageNews>;

type Answer<T> = Result<T, UserError>;

/// What the daemon does for its clients about machines.
pub trait MachineDesk: Send + Sync + 'static {
    fn machines(&self) -> impl Future<Output = Answer<Vec<MachineView>>> + Send;
    /// What machines take on the disk.
    fn room(&self) -> impl Future<Output = Answer<RoomView>> + Send;
    /// Removes what tasks that have ended installed; what they wrote in folders stays.
    fn free(&self, body: FreeBody) -> impl Future<Output = Answer<RoomView>> + Send;
    fn images(&self) -> impl Future<Output = Answer<Vec<ImageView>>> + Send;
    fn build_image(&self, body: ImageBuildBody)
    -> impl Future<Output = Answer<ImageStream>> + Send;
    fn remove_image(&self, body: NamedBody) -> impl Future<Output = Answer<Vec<ImageView>>> + Send;
    fn layers(&self) -> impl Future<Output = Answer<Vec<LayerView>>> + Send;
    fn remove_layer(&self, body: NamedBody) -> impl Future<Output = Answer<Vec<LayerView>>> + Send;
    /// Keeps what a task that has ended installed.
    fn keep(&self, task: TaskId, body: NamedBody)
    -> impl Future<Output = Answer<LayerView>> + Send;
    /// One task's machine, and what runs in it.
    fn its_machine(&self, task: TaskId) -> impl Future<Output = Answer<ItsMachineView>> + Send;
    /// Opens a terminal in the task's machine, which must run.
    fn terminal(
        &self,
        task: TaskId,
        size: TerminalSize,
    ) -> impl Future<Output = Answer<Terminal>> + Send;
}
