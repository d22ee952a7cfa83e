//! Helpers of a task: begun by its call, held and ended with it, and told of when they rest.
//!
//! All is derived from the two ledgers each time: after a restart the call is due again, finds its
//! helper where it was, and goes on.

use crate::limits::HELPER_CHANGES_TOLD_MAX;
use crate::live::{Live, Mailbox, Shared};
use crate::office::Office;
use crate::store::Store;
use crate::words;
use api::UserError;
use machine::changes::{Change, ChangeKind, ChangeList, What};
use std::sync::Arc;
use task::{
    CallId, Delegate, DelegateInput, DelegateOf, DelegateUse, Input, MindRef, Outcome, Payload,
    Rest, Standing, Steer, Task, TaskId,
};

/// Lives with the helper of `call` until it rests; what came of it, as an input for its task.
pub(crate) async fn help(
    office: &Arc<Office>,
    parent: &Arc<Shared>,
    mailbox: &Mailbox,
    call: CallId,
) -> Input {
    let id = parent.id.of_helper(call);
    match begin(office, parent, &id, call).await {
        Ok(live) => accompany(office, parent, mailbox, call, &live).await,
        Err(error) => {
            let why = serde_json::json!({ "why": words::short(&error) }).to_string();
            ended(call, DelegateUse::default(), Outcome::Failed, Payload::Inline(why))
        }
    }
}

/// Ends the helper of a call whose task works no more.
pub(crate) async fn end(office: &Arc<Office>, parent: &Arc<Shared>, call: CallId) -> Input {
    let id = parent.id.of_helper(call);
    let none = |used| ended(call, used, Outcome::Denied, Payload::Inline("null".to_owned()));
    // One that was never begun has nothing to end.
    let Ok(live) = office.fetch(&id).await else { return none(DelegateUse::default()) };
    let mut seq = live.shared().changes();
    while live.shared().read(|driver, _| !driver.task().is_resting()) {
        // What a full disk refuses is asked again with the next event.
        let _ = live.bring(Input::StopAsked).await;
        let is_resting = live.shared().read(|driver, _| driver.task().is_resting());
        if !is_resting && seq.changed().await.is_err() {
            break;
        }
    }
    none(live.shared().read(|driver, _| driver.task().helper_use()))
}

/// The helper, taken up where it was or begun. Its name follows from the call, so that it is never
/// begun twice.
async fn begin(
    office: &Arc<Office>,
    parent: &Arc<Shared>,
    id: &TaskId,
    call: CallId,
) -> Result<Live, UserError> {
    match office.fetch(id).await {
        Err(error) if error.code == "task-unknown" => (),
        fetched => return fetched,
    }
    let task = parent.read(|driver, _| driver.task().clone());
    let (Some(hired), Some(own)) = (task.helper(call), task.mind()) else {
        return Err(UserError::new(api::ErrorKind::Bug, "task-broke", "no helper was hired"));
    };
    let of = DelegateOf {
        parent: parent.id.clone(),
        call,
        depth: task.helper_of().map_or(0, |it| it.depth) + 1,
    };
    let create = Box::new(create(&task, &hired.helper, mind(office, own, &hired.helper).await));
    office.create(id, Input::CreateHelper { create, of }).await
}

fn create(task: &Task, helper: &Delegate, mind: MindRef) -> Input {
    // It works within what the person granted its task, and in a view of its own.
    let standing = Standing {
        approve_plan: true,
        unplanned: true,
        apply_if_checked: false,
        ..task.standing()
    };
    let egress = if helper.has_network { task.egress_rules().to_vec() } else { vec![] };
    Input::Create {
        request: helper.request.clone(),
        shares: helper.shares.clone(),
        mind,
        standing,
        budget: helper.budget,
        machine: task.machine_wish(),
        layers: task.layers().to_vec(),
        egress,
    }
}

/// The model for cheap work where one is configured and wanted; else the task's own.
async fn mind(office: &Office, own: &MindRef, helper: &Delegate) -> MindRef {
    let models = &office.config().models;
    let cheap = if helper.is_cheap { models.cheap().await } else { None };
    cheap
        .map_or_else(|| own.clone(), |it| MindRef::Model { provider: it.provider, model: it.model })
}

async fn accompany(
    office: &Arc<Office>,
    parent: &Arc<Shared>,
    mailbox: &Mailbox,
    call: CallId,
    live: &Live,
) -> Input {
    let (mut ours, mut theirs) = (parent.changes(), live.shared().changes());
    loop {
        let (is_held, known) = parent.read(|driver, _| {
            let asks = driver.task().helper(call).and_then(|it| it.asks.clone());
            (driver.task().is_paused(), asks)
        });
        let (is_resting, has_pause, asks) = live.shared().read(|driver, _| {
            let task = driver.task();
            (task.is_resting(), task.is_paused(), asks(task))
        });
        if is_resting {
            break;
        }
        if is_held != has_pause {
            let steer = if is_held { Steer::Paused } else { Steer::Resumed };
            // It may be too late for it: then it rests soon.
            let _ = live.bring(Input::Steer(steer)).await;
        }
        if asks != known {
            mailbox.bring(Input::Helper(DelegateInput::Waits { call, asks })).await;
        }
        let changed = tokio::select! {
            changed = ours.changed() => changed,
            changed = theirs.changed() => changed,
        };
        if changed.is_err() {
            break;
        }
    }
    let id = &live.shared().id;
    let task = live.shared().read(|driver, _| driver.task().clone());
    let (used, outcome, told) =
        (task.helper_use(), outcome(&task), told(id, &task, &made(office.store(), &task)));
    match office.store().pack(told).await {
        Ok(result) => ended(call, used, outcome, result),
        Err(error) => {
            let why = serde_json::json!({ "why": error.to_string() }).to_string();
            ended(call, used, Outcome::Failed, Payload::Inline(why))
        }
    }
}

/// What it wants of the person: a question of its own, or of one of its helpers.
fn asks(task: &Task) -> Option<String> {
    if task.plan_waits() {
        return Some("whether its plan is right".to_owned());
    }
    let own = task.questions().next().map(|(_, ask)| ask.text.clone());
    own.or_else(|| task.helpers().find_map(|(_, hired)| hired.asks.clone()))
}

fn outcome(task: &Task) -> Outcome {
    match task.rest() {
        Some((Rest::Done | Rest::Answered | Rest::NeedsYou, _)) => Outcome::Done,
        Some((Rest::Failed | Rest::Stopped | Rest::Refused, _)) | None => Outcome::Failed,
    }
}

/// What the task's model is told of its helper: what it said, how it rests, what it changed in its
/// own view, and where that is to be found.
fn told(id: &TaskId, task: &Task, made: &[String]) -> String {
    let (rest, why) = task.rest().map_or(("failed", ""), |(rest, why)| (rest_word(rest), why));
    let said = task.ending().map_or("", |(_, text)| text);
    let changes = task.changes().map_or(String::new(), |(_, counts)| counts.to_string());
    serde_json::json!({
        "helper": id.as_str(),
        "rests": rest,
        "why": why,
        "said": said,
        "changed_in_its_own_view": changes,
        "files_that_take_file_takes": made,
    })
    .to_string()
}

/// The files that it made or changed, by name.
fn made(store: &Store, task: &Task) -> Vec<String> {
    let Some((blob, _)) = task.changes() else { return vec![] };
    let Ok(list) = store.get_json::<ChangeList>(blob) else { return vec![] };
    let is_made = |change: &Change| {
        let kinds = [ChangeKind::Deleted, ChangeKind::Mode];
        change.what == What::File && !kinds.contains(&change.kind)
    };
    let made = list.changes.into_iter().filter(is_made).map(|it| it.path.0);
    made.take(HELPER_CHANGES_TOLD_MAX).collect()
}

fn rest_word(rest: Rest) -> &'static str {
    match rest {
        Rest::Done => "done, every check passed",
        Rest::Answered => "answered, nothing written",
        Rest::NeedsYou => "ended, but nothing proves its work",
        Rest::Failed => "failed",
        Rest::Stopped => "stopped by the person",
        Rest::Refused => "refused by the person",
    }
}

fn ended(call: CallId, used: DelegateUse, outcome: Outcome, result: Payload) -> Input {
    Input::Helper(DelegateInput::Ended { call, used, outcome, result })
}
