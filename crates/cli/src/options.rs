//! What can be typed: one record per command and option. Help texts, shell completions and man
//! pages are made from it.

use crate::exit::STATUSES;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;
use std::path::PathBuf;
use task::QuestionId;

/// A coworker for your files: hand over a task, review what it did, keep it or throw it away
#[derive(Debug, Parser)]
#[command(name = "legwork", version, long_about = ABOUT)]
#[command(after_help = examples(LEGWORK), after_long_help = examples_and_statuses(LEGWORK))]
pub(crate) struct Options {
    /// Print JSON instead of text, and never ask anything
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Hand over a task and follow it
    #[command(after_help = examples(RUN), after_long_help = examples_and_statuses(RUN))]
    Run(Run),
    /// Open the window: your tasks in a browser
    #[command(after_help = examples(OPEN))]
    Open(Open),
    /// List your tasks, newest first
    #[command(after_help = examples(LIST))]
    List,
    /// Show a task: its plan, checks and results
    #[command(after_help = examples(SHOW))]
    Show(Show),
    /// Follow a task; answer its questions in a terminal
    #[command(after_help = examples(WATCH), after_long_help = examples_and_statuses(WATCH))]
    Watch(One),
    /// Answer a question that a task asks
    #[command(after_help = examples(ANSWER))]
    Answer(Answer),
    /// Show a task's plan, change it, approve it or refuse it
    #[command(after_help = examples(PLAN))]
    Plan(PlanChange),
    /// Keep a secret that machines use without ever seeing it, list them, or remove one
    #[command(after_help = examples(SECRET))]
    Secret {
        #[command(subcommand)]
        command: Option<SecretCommand>,
    },
    /// Show what Legwork remembers of you, change it, or forget an entry
    #[command(after_help = examples(MEMORY))]
    Memory {
        #[command(subcommand)]
        command: Option<MemoryCommand>,
    },
    /// Show the machines of tasks, look into one, and make what they are made of
    #[command(after_help = examples(MACHINE))]
    Machine {
        #[command(subcommand)]
        command: Option<MachineCommand>,
    },
    /// Allow a task's machine to reach more
    #[command(after_help = examples(ALLOW))]
    Allow(Allow),
    /// Show what a task may do, and switch parts of it on and off
    #[command(after_help = examples(BOUNDARY))]
    Boundary(BoundaryChange),
    /// Put a task away that you are through with
    #[command(after_help = examples(ARCHIVE))]
    Archive(Archive),
    /// Tell a task something while it is under way
    #[command(after_help = examples(SAY))]
    Say(Say),
    /// Stop a task; what it did so far can still be reviewed
    #[command(after_help = examples(STOP))]
    Stop(One),
    /// Pause a task: nothing new starts until `resume`, and its time stands still
    #[command(after_help = examples(PAUSE))]
    Pause(One),
    /// Let a paused task go on
    #[command(after_help = examples(RESUME))]
    Resume(One),
    /// Ask about a task on the side; it goes on undisturbed and never knows
    #[command(after_help = examples(ASK))]
    Ask(Ask),
    /// Have another language model go on with a task
    #[command(after_help = examples(SWITCH))]
    Switch(Switch),
    /// Show what a task would change in your folders, file by file
    #[command(after_help = examples(CHANGES))]
    Changes(Changes),
    /// Bring a task's changes into your folders
    #[command(after_help = examples(APPLY))]
    Apply(Apply),
    /// Take a task's applied changes back out of your folders
    #[command(after_help = examples(UNDO))]
    Undo(One),
    /// Show everything that happened in a task, event by event
    #[command(after_help = examples(LOG))]
    Log(Log),
    /// List the language models that this computer can use, and what they cost
    #[command(after_help = examples(MODELS))]
    Models(Models),
    /// Do a recorded task again, from the same request and folders
    #[command(after_help = examples(REPLAY))]
    Replay(Replay),
    /// Write a task's whole record into a tar archive: its events and files
    #[command(after_help = examples(EXPORT))]
    Export(Export),
    /// Show what can be set, or set it; the file's comments stay
    #[command(after_help = examples(SETTINGS))]
    Settings(Settings),
    /// Show what every task may always or never reach, and change it
    #[command(after_help = examples(RULES))]
    Rules {
        #[command(subcommand)]
        command: Option<RulesCommand>,
    },
    /// Let phones reach your tasks, at an address that you choose
    #[command(after_help = examples(PHONE))]
    Phone {
        #[command(subcommand)]
        command: Option<PhoneCommand>,
    },
    /// Search everything ever done: what was asked, planned, made and said
    #[command(after_help = examples(SEARCH))]
    Search(Search),
    /// Examine whether everything Legwork needs is there, and say what to do
    #[command(after_help = examples(DOCTOR))]
    Doctor {
        /// Also mend what can be mended without a risk
        #[arg(long)]
        fix: bool,
    },
    /// Be the daemon that does the tasks; other commands start it when none runs
    #[command(after_help = examples(SERVE))]
    Serve(Serve),
    /// Print the completions for a shell
    #[command(after_help = examples(COMPLETIONS))]
    Completions(Completions),
    /// Write the man pages into a folder
    #[command(after_help = examples(MAN))]
    Man(Man),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// What is to be done, in your words
    pub(crate) request: String,
    /// A folder the task may see; with `:ro` at its end it is only read
    #[arg(long, short, value_name = "DIR[:ro]")]
    pub(crate) folder: Vec<OsString>,
    /// Approve the plan as proposed, and take the suggested answer to each question
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Apply the changes if, and only if, every check passed
    #[arg(long)]
    pub(crate) apply: bool,
    /// Use this playbook instead of choosing one by the request's words
    #[arg(long, value_name = "NAME")]
    pub(crate) playbook: Option<String>,
    /// Let this language model do it; `legwork models` lists them
    #[arg(long, value_name = "NAME", conflicts_with = "playbook")]
    pub(crate) model: Option<String>,
    /// Let a model write in its copy without a plan to approve
    #[arg(long)]
    pub(crate) no_plan: bool,
    /// What its machine may reach, in plain words; without this it asks when something tries
    #[arg(long, value_name = "WORDS")]
    pub(crate) allow: Option<String>,
    /// Which kind of machine it works in; it never becomes a weaker one by itself
    #[arg(long, value_name = "KIND", default_value = "auto")]
    pub(crate) machine: MachineKind,
    /// Begin with what an earlier task installed, kept with `legwork machine keep`
    #[arg(long, value_name = "NAME")]
    pub(crate) with: Vec<String>,
    /// Hand the task over and return at once
    #[arg(long)]
    pub(crate) detach: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Models {
    /// Ask this one for a single word, to see whether key, address and name are right
    #[arg(long, value_name = "NAME")]
    pub(crate) test: Option<String>,
    /// Keep the key of this provider, encrypted; it is asked for, or piped in, and tested at once
    #[arg(long, value_name = "PROVIDER", conflicts_with_all = ["test", "forget_key"])]
    pub(crate) keep_key: Option<String>,
    /// Forget the key that was kept of this provider
    #[arg(long, value_name = "PROVIDER", conflicts_with = "test")]
    pub(crate) forget_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Which one, as in `budget.cents`; all of them if you leave it out
    pub(crate) key: Option<String>,
    /// What it is to be; for a list, each of its texts
    pub(crate) value: Vec<String>,
    /// Take it out of the file, so that what is usual holds
    #[arg(long, conflicts_with = "value", requires = "key")]
    pub(crate) unset: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Show them, and what plain words mean on this computer
    List,
    /// Let every task reach what these words mean
    Add {
        /// What they may reach, in plain words
        words: String,
        /// Take the rules that the words mean without asking
        #[arg(long, short)]
        yes: bool,
    },
    /// Forget a rule
    Remove {
        /// The whole rule, as the list shows it
        rule: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PhoneCommand {
    /// Show where phones reach this computer, and which are let in
    List,
    /// Be reached by phones; nothing listens until you say so
    On {
        /// One address of this computer, with a port; a likely one if you leave it out
        address: Option<String>,
        /// Send everything readable, without TLS: anybody near can read and change it
        #[arg(long)]
        plain: bool,
    },
    /// Be reached by no phone any more; those that are paired stay so
    Off,
    /// Show a code that lets one more phone in
    Pair,
    /// Let a phone in no more
    Revoke {
        /// Its id or its name
        phone: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// All of them have to be found
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Let this model do it instead of the recorded answers
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Take the recorded answers up to this event of `legwork log`, and ask a model from there on
    #[arg(long, value_name = "EVENT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) from: Option<u64>,
    /// Let this playbook do it instead
    #[arg(long, value_name = "NAME", conflicts_with_all = ["model", "from"])]
    pub(crate) skill: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Show where a file comes from that it made: sources, calls, turns, decisions
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Option<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
}

#[derive(Debug, Args)]
pub(crate) struct Open {
    /// The task to show: its id, the beginning of it, or `last`; all tasks if you leave it out
    pub(crate) task: Option<String>,
    /// Only print the link, which is good once and for a minute
    #[arg(long)]
    pub(crate) link: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// A choice by its name, its words or its number, or your own words where they are welcome
    pub(crate) answer: Option<String>,
    /// Which question, by its name; the oldest one if you leave it out
    #[arg(long, short, value_name = "N")]
    pub(crate) question: Option<QuestionId>,
}

/// Kinds of machines, as people name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MachineKind {
    /// Namespaces of this computer's own kernel; starts at once
    Jail,
    /// A virtual machine, with a kernel of its own, and nothing weaker
    Vm,
    /// A virtual machine where this computer runs them at full speed, else a jail
    Auto,
}

#[derive(Debug, Args)]
pub(crate) struct Allow {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// What it may reach, in plain words
    pub(crate) words: String,
    /// Take the rules that the words mean without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MachineCommand {
    /// Show the machines of tasks, and what they keep on this computer
    #[command(after_help = examples(MACHINE_LIST))]
    List,
    /// Open a terminal in a task's machine; what you do there is part of the task
    #[command(after_help = examples(MACHINE_SHELL))]
    Shell(One),
    /// Show how much of the disk machines take, and what for
    #[command(after_help = examples(MACHINE_DU))]
    Du,
    /// Remove what ended tasks installed; their changes and their undo stay
    #[command(after_help = examples(MACHINE_FREE))]
    Free {
        /// Of this task alone: its id, the beginning of it, or `last`
        task: Option<String>,
    },
    /// Make, list or remove systems that virtual machines start from
    #[command(after_help = examples(MACHINE_IMAGE))]
    Image {
        #[command(subcommand)]
        command: Option<ImageCommand>,
    },
    /// Keep what a task installed, by a name, for later tasks
    #[command(after_help = examples(MACHINE_KEEP))]
    Keep(Keep),
    /// Show what is kept of earlier tasks, or remove some of it
    #[command(after_help = examples(MACHINE_LAYERS))]
    Layers(Layers),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Make one from this computer's own package sources; it takes some minutes
    #[command(after_help = examples(IMAGE_BUILD))]
    Build(ImageBuild),
    /// Show which there are
    #[command(after_help = examples(IMAGE_LIST))]
    List,
    /// Remove one
    #[command(after_help = examples(IMAGE_REMOVE))]
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImageBuild {
    /// How it is to be called; `standard`, or `office` with `--office`, if you leave it out
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Put LibreOffice in, to convert documents
    #[arg(long)]
    pub(crate) office: bool,
    /// Put Rust's compiler and cargo in
    #[arg(long)]
    pub(crate) rust: bool,
    /// Only what a system must have: no Python packages, no git, no Node.js
    #[arg(long)]
    pub(crate) small: bool,
    /// Put this package of the distribution in too
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) package: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Keep {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// How it is to be called
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Layers {
    /// Remove this one
    #[arg(long, value_name = "NAME")]
    pub(crate) remove: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    /// Change it in your editor (VISUAL or EDITOR)
    #[command(after_help = examples(MEMORY_EDIT))]
    Edit,
    /// Forget one entry
    #[command(after_help = examples(MEMORY_FORGET))]
    Forget {
        /// Its number, as `legwork memory` shows it
        line: usize,
    },
    /// Show what is remembered about folders that tasks were given lately
    #[command(after_help = examples(MEMORY_FOLDERS))]
    Folders,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Keep one; its value is asked for, or piped in
    #[command(after_help = examples(SECRET_SET))]
    Set(SecretSet),
    /// Show their names and where each may go, never a value
    #[command(after_help = examples(SECRET_LIST))]
    List,
    /// Forget one
    #[command(after_help = examples(SECRET_REMOVE))]
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SecretSet {
    /// Its name; programs in machines find a stand-in for it in the variable of this name
    pub(crate) name: String,
    /// The only place it may go to
    #[arg(long)]
    pub(crate) host: String,
    /// The port there
    #[arg(long, default_value_t = 443)]
    pub(crate) port: u16,
    /// Only with this method; every one if you leave it out
    #[arg(long)]
    pub(crate) method: Vec<String>,
    /// Only below this path
    #[arg(long)]
    pub(crate) path: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Log {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Only what its machine reached, wanted to reach, and was allowed
    #[arg(long)]
    pub(crate) egress: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanChange {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Change the plan in your editor (VISUAL or EDITOR)
    #[arg(long, conflicts_with_all = ["strike", "restore", "move_step", "add"])]
    pub(crate) edit: bool,
    /// Strike step N: it will not be done
    #[arg(long, value_name = "N")]
    pub(crate) strike: Vec<usize>,
    /// Take the strike of step N back
    #[arg(long, value_name = "N")]
    pub(crate) restore: Vec<usize>,
    /// Move step N so that it becomes step POS
    #[arg(long = "move", id = "move_step", value_names = ["N", "POS"], num_args = 2)]
    pub(crate) move_step: Vec<usize>,
    /// Add a step at the end, in your words
    #[arg(long, value_name = "TEXT")]
    pub(crate) add: Vec<String>,
    /// Lock step N: no later plan may change or drop it
    #[arg(long, value_name = "N")]
    pub(crate) lock: Vec<usize>,
    /// Take the lock of step N back
    #[arg(long, value_name = "N")]
    pub(crate) unlock: Vec<usize>,
    /// Say something about step N; an empty text takes it back
    #[arg(long, value_names = ["N", "TEXT"], num_args = 2)]
    pub(crate) comment: Vec<String>,
    /// Approve the plan, so that the work begins
    #[arg(long, conflicts_with = "refuse")]
    pub(crate) approve: bool,
    /// Refuse the plan, which ends the task
    #[arg(long)]
    pub(crate) refuse: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BoundaryChange {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Let it suggest changes in this folder, by the name that the task has for it
    #[arg(long, value_name = "NAME")]
    pub(crate) write: Vec<String>,
    /// Let it only read in this folder
    #[arg(long, value_name = "NAME")]
    pub(crate) no_write: Vec<String>,
    /// Take back a rule that allows it to reach something
    #[arg(long, value_name = "RULE")]
    pub(crate) take_back: Vec<String>,
    /// Minutes of work, at most
    #[arg(long, value_name = "N")]
    pub(crate) minutes: Option<u32>,
    /// US cents for its model, at most
    #[arg(long, value_name = "N")]
    pub(crate) cents: Option<u32>,
    /// Calls of tools, at most
    #[arg(long, value_name = "N")]
    pub(crate) calls: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Take it out again
    #[arg(long)]
    pub(crate) take_out: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Say {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// What to tell it
    pub(crate) text: String,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// What you want to know
    pub(crate) question: String,
}

#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// The model; `legwork models` lists them
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
}

#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// One file or folder, as the list names it or by its path on this computer
    pub(crate) path: Option<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Only these files and folders; everything if you leave it out
    pub(crate) paths: Vec<OsString>,
    /// Also a change that needs a tick of its own, such as a program that would run later
    #[arg(long, value_name = "PATH")]
    pub(crate) tick: Vec<OsString>,
    /// Apply although a check failed or the task did not end as done
    #[arg(long)]
    pub(crate) despite_checks: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The task: its id, the beginning of it, or `last`
    pub(crate) task: String,
    /// Where to write the archive, `-` for the output; `legwork-TASK.tar` if you leave it out
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// End the daemon that runs; its tasks go on when it runs again
    #[arg(long)]
    pub(crate) stop: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Where to write them; made if it is missing
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

const ABOUT: &str = "\
Legwork is a coworker for the files on your computer. Hand over a task: it shows a plan, works on \
a copy of your folders, checks its work, and changes your folders only when you apply the \
result. Every apply can be undone.

Without a command it shows what it can do right now.";

const LEGWORK: &[&str] =
    &["legwork", "legwork run \"Make an expense report from these receipts\" --folder ~/Receipts"];
const RUN: &[&str] = &[
    "legwork run \"Make an expense report from these receipts\" --folder ~/Receipts",
    "legwork run \"Sort these files\" --folder ~/Downloads --folder ~/Books:ro --yes --apply",
    "legwork run \"What do these contracts say?\" --folder ~/Contracts:ro --model anthropic",
    "legwork run \"Plot these figures\" --folder ~/Figures --allow \"packages\" --machine vm",
];
const OPEN: &[&str] = &["legwork open", "legwork open last", "legwork open --link"];
const LIST: &[&str] =
    &["legwork list", "legwork list --json | jq -r '.[] | select(.status == \"waiting\").id'"];
const SHOW: &[&str] = &["legwork show last", "legwork show last --from Receipts/Expenses.xlsx"];
const WATCH: &[&str] = &["legwork watch last", "legwork watch abcd --json"];
const ANSWER: &[&str] =
    &["legwork answer last", "legwork answer abcd EUR", "legwork answer abcd 2 --question 7"];
const PLAN: &[&str] = &[
    "legwork plan last --approve",
    "legwork plan last --edit",
    "legwork plan last --strike 2 --add \"Also sort by vendor\" --approve",
];
const BOUNDARY: &[&str] =
    &["legwork boundary last", "legwork boundary last --no-write Archive --minutes 30"];
const ARCHIVE: &[&str] = &["legwork archive last", "legwork archive abcd --take-out"];
const SAY: &[&str] = &["legwork say last \"also include the PDF files\""];
const STOP: &[&str] = &["legwork stop last"];
const PAUSE: &[&str] = &["legwork pause last"];
const RESUME: &[&str] = &["legwork resume last"];
const ASK: &[&str] = &["legwork ask last \"Which of the invoices is the largest?\""];
const SWITCH: &[&str] = &["legwork switch last anthropic", "legwork switch last openai/gpt-6.1"];
const CHANGES: &[&str] = &["legwork changes last", "legwork changes last Receipts/Expenses.xlsx"];
const APPLY: &[&str] = &[
    "legwork apply last",
    "legwork apply last Receipts/Expenses.xlsx",
    "legwork apply last --tick Project/build.sh",
];
const UNDO: &[&str] = &["legwork undo last"];
const LOG: &[&str] =
    &["legwork log last", "legwork log last --egress", "legwork log last --json | jq .event"];
const SECRET: &[&str] =
    &["legwork secret set EXAMPLE_TOKEN --host api.example.com --path /v1", "legwork secret list"];
const SECRET_SET: &[&str] = &[
    "legwork secret set EXAMPLE_TOKEN --host api.example.com",
    "legwork secret set EXAMPLE_TOKEN --host api.example.com --method GET < token.txt",
];
const SECRET_LIST: &[&str] = &["legwork secret list"];
const SECRET_REMOVE: &[&str] = &["legwork secret remove EXAMPLE_TOKEN"];
const MEMORY: &[&str] = &["legwork memory", "legwork memory edit", "legwork memory forget 2"];
const MEMORY_FOLDERS: &[&str] = &["legwork memory folders"];
const MEMORY_EDIT: &[&str] = &["legwork memory edit"];
const MEMORY_FORGET: &[&str] = &["legwork memory forget 2"];
const MACHINE: &[&str] = &["legwork machine", "legwork machine shell last"];
const MACHINE_LIST: &[&str] = &["legwork machine list"];
const MACHINE_DU: &[&str] = &["legwork machine du"];
const MACHINE_FREE: &[&str] = &["legwork machine free", "legwork machine free last"];
const MACHINE_IMAGE: &[&str] = &["legwork machine image build", "legwork machine image list"];
const MACHINE_KEEP: &[&str] = &["legwork machine keep last plotting"];
const MACHINE_LAYERS: &[&str] =
    &["legwork machine layers", "legwork machine layers --remove plotting"];
const IMAGE_BUILD: &[&str] = &[
    "legwork machine image build",
    "legwork machine image build --office",
    "legwork machine image build --name drawing --package graphviz",
];
const IMAGE_LIST: &[&str] = &["legwork machine image list"];
const IMAGE_REMOVE: &[&str] = &["legwork machine image remove office"];
const MACHINE_SHELL: &[&str] = &["legwork machine shell last"];
const ALLOW: &[&str] =
    &["legwork allow last \"packages\"", "legwork allow last \"packages, and read example.org\""];
const MODELS: &[&str] = &[
    "legwork models",
    "legwork models --test anthropic",
    "legwork models --keep-key openai < key.txt",
];
const REPLAY: &[&str] = &[
    "legwork replay last",
    "legwork replay abcd --model openai",
    "legwork replay abcd --from 40 --model openai",
];
const EXPORT: &[&str] = &["legwork export last -o task.tar"];
const SETTINGS: &[&str] = &[
    "legwork settings",
    "legwork settings budget.cents 500",
    "legwork settings budget.cents --unset",
];
const RULES: &[&str] = &["legwork rules list", "legwork rules add \"packages\""];
const PHONE: &[&str] =
    &["legwork phone on", "legwork phone pair", "legwork phone list", "legwork phone off"];
const SEARCH: &[&str] = &["legwork search hotel invoice"];
const DOCTOR: &[&str] = &["legwork doctor", "legwork doctor --fix"];
const SERVE: &[&str] = &["legwork serve", "legwork serve --stop"];
const COMPLETIONS: &[&str] =
    &["legwork completions bash > ~/.local/share/bash-completion/completions/legwork"];
const MAN: &[&str] = &["legwork man ~/.local/share/man/man1"];

fn examples(commands: &[&str]) -> String {
    let noun = if commands.len() == 1 { "Example" } else { "Examples" };
    format!("{noun}:\n  {}", commands.join("\n  "))
}

fn examples_and_statuses(commands: &[&str]) -> String {
    format!("{}\n\n{STATUSES}", examples(commands))
}
