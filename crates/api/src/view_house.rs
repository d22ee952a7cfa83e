//! What clients send and see of what is kept for all tasks: settings, rules, folders, the doctor.

use crate::error::UserError;
use crate::view::{ModelsView, TaskLine};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `GET /v1/settings`: everything that can be set, and what an administrator set above it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettingsView {
    /// The file that a person may as well edit.
    pub file: String,
    pub settings: Vec<SettingView>,
    /// What holds above the settings; empty on a computer that nobody manages.
    pub managed: Vec<ManagedLine>,
}

/// One setting.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettingView {
    /// As in `budget.calls`.
    pub key: String,
    pub form: SettingForm,
    pub meaning: String,
    /// What the file says; `None`: nothing, so that `usual` holds.
    pub value: Option<Value>,
    pub usual: Option<Value>,
    pub begins: SettingBegins,
    /// Why it can't be changed, if it can't.
    pub locked: Option<String>,
}

/// What a setting's value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SettingForm {
    Text,
    Texts,
    Flag,
    Number { least: u64, most: u64 },
}

/// When a changed setting begins to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingBegins {
    Now,
    NextTask,
    /// When the daemon is started again.
    NextStart,
}

/// One thing that an administrator of this computer set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ManagedLine {
    pub what: ManagedKind,
    /// The rule, the place or the kind, as the policy says it.
    pub text: String,
    /// Why, in the administrator's words; empty where they gave none.
    pub reason: String,
}

/// What an administrator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManagedKind {
    Rule,
    Proxy,
    Authority,
    Machine,
    /// Language models that may be asked.
    Model,
    /// A folder that no task gets.
    Folder,
    Memory,
    Phone,
    /// Telling browsers through push services.
    Push,
    /// The most that a task may use.
    Budget,
}

/// `POST /v1/settings`: writes one setting into the file, whose comments stay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingBody {
    pub key: String,
    /// `None` takes it out of the file.
    #[serde(default)]
    pub value: Option<Value>,
}

/// `POST /v1/models/test`: asks a model for one word.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelTestBody {
    /// As `PROVIDER/MODEL` or a part of it.
    pub name: String,
}

/// What a model that was tested answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelTested {
    pub name: String,
    pub said: String,
    /// `None`: its price is not known.
    pub cost_usd_micros: Option<u64>,
    pub took_ms: u64,
}

/// `POST /v1/models/key`: the key of a provider, to be kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelKeyBody {
    pub provider: String,
    /// Never sent back.
    pub key: String,
}

impl std::fmt::Debug for ModelKeyBody {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ModelKeyBody").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// `POST /v1/models/key/remove`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelKeyRemoveBody {
    pub provider: String,
}

/// A key that was kept, and what came of asking with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelKeyView {
    pub tested: Option<ModelTested>,
    /// Why no model answered, although the provider did not refuse the key.
    pub problem: Option<UserError>,
    pub models: ModelsView,
}

/// A provider of models, and where its key belongs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProviderLine {
    pub name: String,
    /// Variables that are looked at for its key, the first that is set counts.
    pub key_variables: Vec<String>,
    /// The variable, command or file in which a key was found.
    pub found_in: Option<String>,
    /// Its key was typed to be kept; it goes before those of the environment.
    #[serde(default)]
    pub is_kept: bool,
}

/// `GET /v1/egress/standing`: what holds for every task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StandingView {
    pub file: String,
    /// What the person always or never allows, in canonical rules.
    pub rules: Vec<String>,
    /// Words that mean something on this computer.
    pub presets: Vec<PresetView>,
}

/// Plain words, and what they mean on this computer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PresetView {
    pub words: String,
    pub rules: Vec<String>,
    pub notes: Vec<String>,
}

/// `POST /v1/egress/standing`: keeps rules for every task, or forgets them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingBody {
    /// Canonical, as `EgressWordsView` has them.
    #[serde(default)]
    pub keep: Vec<String>,
    #[serde(default)]
    pub forget: Vec<String>,
}

/// `GET /v1/folders/lately`: a folder that tasks were given, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FolderLately {
    /// Absolute, in the escaped notation.
    pub path: String,
    /// As people write it, with `~` for the home folder.
    pub shown: String,
    pub used_at: u64,
    pub tasks: u32,
    /// Whether it is still there.
    pub is_there: bool,
}

/// `POST /v1/doctor/fix`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoctorFixBody {
    pub id: String,
}

/// Something that Legwork can mend by itself, without a risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorFix {
    pub id: String,
    /// What is wrong.
    pub what: String,
    /// What would be done.
    pub label: String,
}

/// `GET /v1/search?words=W`: a task in which all words were found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchHit {
    pub task: TaskLine,
    pub found_in: FoundIn,
    /// The words with what stands around them.
    pub excerpt: String,
}

/// Where words were found first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundIn {
    Request,
    Folder,
    Plan,
    Result,
    /// The name of a file that it made or changed.
    File,
    /// What was said while it worked.
    Story,
}

/// `GET /v1/phones`: where phones reach this computer, and which are let in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhonesView {
    pub reach: PhoneReach,
    /// An address of this computer that may be chosen.
    pub suggested: Option<String>,
    pub phones: Vec<PhoneView>,
    /// A phone that was not used for so many days is let in no more.
    pub idle_days: u64,
}

/// Whether phones reach this computer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PhoneReach {
    Off,
    /// `fingerprint`: of the certificate, SHA-256; `None` where everything is sent readable.
    Open {
        url: String,
        is_plain: bool,
        fingerprint: Option<String>,
    },
    /// An address is set, and nothing could listen there.
    Failed {
        address: String,
        why: String,
    },
}

/// A phone that is let in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhoneView {
    pub id: String,
    pub name: String,
    pub paired_at: u64,
    /// When it last asked for something, to within some minutes.
    pub seen_at: u64,
    /// It was not used for too long, and is let in no more until it is paired anew.
    pub is_idle: bool,
}

/// `POST /v1/phones/pair`: lets one more phone in, once, within some minutes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PhoneLink {
    pub url: String,
    /// The link as a square picture: each row's dark fields are `1`.
    pub rows: Vec<String>,
    pub fingerprint: Option<String>,
    /// How long it is good.
    pub seconds: u64,
}

/// `POST /v1/phones/revoke`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneRevokeBody {
    /// Its id or its name.
    pub phone: String,
}

/// `POST /v1/pair`: what a phone itself asks, with the code of its link.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairBody {
    pub code: String,
    /// What its person calls it.
    pub name: String,
}
