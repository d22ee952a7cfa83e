//! What an administrator set, for tasks that are under way: it may be newer than they are.

use super::Edges;
use crate::door::Bell;
use crate::machines;
use api::UserError;
use policy::egress::{Place, Reach, Rule, Rules, Stance};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::Ordering;
use task::{Input, MachineWish, Task};
use wire::PathText;

impl Edges {
    /// A machine that runs has the door that its administrator wants now; a closed one, if nobody
    /// can tell what that is.
    async fn follow_policy(&self, task: &Task) {
        let stamp = self.network.policy_stamp();
        if self.policy_seen.swap(stamp, Ordering::Relaxed) == stamp {
            return;
        }
        let rules = self.network.rules(task.egress_rules());
        if let Some(Some(door)) = self.machine.lock().await.as_ref().map(|it| &it.door) {
            door.set_rules(match rules {
                Ok(rules) => rules.doubting(task.doubted_places()),
                Err(error) => {
                    tracing::warn!(what = error.what, cause = error.cause, "a door was closed");
                    let mut shut = Rule::new(Stance::Deny, Reach::Everything, Place::Everywhere);
                    shut.words = error.what;
                    Rules::new(vec![shut])
                }
            });
        }
    }

    /// The task under what an administrator lets it spend, which may be newer than it.
    pub(super) async fn capped(&self, task: Task, bell: &Bell) -> Task {
        self.follow_policy(&task).await;
        // A policy that can't be read ends what needs it, each with its own words.
        let Ok(managed) = self.network.policy() else { return task };
        let most = managed.budget(task.budget());
        if most == task.budget() {
            return task;
        }
        bell.mailbox.bring(Input::BudgetCapped { most }).await;
        bell.shared.read(|driver, _| driver.task().clone())
    }

    /// What was allowed when the task began may not be any more.
    pub(super) fn permitted(&self, task: &Task) -> Result<(), UserError> {
        let managed = self.network.policy()?;
        let wish = machines::wanted(task);
        let is_vm = wish == MachineWish::Vm || managed.machine(wish)? == wish;
        for share in task.shares() {
            let path = PathText(share.host.clone()).to_bytes().unwrap_or_default();
            managed.folder(Path::new(OsStr::from_bytes(&path)))?;
        }
        if is_vm { Ok(()) } else { managed.machine(MachineWish::Jail).map(drop) }
    }
}
