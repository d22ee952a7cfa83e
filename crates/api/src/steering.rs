//! How a person steers a task: that part of the seam.

use crate::error::UserError;
use crate::view::TaskView;
use crate::view_steering::{AsideBody, AsideView, KeysBody, SwitchBody};
use std::future::Future;
use task::TaskId;

/// What steers a task beside talking to it and stopping it.
pub trait Steering: Send + Sync + 'static {
    /// Takes keys of model providers, and keeps them in memory alone.
    fn take_keys(&self, body: KeysBody) -> impl Future<Output = ()> + Send;
    /// Nothing new starts until `resume`; what runs comes to its end.
    fn pause(&self, task: TaskId) -> impl Future<Output = Result<TaskView, UserError>> + Send;
    fn resume(&self, task: TaskId) -> impl Future<Output = Result<TaskView, UserError>> + Send;
    /// Has another language model go on with the task.
    fn switch(
        &self,
        task: TaskId,
        body: SwitchBody,
    ) -> impl Future<Output = Result<TaskView, UserError>> + Send;
    /// Asks the task's model something that the task itself never hears of.
    fn aside(
        &self,
        task: TaskId,
        body: AsideBody,
    ) -> impl Future<Output = Result<AsideView, UserError>> + Send;
}
