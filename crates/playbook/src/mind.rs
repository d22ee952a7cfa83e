//! The thread on which a script thinks: it answers calls from what is known, and then waits.

use crate::asked::{Asked, CheckSpec, PlanAnswer, PlanSpec, StepSpec};
use crate::guard;
use crate::limits::{self, Limits};
use crate::script::{Answer, Known, ScriptError, ScriptInput, Step};
use crate::value;
use serde::Deserialize;
use starlark::collections::SmallMap;
use starlark::environment::{FrozenModule, Globals, GlobalsBuilder, LibraryExtension, Module};
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::syntax::{AstModule, Dialect};
use starlark::values::Value;
use starlark::values::dict::AllocDict;
use starlark::values::none::NoneType;
use starlark::values::structs::AllocStruct;
use starlark::{ErrorKind, PrintHandler};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, LazyLock};
use task::{Ask, Choice, Outcome};

/// How a script is called in messages.
pub(crate) const SOURCE_NAME: &str = "playbook.star";

/// What the natives share with the thread that evaluates.
pub(crate) struct Mind {
    pub(crate) limits: Limits,
    known: RefCell<std::vec::IntoIter<Known>>,
    calls: Cell<usize>,
    to_host: SyncSender<Step>,
    from_host: Receiver<Answer>,
    cancelled: Arc<AtomicBool>,
    /// Why the evaluation was ended from within; the error it was ended with is only a carrier.
    ending: RefCell<Option<Ending>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Mind>>> = const { RefCell::new(None) };
}

/// How a script ends itself, or is ended by a native.
#[derive(Debug)]
enum Ending {
    Finished(String),
    Stuck(String),
    Error(ScriptError),
    /// The other side is gone; nobody listens.
    Dropped,
}

/// Carries an ending through the evaluator.
#[derive(Debug, thiserror::Error)]
#[error("the script was ended")]
struct Ended;

/// What a native found wrong with its arguments.
#[derive(Debug, thiserror::Error)]
enum ArgumentError {
    #[error("{call}: {source}")]
    Shape { call: &'static str, source: value::JsonError },
    #[error("{call}: {source}")]
    Fields { call: &'static str, source: serde_json::Error },
    #[error("{call}: {what}")]
    Rule { call: &'static str, what: &'static str },
    #[error("the result of {call} cannot be used: {source}")]
    Result { call: String, source: value::JsonError },
    #[error("no script is being evaluated")]
    NoMind,
}

impl From<ArgumentError> for starlark::Error {
    fn from(error: ArgumentError) -> Self {
        Self::new_native(error)
    }
}

impl Mind {
    pub(crate) fn new(
        known: Vec<Known>,
        limits: Limits,
        to_host: SyncSender<Step>,
        from_host: Receiver<Answer>,
        cancelled: Arc<AtomicBool>,
    ) -> Self {
        Self {
            limits,
            known: RefCell::new(known.into_iter()),
            calls: Cell::new(0),
            to_host,
            from_host,
            cancelled,
            ending: RefCell::new(None),
        }
    }

    /// The mind of this thread: natives get nothing of their host from the engine but their thread.
    pub(crate) fn current() -> Result<Rc<Self>, starlark::Error> {
        CURRENT.with_borrow(Clone::clone).ok_or_else(|| ArgumentError::NoMind.into())
    }

    fn end(&self, ending: Ending) -> starlark::Error {
        self.ending.borrow_mut().get_or_insert(ending);
        starlark::Error::new_native(Ended)
    }

    pub(crate) fn over_memory(&self) -> starlark::Error {
        self.end(Ending::Error(ScriptError::Memory { line: None }))
    }

    /// Answers a call from what is known; or hands it over and waits.
    fn ask(&self, asked: Asked) -> Result<Answer, starlark::Error> {
        let index = self.calls.get();
        if index >= self.limits.calls_max {
            let error = ScriptError::Calls { calls_max: self.limits.calls_max };
            return Err(self.end(Ending::Error(error)));
        }
        self.calls.set(index + 1);
        if let Some(known) = self.known.borrow_mut().next() {
            if known.asked != asked {
                let error = ScriptError::Diverged {
                    call: index + 1,
                    known: known.asked.in_words(),
                    asked: asked.in_words(),
                };
                return Err(self.end(Ending::Error(error)));
            }
            return Ok(Answer { outcome: known.outcome, result_json: known.result_json });
        }
        let sent = self.to_host.send(Step::Ask(asked));
        let answer = sent.ok().and_then(|()| self.from_host.recv().ok());
        answer.ok_or_else(|| self.end(Ending::Dropped))
    }

    /// Evaluates the source to its end and says how it ended; `None` when nobody listens.
    pub(crate) fn think(self: &Rc<Self>, source: &str, input: &ScriptInput) -> Option<Step> {
        let guarded = match guard::parse(source) {
            Ok(guarded) => guarded,
            Err(guard::SourceError::Syntax(error)) => {
                let line = line_of(&error);
                let why = plain(&error);
                return Some(Step::stuck(ScriptError::Script { line, why }));
            }
            Err(error) => return Some(Step::stuck(ScriptError::Source { why: error.to_string() })),
        };
        Module::with_temp_heap(|module| {
            let mut eval = Evaluator::new(&module);
            CURRENT.set(Some(Rc::clone(self)));
            eval.set_print_handler(&Silent);
            eval.set_check_cancelled(Box::new(|| self.cancelled.load(Ordering::Relaxed)));
            let result = self
                .prepare(&module, &mut eval, input, &guarded.tools)
                .and_then(|()| eval.eval_module(guarded.ast, &GLOBALS).map(|_| ()));
            self.ended(&eval, result)
        })
    }

    /// Puts limits, names and tools where the script finds them.
    fn prepare<'v>(
        &self,
        module: &Module<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
        input: &ScriptInput,
        tools: &std::collections::BTreeSet<String>,
    ) -> starlark::Result<()> {
        let limit = |result: Result<(), _>| result.map_err(starlark::Error::new_other);
        limit(eval.set_max_callstack_size(self.limits.depth_max))?;
        limit(eval.set_max_heap_size(self.limits.heap_bytes_max))?;
        limit(eval.set_max_tick_count(self.limits.ticks_max))?;
        let heap = module.heap();
        module.set("request", heap.alloc_str(&input.request).to_value());
        module.set("today", heap.alloc_str(&input.today).to_value());
        let names = input.folders.iter().map(|folder| folder.name.as_str());
        let asked = crate::conditions::without_names(&input.request, names);
        let months = crate::conditions::months(&asked);
        module.set("months_asked", heap.alloc(months));
        let folder = |folder: &crate::script::ScriptFolder| {
            let name = heap.alloc_str(&folder.name).to_value();
            let writable = Value::new_bool(folder.writable);
            heap.alloc(AllocDict([("name", name), ("writable", writable)]))
        };
        module.set("folders", heap.alloc(input.folders.iter().map(folder).collect::<Vec<_>>()));
        let prelude = |name: &str| -> starlark::Result<Value<'v>> {
            let value = PRELUDE.get(name).map_err(starlark::Error::new_other)?;
            Ok(heap.access_owned_frozen_value(&value))
        };
        for name in PRELUDE.names() {
            if let Some(plain) = name.as_str().strip_prefix("safe_") {
                module.set(plain, prelude(name.as_str())?);
            }
        }
        module.set("legwork__method", prelude("method")?);
        let make = prelude("tool")?;
        let mut fields = vec![];
        for tool in tools {
            let (name, tried) = match tool.strip_prefix("try_") {
                Some(name) => (name, true),
                None => (tool.as_str(), false),
            };
            let arguments = [heap.alloc_str(name).to_value(), Value::new_bool(tried)];
            fields.push((tool.as_str(), eval.eval_function(make, &arguments, &[])?));
        }
        module.set("tools", heap.alloc(AllocStruct(fields)));
        Ok(())
    }

    fn ended(&self, eval: &Evaluator<'_, '_, '_>, result: starlark::Result<()>) -> Option<Step> {
        let Err(error) = result else {
            let why = "the playbook ended without saying what came of it".to_owned();
            return Some(Step::stuck(ScriptError::Script { line: None, why }));
        };
        let line = line_of(&error);
        match self.ending.take() {
            Some(Ending::Dropped) => return None,
            Some(Ending::Finished(summary)) => return Some(Step::Finished { summary }),
            Some(Ending::Stuck(why)) => return Some(Step::stuck(ScriptError::Gave { why })),
            Some(Ending::Error(ScriptError::Memory { .. })) => {
                return Some(Step::stuck(ScriptError::Memory { line }));
            }
            Some(Ending::Error(error)) => return Some(Step::stuck(error)),
            None => {}
        }
        if self.cancelled.load(Ordering::Relaxed) {
            return Some(Step::stuck(ScriptError::Time { limit: self.limits.advance }));
        }
        let over_ticks = eval.get_total_tick_count() > self.limits.ticks_max;
        let over_heap = eval.heap().peak_allocated_bytes() > self.limits.heap_bytes_max;
        let over_depth = matches!(error.kind(), ErrorKind::StackOverflow(_));
        Some(Step::stuck(match (over_depth, over_ticks, over_heap) {
            (true, ..) => ScriptError::Depth { line },
            (_, true, _) => ScriptError::Ticks { line },
            (.., true) => ScriptError::Memory { line },
            _ => ScriptError::Script { line, why: plain(&error) },
        }))
    }
}

/// What went wrong, without the engine's drawing of where.
fn plain(error: &starlark::Error) -> String {
    error.without_diagnostic().to_string()
}

/// The line of the playbook that was being evaluated, counted from 1.
fn line_of(error: &starlark::Error) -> Option<usize> {
    let frames = error.call_stack().frames.iter().rev();
    let places = error.span().into_iter().chain(frames.filter_map(|frame| frame.location.as_ref()));
    let mut places = places.map(starlark::codemap::FileSpan::resolve);
    places.find(|place| place.file == SOURCE_NAME).map(|place| place.span.begin.line + 1)
}

/// A script has nowhere to print to.
struct Silent;

impl PrintHandler for Silent {
    fn println(&self, _text: &str) -> starlark::Result<()> {
        Ok(())
    }
}

const EXTENSIONS: &[LibraryExtension] =
    &[LibraryExtension::StructType, LibraryExtension::SetType, LibraryExtension::Print];

static GLOBALS: LazyLock<Globals> = LazyLock::new(|| {
    GlobalsBuilder::extended_by(EXTENSIONS)
        .with(guard::operators)
        .with(guard::more_operators)
        .with(questions)
        .with(words)
        .with_namespace("json", json_functions)
        .build()
});

/// The guarded forms of the library's functions, see `prelude.star`.
static PRELUDE: LazyLock<FrozenModule> = LazyLock::new(|| {
    let globals = GlobalsBuilder::extended_by(EXTENSIONS)
        .with(guard::room_function)
        .with(call_tool_function)
        .build();
    let source = include_str!("prelude.star").to_owned();
    let ast = AstModule::parse("prelude.star", source, &Dialect::Standard)
        .expect("the prelude is part of the program and parses");
    Module::with_temp_heap(|module| {
        module.set("GUARDED", module.heap().alloc(guard::GUARDED.to_vec()));
        let mut eval = Evaluator::new(&module);
        eval.eval_module(ast, &globals).expect("the prelude only defines functions");
        drop(eval);
        module.freeze().expect("functions can be frozen")
    })
});

#[starlark_module]
fn call_tool_function(builder: &mut GlobalsBuilder) {
    fn call_tool<'v>(
        #[starlark(require = pos)] name: &str,
        #[starlark(require = pos)] tried: bool,
        #[starlark(require = pos)] args: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let args_json = value::write(args)
            .map_err(|source| ArgumentError::Result { call: name.to_owned(), source })?;
        let mind = Mind::current()?;
        let answer = mind.ask(Asked::Tool { name: name.to_owned(), args_json })?;
        let heap = eval.heap();
        if answer.outcome == Outcome::Done {
            let result = value::read(&answer.result_json, heap)
                .map_err(|source| ArgumentError::Result { call: name.to_owned(), source })?;
            if !tried {
                return Ok(result);
            }
            return Ok(heap.alloc(AllocDict([("ok", Value::new_bool(true)), ("value", result)])));
        }
        let failure = Failure::of(&answer);
        if !tried {
            let why = format!("{name} did not work: {}", failure.why);
            return Err(mind.end(Ending::Stuck(why)));
        }
        let text = |text: &str| heap.alloc_str(text).to_value();
        Ok(heap.alloc(AllocDict([
            ("ok", Value::new_bool(false)),
            ("why", text(&failure.why)),
            ("kind", text(&failure.kind)),
        ])))
    }
}

/// Why a tool call did not end as done.
#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    kind: String,
    why: String,
}

impl Failure {
    fn of(answer: &Answer) -> Self {
        let kind = match answer.outcome {
            Outcome::Done => "done",
            Outcome::Failed => "failed",
            Outcome::Denied => "denied",
            Outcome::Interrupted => "interrupted",
        };
        let parsed = serde_json::from_str::<Self>(&answer.result_json).ok();
        let text = || serde_json::from_str::<String>(&answer.result_json).ok();
        let mut failure = parsed.unwrap_or_else(|| {
            let why = text().unwrap_or_else(|| answer.result_json.clone());
            Self { kind: String::new(), why }
        });
        if failure.why.is_empty() {
            failure.why = format!("it was {kind}");
        }
        if failure.kind.is_empty() {
            kind.clone_into(&mut failure.kind);
        }
        failure
    }
}

/// The named arguments of a native as JSON, then as the type it wants.
fn arguments<'v, T: serde::de::DeserializeOwned>(
    call: &'static str,
    entries: impl Iterator<Item = (&'v str, Value<'v>)>,
) -> Result<T, ArgumentError> {
    let json =
        value::write_object(entries).map_err(|source| ArgumentError::Shape { call, source })?;
    serde_json::from_str(&json).map_err(|source| ArgumentError::Fields { call, source })
}

fn check_plan(plan: &PlanSpec) -> Result<(), ArgumentError> {
    let rule = |holds: bool, what| {
        if holds { Ok(()) } else { Err(ArgumentError::Rule { call: "plan", what }) }
    };
    let unique = |keys: Vec<&String>| {
        let count = keys.len();
        let mut keys: Vec<_> = keys.into_iter().filter(|key| !key.is_empty()).collect();
        keys.sort();
        keys.dedup();
        keys.len() == count
    };
    rule(!plan.goal.trim().is_empty(), "the goal is empty")?;
    rule(plan.steps.len() <= task::limits::PLAN_STEPS_MAX, "there are too many steps")?;
    rule(plan.checks.len() <= task::limits::PLAN_CHECKS_MAX, "there are too many checks")?;
    rule(
        unique(plan.steps.iter().map(|StepSpec { key, .. }| key).collect()),
        "each step needs a key of its own",
    )?;
    rule(
        unique(plan.checks.iter().map(|CheckSpec { key, .. }| key).collect()),
        "each check needs a key of its own",
    )?;
    rule(plan.steps.iter().all(|step| !step.text.trim().is_empty()), "a step has no text")
}

fn check_question(ask: &Ask) -> Result<(), ArgumentError> {
    let rule = |holds: bool, what| {
        if holds { Ok(()) } else { Err(ArgumentError::Rule { call: "ask", what }) }
    };
    rule(!ask.text.trim().is_empty(), "the question is empty")?;
    rule(ask.choices.len() <= task::limits::OPTIONS_MAX, "there are too many choices")?;
    rule(
        ask.free || !ask.choices.is_empty(),
        "there is nothing to answer: no choices, and not free",
    )?;
    let offered = |key: &String| ask.choices.iter().any(|choice| choice.key == *key);
    rule(ask.free || ask.suggested.as_ref().is_none_or(offered), "what is suggested is no choice")
}

/// How a script asks the person.
#[starlark_module]
fn questions(builder: &mut GlobalsBuilder) {
    fn plan<'v>(
        #[starlark(require = pos)] goal: Value<'v>,
        #[starlark(require = named)] steps: Value<'v>,
        #[starlark(require = named)] checks: Value<'v>,
        #[starlark(require = named)] writes: Option<Value<'v>>,
        #[starlark(require = named)] estimate: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let writes = writes.unwrap_or_else(|| eval.heap().alloc(Vec::<Value>::new()));
        let estimate = estimate.unwrap_or_else(Value::new_none);
        let entries = [
            ("goal", goal),
            ("steps", steps),
            ("checks", checks),
            ("writes", writes),
            ("estimate", estimate),
        ];
        let plan: PlanSpec = arguments("plan", entries.into_iter())?;
        check_plan(&plan)?;
        let mind = Mind::current()?;
        let answer = mind.ask(Asked::Plan(plan.clone()))?;
        let refused = || PlanAnswer { approved: false, steps: vec![] }.to_json();
        let json = if answer.outcome == Outcome::Done { answer.result_json } else { refused() };
        let result = value::read(&json, eval.heap());
        Ok(result.map_err(|source| ArgumentError::Result { call: "plan".to_owned(), source })?)
    }

    fn ask<'v>(
        #[starlark(require = pos)] text: &str,
        #[starlark(require = named, default = "")] why: &str,
        #[starlark(require = named)] choices: Option<Value<'v>>,
        #[starlark(require = named)] suggested: Option<Value<'v>>,
        #[starlark(require = named, default = false)] free: bool,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        #[derive(Deserialize)]
        struct Offer {
            choices: Vec<Choice>,
            suggested: Option<String>,
        }
        let choices = choices.unwrap_or_else(|| eval.heap().alloc(Vec::<Value>::new()));
        let suggested = suggested.unwrap_or_else(Value::new_none);
        let entries = [("choices", choices), ("suggested", suggested)];
        let Offer { choices, suggested } = arguments("ask", entries.into_iter())?;
        let (text, why, pictures) = (text.to_owned(), why.to_owned(), vec![]);
        let ask = Ask { text, why, pictures, choices, suggested, free };
        check_question(&ask)?;
        let mind = Mind::current()?;
        let answer = mind.ask(Asked::Question(ask.clone()))?;
        if answer.outcome != Outcome::Done {
            let why = format!("the question \"{}\" was not answered", ask.text);
            return Err(mind.end(Ending::Stuck(why)));
        }
        // The answer is the person's text itself or a JSON text of it.
        let told = serde_json::from_str::<String>(&answer.result_json);
        let told = told.unwrap_or_else(|_| answer.result_json.clone());
        Ok(eval.heap().alloc_str(&told).to_value())
    }
}

/// How a script says where it is, what proves it, and how it ended.
#[starlark_module]
fn words(builder: &mut GlobalsBuilder) {
    fn step(#[starlark(require = pos)] key: &str) -> starlark::Result<NoneType> {
        Mind::current()?.ask(Asked::Step { key: key.to_owned() })?;
        Ok(NoneType)
    }

    fn check<'v>(
        #[starlark(require = pos)] key: &str,
        #[starlark(require = pos)] tool: &str,
        #[starlark(kwargs)] args: SmallMap<String, Value<'v>>,
    ) -> starlark::Result<NoneType> {
        let entries = args.iter().map(|(name, value)| (name.as_str(), *value));
        let args_json = value::write_object(entries)
            .map_err(|source| ArgumentError::Shape { call: "check", source })?;
        let asked = Asked::Check { key: key.to_owned(), tool: tool.to_owned(), args_json };
        let mind = Mind::current()?;
        let answer = mind.ask(asked)?;
        if answer.outcome != Outcome::Done {
            let why = format!("check {key} cannot be made: {}", Failure::of(&answer).why);
            return Err(mind.end(Ending::Stuck(why)));
        }
        Ok(NoneType)
    }

    fn finish(#[starlark(require = pos)] summary: &str) -> starlark::Result<NoneType> {
        Err(Mind::current()?.end(Ending::Finished(cut(summary))))
    }

    fn stuck(#[starlark(require = pos)] why: &str) -> starlark::Result<NoneType> {
        Err(Mind::current()?.end(Ending::Stuck(cut(why))))
    }
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(limits::WORDS_BYTES_MAX);
    text[..end].to_owned()
}

#[starlark_module]
fn json_functions(builder: &mut GlobalsBuilder) {
    fn encode<'v>(#[starlark(require = pos)] value: Value<'v>) -> starlark::Result<String> {
        let text = value::write(value);
        Ok(text.map_err(|source| ArgumentError::Shape { call: "json.encode", source })?)
    }

    fn decode<'v>(
        #[starlark(require = pos)] text: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let value = value::read(text, eval.heap());
        Ok(value.map_err(|source| ArgumentError::Shape { call: "json.decode", source })?)
    }
}
