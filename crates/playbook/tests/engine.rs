//! The engine: calls, answers, replay, limits, and what is said when a script is wrong.

use playbook::{Asked, Known, Limits, Script, ScriptError, ScriptFolder, ScriptInput, Step};
use proptest::prelude::*;
use std::time::Duration;
use task::Outcome;

fn input() -> ScriptInput {
    ScriptInput {
        request: "tidy up".to_owned(),
        folders: vec![ScriptFolder { name: "in".to_owned(), writable: true }],
        today: "2026-11-20".to_owned(),
    }
}

fn start(source: &str, known: Vec<Known>) -> Script {
    Script::start(source, input(), known, Limits::USUAL)
}

/// Answers each call by `answer` until the script ends; what was asked, and how it ended.
fn drive(mut script: Script, answer: impl Fn(&Asked) -> (Outcome, String)) -> (Vec<Known>, Step) {
    let mut asked = vec![];
    loop {
        match script.next() {
            Step::Ask(call) => {
                let (outcome, result_json) = answer(&call);
                script.answer(outcome, &result_json);
                asked.push(Known { asked: call, outcome, result_json });
            }
            end => return (asked, end),
        }
    }
}

/// Every tool says its own arguments back; every plan is approved; every answer is "yes".
fn echo(asked: &Asked) -> (Outcome, String) {
    let result = match asked {
        Asked::Plan(plan) => {
            let budget = task::Budget::new(1, 1);
            playbook::PlanAnswer::of(&plan.to_plan(budget), true).to_json()
        }
        Asked::Question(_) => "\"yes\"".to_owned(),
        Asked::Step { .. } | Asked::Check { .. } => "null".to_owned(),
        Asked::Tool { args_json, .. } => args_json.clone(),
    };
    (Outcome::Done, result)
}

fn finished(source: &str) -> String {
    match drive(start(source, vec![]), echo).1 {
        Step::Finished { summary } => summary,
        other => panic!("{other:?}\n{source}"),
    }
}

fn stuck(source: &str) -> String {
    match drive(start(source, vec![]), echo).1 {
        Step::Stuck { why, .. } => why,
        other => panic!("{other:?}\n{source}"),
    }
}

#[test]
fn a_script_asks_and_is_answered() {
    let source = r#"
def main():
    listed = tools.list_files(path = "in", limit = 10)
    decided = plan(
        "order " + listed["path"],
        steps = [struct(key = "a", text = "A", details = ["x"]), {"key": "b", "text": "B"}],
        checks = [{"key": "same", "text": "same"}],
        writes = [folders[0]["name"]],
    )
    if not decided["approved"]:
        stuck("no")
    answer = ask("Really?", choices = [{"key": "yes", "label": "Yes"}], suggested = "yes")
    step(decided["steps"][1]["key"])
    check("same", "check_same_content", path = "in")
    finish("%s %s %s" % (answer, today, request))
main()
"#;
    let (asked, end) = drive(start(source, vec![]), echo);
    assert_eq!(end, Step::Finished { summary: "yes 2026-11-20 tidy up".to_owned() });
    let words: Vec<_> = asked.iter().map(|known| known.asked.in_words()).collect();
    let expected =
        ["the tool list_files", "its plan", "the question \"Really?\"", "step b", "check same"];
    assert_eq!(words, expected);
    let Asked::Tool { args_json, .. } = &asked[0].asked else { panic!() };
    assert_eq!(args_json, r#"{"path":"in","limit":10}"#);
    for known in asked {
        let (tool, args) = known.asked.to_call();
        assert_eq!(Asked::from_call(&tool, &args).unwrap(), known.asked);
    }
}

#[test]
fn a_failed_tool_ends_the_script_unless_it_was_tried() {
    let fails = |_: &Asked| (Outcome::Failed, r#"{"kind":"view","why":"no space"}"#.to_owned());
    let source = "tools.write_file(path = \"in/a\", text = \"\")\n";
    let (_, end) = drive(start(source, vec![]), fails);
    let Step::Stuck { why, error } = end else { panic!() };
    assert_eq!(why, "write_file did not work: no space");
    assert_eq!(error, ScriptError::Gave { why });
    let source = r#"
r = tools.try_write_file(path = "in/a", text = "")
finish("%s %s %s" % (r["ok"], r["kind"], r["why"]))
"#;
    let (_, end) = drive(start(source, vec![]), fails);
    assert_eq!(end, Step::Finished { summary: "False view no space".to_owned() });
}

#[test]
fn values_cross_unharmed() {
    let numbers = "[0, -1, 9007199254740993, 18446744073709551615, 0.5]";
    let source = format!(
        "v = tools.echo(v = {numbers}, t = \"Ä\\n\\\"\", n = None, d = {{\"k\": [True]}})\n\
         finish(json.encode(v))\n"
    );
    let numbers = numbers.replace(' ', "");
    assert_eq!(
        finished(&source),
        format!("{{\"v\":{numbers},\"t\":\"Ä\\n\\\"\",\"n\":null,\"d\":{{\"k\":[true]}}}}")
    );
    let inexact = |_: &Asked| (Outcome::Done, "[123456789012345678901234567890]".to_owned());
    let (_, end) = drive(start("tools.echo()\n", vec![]), inexact);
    let Step::Stuck { why, .. } = end else { panic!() };
    assert!(why.contains("cannot be passed exactly"), "{why}");
}

#[test]
fn what_the_guards_change_means_the_same() {
    let cases = [
        ("1 + 2 * 3 - 4 % 3 + (1 << 4)", "22"),
        ("\"%s-%d\" % (\"a\", 3)", "a-3"),
        ("\"%s\" % [1, 2]", "[1, 2]"),
        ("\"ab\" * 3 + \"c\"", "abababc"),
        ("[0] * 2 + [1]", "[0, 0, 1]"),
        ("(1,) + (2,)", "(1, 2)"),
        ("(\"a\" + \"b\").join([\"1\", \"2\", \"3\"])", "1ab2ab3"),
        ("\", \".join([x.upper() for x in [\"a\", \"b\"] if x.strip() != \"b\"])", "A"),
        ("\"a{}b{x}\".format(1, x = 2)", "a1b2"),
        ("\"a.b\".replace(\".\", \"-\").replace(\"-\", \"+\", 1)", "a+b"),
        ("sorted([\"b\", \"A\"], key = lambda x: x.lower())[0:1]", "[\"A\"]"),
        ("{k: v for k, v in zip([1, 2], \"ab\".elems())}", "{1: \"a\", 2: \"b\"}"),
        ("[(i, x) for i, x in enumerate(reversed([1, 2]))]", "[(0, 2), (1, 1)]"),
        ("list(range(0, 10, 5)) + list(tuple([1]))", "[0, 5, 1]"),
        ("struct(format = \"f\").format", "f"),
        ("getattr(\"-\", \"join\")([\"a\", \"b\"])", "a-b"),
        ("getattr(struct(a = 1), \"b\", 2)", "2"),
        ("str(dict([(\"a\", 1)], b = 2)) + repr(\"x\")", "{\"a\": 1, \"b\": 2}\"x\""),
        ("len(set([1, 1, 2])) + max(1, 2) + min([3, 4])", "7"),
        ("(lambda: \"x\" + \"y\")()", "xy"),
        ("\"a b\".split(\" \")[1:][0]", "b"),
        ("5 / 2 + 0.5", "3.0"),
        ("100000000000 * 100000000000", "10000000000000000000000"),
    ];
    for (expression, expected) in cases {
        assert_eq!(finished(&format!("finish(str({expression}))\n")), expected, "{expression}");
    }
    let source = r#"
def main():
    a = [1]
    b = a
    a += [2]
    a.extend([3])
    d = {"n": 0, "l": []}
    d["n"] += 2 * 3
    d["l"] += [d["n"]]
    d.update({"x": "y"})
    text = ""
    for i in range(3):
        text += str(i) + (
            "," if i < 2 else "."
        )
    t = (1,)
    t += 2, 3
    finish("%s %s %s %s" % (b, d, text, t))
main()
"#;
    assert_eq!(finished(source), "[1, 2, 3] {\"n\": 6, \"l\": [6], \"x\": \"y\"} 0,1,2. (1, 2, 3)");
}

#[test]
fn mistakes_are_told_with_their_line() {
    let cases = [
        ("x = 1\nfinish(y)\n", "in line 2"),
        ("x = 1\n\nif x\n", "in line 3"),
        ("def f():\n    return [].join(1)\nf()\n", "in line 2"),
        ("def f():\n    return {}[\n        \"a\"]\nf()\n", "in line 2"),
        ("x = \"a\" + 1\n", "in line 1"),
        ("load(\"x\", \"y\")\n", "in line 1"),
        ("x = 1\nfail(\"odd\")\n", "in line 2: fail: odd"),
        ("x = 1\n", "ended without saying"),
        ("plan(\"\", steps = [], checks = [])\n", "in line 1: plan: the goal is empty"),
        ("plan(\"g\", steps = [{\"key\": \"a\"}], checks = [])\n", "missing field `text`"),
        ("\n\nask(\"?\", choices = [])\n", "in line 3: ask: there is nothing to answer"),
        (
            "ask(\"?\", choices = [{\"key\": \"a\", \"label\": \"A\"}], suggested = \"b\")\n",
            "no choice",
        ),
        ("tools.x(f = lambda: 1)\n", "a value of type function"),
        ("x = 2\nx *= 3\n", "line 2: *= is not known here"),
        ("legwork__add = 1\n", "line 1: names that start with"),
        ("stuck(\"cannot\")\n", "cannot"),
    ];
    for (source, expected) in cases {
        let why = stuck(source);
        assert!(why.contains(expected), "{source}\n{why}");
    }
}

#[test]
fn bombs_are_stopped() {
    let limits = Limits {
        ticks_max: 3_000_000,
        heap_bytes_max: 64 << 20,
        advance: Duration::from_secs(20),
        ..Limits::USUAL
    };
    let doubled = "def f():\n    s = \"ab\"\n    for _ in range(99):\n        s = s + s\nf()\n";
    let grown = "def f():\n    s = \"ab\"\n    for _ in range(99):\n        s += s\nf()\n";
    let listed = "def f():\n    l = [1]\n    for _ in range(99):\n        l += l\nf()\n";
    let extended = "def f():\n    l = [1]\n    for _ in range(99):\n        l.extend(l)\nf()\n";
    let shared =
        "def f():\n    l = []\n    for _ in range(60):\n        l = [l, l]\n    return l\n";
    let cases = [
        ("def f():\n    for _ in range(1000):\n        for _ in range(1000000):\n            pass\nf()\n".to_owned(), "steps"),
        ("def f(n):\n    return f(n + 1)\nf(0)\n".to_owned(), "mistake"),
        ("def f(g):\n    return g(g)\nf(f)\n".to_owned(), "mistake"),
        ("x = \"a\" * 2000000000\n".to_owned(), "memory"),
        ("x = 2000000000 * \"abcdefgh\"\n".to_owned(), "memory"),
        ("x = [0] * 2000000000\n".to_owned(), "memory"),
        ("x = (0, 1) * 2000000000\n".to_owned(), "memory"),
        ("x = list(range(2000000000))\n".to_owned(), "memory"),
        ("x = max(range(2000000000))\n".to_owned(), "memory"),
        ("x = sorted([i for i in range(1000000)] * 100)\n".to_owned(), "memory"),
        (doubled.to_owned(), "memory"),
        (grown.to_owned(), "memory"),
        (listed.to_owned(), "memory"),
        (extended.to_owned(), "memory"),
        ("s = \"a\" * 4000000\nx = s.replace(\"a\", s)\n".to_owned(), "memory"),
        ("s = \"a\" * 4000000\nx = s.join([s] * 1000)\n".to_owned(), "memory"),
        ("s = \"a\" * 4000000\nx = (\"%s\" * 1000) % ((s,) * 1000)\n".to_owned(), "memory"),
        ("s = \"a\" * 4000000\nx = (\"{0}\" * 1000).format(s)\n".to_owned(), "memory"),
        ("s = \"a\" * 4000000\nx = [s.upper() for _ in range(900)]\n".to_owned(), "memory"),
        ("s = [0] * 900000\nx = [s[:] for _ in range(900)]\n".to_owned(), "memory"),
        ("s = [0] * 900000\nx = [list(s) for _ in range(900)]\n".to_owned(), "memory"),
        ("s = [0] * 900000\nx = sorted(range(900), key = lambda i: s[1:])\n".to_owned(), "memory"),
        (format!("{shared}x = str(f())\n"), "memory"),
        (format!("{shared}x = \"%s\" % f()\n"), "memory"),
        (format!("{shared}x = json.encode(f())\n"), "cannot be passed"),
        (format!("{shared}tools.echo(x = f())\n"), "cannot be passed"),
        ("x = 1 << 2000000000\n".to_owned(), "memory"),
        ("def f():\n    x = 99999999999\n    for _ in range(60):\n        x = x * x\nf()\n".to_owned(), "memory"),
        (format!("x = {}1{}\n", "(".repeat(50_000), ")".repeat(50_000)), "nested"),
        (format!("x = {}1\n", "not ".repeat(30_000)), "nested"),
        (format!("x = 1{}\n", "+1".repeat(50_000)), "nested"),
        (format!("x = 1{}\n", " if 1 else 1".repeat(9_000)), "nested"),
        (format!("x = {}\n", "-".repeat(100_000)), "nested"),
        ("def f():\n    for _ in range(10):\n        tools.x()\nf()\n".to_owned(), "more than 5 calls"),
    ];
    for (source, expected) in cases {
        let limits =
            if expected.contains("calls") { Limits { calls_max: 5, ..limits } } else { limits };
        let (_, end) = drive(Script::start(&source, input(), vec![], limits), echo);
        let head: String = source.chars().take(200).collect();
        let Step::Stuck { why, .. } = end else { panic!("{end:?}\n{head}") };
        let expected = if expected == "mistake" { "calls itself" } else { expected };
        assert!(why.contains(expected), "{head}\n{why}");
    }
}

#[test]
fn a_long_chain_of_cases_is_fine() {
    let cases = "elif x == 2:\n    pass\n".repeat(5_000);
    assert_eq!(finished(&format!("x = 1\nif x == 0:\n    pass\n{cases}finish(\"end\")\n")), "end");
}

#[test]
fn thinking_is_bounded_in_time() {
    let limits =
        Limits { ticks_max: u64::MAX, advance: Duration::from_millis(50), ..Limits::USUAL };
    let source = "def f():\n    for _ in range(1000000):\n        for _ in range(1000000):\n            pass\nf()\n";
    let mut script = Script::start(source, input(), vec![], limits);
    let Step::Stuck { error, .. } = script.next() else { panic!() };
    assert_eq!(error, ScriptError::Time { limit: Duration::from_millis(50) });
}

#[test]
fn a_thousand_calls_are_quick_and_so_is_their_replay() {
    let source = "def f():\n    n = 0\n    for i in range(1000):\n        n += tools.echo(n = i)[\"n\"]\n    finish(str(n))\nf()\n";
    let (known, end) = drive(start(source, vec![]), echo);
    assert_eq!((known.len(), &end), (1000, &Step::Finished { summary: "499500".to_owned() }));
    // 20 times in what one of them may take: the bound is generous, quadratic replay would miss it.
    let limits = Limits { advance: Duration::from_secs(1), ..Limits::USUAL };
    for _ in 0..20 {
        let mut script = Script::start(source, input(), known.clone(), limits);
        assert_eq!(script.next(), end);
    }
}

#[test]
fn a_changed_script_is_told() {
    let (known, _) = drive(start("tools.a(x = 1)\ntools.b()\nfinish(\"\")\n", vec![]), echo);
    let mut script = start("tools.a(x = 2)\ntools.b()\nfinish(\"\")\n", known.clone());
    let Step::Stuck { error, .. } = script.next() else { panic!() };
    let same = "the tool a".to_owned();
    assert_eq!(error, ScriptError::Diverged { call: 1, known: same.clone(), asked: same });
    let mut script = start("tools.a(x = 1)\nstep(\"s\")\n", known);
    let Step::Stuck { why, .. } = script.next() else { panic!() };
    assert_eq!(
        why,
        "the playbook changed since this task began: its call 2 was the tool b and is now step s"
    );
}

#[test]
fn the_same_is_said_until_it_is_answered() {
    let mut script = start("tools.a()\nfinish(\"f\")\n", vec![]);
    let first = script.next();
    assert_eq!(script.next(), first);
    script.answer(Outcome::Done, "null");
    script.answer(Outcome::Done, "null");
    let end = Step::Finished { summary: "f".to_owned() };
    assert_eq!((script.next(), script.next()), (end.clone(), end));
}

/// A script that calls, branches on what it is told, and keeps values over calls.
fn random_script() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        (0..9_u32).prop_map(|n| format!("seen.append(tools.echo(n = {n} + len(seen))[\"n\"])")),
        (0..9_u32).prop_map(|n| format!("if sum(seen) % 3 == {n} % 3:\n        step(\"s{n}\")")),
        (1..5_u32).prop_map(|n| format!(
            "for i in range({n}):\n        total += tools.echo(v = [i, total])[\"v\"][0] + 1"
        )),
        Just(
            "words[ask(\"?\", choices = [{\"key\": \"yes\", \"label\": \"Y\"}])] = total"
                .to_owned()
        ),
        Just("check(\"c%d\" % total, \"check_x\", words = words, seen = seen)".to_owned()),
    ];
    proptest::collection::vec(line, 1..12).prop_map(|lines| {
        let head = "def sum(l):\n    n = 0\n    for i in l:\n        n += i\n    return n\n";
        let body = lines.join("\n    ");
        format!(
            "{head}def main():\n    seen = []\n    total = 0\n    words = {{}}\n    {body}\n    \
             finish(str(seen) + str(total))\nmain()\n"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn from_any_known_beginning_a_script_goes_on_the_same(source in random_script()) {
        let (known, end) = drive(start(&source, vec![]), echo);
        for count in 0..=known.len() {
            let mut script = start(&source, known[..count].to_vec());
            let expected = match known.get(count) {
                Some(next) => Step::Ask(next.asked.clone()),
                None => end.clone(),
            };
            prop_assert_eq!(script.next(), expected);
        }
    }

    #[test]
    fn no_source_breaks_the_engine(source in "[ -~\n]{0,200}") {
        let broken = matches!(
            start(&source, vec![]).next(),
            Step::Stuck { error: ScriptError::Broken, .. }
        );
        prop_assert!(!broken);
    }
}
