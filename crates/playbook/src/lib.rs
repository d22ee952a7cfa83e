//! Edge: a mind that is a script.
//!
//! A playbook is a skill with a `playbook.star`. Each call that the script makes becomes a tool
//! call of its task like any model's; its result comes from the ledger. After a crash the script
//! is run again from the top with what is known so far, and asks on where it was.
//!
//! Nothing here touches a user's folder or starts a machine: a script can only ask.

mod asked;
mod conditions;
mod guard;
pub mod limits;
mod matching;
mod mind;
mod script;
mod skill;
mod unspaced;
mod value;

pub use asked::{Asked, CheckSpec, PlanAnswer, PlanSpec, StepAnswer, StepSpec};
pub use conditions::{Condition, conditions, months, without_names};
pub use limits::Limits;
pub use matching::{Matched, Matcher};
pub use script::{Known, Script, ScriptError, ScriptFolder, ScriptInput, Step, Stopper};
pub use skill::{Problem, Skill, SkillError, builtin, discover, is_built_in};
pub use value::JsonError;
