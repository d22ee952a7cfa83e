//! What holds for every command: help, JSON, plain pipes, statuses, errors.

use crate::world::World;
use insta::assert_snapshot;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

const COMMANDS: [&str; 23] = [
    "allow",
    "answer",
    "apply",
    "changes",
    "completions",
    "doctor",
    "export",
    "list",
    "log",
    "machine",
    "man",
    "models",
    "open",
    "plan",
    "replay",
    "run",
    "say",
    "secret",
    "serve",
    "show",
    "stop",
    "undo",
    "watch",
];

#[test]
fn every_help_has_an_example_and_names_json() {
    let world = World::without_daemon();
    let top = world.run("--help");
    for command in COMMANDS {
        assert!(top.out.contains(&format!("  {command} ")), "{command} is not in the help");
        for flag in ["-h", "--help"] {
            let help = world.run(&format!("{command} {flag}"));
            assert_eq!((help.status, help.err.as_str()), (0, ""), "{command}");
            let example = format!("  legwork {command}");
            assert!(help.out.contains("Example") && help.out.contains(&example), "{}", help.out);
            assert!(help.out.contains("--json"), "{}", help.out);
            assert!(!help.out.contains('\u{1b}'), "{command}: colour in a pipe");
        }
    }
    for command in ["", "run", "watch"] {
        let help = world.run(&format!("{command} --help")).out;
        assert!(help.contains("Exit status:") && help.contains("needs you"), "{help}");
    }
}

#[test]
fn the_help_of_all() {
    let world = World::without_daemon();
    assert_snapshot!(world.run("-h").shown(), @r#"
    status 0
    A coworker for your files: hand over a task, review what it did, keep it or throw it away

    Usage: legwork [OPTIONS] [COMMAND]

    Commands:
      run          Hand over a task and follow it
      open         Open the window: your tasks in a browser
      list         List your tasks, newest first
      show         Show a task: its plan, checks and results
      watch        Follow a task; answer its questions in a terminal
      answer       Answer a question that a task asks
      plan         Show a task's plan, change it, approve it or refuse it
      secret       Keep a secret that machines use without ever seeing it, list them, or remove one
      memory       Show what Legwork remembers of you, change it, or forget an entry
      machine      Show the machines of tasks, look into one, and make what they are made of
      allow        Allow a task's machine to reach more
      boundary     Show what a task may do, and switch parts of it on and off
      archive      Put a task away that you are through with
      say          Tell a task something while it is under way
      stop         Stop a task; what it did so far can still be reviewed
      pause        Pause a task: nothing new starts until `resume`, and its time stands still
      resume       Let a paused task go on
      ask          Ask about a task on the side; it goes on undisturbed and never knows
      switch       Have another language model go on with a task
      changes      Show what a task would change in your folders, file by file
      apply        Bring a task's changes into your folders
      undo         Take a task's applied changes back out of your folders
      log          Show everything that happened in a task, event by event
      models       List the language models that this computer can use, and what they cost
      replay       Do a recorded task again, from the same request and folders
      export       Write a task's whole record into a tar archive: its events and files
      settings     Show what can be set, or set it; the file's comments stay
      rules        Show what every task may always or never reach, and change it
      phone        Let phones reach your tasks, at an address that you choose
      search       Search everything ever done: what was asked, planned, made and said
      doctor       Examine whether everything Legwork needs is there, and say what to do
      serve        Be the daemon that does the tasks; other commands start it when none runs
      completions  Print the completions for a shell
      man          Write the man pages into a folder
      help         Print this message or the help of the given subcommand(s)

    Options:
          --json     Print JSON instead of text, and never ask anything
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Examples:
      legwork
      legwork run "Make an expense report from these receipts" --folder ~/Receipts
    "#);
}

#[test]
fn the_help_of_run() {
    let world = World::without_daemon();
    assert_snapshot!(world.run("run -h").shown(), @r#"
    status 0
    Hand over a task and follow it

    Usage: legwork run [OPTIONS] <REQUEST>

    Arguments:
      <REQUEST>  What is to be done, in your words

    Options:
      -f, --folder <DIR[:ro]>  A folder the task may see; with `:ro` at its end it is only read
          --json               Print JSON instead of text, and never ask anything
      -y, --yes                Approve the plan as proposed, and take the suggested answer to each
                               question
          --apply              Apply the changes if, and only if, every check passed
          --playbook <NAME>    Use this playbook instead of choosing one by the request's words
          --model <NAME>       Let this language model do it; `legwork models` lists them
          --no-plan            Let a model write in its copy without a plan to approve
          --allow <WORDS>      What its machine may reach, in plain words; without this it asks when
                               something tries
          --machine <KIND>     Which kind of machine it works in; it never becomes a weaker one by
                               itself [default: auto] [possible values: jail, vm, auto]
          --with <NAME>        Begin with what an earlier task installed, kept with `legwork machine
                               keep`
          --detach             Hand the task over and return at once
      -h, --help               Print help (see more with '--help')

    Examples:
      legwork run "Make an expense report from these receipts" --folder ~/Receipts
      legwork run "Sort these files" --folder ~/Downloads --folder ~/Books:ro --yes --apply
      legwork run "What do these contracts say?" --folder ~/Contracts:ro --model anthropic
      legwork run "Plot these figures" --folder ~/Figures --allow "packages" --machine vm
    "#);
}

#[test]
fn every_json_is_one_value_per_line() {
    let world = World::new();
    world.has_task("make a report", "");
    world.has_task("an unsure report", "--yes");
    let asked = ["answer aaaacccc", "answer aaaacccc usd"];
    let lines = [
        "EMPTY",
        "list",
        "show aaaabbbb",
        "plan aaaabbbb",
        "plan aaaabbbb --add more",
        "plan aaaabbbb --approve",
        "say aaaabbbb also-this",
        asked[0],
        asked[1],
        "changes aaaacccc",
        "changes aaaacccc Expenses.xlsx",
        "apply aaaacccc",
        "undo aaaacccc",
        "watch aaaacccc",
        "log aaaacccc",
        "export aaaacccc",
        "stop aaaabbbb",
        "doctor",
        "man pages",
        "run another --folder Receipts --yes",
        "run another --folder Receipts --detach",
        "serve --stop",
    ];
    for line in lines {
        let line = if line == "EMPTY" { "" } else { line };
        let ended = world.run(&format!("{line} --json"));
        assert_eq!(ended.err, "", "{line}");
        let values = ended.json();
        let is_many = line.starts_with("log") || line.starts_with("watch");
        assert!(
            if is_many { values.len() > 10 } else { values.len() == 1 },
            "{line}: {}",
            ended.out
        );
    }
}

#[test]
fn json_of_run_is_the_task_as_it_ended() {
    let world = World::new();
    let ended = world.run("run 'make a report' --folder Receipts --yes --apply --json");
    let task = &ended.json()[0];
    assert_eq!((ended.status, &task["status"]), (0, &"done".into()));
    assert_eq!(task["applied"]["applied"], 4);
    let ended = world.run("run 'make a report' --folder Receipts --json");
    assert_eq!((ended.status, &ended.json()[0]["plan_waits"]), (3, &true.into()));
    let ended = world.run("run x --folder nowhere --json");
    let error: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert_eq!(error["error"]["code"], "folder-missing");
}

#[test]
fn the_status_tells_how_a_task_ended() {
    let world = World::new();
    let cases = [
        ("run 'make a report' --folder Receipts --yes", 0),
        ("run 'a stuck report' --folder Receipts --yes", 3),
        ("run 'a wrong report' --folder Receipts --yes --apply", 3),
        ("run 'make a report' --folder Receipts", 3),
        ("plan last --refuse", 0),
        ("watch last", 4),
    ];
    for (line, status) in cases {
        let ended = world.run(line);
        assert_eq!(ended.status, status, "{line}\n{}", ended.shown());
    }
    world.has_task("a slow report", "--yes");
    world.run("stop last");
    assert_eq!(world.run("watch last").status, 1);
}

#[test]
fn text_in_a_pipe_is_plain_and_never_asks() {
    let world = World::new();
    world.has_task("\u{1b}]0;title\u{7} \u{9b}2J report", "");
    world.has_task("a conflict tick report", "--yes --apply");
    for line in [
        "",
        "list",
        "show last",
        "show aaaabbbb",
        "watch aaaabbbb",
        "plan aaaabbbb",
        "changes last",
        "log aaaabbbb",
        "doctor",
        "nonsense",
        "show zzzzzzzz",
    ] {
        let shown = world.run(line).shown();
        let odd = shown.chars().find(|&letter| letter.is_control() && letter != '\n');
        assert_eq!(odd, None, "{line}: {shown:?}");
    }
}

/// What is said to each of `lines`, which all go wrong or do nothing.
fn told(world: &World, lines: &[&str]) -> String {
    let told = lines.iter().map(|line| {
        let ended = world.run(line);
        assert!(ended.out.is_empty() || ended.status == 0, "{line}: {}", ended.out);
        format!("$ legwork {line}\n{}", ended.shown())
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_task_that_is_not_there_is_told() {
    let world = World::new();
    let before = told(&world, &["show last"]);
    world.has_task("make a report", "");
    world.has_task("make a report", "");
    let lines = ["show aaaa", "show qqqq", "show zzzzzzzz"];
    assert_snapshot!(format!("{before}\n{}", told(&world, &lines)), @"
    $ legwork show last
    status 2
    --- errors
    error: there are no tasks yet
    next:  start one: `legwork` shows what it can do
           [task-unknown]

    $ legwork show aaaa
    status 2
    --- errors
    error: 2 tasks have names that begin with `aaaa`
    cause: among them aaaacccc and aaaabbbb
    next:  type more letters; `legwork list` shows them all
           [task-ambiguous]

    $ legwork show qqqq
    status 2
    --- errors
    error: there is no task whose name begins with `qqqq`
    next:  `legwork list` shows your tasks
           [task-unknown]

    $ legwork show zzzzzzzz
    status 2
    --- errors
    error: there is no task zzzzzzzz
    next:  `legwork list` shows your tasks
           [task-unknown]
    ");
}

#[test]
fn a_mistyped_command_is_told() {
    let world = World::without_daemon();
    let lines = ["nonsense", "lsit", "run x --fodler .", "run make a report", "list --jsn --json"];
    assert_snapshot!(told(&world, &lines), @r#"
    $ legwork nonsense
    status 2
    --- errors
    error: there is no command `nonsense`
    next:  `legwork help` lists the commands
           [usage]

    $ legwork lsit
    status 2
    --- errors
    error: there is no command `lsit`
    next:  did you mean `switch` or `list`?
    next:  `legwork help` lists the commands
           [usage]

    $ legwork run x --fodler .
    status 2
    --- errors
    error: there is no option `--fodler` here
    next:  did you mean `--folder`?
    next:  usage: legwork run --folder <DIR[:ro]> <REQUEST>
           [usage]

    $ legwork run make a report
    status 2
    --- errors
    error: there is no place for `a` here
    next:  put words that belong together into quotes
    next:  usage: legwork run [OPTIONS] <REQUEST>
           [usage]

    $ legwork list --jsn --json
    status 2
    --- errors
    {"error":{"kind":"user","code":"usage","what":"there is no option `--jsn` here","next":["did you mean `--json`?","usage: legwork list --json"]}}
    "#);
}

#[test]
fn a_value_that_is_missing_or_wrong_is_told() {
    let world = World::without_daemon();
    let lines = [
        "run",
        "say last",
        "plan last --approve --refuse",
        "plan last --move 1",
        "plan last --strike one",
        "completions tcsh",
    ];
    assert_snapshot!(told(&world, &lines), @"
    $ legwork run
    status 2
    --- errors
    error: <REQUEST> is missing
    next:  usage: legwork run <REQUEST>
           [usage]

    $ legwork say last
    status 2
    --- errors
    error: <TEXT> is missing
    next:  usage: legwork say <TASK> <TEXT>
           [usage]

    $ legwork plan last --approve --refuse
    status 2
    --- errors
    error: --approve does not go together with --refuse
    next:  usage: legwork plan --approve <TASK>
           [usage]

    $ legwork plan last --move 1
    status 2
    --- errors
    error: --move <N> <POS> needs another number of values
    next:  usage: legwork plan [OPTIONS] <TASK>
           [usage]

    $ legwork plan last --strike one
    status 2
    --- errors
    error: `one` does not fit --strike <N>
    next:  see `legwork --help`
           [usage]

    $ legwork completions tcsh
    status 2
    --- errors
    error: `tcsh` does not fit <SHELL>
    next:  did you mean `zsh`?
    next:  use one of bash, elvish, fish, powershell, zsh
    next:  see `legwork --help`
           [usage]
    ");
}

#[test]
fn a_folder_or_request_that_does_not_do_is_told() {
    let world = World::without_daemon();
    let lines = [
        "run x",
        "run EMPTY --folder Receipts",
        "run x --folder Missing",
        "run x --folder .",
        "run x --folder /",
    ];
    assert_snapshot!(told(&world, &lines), @r#"
    $ legwork run x
    status 2
    --- errors
    error: no folder was named
    cause: a task sees the folders that you name, and nothing else
    next:  name one with `--folder DIR`; the folder you are in is `--folder .`
           [folder-unnamed]

    $ legwork run EMPTY --folder Receipts
    status 2
    --- errors
    error: the request is empty
    next:  say what is to be done, as in `legwork run "Sort these files" --folder .`
           [request-empty]

    $ legwork run x --folder Missing
    status 2
    --- errors
    error: there is no folder Missing
    next:  check how it is written; `ls` shows what is there
           [folder-missing]

    $ legwork run x --folder .
    status 2
    --- errors
    error: HOME is your whole home folder
    cause: it also holds your keys, your passwords and the settings of other programs
    next:  name the folder that the task is about, as in `--folder HOME/Documents`
           [folder-too-wide]

    $ legwork run x --folder /
    status 2
    --- errors
    error: the folder / cannot be shared with a task
    cause: it holds the whole system, and every secret on it
    next:  name the folder that the task is about, as in `--folder HOME/Documents`
           [folder-too-wide]
    "#);
}

#[test]
fn what_does_not_suit_the_task_is_told() {
    let world = World::new();
    world.has_task("make a report", "");
    let lines = ["plan last --strike 7", "answer last", "undo last", "apply last", "changes last"];
    assert_snapshot!(told(&world, &lines), @"
    $ legwork plan last --strike 7
    status 2
    --- errors
    error: the plan has no step 7
    cause: its steps are numbered from 1 to 3
    next:  `legwork plan TASK` shows them
           [step-unknown]

    $ legwork answer last
    status 2
    --- errors
    error: task aaaabbbb asks nothing now
    cause: its plan waits for you, which is another thing
    next:  `legwork plan aaaabbbb` shows it, `legwork plan aaaabbbb --approve` approves it
           [question-unknown]

    $ legwork undo last
    status 2
    --- errors
    error: task aaaabbbb cannot do that now
           [task-elsewhere]

    $ legwork apply last
    status 2
    --- errors
    error: the changes of task aaaabbbb cannot be applied: NotAtRest
           [apply-refused]

    $ legwork changes last
    status 0
    What the task changes is listed when its work has ended.
    ");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let world = World::new();
    world.has_task("make a report", "--yes");
    let mut command = world.command(&["log", "last"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn ctrl_c_leaves_and_the_task_goes_on() {
    let world = World::new();
    let mut command = world.command(&["run", "a slow report", "--folder", "Receipts", "--yes"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut shown = String::new();
    while !shown.contains("› 1/3") {
        assert_ne!(out.read_line(&mut shown).unwrap(), 0, "{shown}");
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut end = String::new();
    out.read_to_string(&mut end).unwrap();
    assert_snapshot!(end, @"

    Task aaaabbbb goes on without you
      return   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    ");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(world.run("show last --json").json()[0]["status"], "working");
}

#[test]
fn a_daemon_that_cannot_start_is_told() {
    let world = World::without_daemon();
    std::fs::write(world.path(".local"), "in the way").unwrap();
    let ended = world.run("list");
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("[place-unusable]"), "{}", ended.err);
    assert_eq!(world.run("--version").out, "legwork 0.0.0\n");
    let world = World::without_daemon();
    std::fs::create_dir_all(world.path(".config/legwork")).unwrap();
    std::fs::write(world.path(".config/legwork/config.toml"), "surprise = 1\n").unwrap();
    let ended = world.run("list");
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("[daemon-not-started]"), "{}", ended.err);
    let world = World::without_daemon();
    std::fs::create_dir_all(world.path(".config/legwork")).unwrap();
    let own = world.path(".config/legwork/models.toml");
    std::fs::write(&own, "[[provider]]\nname = \"x\"\nformat = \"chat\"\nbase_url = 5\n").unwrap();
    let told = world.run("list").err.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "error: Legwork's daemon did not start",
        "cause: the settings can't be used: line 4 is not as TOML has to be: invalid type: integer \
         `5`, expected a string, at `base_url = 5`",
        "next: mend line 4 of `HOME/.config/legwork/models.toml`",
    ] {
        assert!(told.contains(part), "{told}");
    }
}
