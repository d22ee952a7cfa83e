//! Stories of one task as tables: what comes in, and what is due after it.

use task::{
    AppliedCounts, ApplyId, Ask, AskedCall, AskedKind, BlobRef, Boundary, Budget, CallId,
    ChangeCounts, CheckId, CheckResult, Choice, Driver, EgressAskId, EgressAttempt, EgressInput,
    Event, Input, Isolation, MachineWish, MindRef, Outcome, Payload, Picture, Plan, PlannedCheck,
    QuestionId, Selection, Share, ShareAccess, Standing, Step, StepId, StepState, TimeMs,
    ToolAccess,
};

fn blob() -> BlobRef {
    BlobRef { hash: "0".repeat(64), size_bytes: 0 }
}

fn create(standing: Standing, calls_max: u32) -> Input {
    let share = Share { name: "f".into(), host: "/f".into(), access: ShareAccess::Write };
    let mind = MindRef::Playbook { name: "p".into(), source: blob() };
    let budget = Budget::new(calls_max, 60_000);
    let (machine, egress) = (MachineWish::Jail, vec![]);
    let request = "do it".into();
    Input::Create {
        request,
        shares: vec![share],
        mind,
        standing,
        budget,
        machine,
        egress,
        layers: vec![],
    }
}

fn asks(kind: AskedKind) -> Input {
    let tool = "tool".to_owned();
    let call = AskedCall { tool, args: Payload::Inline("{}".into()), kind };
    Input::MindAsked { text: String::new(), calls: vec![call] }
}

fn plans() -> Input {
    let step = Step {
        id: StepId(1),
        key: "s".into(),
        text: "a step".into(),
        details: vec![],
        state: StepState::Planned,
        locked: false,
        comment: String::new(),
    };
    let check = PlannedCheck { id: CheckId(1), key: "c".into(), text: "a check".into() };
    let budget = Budget::new(100, 60_000);
    asks(AskedKind::Plan(Plan {
        goal: "g".into(),
        steps: vec![step],
        checks: vec![check],
        boundary: Boundary { writes: vec!["f".into()], budget },
        estimate: None,
    }))
}

fn writes() -> Input {
    asks(AskedKind::Tool { access: ToolAccess::Write })
}

fn reads() -> Input {
    asks(AskedKind::Tool { access: ToolAccess::Read })
}

fn questions() -> Input {
    let choices = vec![Choice::new("a", "A")];
    let (text, why) = ("which?".into(), String::new());
    let (pictures, suggested) = (vec![], None);
    asks(AskedKind::Ask(Ask { text, why, pictures, choices, suggested, free: false }))
}

fn binds() -> Input {
    let args = Payload::Inline("{}".into());
    asks(AskedKind::Check { key: "c".into(), tool: "prove".into(), args })
}

fn starts(call: u32) -> Input {
    Input::CallStarted { call: CallId(call) }
}

fn ends(call: u32) -> Input {
    let result = Payload::Inline("1".into());
    Input::CallEnded { call: CallId(call), outcome: Outcome::Done, result }
}

fn approves(approved: bool) -> Input {
    Input::PlanDecided { approved }
}

fn answers(call: u32, answer: &str) -> Input {
    Input::Answered { question: QuestionId::Call(CallId(call)), answer: answer.into() }
}

fn proves(passed: bool) -> Input {
    let result = CheckResult { passed, evidence: vec![] };
    Input::CheckEnded { check: CheckId(1), result }
}

fn finishes() -> Input {
    Input::MindFinished { summary: "done".into() }
}

fn lists() -> Input {
    let counts = ChangeCounts { created: 1, ..ChangeCounts::default() };
    Input::ChangesListed { changes: blob(), counts }
}

/// Brings the inputs a second apart; after each, one line: what is due, or how the task rests.
#[track_caller]
fn check(standing: Standing, inputs: Vec<Input>, expected: &str) {
    let (mut driver, mut ledger, mut told) = (Driver::default(), Vec::<Event>::new(), vec![]);
    let begin =
        [create(standing, 6), Input::MachinePrepared { bases: vec![], isolation: Isolation::Jail }];
    for (second, input) in begin.into_iter().chain(inputs).enumerate() {
        let events = driver.decide(input, TimeMs(second as u64 * 1000));
        driver.stored(&events);
        ledger.extend(events);
        let due = driver.task().pending();
        let replayed = Driver::resume(&ledger);
        assert_eq!(replayed.task().pending(), due, "a replay names the same work");
        told.push(match (driver.task().rest(), due.as_slice()) {
            (Some((rest, why)), []) => format!("{rest:?}: {why}"),
            (_, []) => "waits".to_owned(),
            (_, due) => format!("{due:?}"),
        });
    }
    let told = told.split_off(2).join("\n");
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    assert_eq!(told, expected.join("\n"));
}

#[test]
fn a_task_is_done_by_its_checks_and_applied_when_asked() {
    let apply = Input::ApplyAsked { selection: Selection::default(), despite_checks: false };
    let started = Input::CheckStarted { check: CheckId(1) };
    check(
        Standing::default(),
        vec![plans(), approves(true), binds(), finishes(), started, proves(true), lists(), apply],
        "waits
         [Think { turn: 1, attempt: 0 }]
         [Think { turn: 2, attempt: 0 }]
         [RunCheck { check: CheckId(1) }]
         [RunCheck { check: CheckId(1) }]
         [Seal]
         Done: its check passed
         [Apply { apply: ApplyId(1) }]",
    );
}

#[test]
fn an_apply_that_did_nothing_leaves_nothing_to_undo() {
    let apply = || Input::ApplyAsked { selection: Selection::default(), despite_checks: false };
    let ended = |id, applied, skipped| {
        let counts = AppliedCounts { applied, conflicts: 0, skipped };
        Input::ApplyEnded { apply: ApplyId(id), report: blob(), counts }
    };
    let started = Input::CheckStarted { check: CheckId(1) };
    let mut inputs =
        vec![plans(), approves(true), binds(), finishes(), started, proves(true), lists()];
    inputs.extend([apply(), ended(1, 0, 3), Input::UndoAsked]);
    inputs.extend([apply(), ended(2, 1, 2), Input::UndoAsked]);
    check(
        Standing::default(),
        inputs,
        "waits
         [Think { turn: 1, attempt: 0 }]
         [Think { turn: 2, attempt: 0 }]
         [RunCheck { check: CheckId(1) }]
         [RunCheck { check: CheckId(1) }]
         [Seal]
         Done: its check passed
         [Apply { apply: ApplyId(1) }]
         Done: its check passed
         Done: its check passed
         [Apply { apply: ApplyId(2) }]
         Done: its check passed
         [Undo { apply: ApplyId(2), attempt: 1 }]",
    );
}

#[test]
fn what_is_not_proven_needs_the_person_and_is_not_applied() {
    let apply = Input::ApplyAsked { selection: Selection::default(), despite_checks: false };
    let standing = Standing { approve_plan: true, apply_if_checked: true, ..Standing::default() };
    check(
        standing,
        vec![plans(), finishes(), lists(), apply],
        "[Think { turn: 1, attempt: 0 }]
         [Seal]
         NeedsYou: 1 of 1 checks failed
         NeedsYou: 1 of 1 checks failed",
    );
}

#[test]
fn writing_before_a_plan_is_denied_and_the_mind_goes_on() {
    check(
        Standing::default(),
        vec![writes(), reads(), starts(2), ends(2)],
        "[Think { turn: 1, attempt: 0 }]
         [RunCall { call: CallId(2) }]
         [RunCall { call: CallId(2) }]
         [Think { turn: 2, attempt: 0 }]",
    );
}

#[test]
fn a_refused_plan_ends_the_task() {
    check(
        Standing::default(),
        vec![plans(), approves(false), approves(true), lists()],
        "waits
         [Seal]
         [Seal]
         Refused: you did not approve the plan",
    );
}

#[test]
fn an_answer_must_fit_its_question_and_comes_once() {
    check(
        Standing::default(),
        vec![questions(), answers(1, "z"), answers(7, "a"), answers(1, "a"), answers(1, "a")],
        "waits
         waits
         waits
         [Think { turn: 1, attempt: 0 }]
         [Think { turn: 1, attempt: 0 }]",
    );
}

#[test]
fn a_question_shows_only_what_was_looked_at() {
    let asks_with = |path: &str| {
        let picture = Picture::of(path.to_owned());
        let choices = vec![Choice { picture: Some(picture.clone()), ..Choice::new("a", "A") }];
        let (text, why) = ("which?".into(), String::new());
        let (pictures, suggested) = (vec![picture], None);
        asks(AskedKind::Ask(Ask { text, why, pictures, choices, suggested, free: false }))
    };
    let looks = |path: &str| {
        let args = Payload::Inline(format!(r#"{{"path":"{path}"}}"#));
        let kind = AskedKind::Tool { access: ToolAccess::Read };
        let call = AskedCall { tool: "look".into(), args, kind };
        Input::MindAsked { text: String::new(), calls: vec![call] }
    };
    let inputs = vec![
        asks_with("f/a.png"),
        looks("f/a.png"),
        starts(2),
        ends(2),
        looks("f/a.png"),
        starts(3),
        ends(3),
        asks_with("f/b.png"),
        asks_with("f/a.png"),
    ];
    let (mut driver, mut ends) = (Driver::default(), vec![]);
    let begin = [
        create(Standing::default(), 9),
        Input::MachinePrepared { bases: vec![], isolation: Isolation::Jail },
    ];
    for (second, input) in begin.into_iter().chain(inputs).enumerate() {
        let events = driver.decide(input, TimeMs(second as u64 * 1000));
        ends.extend(events.iter().filter_map(|event| match event {
            Event::CallEnded { outcome: Outcome::Failed, result: Payload::Inline(why), .. } => {
                Some(why.clone())
            }
            _ => None,
        }));
        driver.stored(&events);
    }
    assert_eq!(ends.len(), 2, "{ends:?}");
    assert!(ends[0].contains("f/a.png") && ends[1].contains("f/b.png"), "{ends:?}");
    let (_, ask) = driver.task().questions().next().expect("it waits for an answer");
    let seen = Some(Picture { path: "f/a.png".into(), call: Some(CallId(3)) });
    assert_eq!(
        (ask.pictures.first(), ask.choices[0].picture.as_ref()),
        (seen.as_ref(), seen.as_ref())
    );
}

#[test]
fn a_running_call_is_interrupted_by_a_restart_and_its_late_end_is_ignored() {
    check(
        Standing::default(),
        vec![reads(), starts(1), Input::Restarted, ends(1)],
        "[RunCall { call: CallId(1) }]
         [RunCall { call: CallId(1) }]
         [Think { turn: 1, attempt: 0 }]
         [Think { turn: 1, attempt: 0 }]",
    );
}

#[test]
fn a_spent_budget_stops_the_work() {
    let turn = |call| [reads(), starts(call), ends(call)];
    let turns = (1..=6).flat_map(turn).chain([reads(), lists()]);
    let lines = (1..=6).map(|call| {
        let run = format!("[RunCall {{ call: CallId({call}) }}]");
        format!("{run}\n{run}\n[Think {{ turn: {call}, attempt: 0 }}]\n")
    });
    let end = "[Seal]\nNeedsYou: its budget is spent: 6 calls were granted";
    check(Standing::default(), turns.collect(), &(lines.collect::<String>() + end));
}

#[test]
fn waiting_for_the_person_costs_no_time() {
    let mut driver = Driver::default();
    let mut bring = |input, at| {
        let events = driver.decide(input, TimeMs(at));
        driver.stored(&events);
        (driver.task().work_ms(TimeMs(at)), driver.task().work_deadline())
    };
    bring(create(Standing::default(), 10), 0);
    assert_eq!(
        bring(Input::MachinePrepared { bases: vec![], isolation: Isolation::Jail }, 1_000).1,
        Some(TimeMs(61_000))
    );
    assert_eq!(bring(questions(), 3_000), (2_000, None));
    assert_eq!(bring(answers(1, "a"), 3_000_000), (2_000, Some(TimeMs(3_058_000))));
    assert_eq!(bring(Input::DeadlineReached, 3_057_999).0, 59_999);
    assert_eq!(bring(Input::DeadlineReached, 3_058_000).0, 60_000);
    assert_eq!(driver.task().pending(), [task::Effect::Seal]);
}

fn attempts(place: &str) -> Input {
    let rule = format!("allow reading from {place}");
    let (program, purpose) = ("curl".into(), "to read /".into());
    EgressInput::Attempted(EgressAttempt { program, place: place.into(), purpose, rule }).into()
}

fn decides(ask: u32, answer: &str) -> Input {
    Input::Answered { question: QuestionId::Egress(EgressAskId(ask)), answer: answer.into() }
}

/// Which rules hold, which questions wait, and what was decided, after the inputs.
#[track_caller]
fn check_egress(standing: Standing, inputs: Vec<Input>, expected: &str) {
    let (mut driver, mut told) = (Driver::default(), vec![]);
    let ready = Input::MachinePrepared { bases: vec![], isolation: Isolation::Jail };
    for (second, input) in [create(standing, 6), ready].into_iter().chain(inputs).enumerate() {
        let events = driver.decide(input, TimeMs(second as u64 * 1000));
        driver.stored(&events);
        let task = driver.task();
        let open: Vec<String> = task.questions().map(|(id, _)| id.to_string()).collect();
        told.push(format!("{:?} {:?}", task.egress_rules(), open));
    }
    let told = told.split_off(2).join("\n").replace("allow reading from ", "");
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    assert_eq!(told, expected.join("\n"));
}

#[test]
fn a_blocked_attempt_is_one_question_and_its_answer_a_rule() {
    check_egress(
        Standing::default(),
        vec![
            attempts("a.test"),
            attempts("a.test"),
            decides(1, "perhaps"),
            decides(1, "task"),
            decides(1, "never"),
            attempts("b.test"),
            decides(2, "once"),
            attempts("b.test"),
            decides(3, "no"),
            attempts("b.test"),
            EgressInput::Granted(vec!["x".into(), "allow reading from a.test".into()]).into(),
        ],
        r#"[] ["n1"]
           [] ["n1"]
           [] ["n1"]
           ["a.test"] []
           ["a.test"] []
           ["a.test"] ["n2"]
           ["a.test"] []
           ["a.test"] ["n3"]
           ["a.test"] []
           ["a.test"] []
           ["a.test", "x"] []"#,
    );
}

#[test]
fn what_is_answered_in_advance_opens_no_door() {
    let standing = Standing { take_suggestions: true, ..Standing::default() };
    check_egress(standing, vec![attempts("a.test")], "[] []");
}

#[test]
fn a_machine_that_cannot_be_had_waits_for_the_person_and_never_becomes_weaker_alone() {
    let Input::Create { request, shares, mind, standing, budget, .. } =
        create(Standing { take_suggestions: true, ..Standing::default() }, 6)
    else {
        panic!("it creates")
    };
    let (machine, egress) = (MachineWish::Vm, vec![]);
    let created =
        Input::Create { request, shares, mind, standing, budget, machine, egress, layers: vec![] };
    let refused = || Input::MachineRefused { why: "no image".into() };
    let says =
        |answer: &str| Input::Answered { question: QuestionId::Machine, answer: answer.to_owned() };
    let mut driver = Driver::default();
    let mut told = vec![];
    for input in [created, refused(), says("again"), refused(), says("jail"), refused()] {
        let events = driver.decide(input, TimeMs(0));
        driver.stored(&events);
        let task = driver.task();
        told.push(format!("{:?} {:?} {:?}", task.machine_wish(), task.pending(), task.rest()));
    }
    let expected = [
        "Vm [Prepare] None",
        "Vm [] None",
        "Vm [Prepare] None",
        "Vm [] None",
        "Jail [Prepare] None",
        r#"Jail [] Some((Failed, "no image"))"#,
    ];
    assert_eq!(told, expected);
}
