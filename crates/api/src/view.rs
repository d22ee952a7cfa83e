//! What clients send and see. Every field here is a promise to clients.

use crate::view_house::{DoctorFix, ProviderLine};
use serde::{Deserialize, Serialize};
use task::{
    AppliedCounts, Ask, ChangeCounts, CheckState, Isolation, MachineWish, Plan, PlanEdit,
    QuestionId, Rest, Selection, Share, ShareAccess, Standing,
};

/// `GET /v1/version`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VersionView {
    pub version: String,
    /// Process id of the daemon.
    pub pid: u32,
    /// Live tasks: those not at rest.
    pub tasks_live: u64,
}

/// `POST /v1/tasks`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateBody {
    pub request: String,
    pub folders: Vec<FolderSpec>,
    #[serde(default)]
    pub standing: Standing,
    /// Name of a playbook to use instead of matching the request's words.
    #[serde(default)]
    pub playbook: Option<String>,
    /// The language model to use instead of a playbook, as PROVIDER/MODEL or a part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default)]
    pub machine: MachineWish,
    /// What its machine may reach from the start, in canonical rules; see `EgressWordsView`.
    #[serde(default)]
    pub egress: Vec<String>,
    /// Layers that were kept of other tasks, for its machine.
    #[serde(default)]
    pub with: Vec<String>,
}

/// `GET /v1/models`: the language models that this computer can use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelsView {
    pub models: Vec<ModelLine>,
    /// Every provider that is known, with its key or without.
    #[serde(default)]
    pub providers: Vec<ProviderLine>,
}

/// One language model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelLine {
    pub provider: String,
    /// Its name; with `*` at its end, all whose names begin so.
    pub model: String,
    /// Where its key is, or where it runs.
    pub whence: String,
    /// Tokens it can read.
    pub window: Option<u64>,
    /// In words; says so when it is unknown.
    pub price: String,
    /// Whether it is taken when none is named.
    pub is_default: bool,
    /// Whether it is taken for cheap work.
    #[serde(default)]
    pub is_cheap: bool,
}

/// What a task's language model used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SpentView {
    pub turns: u32,
    pub tokens: task::TokenUse,
    /// Millionths of a US dollar, as far as prices are known.
    pub cost_usd_micros: u64,
    /// Turns whose price is not known.
    pub unpriced_turns: u32,
    /// What it may cost at most, in millionths of a US dollar.
    #[serde(default = "unbounded")]
    pub cost_usd_micros_max: u64,
}

fn unbounded() -> u64 {
    u64::MAX
}

/// `POST /v1/egress/words`: what plain words mean as rules. Nothing is granted by asking.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressWordsBody {
    /// As in "packages, and read example.org".
    pub words: String,
}

/// The rules that plain words mean on this computer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EgressWordsView {
    /// Canonical, one line each; each says what it allows or denies.
    pub rules: Vec<String>,
    /// What a person should know about them, one sentence each.
    pub notes: Vec<String>,
}

/// `POST /v1/secrets`: keeps a secret; one of the same name is replaced.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretBody {
    pub name: String,
    /// Goes to the store and nowhere else; no route ever gives it back.
    pub value: String,
    #[serde(flatten)]
    pub bound: SecretBound,
}

/// Where a secret may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretBound {
    pub host: String,
    pub port: u16,
    /// Empty: every method.
    #[serde(default)]
    pub methods: Vec<String>,
    /// `None`: every path.
    #[serde(default)]
    pub path: Option<String>,
}

impl std::fmt::Debug for SecretBody {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SecretBody").field("name", &self.name).finish_non_exhaustive()
    }
}

/// `GET /v1/secrets`: one secret, without its value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecretView {
    pub name: String,
    #[serde(flatten)]
    pub bound: SecretBound,
    /// Where its value is.
    #[serde(default)]
    pub kept: SecretKept,
}

/// Where a secret's value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKept {
    /// In an encrypted file of Legwork's.
    #[default]
    File,
    /// In the keyring of this desktop.
    Keyring,
}

/// `POST /v1/secrets/remove`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRemoveBody {
    pub name: String,
}

/// How large a terminal is, in letters: the query of `GET /v1/tasks/TASK/terminal`, and each text
/// that a client sends on its WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalSize {
    pub columns: u16,
    pub rows: u16,
}

/// The end of a terminal: the one text that the daemon sends on its WebSocket, at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalEnd {
    /// The exit status of its shell; none where it did not end by itself.
    pub code: Option<i32>,
    /// In words, where it did not end by itself.
    pub why: String,
}

/// `GET /v1/machines`: what one task keeps on this computer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MachineView {
    pub task: String,
    pub request: String,
    /// Whether its machine runs now.
    pub is_running: bool,
    pub isolation: Isolation,
    /// Bytes of what it wrote in copies of folders.
    pub folders_bytes: u64,
    /// Bytes of what was installed in it.
    pub system_bytes: u64,
    pub files: u64,
}

/// `POST /v1/tasks/{id}/egress`: the person grants rules to a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressGrantBody {
    pub rules: Vec<String>,
}

/// A folder to share with a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSpec {
    /// Absolute path in the escaped notation of `wire::PathText`.
    pub path: String,
    pub access: ShareAccess,
}

/// Where a task stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Preparing,
    Working,
    /// A plan or a question waits for the person.
    Waiting,
    Checking,
    /// The person paused it.
    Paused,
    Applying,
    Undoing,
    Done,
    /// It answered a question and wrote nothing.
    Answered,
    NeedsYou,
    Failed,
    Stopped,
    Refused,
}

/// What a task does now or how it came to rest: a stable code, and what is said about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NowSaid {
    pub code: NowCode,
    /// A step's, a tool's, a question's or a person's own words; empty where the code says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// As in "2 of 5 checks failed".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// Since when it waits. Milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// When it is tried again; an instant that is past: it is being tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<u64>,
}

/// Sentences of the daemon's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NowCode {
    Preparing,
    PlanWaits,
    /// `text`: the question.
    Asks,
    /// `text`: the question of a helper.
    HelperAsks,
    /// By the person.
    Paused,
    /// `text`: the step.
    Step,
    /// `text`: the tool.
    Tool,
    Thinking,
    /// `text`: why the model did not answer; `since` and `again_at` are set.
    ModelWaits,
    Checking,
    Listing,
    Applying,
    Undoing,
    Undone,
    /// `of`: how many checks.
    ChecksPassed,
    /// `count` of `of`.
    ChecksFailed,
    /// It was only to answer.
    Answered,
    /// It ended without a check that proves it.
    NothingProven,
    Stopped,
    PlanRefused,
    /// `text` is all there is, in English or in a mind's own words.
    #[default]
    Other,
}

/// One task in a list: `GET /v1/tasks`, newest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskLine {
    pub id: String,
    pub request: String,
    pub status: Status,
    /// The playbook that works on it.
    pub mind: String,
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    /// What it does or waits for now, or how it came to rest; one line.
    pub now: String,
    /// It rests, and has changes that were never applied.
    #[serde(default)]
    pub unapplied: bool,
    /// Changes of it were applied; they may have been taken back since.
    #[serde(default)]
    pub was_applied: bool,
    /// The person is through with it.
    #[serde(default)]
    pub archived: bool,
    /// The same as `now`, for those who say it in another language.
    #[serde(default)]
    pub now_said: NowSaid,
    /// Steps of its plan that are finished.
    #[serde(default)]
    pub steps_done: u32,
    /// Steps of its plan that are to be done.
    #[serde(default)]
    pub steps: u32,
    /// The task whose helper it is.
    #[serde(default)]
    pub parent: Option<String>,
    /// Milliseconds of work so far; waiting for a person not counted.
    #[serde(default)]
    pub work_ms: u64,
    /// When it would have begun, had it worked ever since, in milliseconds since the Unix epoch;
    /// `None` while it waits or rests.
    #[serde(default)]
    pub works_since: Option<u64>,
    /// What its language model used; `None` while a playbook is its mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<SpentView>,
}

/// A whole task: `GET /v1/tasks/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskView {
    #[serde(flatten)]
    pub line: TaskLine,
    pub shares: Vec<Share>,
    pub plan: Option<Plan>,
    pub plan_approved: bool,
    /// Set while the plan waits for approval.
    pub plan_waits: bool,
    /// Questions that wait, oldest first.
    pub questions: Vec<QuestionView>,
    pub checks: Vec<CheckView>,
    pub rest: Option<Rest>,
    /// What the mind said at the end.
    pub summary: String,
    /// `None` until the machine was shut and its changes were listed.
    pub changes: Option<ChangeCounts>,
    pub applied: Option<AppliedCounts>,
    /// Whether an apply of this task can still be undone.
    pub undoable: bool,
    pub calls: u32,
    /// Which kind of machine the person wants.
    pub machine: MachineWish,
    /// What separates the machine from this computer, once it stood.
    pub isolation: Option<Isolation>,
    /// What its machine may reach.
    pub egress: Vec<String>,
    /// Layers that its machine began with.
    #[serde(default)]
    pub layers: Vec<String>,
    /// What it may do in force; `None` before anything was granted.
    #[serde(default)]
    pub boundary: Option<task::Boundary>,
    /// The budget in force.
    #[serde(default = "task::Budget::unbounded")]
    pub budget: task::Budget,
    /// Its helpers, oldest first.
    #[serde(default)]
    pub helpers: Vec<DelegateView>,
    /// Position of the last event folded into this view.
    pub seq: u64,
}

/// A helper of a task, which is a task of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DelegateView {
    pub id: String,
    pub request: String,
    /// What it asks the person, while it waits.
    pub asks: Option<String>,
    pub is_over: bool,
}

/// A question that waits for the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuestionView {
    /// Give this back with the answer.
    pub id: QuestionId,
    #[serde(flatten)]
    pub ask: Ask,
}

/// An acceptance check and what it found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckView {
    pub id: u32,
    pub text: String,
    pub state: CheckState,
    pub evidence: Vec<String>,
}

/// `POST /v1/tasks/{id}/answers`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    pub question: QuestionId,
    /// Key of a choice, or free text where the question welcomes it.
    pub answer: String,
}

/// `POST /v1/tasks/{id}/plan/edits`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    pub edits: Vec<PlanEdit>,
}

/// `POST /v1/tasks/{id}/plan/decision`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDecisionBody {
    pub approved: bool,
}

/// `POST /v1/tasks/{id}/boundary`: what it may do, said anew; what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundaryBody {
    /// Names of the folders in which it may suggest changes.
    #[serde(default)]
    pub writes: Option<Vec<String>>,
    #[serde(default)]
    pub budget: Option<task::Budget>,
    /// Rules that are taken back.
    #[serde(default)]
    pub revoke: Vec<String>,
}

/// `POST /v1/tasks/{id}/archive`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveBody {
    /// Whether the person is through with it.
    pub archived: bool,
}

/// `POST /v1/tasks/{id}/say`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SayBody {
    pub text: String,
}

/// `POST /v1/tasks/{id}/apply`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyBody {
    #[serde(default)]
    pub selection: Selection,
    /// Apply although a check failed or the task did not end as done.
    #[serde(default)]
    pub despite_checks: bool,
}

/// `GET /v1/tasks/{id}/changes?offset=N`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangesView {
    pub counts: ChangeCounts,
    /// At most `CHANGES_PAGE` of them, in path order.
    pub changes: Vec<ChangeView>,
    /// Offset of the next page.
    pub next: Option<u64>,
    /// Set once applied: what the report said.
    pub applied: Option<AppliedCounts>,
    /// What an undo left in the folder, with the first page.
    #[serde(default)]
    pub stays: Vec<StaysView>,
}

/// What an undo could not take back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaysView {
    /// `SHARE/rest` in the escaped notation.
    pub path: String,
    pub why: String,
}

/// Changes in one page.
pub const CHANGES_PAGE: usize = 1000;

/// What became of one path.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeView {
    /// `SHARE/rest` in the escaped notation.
    pub path: String,
    pub kind: ChangeKind,
    /// For a move: where it was.
    pub from: Option<String>,
    pub size_bytes: Option<u64>,
    /// Why this change needs a tick of its own; `None` when it does not.
    pub tick: Option<String>,
    /// Why this change cannot be applied at all.
    pub refused: Option<String>,
    /// Once applied or undone: what happened to it.
    pub outcome: Option<String>,
    /// The same as one of few.
    #[serde(default)]
    pub became: Option<Became>,
}

/// What became of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Became {
    Applied,
    /// Both versions are there, because the person changed the file meanwhile.
    Conflict,
    Left,
    Undone,
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    Created,
    Modified,
    Moved,
    Deleted,
    /// Only its permission bits changed.
    Mode,
}

/// `POST /v1/tasks/{id}/changes/diff`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffBody {
    pub path: String,
}

/// How a changed file differs, in the form that suits it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum DiffView {
    /// A unified diff of text.
    Text { unified: String, truncated: bool },
    /// Changed cells of a spreadsheet.
    Table { cells: Vec<TableChange>, truncated: bool },
    /// Neither: only sizes are told.
    Binary { before_bytes: Option<u64>, after_bytes: Option<u64> },
}

/// One changed cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TableChange {
    pub sheet: String,
    /// As in `B7`.
    pub cell: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub formula: Option<String>,
}

/// One stored event: `GET /v1/tasks/{id}/log?after=N`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogEntry {
    pub seq: u64,
    /// Hash chain value of this event, hex.
    pub hash: String,
    pub event: task::Event,
}

/// `GET /v1/offers`: what Legwork can do right now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OffersView {
    pub jobs: Vec<Offer>,
    pub minds: Vec<MindFound>,
}

/// A job that needs no model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Offer {
    pub name: String,
    pub title: String,
    pub description: String,
    /// A command to type, with a folder of this person's.
    pub example: String,
    /// A folder where there is work for this, and what was seen there; `None` when none was found.
    pub folder: Option<String>,
    pub seen: Option<String>,
    /// Files that lie there.
    #[serde(default)]
    pub files: Option<u64>,
    pub problem: Option<String>,
    /// What a person would say to get this job.
    #[serde(default)]
    pub request: String,
    /// The folder again, absolute and in the escaped notation.
    #[serde(default)]
    pub path: Option<String>,
}

/// A model that this computer could use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MindFound {
    /// As in "a key in ANTHROPIC_API_KEY" or "a model server at 127.0.0.1:11434".
    pub what: String,
    pub usable: bool,
    /// Why not yet, or how.
    pub note: String,
}

/// `GET /v1/doctor`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DoctorView {
    pub findings: Vec<DoctorFinding>,
    /// What Legwork can mend by itself.
    #[serde(default)]
    pub fixes: Vec<DoctorFix>,
}

/// One thing that was examined.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DoctorFinding {
    pub what: String,
    pub state: DoctorState,
    pub detail: String,
    /// What to do about it, when something is to be done.
    pub next: Option<String>,
}

/// How a thing fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoctorState {
    Good,
    Warning,
    Broken,
}
