//! Errors from below, in the words of the person who meets them.

use crate::live::Shared;
use crate::store::StoreError;
use api::{ErrorKind, UserError};
use ledger::{AppendError, BlobError, LedgerError};
use std::path::Path;
use task::transcript::What;
use task::{ApplyRefusal, PlanEdit, PlanEditError, QuestionId};

/// Characters of a name that is told.
const NAME_CHARS_MAX: usize = 100;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn append(error: &AppendError) -> UserError {
    match error {
        AppendError::Full => disk_full(),
        AppendError::TooLarge { .. } => {
            UserError::new(ErrorKind::User, "too-large", "that is too large to be stored")
                .cause(error)
        }
        AppendError::Stopped => UserError::new(
            ErrorKind::Unavailable,
            "ledger-stopped",
            "the ledger takes nothing more",
        )
        .cause(error)
        .next("end the daemon with `legwork serve --stop` and try again"),
        AppendError::Conflict { .. } | AppendError::Sql(_) => {
            UserError::new(ErrorKind::Bug, "ledger-refused", "the ledger refused an event")
                .cause(error)
        }
    }
}

fn disk_full() -> UserError {
    let what = "the disk that holds Legwork's state is full";
    UserError::new(ErrorKind::Unavailable, "disk-full", what)
        .cause("nothing was stored, and nothing was lost")
        .next("make room, then do it again; tasks under way go on by themselves")
}

pub(crate) fn store(error: &StoreError) -> UserError {
    match error {
        StoreError::Ledger(LedgerError::Full) | StoreError::Blob(BlobError::Full) => disk_full(),
        StoreError::Ledger(LedgerError::InUse { .. }) => {
            let what = "another daemon uses this ledger";
            UserError::new(ErrorKind::Unavailable, "ledger-in-use", what)
                .cause(error)
                .next("end it with `legwork serve --stop`")
        }
        StoreError::Ledger(LedgerError::Newer { .. }) => {
            let what = "a newer Legwork wrote this ledger";
            UserError::new(ErrorKind::Config, "ledger-newer", what)
                .cause(error)
                .next("use that newer version; nothing was changed")
        }
        StoreError::Ledger(_)
        | StoreError::Blob(_)
        | StoreError::Form { .. }
        | StoreError::Gone => {
            UserError::new(ErrorKind::Bug, "ledger-unreadable", "the ledger could not be read")
                .cause(error)
                .next("`legwork doctor` examines it")
        }
    }
}

pub(crate) fn not_answered(shared: &Shared, asked: QuestionId, answer: &str) -> UserError {
    shared.read(|driver, _| {
        let ask =
            driver.task().questions().find(|(id, _)| *id == asked).map(|(_, ask)| ask.clone());
        match ask {
            Some(ask) => {
                let keys: Vec<&str> =
                    ask.choices.iter().map(|choice| choice.key.as_str()).collect();
                let what = format!("{answer:?} is no answer to this question");
                UserError::new(ErrorKind::User, "answer-unknown", what)
                    .next(format!("answer with one of: {}", keys.join(", ")))
            }
            None => {
                let what = format!("question {asked} does not wait for an answer");
                UserError::new(ErrorKind::User, "question-unknown", what)
                    .cause("it was answered already, or was never asked")
                    .next(format!("`legwork show {}` shows what waits", shared.id))
            }
        }
    })
}

pub(crate) fn no_plan_waits(shared: &Shared) -> UserError {
    let what = format!("no plan of task {} waits for a decision", shared.id);
    UserError::new(ErrorKind::User, "plan-settled", what)
        .next(format!("`legwork show {}` shows where it stands", shared.id))
}

pub(crate) fn boundary_settled(shared: &Shared) -> UserError {
    let what = format!("what task {} may do is as it was", shared.id);
    UserError::new(ErrorKind::User, "boundary-settled", what)
        .cause("it is at rest, has no plan yet, or was not given such a folder to write in")
        .next(format!("`legwork show {}` shows where it stands", shared.id))
}

pub(crate) fn not_edited(shared: &Shared, edits: &[PlanEdit]) -> UserError {
    let tried = shared.read(|driver, _| {
        let waits = driver.task().plan_waits();
        driver.task().plan().filter(|_| waits).map(|plan| plan.edited(edits))
    });
    let Some(Err(error)) = tried else { return no_plan_waits(shared) };
    let what = match error {
        PlanEditError::StepUnknown(step) => format!("the plan has no step {step}"),
        PlanEditError::StepTooLate(step) => format!("step {step} was begun already"),
        PlanEditError::TooManySteps => "the plan has too many steps".to_owned(),
        PlanEditError::TextEmpty => "a step needs a text".to_owned(),
        PlanEditError::TextLong => "that is more than can be said about one step".to_owned(),
    };
    UserError::new(ErrorKind::User, "plan-edit", what)
        .next(format!("`legwork plan {}` prints the steps with their numbers", shared.id))
}

pub(crate) fn not_applied(shared: &Shared, refusal: ApplyRefusal) -> UserError {
    let id = &shared.id;
    let error = |what: String| UserError::new(ErrorKind::User, "not-applied", what);
    match refusal {
        ApplyRefusal::NotAtRest => error(format!("task {id} is still under way"))
            .next(format!("wait for it with `legwork watch {id}`")),
        ApplyRefusal::Busy => error(format!("changes of task {id} are being applied or undone"))
            .next(format!("`legwork show {id}` says how far it is")),
        ApplyRefusal::NothingChanged => error(format!("task {id} changed nothing")),
        ApplyRefusal::NotDone => error(format!("task {id} did not end as done"))
            .cause(shared.read(|driver, _| {
                driver.task().rest().map_or(String::new(), |(_, why)| why.to_owned())
            }))
            .next(format!("look at `legwork changes {id}`"))
            .next(format!("`legwork apply {id} --despite-checks` applies all the same")),
    }
}

/// What an undo that failed has to say.
pub(crate) fn not_undone(shared: &Shared) -> UserError {
    let id = &shared.id;
    let why = shared.read(|_, transcript| {
        transcript.items().into_iter().rev().find_map(|item| match item.what {
            What::Applied { text } => Some(text),
            _ => None,
        })
    });
    let what = format!("the changes of task {id} could not all be undone");
    UserError::new(ErrorKind::Unavailable, "undo-failed", what)
        .cause(why.unwrap_or_default())
        .next(format!("mend that, then `legwork undo {id}` again; nothing was lost"))
}

/// A name that somebody else chose, harmless and on one line.
pub(crate) fn one_line(name: &str) -> String {
    one_line_of(name, NAME_CHARS_MAX)
}

/// The same, of a text that may be longer than a name.
pub(crate) fn one_line_of(text: &str, chars_max: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(chars_max).collect()
}

/// Why no machine could be started, as one text with the way out.
pub(crate) fn start(error: &machine::StartError) -> String {
    format!("{error}; {}", error.next())
}

/// Why a folder could not be listed.
pub(crate) fn manifest(folder: &Path, error: &machine::changes::ManifestError) -> String {
    format!("the folder {} cannot be listed: {error}", folder.display())
}

/// Why a machine gave no reply.
pub(crate) fn call(error: &machine::CallError) -> String {
    error.to_string()
}

/// What went wrong and why, in one sentence, where there is no room for what to do.
pub(crate) fn short(error: &UserError) -> String {
    if error.cause.is_empty() {
        return error.what.clone();
    }
    format!("{}: {}", error.what, error.cause)
}
