//! The scripted mind and the canned edges: what each effect brings, at once.

use task::{
    AppliedCounts, Ask, AskedCall, AskedKind, BlobRef, Boundary, Budget, ChangeCounts, CheckResult,
    Choice, Effect, Input, Isolation, MindRef, Outcome, Payload, Plan, PlannedCheck, ShareBase,
    Step, StepState, Task, ToolAccess,
};

/// The playbook that a task gets.
pub(crate) fn mind(asked: Option<&str>, read_only: bool) -> MindRef {
    let usual = if read_only { "find-duplicates" } else { "expense-report" };
    MindRef::Playbook { name: asked.unwrap_or(usual).to_owned(), source: blob() }
}

/// What comes back from carrying `effect` out.
pub(crate) fn carry_out(task: &Task, effect: Effect) -> Vec<Input> {
    match effect {
        Effect::Prepare => {
            let bases = task.shares().iter().map(|share| ShareBase {
                share: share.name.clone(),
                manifest: blob(),
                entries: 9,
            });
            let isolation = Isolation::Jail;
            vec![Input::MachinePrepared { bases: bases.collect(), isolation }]
        }
        Effect::Think { turn, .. } => vec![think(task, turn)],
        Effect::RunCall { call } => {
            let ran = task.call(call).expect("the call is due");
            let started = Input::CallStarted { call };
            let broken = inline(&ran.args).contains("broken.pdf");
            if task.request().contains("slow") && ran.tool == "read_receipt" {
                return vec![started];
            }
            let (outcome, result) = if broken {
                (Outcome::Failed, r#"{"kind":"unreadable","why":"the file is damaged"}"#)
            } else {
                (Outcome::Done, "{}")
            };
            vec![started, Input::CallEnded { call, outcome, result: json(result) }]
        }
        Effect::RunCheck { check } => {
            let passed = !task.request().contains("wrong");
            let sum = if passed { "412.50" } else { "397.50" };
            let evidence = vec![
                "9 documents: 8 rows, 1 set aside".to_owned(),
                format!("sources sum up to 412.50, the sheet says {sum}"),
            ];
            let result = CheckResult { passed, evidence };
            vec![Input::CheckStarted { check }, Input::CheckEnded { check, result }]
        }
        // A playbook has no helpers.
        Effect::EndHelper { .. } => vec![],
        Effect::Seal => vec![Input::ChangesListed { changes: blob(), counts: counts(task) }],
        Effect::Apply { apply } => {
            let conflicts = u64::from(task.request().contains("conflict"));
            let counts = AppliedCounts { applied: 4 - conflicts, conflicts, skipped: 0 };
            vec![Input::ApplyEnded { apply, report: blob(), counts }]
        }
        Effect::Undo { apply, .. } => {
            let counts = AppliedCounts { applied: 4, conflicts: 0, skipped: 0 };
            vec![Input::UndoEnded { apply, report: blob(), counts }]
        }
    }
}

fn counts(task: &Task) -> ChangeCounts {
    if task.plan_decided() != Some(true) {
        return ChangeCounts::default();
    }
    let ticks = u64::from(task.request().contains("tick"));
    ChangeCounts { created: 2, modified: 1, moved: 1, deleted: 0, ticks, refused: 0 }
}

fn think(task: &Task, turn: u32) -> Input {
    let asked =
        |text: &str, calls: Vec<AskedCall>| Input::MindAsked { text: text.to_owned(), calls };
    match turn {
        0 => asked("", vec![tool("describe_files", r#"{"path":"Receipts"}"#, ToolAccess::Read)]),
        1 if task.request().contains("stuck") => {
            Input::MindStuck { why: "there is no receipt in this folder".to_owned() }
        }
        1 => asked("", vec![call("plan", AskedKind::Plan(plan(task)))]),
        2 => asked("", vec![call("ask", AskedKind::Ask(ask(task)))]),
        3 => asked(
            "",
            vec![
                call("step", AskedKind::Step { key: "read".to_owned() }),
                tool("read_receipt", r#"{"path":"Receipts/hotel.pdf"}"#, ToolAccess::Read),
                tool("read_receipt", r#"{"path":"Receipts/broken.pdf"}"#, ToolAccess::Read),
            ],
        ),
        4 => {
            let args = json(r#"{"workbook":"Receipts/Expenses.xlsx"}"#);
            let check = AskedKind::Check {
                key: "sums".to_owned(),
                tool: "check_expenses".to_owned(),
                args,
            };
            let path = r#"{"path":"Receipts/Expenses.xlsx"}"#;
            asked(
                "",
                vec![
                    call("step", AskedKind::Step { key: "write".to_owned() }),
                    tool("write_workbook", path, ToolAccess::Write),
                    call("check", check),
                ],
            )
        }
        _ => Input::MindFinished {
            summary: "8 receipts over 412.50 EUR are in Expenses.xlsx; 1 was set aside.".to_owned(),
        },
    }
}

fn plan(task: &Task) -> Plan {
    let step = |(key, text): (&str, &str), id| Step {
        id: task::StepId(id),
        key: key.to_owned(),
        text: text.to_owned(),
        details: vec![],
        state: StepState::Planned,
        locked: false,
        comment: String::new(),
    };
    let mut steps = vec![
        step(("read", "Read the 9 documents"), 1),
        step(("write", "Write Expenses.xlsx, a sheet per month"), 2),
        step(("page", "Write Expenses.md, one page"), 3),
    ];
    steps[0].details = vec!["hotel.pdf".to_owned(), "領収書 \u{1b}[31m東京.pdf".to_owned()];
    let text = "The totals, computed again from the sources, equal the sheet's".to_owned();
    Plan {
        goal: "An expense report of 9 documents in Receipts".to_owned(),
        steps,
        checks: vec![PlannedCheck { id: task::CheckId(1), key: "sums".to_owned(), text }],
        boundary: Boundary {
            writes: task.shares().iter().map(|share| share.name.clone()).collect(),
            budget: Budget::new(1000, 60_000),
        },
        estimate: Some("a few seconds".to_owned()),
    }
}

fn ask(task: &Task) -> Ask {
    let is_sure = !task.request().contains("unsure");
    Ask {
        text: "Which currency is \"Hotel 120,00\" in?".to_owned(),
        why: "hotel.pdf names none, and the total depends on it.".to_owned(),
        pictures: vec![],
        choices: vec![Choice::new("usd", "US dollar"), Choice::new("eur", "Euro")],
        suggested: is_sure.then(|| "eur".to_owned()),
        free: true,
    }
}

fn call(tool: &str, kind: AskedKind) -> AskedCall {
    AskedCall { tool: tool.to_owned(), args: json("{}"), kind }
}

fn tool(tool: &str, args: &str, access: ToolAccess) -> AskedCall {
    AskedCall { tool: tool.to_owned(), args: json(args), kind: AskedKind::Tool { access } }
}

fn json(text: &str) -> Payload {
    Payload::Inline(text.to_owned())
}

fn inline(payload: &Payload) -> &str {
    match payload {
        Payload::Inline(text) => text,
        Payload::Blob(_) => "",
    }
}

fn blob() -> BlobRef {
    BlobRef { hash: "b".repeat(64), size_bytes: 1 }
}
