//! What a script asks of its task, as data.

use crate::value::JsonError;
use serde::{Deserialize, Serialize};
use task::{Ask, Boundary, Budget, CheckId, Plan, PlannedCheck, Step, StepId, StepState};

/// One call of a script. Arguments are JSON text, written always the same way for the same values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "asked", rename_all = "kebab-case")]
pub enum Asked {
    /// Propose a plan and wait for the person.
    Plan(PlanSpec),
    /// Ask the person and wait.
    Question(Ask),
    /// Say which step of the plan is under way.
    Step { key: String },
    /// Say what to run to prove a planned check.
    Check { key: String, tool: String, args_json: String },
    /// Run a tool in the machine.
    Tool { name: String, args_json: String },
}

/// A plan as a script proposes it; ids come from the positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanSpec {
    pub goal: String,
    pub steps: Vec<StepSpec>,
    pub checks: Vec<CheckSpec>,
    /// Names of the shares that will be written.
    pub writes: Vec<String>,
    #[serde(default)]
    pub estimate: Option<String>,
}

/// One step of a proposed plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    pub key: String,
    pub text: String,
    #[serde(default)]
    pub details: Vec<String>,
}

/// One promised check of a proposed plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSpec {
    pub key: String,
    pub text: String,
}

/// What a script gets back from `plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAnswer {
    pub approved: bool,
    pub steps: Vec<StepAnswer>,
}

/// A step as the person left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAnswer {
    pub key: String,
    pub text: String,
    pub struck: bool,
    pub added: bool,
}

impl PlanSpec {
    /// The plan with ids by position and the boundary that the script needs.
    pub fn to_plan(&self, budget: Budget) -> Plan {
        let id = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        let step = |(index, step): (usize, &StepSpec)| Step {
            id: StepId(id(index)),
            key: step.key.clone(),
            text: step.text.clone(),
            details: step.details.clone(),
            state: StepState::Planned,
            locked: false,
            comment: String::new(),
        };
        let check = |(index, check): (usize, &CheckSpec)| PlannedCheck {
            id: CheckId(id(index)),
            key: check.key.clone(),
            text: check.text.clone(),
        };
        Plan {
            goal: self.goal.clone(),
            steps: self.steps.iter().enumerate().map(step).collect(),
            checks: self.checks.iter().enumerate().map(check).collect(),
            boundary: Boundary { writes: self.writes.clone(), budget },
            estimate: self.estimate.clone(),
        }
    }
}

impl PlanAnswer {
    /// What the script is told of a decided plan.
    pub fn of(plan: &Plan, approved: bool) -> Self {
        let step = |step: &Step| StepAnswer {
            key: step.key.clone(),
            text: step.text.clone(),
            struck: step.state == StepState::Struck,
            added: step.key.is_empty(),
        };
        Self { approved, steps: plan.steps.iter().map(step).collect() }
    }

    /// The JSON that `Script::answer` wants for a plan.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data has a JSON form")
    }
}

/// The names under which the calls that are no tools stand in a ledger.
const PLAN: &str = "plan";
const ASK: &str = "ask";
const STEP: &str = "step";
const CHECK: &str = "check";

#[derive(Serialize, Deserialize)]
struct StepArgs {
    key: String,
}

#[derive(Serialize, Deserialize)]
struct CheckArgs {
    key: String,
    tool: String,
    args: Box<serde_json::value::RawValue>,
}

impl Asked {
    /// Tool name and argument JSON, as a ledger keeps a call.
    pub fn to_call(&self) -> (String, String) {
        let text =
            |value: Result<String, serde_json::Error>| value.expect("plain data has a JSON form");
        match self {
            Self::Plan(plan) => (PLAN.to_owned(), text(serde_json::to_string(plan))),
            Self::Question(ask) => (ASK.to_owned(), text(serde_json::to_string(ask))),
            Self::Step { key } => {
                (STEP.to_owned(), text(serde_json::to_string(&StepArgs { key: key.clone() })))
            }
            Self::Check { key, tool, args_json } => {
                let args = serde_json::value::RawValue::from_string(args_json.clone());
                let args = args.unwrap_or_else(|_| serde_json::value::RawValue::NULL.to_owned());
                let check = CheckArgs { key: key.clone(), tool: tool.clone(), args };
                (CHECK.to_owned(), text(serde_json::to_string(&check)))
            }
            Self::Tool { name, args_json } => (name.clone(), args_json.clone()),
        }
    }

    /// The call that `to_call` described.
    pub fn from_call(tool: &str, args_json: &str) -> Result<Self, JsonError> {
        let wrong = |source| JsonError::Syntax { source };
        Ok(match tool {
            PLAN => Self::Plan(serde_json::from_str(args_json).map_err(wrong)?),
            ASK => Self::Question(serde_json::from_str(args_json).map_err(wrong)?),
            STEP => {
                let step: StepArgs = serde_json::from_str(args_json).map_err(wrong)?;
                Self::Step { key: step.key }
            }
            CHECK => {
                let check: CheckArgs = serde_json::from_str(args_json).map_err(wrong)?;
                let args_json = check.args.get().to_owned();
                Self::Check { key: check.key, tool: check.tool, args_json }
            }
            name => Self::Tool { name: name.to_owned(), args_json: args_json.to_owned() },
        })
    }

    /// How the call is named to a person.
    pub fn in_words(&self) -> String {
        match self {
            Self::Plan(_) => "its plan".to_owned(),
            Self::Question(ask) => format!("the question \"{}\"", ask.text),
            Self::Step { key } => format!("step {key}"),
            Self::Check { key, .. } => format!("check {key}"),
            Self::Tool { name, .. } => format!("the tool {name}"),
        }
    }
}
