//! What each command shows in a pipe.

use crate::world::World;
use insta::assert_snapshot;

#[test]
fn the_first_screen() {
    let world = World::new();
    assert_snapshot!(world.run("").shown(), @r#"
    status 0
    Legwork does tasks on your files. It shows a plan, works on a copy and checks its work.
    Your folders change only when you apply the result, and every apply can be undone.

    What it can do right now, without a model and without an account:

      Expense report
        What expense-report does, in one sentence.
        In ~/Downloads: 12 documents that look like receipts
        legwork run "Make an expense report from these receipts" --folder ~/Downloads

      Tidy a folder
        What tidy-folder does, in one sentence.
        legwork run "Sort these files by what they are about" --folder ~/Downloads

      Find duplicates
        What find-duplicates does, in one sentence.
        ! its playbook cannot be read

    Models:
      ○ a key in ANTHROPIC_API_KEY: this version works without a model

      window   legwork open
      more     legwork --help
      tasks    legwork list
      trouble  legwork doctor
    "#);
    world.has_task("make a report", "");
    let shown = world.run("").out;
    assert!(shown.contains("legwork watch aaaabbbb"), "{shown}");
}

#[test]
fn run_stops_at_the_plan() {
    let world = World::new();
    let line = "run 'make a report' --folder Receipts --folder Archive:ro";
    assert_snapshot!(world.run(line).shown(), @r"
    status 3
    Task aaaabbbb
      request  make a report
      folder   HOME/Receipts
      folder   HOME/Archive
      playbook expense-report
    Looking at 18 files and folders: a copy of them, inside a jail.

    Plan: An expense report of 9 documents in Receipts
       1. Read the 9 documents
            hotel.pdf
            領収書 \x1b[31m東京.pdf
       2. Write Expenses.xlsx, a sheet per month
       3. Write Expenses.md, one page
      Done means that these checks pass:
        ○ The totals, computed again from the sources, equal the sheet's
      It may change files in Receipts, Archive: in a copy, until you apply the changes.
      It stops after 1000 calls or 1 min of work.
      Expected: a few seconds

    Task aaaabbbb waits for you to decide on its plan
      approve  legwork plan aaaabbbb --approve
      change   legwork plan aaaabbbb --edit
      refuse   legwork plan aaaabbbb --refuse
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    ");
}

#[test]
fn run_goes_through() {
    let world = World::new();
    assert_snapshot!(world.run("run 'make a report' --folder Receipts --yes").shown(), @r#"
    status 0
    Task aaaabbbb
      request  make a report
      folder   HOME/Receipts
      playbook expense-report
    Looking at 9 files and folders: a copy of them, inside a jail.

    Plan: An expense report of 9 documents in Receipts
       1. Read the 9 documents
            hotel.pdf
            領収書 \x1b[31m東京.pdf
       2. Write Expenses.xlsx, a sheet per month
       3. Write Expenses.md, one page
      Done means that these checks pass:
        ○ The totals, computed again from the sources, equal the sheet's
      It may change files in Receipts: in a copy, until you apply the changes.
      It stops after 1000 calls or 1 min of work.
      Expected: a few seconds

    ✓ Plan approved
    ✓ Answered: Which currency is "Hotel 120,00" in? Euro
      ! Reading Receipts/broken.pdf did not work: the file is damaged
    › 1/3 Read the 9 documents
    › 2/3 Write Expenses.xlsx, a sheet per month

    8 receipts over 412.50 EUR are in Expenses.xlsx; 1 was set aside.
    ✓ The totals, computed again from the sources, equal the sheet's
        9 documents: 8 rows, 1 set aside
        sources sum up to 412.50, the sheet says 412.50
    Changes: 2 created, 1 changed, 1 moved

    Task aaaabbbb is done: 1 of 1 checks passed
    What it made, for you to review:
      HOME/Receipts/Expenses.md  900 bytes
      HOME/Receipts/Expenses.xlsx  12 KB
      HOME/Receipts/notes.txt  80 bytes
      … and many more
    None of this is in your folders now.
      review   legwork changes aaaabbbb
      apply    legwork apply aaaabbbb
    "#);
}

#[test]
fn run_applies_what_was_checked() {
    let world = World::new();
    let ended = world.run("run 'make a report' --folder Receipts --yes --apply");
    let (_, end) = ended.out.split_once("\n\n8 receipts").unwrap();
    assert_snapshot!(end, @"
     over 412.50 EUR are in Expenses.xlsx; 1 was set aside.
    ✓ The totals, computed again from the sources, equal the sheet's
        9 documents: 8 rows, 1 set aside
        sources sum up to 412.50, the sheet says 412.50
    Changes: 2 created, 1 changed, 1 moved
    ✓ 4 applied

    Task aaaabbbb is done: 1 of 1 checks passed
    In your folder now:
      HOME/Receipts/Expenses.md  900 bytes
      HOME/Receipts/Expenses.xlsx  12 KB
      HOME/Receipts/notes.txt  80 bytes
      … and many more
      review   legwork changes aaaabbbb
      undo     legwork undo aaaabbbb
    ");
    assert_eq!(ended.status, 0);
}

#[test]
fn run_does_not_apply_what_failed_a_check() {
    let world = World::new();
    let ended = world.run("run 'a wrong report' --folder Receipts --yes --apply");
    let (_, end) = ended.out.split_once("› 2/3").unwrap();
    assert_snapshot!(end, @"
     Write Expenses.xlsx, a sheet per month

    8 receipts over 412.50 EUR are in Expenses.xlsx; 1 was set aside.
    ✗ The totals, computed again from the sources, equal the sheet's
        9 documents: 8 rows, 1 set aside
        sources sum up to 412.50, the sheet says 397.50
    Changes: 2 created, 1 changed, 1 moved

    Task aaaabbbb needs you: 1 of 1 checks failed
    What it made, for you to review:
      HOME/Receipts/Expenses.md  900 bytes
      HOME/Receipts/Expenses.xlsx  12 KB
      HOME/Receipts/notes.txt  80 bytes
      … and many more
    None of this is in your folders now.
      review   legwork changes aaaabbbb
      apply    legwork apply aaaabbbb --despite-checks
    ");
    assert_eq!(ended.status, 3);
}

#[test]
fn run_asks_what_it_cannot_know() {
    let world = World::new();
    let ended = world.run("run 'an unsure report' --folder Receipts --yes");
    let (_, end) = ended.out.split_once("Plan approved").unwrap();
    assert_snapshot!(end, @r#"


    ? Which currency is "Hotel 120,00" in?
      hotel.pdf names none, and the total depends on it.
      1. US dollar
      2. Euro
      Your own words are welcome, too.

    Task aaaabbbb waits for your answer
      answer   legwork answer aaaabbbb usd --question 3
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    "#);
    assert_eq!(ended.status, 3);
}

#[test]
fn detached_run_and_list() {
    let world = World::new();
    assert_snapshot!(world.run("list").shown(), @"
    status 0
    There are no tasks yet.
      begin    legwork
    ");
    assert_snapshot!(world.run("run 'make a report' --folder Receipts --detach").shown(), @"
    status 0
    Task aaaabbbb was handed over
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    ");
    world.has_task("a wrong report", "--yes");
    world.has_task("領収書 \u{1b}[31mreport", "--yes");
    assert_snapshot!(world.run("list").shown(), @r"
    status 0
    bbbbbbbb  done           2025-06-15 15:06  領収書 \x1b[31mreport
    aaaacccc  needs you      2025-06-15 15:06  a wrong report
    aaaabbbb  waits for you  2025-06-15 15:06  make a report
    ");
}

#[test]
fn show_at_the_plan_and_at_the_end() {
    let world = World::new();
    world.has_task("make a report", "");
    assert_snapshot!(world.run("show last").shown(), @r"
    status 0
    task       aaaabbbb
    request    make a report
    folder     HOME/Receipts
    playbook   expense-report
    created    2025-06-15 15:06
    machine    a jail
    work       2.5 s, 2 calls

    Plan: An expense report of 9 documents in Receipts
       1. Read the 9 documents
            hotel.pdf
            領収書 \x1b[31m東京.pdf
       2. Write Expenses.xlsx, a sheet per month
       3. Write Expenses.md, one page
      Done means that these checks pass:
        ○ The totals, computed again from the sources, equal the sheet's
      It may change files in Receipts: in a copy, until you apply the changes.
      It stops after 1000 calls or 1 min of work.
      Expected: a few seconds

    Task aaaabbbb waits for you
      approve  legwork plan aaaabbbb --approve
      change   legwork plan aaaabbbb --edit
      refuse   legwork plan aaaabbbb --refuse
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    ");
    world.has_task("a wrong report", "--yes");
    assert_snapshot!(world.run("show last").shown(), @r"
    status 0
    task       aaaacccc
    request    a wrong report
    folder     HOME/Receipts
    playbook   expense-report
    created    2025-06-15 15:06
    machine    a jail
    work       2.5 s, 9 calls

    Plan: An expense report of 9 documents in Receipts
    ✓  1. Read the 9 documents
            hotel.pdf
            領収書 \x1b[31m東京.pdf
    ✓  2. Write Expenses.xlsx, a sheet per month
       3. Write Expenses.md, one page
      Done means that these checks pass:
        ○ The totals, computed again from the sources, equal the sheet's
      It may change files in Receipts: in a copy, until you apply the changes.
      It stops after 1000 calls or 1 min of work.
      Expected: a few seconds

    ✗ The totals, computed again from the sources, equal the sheet's
        9 documents: 8 rows, 1 set aside
        sources sum up to 412.50, the sheet says 397.50

    8 receipts over 412.50 EUR are in Expenses.xlsx; 1 was set aside.

    Task aaaacccc needs you: 1 of 1 checks failed
    What it made, for you to review:
      HOME/Receipts/Expenses.md  900 bytes
      HOME/Receipts/Expenses.xlsx  12 KB
      HOME/Receipts/notes.txt  80 bytes
      … and many more
    None of this is in your folders now.
      review   legwork changes aaaacccc
      apply    legwork apply aaaacccc --despite-checks
    ");
}

#[test]
fn plan_is_printed_changed_and_decided() {
    let world = World::new();
    world.has_task("make a report", "");
    assert_snapshot!(world.run("plan last").shown(), @r"
    status 0
    Plan: An expense report of 9 documents in Receipts
       1. Read the 9 documents
            hotel.pdf
            領収書 \x1b[31m東京.pdf
       2. Write Expenses.xlsx, a sheet per month
       3. Write Expenses.md, one page
      Done means that these checks pass:
        ○ The totals, computed again from the sources, equal the sheet's
      It may change files in Receipts: in a copy, until you apply the changes.
      It stops after 1000 calls or 1 min of work.
      Expected: a few seconds

    This plan waits for you.
      approve  legwork plan aaaabbbb --approve
      change   legwork plan aaaabbbb --edit
      refuse   legwork plan aaaabbbb --refuse
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    ");
    let line = "plan last --strike 3 --move 2 1 --add 'Sort by vendor'";
    assert_snapshot!(world.run(line).shown(), @r"
    status 0
    Plan: An expense report of 9 documents in Receipts
       1. Write Expenses.xlsx, a sheet per month
       2. Read the 9 documents
            hotel.pdf
            領収書 \x1b[31m東京.pdf
    ✗  3. Write Expenses.md, one page (struck: will not be done)
       4. Sort by vendor (added by you)
      Done means that these checks pass:
        ○ The totals, computed again from the sources, equal the sheet's
      It may change files in Receipts: in a copy, until you apply the changes.
      It stops after 1000 calls or 1 min of work.
      Expected: a few seconds

    This plan waits for you.
      approve  legwork plan aaaabbbb --approve
      change   legwork plan aaaabbbb --edit
      refuse   legwork plan aaaabbbb --refuse
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    ");
    assert_snapshot!(world.run("plan last --approve").shown(), @"
    status 0
    ✓ Plan approved: the work begins.
      follow   legwork watch aaaabbbb
    ");
    world.has_task("make a report", "");
    assert_snapshot!(world.run("plan last --refuse").shown(), @"
    status 0
    ✗ Plan refused: the task ends.
    ");
}

#[test]
fn plan_is_edited_in_an_editor() {
    let world = World::new();
    world.has_task("make a report", "");
    let edit = |script: &str| {
        let mut command = world.command(&["plan", "last", "--edit", "--json"]);
        let output = command.env("EDITOR", script).output().unwrap();
        let (out, err) = (output.stdout, output.stderr);
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (out, err) = edit("sed -i -e 's/^pick 1.*/add Count them/' -e 's/^pick 2/strike 2/'");
    let plan: serde_json::Value = serde_json::from_str(&out).expect(&err);
    let steps = plan["plan"]["steps"].as_array().unwrap().iter();
    let steps: Vec<String> = steps.map(|it| format!("{} {}", it["state"], it["text"])).collect();
    assert_snapshot!(steps.join("\n"), @r#"
    "planned" "Count them"
    "struck" "Write Expenses.xlsx, a sheet per month"
    "planned" "Write Expenses.md, one page"
    "struck" "Read the 9 documents"
    "#);
    let (_, err) = edit("sed -i 's/^pick/prick/'");
    assert!(err.contains("plan-unclear") && err.contains("prick"), "{err}");
    let (_, err) = edit("false");
    assert!(err.contains("editor-failed"), "{err}");
}

#[test]
fn answer_shows_the_question_and_sends_the_answer() {
    let world = World::new();
    world.has_task("an unsure report", "--yes");
    assert_snapshot!(world.run("answer last").shown(), @r#"
    status 3
    ? Which currency is "Hotel 120,00" in?
      hotel.pdf names none, and the total depends on it.
      1. US dollar
      2. Euro
      Your own words are welcome, too.
      answer   legwork answer aaaabbbb usd --question 3
      follow   legwork watch aaaabbbb
      stop     legwork stop aaaabbbb
    "#);
    assert_snapshot!(world.run("answer last yen-and-more --question 9").shown(), @"
    status 2
    --- errors
    error: task aaaabbbb does not ask a question 9 now
    next:  question 3 waits: `legwork answer aaaabbbb` shows it
           [question-unknown]
    ");
    assert_snapshot!(world.run("answer last 2").shown(), @"
    status 0
    ✓ Answered: Euro
      follow   legwork watch aaaabbbb
    ");
    assert_snapshot!(world.run("answer last 2").shown(), @"
    status 2
    --- errors
    error: task aaaabbbb asks nothing now
    next:  `legwork show aaaabbbb` shows how it stands
           [question-unknown]
    ");
}

#[test]
fn say_and_stop() {
    let world = World::new();
    world.has_task("a slow report", "--yes");
    assert_snapshot!(world.run("say last 'also the PDF files'").shown(), @"
    status 0
    ! kept with the task, but a playbook heeds only its plan and your answers
      change   legwork plan aaaabbbb --edit
      stop     legwork stop aaaabbbb
    ");
    assert_snapshot!(world.run("stop last").shown(), @"
    status 0
    Task aaaabbbb is at rest
      look     legwork show aaaabbbb
    ");
    assert_snapshot!(world.run("stop last").shown(), @"
    status 2
    --- errors
    error: task aaaabbbb cannot do that now
           [task-elsewhere]
    ");
}

#[test]
fn changes_are_listed_with_their_differences() {
    let world = World::new();
    world.has_task("a tick report", "--yes");
    assert_snapshot!(world.run("changes last").shown(), @r"
    status 0
    Changes: 2 created, 1 changed, 1 moved; 1 need a tick of their own
    + new         Receipts/Expenses.md  900 bytes
        ! it would run as a program later
    + new         Receipts/Expenses.xlsx  12 KB
    ~ changed     Receipts/notes.txt  80 bytes
    → moved       Receipts/hotel.pdf → Receipts/old/hotel.pdf  2.4 MB
      Receipts is HOME/Receipts
    Marked with ! are changes that are only applied with a tick of their own:
      tick     legwork apply aaaabbbb --tick Receipts/Expenses.md

    Receipts/Expenses.md
      @@ -0,0 +1,2 @@
      +# Expenses
      +412.50 EUR \x1b[2J領収書
      … the rest is too long to be shown

    Receipts/Expenses.xlsx
      2025-03!A2  (empty) → Hotel Adlon
      2025-03!B2  100.00  → 120.00
      2025-03!B9  392.50  → 412.50       =SUM(B2:B8)

    Receipts/notes.txt
      @@ -1,2 +1,2 @@
       same
      -old line
      +new line

      one file legwork changes aaaabbbb PATH
      apply    legwork apply aaaabbbb
    ");
    assert_snapshot!(world.run("changes last Expenses.xlsx").shown(), @"
    status 0
    + new         Receipts/Expenses.xlsx  12 KB
      Receipts is HOME/Receipts

    Receipts/Expenses.xlsx
      2025-03!A2  (empty) → Hotel Adlon
      2025-03!B2  100.00  → 120.00
      2025-03!B9  392.50  → 412.50       =SUM(B2:B8)

      apply    legwork apply aaaabbbb
    ");
    let host = world.path("Receipts/notes.txt");
    let shown = world.run(&format!("changes last {}", host.display())).out;
    assert!(shown.contains("+new line"), "{shown}");
    assert_snapshot!(world.run("changes last nothing.txt").shown(), @"
    status 2
    --- errors
    error: the task changes nothing at Receipts/nothing.txt
    next:  `legwork changes aaaabbbb` lists what it changes
           [change-unknown]
    ");
}

#[test]
fn apply_and_undo() {
    let world = World::new();
    world.has_task("make a report", "--yes");
    assert_snapshot!(world.run("apply last").shown(), @"
    status 0
    ✓ Task aaaabbbb: 4 applied
      in       HOME/Receipts
      review   legwork changes aaaabbbb
      undo     legwork undo aaaabbbb
    ");
    assert_snapshot!(world.run("undo last").shown(), @"
    status 0
    ✓ Task aaaabbbb: 4 undone
      in       HOME/Receipts
    None of this is in your folders now.
      review   legwork changes aaaabbbb
      apply    legwork apply aaaabbbb
    ");
    assert_snapshot!(world.run("undo last").shown(), @"
    status 2
    --- errors
    error: task aaaabbbb cannot do that now
           [task-elsewhere]
    ");
    world.has_task("a conflict report", "--yes");
    assert_snapshot!(world.run("apply last Receipts/notes.txt").shown(), @"
    status 3
    ! Task aaaacccc: 3 applied, 1 kept beside yours because you changed the file
    ~ changed     Receipts/notes.txt  80 bytes
        = kept beside yours as notes (from Legwork).txt: you changed the file meanwhile
      in       HOME/Receipts
      review   legwork changes aaaacccc
      undo     legwork undo aaaacccc
    ");
    world.has_task("a wrong report", "--yes");
    assert_eq!(world.run("apply last").status, 2);
    assert_eq!(world.run("apply last --despite-checks").status, 0);
}

#[test]
fn watch_tells_the_task_from_the_start() {
    let world = World::new();
    world.has_task("a stuck report", "");
    assert_snapshot!(world.run("watch last").shown(), @"
    status 3
    Task aaaabbbb
      request  a stuck report
      folder   HOME/Receipts
      playbook expense-report
    Looking at 9 files and folders: a copy of them, inside a jail.
    Changes: nothing changed

    Task aaaabbbb needs you: there is no receipt in this folder
    Nothing in your folders was changed.
    ");
}

#[test]
fn log_tells_every_event() {
    let world = World::new();
    world.has_task("make a report", "--yes --apply");
    let start = |line: &str| line.chars().take(84).collect::<String>().trim_end().to_owned();
    let shown: Vec<String> = world.run("log last").out.lines().map(start).collect();
    assert_snapshot!(shown.join("\n"), @r#"
     1  2025-06-15 15:06  10000000  task created: make a report (in HOME/Receipts)
     2  2025-06-15 15:06  20000000  machine ready (a jail), 9 entries listed
     3  2025-06-15 15:06  30000000  mind asked [1 describe_files {"path":"Receipts"}
     4  2025-06-15 15:06  40000000  call 1 started
     5  2025-06-15 15:06  50000000  call 1 done: {}
     6  2025-06-15 15:06  60000000  mind asked [2 plan {}]
     7                    70000000  plan proposed, 3 steps: An expense report of 9 d
     8                    80000000  plan approved as you had decided before
     9                    90000000  boundary granted as you had decided before: may
    10  2025-06-15 15:06  a0000000  call 2 done: {"approved":true,"steps":[{"key":"r
    11  2025-06-15 15:06  b0000000  mind asked [3 ask {}]
    12                    c0000000  question 3: Which currency is "Hotel 120,00" in?
    13  2025-06-15 15:06  d0000000  question 3 answered as you had decided before: e
    14  2025-06-15 15:06  e0000000  call 3 done: "eur"
    15  2025-06-15 15:06  f0000000  mind asked [4 step {}; 5 read_receipt {"path":"R
    16                    01000000  step 1 reached
    17  2025-06-15 15:06  11000000  call 4 done: null
    18  2025-06-15 15:06  21000000  call 5 started
    19  2025-06-15 15:06  31000000  call 5 done: {}
    20  2025-06-15 15:06  41000000  call 6 started
    21  2025-06-15 15:07  51000000  call 6 failed: {"kind":"unreadable","why":"the f
    22  2025-06-15 15:07  61000000  mind asked [7 step {}; 8 write_workbook {"path":
    23                    71000000  step 2 reached
    24  2025-06-15 15:07  81000000  call 7 done: null
    25                    91000000  check 1 will run check_expenses {"workbook":"Rec
    26  2025-06-15 15:07  a1000000  call 9 done: null
    27  2025-06-15 15:07  b1000000  call 8 started
    28  2025-06-15 15:07  c1000000  call 8 done: {}
    29  2025-06-15 15:07  d1000000  work finished: 8 receipts over 412.50 EUR are in
    30  2025-06-15 15:07  e1000000  check 1 started
    31  2025-06-15 15:07  f1000000  check 1 passed: 9 documents: 8 rows, 1 set aside
    32  2025-06-15 15:07  02000000  changes found: 2 created, 1 changed, 1 moved
    33  2025-06-15 15:07  12000000  task at rest, done: its check passed
    34  2025-06-15 15:07  22000000  apply 1 started as you had decided before
    35  2025-06-15 15:07  32000000  apply 1 ended: 4 applied
    "#);
}

#[test]
fn export_writes_an_archive_and_overwrites_nothing() {
    let world = World::new();
    world.has_task("make a report", "--yes");
    assert_snapshot!(world.run("export last").shown(), @"
    status 0
    ✓ Task aaaabbbb was written to legwork-aaaabbbb.tar (19 bytes)
    ");
    assert_snapshot!(world.run("export last").shown(), @"
    status 2
    --- errors
    error: the archive cannot be written to legwork-aaaabbbb.tar
    cause: File exists
    next:  name another file with -o, or take that one away; nothing is overwritten
           [output-unwritable]
    ");
    assert_eq!(world.run("export last -o -").out, "archive of aaaabbbb");
    let written = std::fs::read_to_string(world.path("legwork-aaaabbbb.tar")).unwrap();
    assert_eq!(written, "archive of aaaabbbb");
}

#[test]
fn doctor_says_what_to_do() {
    let world = World::new();
    assert_snapshot!(world.run("doctor").shown(), @"
    status 1
    ✓ bwrap: version 0.8.0
    ✗ user namespaces: the system does not allow them
      next: sudo sysctl kernel.unprivileged_userns_clone=1
    ! disk: 300 MB are free
      next: make room

    socket    HOME/run/legwork/socket
    records   HOME/.local/state/legwork
    settings  HOME/.config/legwork/config.toml
    log       HOME/.local/state/legwork/daemon.log
    ");
}

#[test]
fn serve_can_be_stopped() {
    let world = World::new();
    assert_snapshot!(world.run("serve --stop").shown(), @"
    status 0
    The daemon has ended. Its tasks go on when it runs again.
    ");
    assert_snapshot!(world.run("serve --stop").shown(), @"
    status 0
    No daemon was running.
    ");
}

#[test]
fn man_pages_and_completions() {
    let world = World::new();
    assert_snapshot!(world.run("man pages").shown(), @"
    status 0
    35 man pages are in pages
      read     man pages/legwork.1
    ");
    let page = std::fs::read_to_string(world.path("pages/legwork-run.1")).unwrap();
    for part in ["legwork\\-run", "\\-\\-folder", ".SH EXAMPLES", ".SH \"EXIT STATUS\""] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let ended = world.run(&format!("completions {shell}"));
        assert!(ended.out.contains("despite-checks"), "{shell}");
    }
}

#[test]
fn a_terminal_in_a_machine_takes_what_is_piped_in() {
    let world = World::new();
    world.has_task("make a report", "");
    let keys = world.path("keys");
    std::fs::write(&keys, "exit\r").expect("room");
    let mut command = world.command(&["machine", "shell", "last"]);
    let output = command.stdin(std::fs::File::open(keys).expect("it is there")).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.stdout, b"80x24\r\n");
    assert_eq!(output.status.code(), Some(1), "its shell ended with 7");
    let ended = world.run("machine shell zzzzzzzz");
    assert!(ended.err.contains("[task-unknown]"), "{}", ended.err);
}

#[test]
fn what_machines_are_made_of_is_listed_made_and_removed() {
    let world = World::new();
    world.has_task("make a report", "");
    insta::assert_snapshot!(world.run("machine image list").shown(), @r#"
    status 0
    standard  bookworm, 258 MB, 321 packages, made 2025-06-15 15:06; virtual machines start from it
    old  cannot be used: its file root.erofs is damaged
    "#);
    insta::assert_snapshot!(world.run("machine image build --office").shown(), @r#"
    status 0
    Making the image office from this computer's own package sources. It takes minutes.
    · reading the lists of packages
    · downloading packages
    The image office is there: 258 MB.
      use it   legwork run "…" --folder DIR --machine vm
      examine  legwork doctor
    "#);
    insta::assert_snapshot!(world.run("machine image build --package nosuch").shown(), @r#"
    status 1
    Making the image standard from this computer's own package sources. It takes minutes.
    · reading the lists of packages
    · downloading packages
    --- errors
    error: the image could not be made
    cause: there is no such package
           [image-unmade]
    "#);
    insta::assert_snapshot!(world.run("machine image remove standard").shown(), @r#"
    status 0
    The image standard is gone.
    "#);
    insta::assert_snapshot!(world.run("machine layers").shown(), @r#"
    status 0
    plotting  5.0 MB, on top of base
    older  cannot be used now: the programs of this computer have changed since
    "#);
    insta::assert_snapshot!(world.run("machine keep last plotting").shown(), @r#"
    status 0
    Kept as plotting: 5.0 MB.
      use it   legwork run "…" --folder DIR --with plotting
    "#);
    insta::assert_snapshot!(world.run("machine du").shown(), @r#"
    status 0
    tasks        1.0 KB  what tasks wrote in copies of folders, and installed
    of these  400 bytes  installed by ended tasks: `legwork machine free`
    images       260 MB  systems that virtual machines start from
    sleeping     120 MB  machines that are kept asleep, to start others at once
    layers       5.0 MB  what tasks installed, kept by name, and what lies below
    all          390 MB  everything that Legwork keeps here
    free          40 GB  left on that disk
    "#);
    insta::assert_snapshot!(world.run("machine free").shown(), @r#"
    status 0
    400 bytes that ended tasks had installed are free again.
    "#);
    let removed = &world.run("machine layers --remove plotting --json").json()[0];
    assert_eq!(removed.as_array().map(Vec::len), Some(1), "{removed}");
}
