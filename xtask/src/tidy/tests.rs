//! Each rule on a few lines: what it finds, and what it leaves alone.

use super::{Rule, Source, edges, names, papers, scan, shape, tongues};

/// Runs one rule on files given as `== path` and their lines; answers one finding per line.
fn check(rule: Rule, files: &str) -> String {
    let sources: Vec<Source> = files
        .split("== ")
        .skip(1)
        .map(|file| {
            let (path, text) = file.split_once('\n').unwrap_or((file, ""));
            Source::new(path.trim(), text)
        })
        .collect();
    let mut findings = rule(&sources);
    findings.sort();
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn code_is_told_from_text() {
    let cases = [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ \n d */ e", "a              \n      e"),
        ("f(\"a \\\" b\") + 1", "f(        ) + 1"),
        ("f(r#\"a \" b\"#, x)", "f(          , x)"),
        ("f(br\"a\\\", x)", "f(b     , x)"),
        ("var\"text\"", "var      "),
        ("f('\"', '\\'', '\\u{1f}', b'\\\\')", "f(   ,     ,         , b    )"),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
        ("r#type", "r#type"),
    ];
    for (text, code) in cases {
        assert_eq!(scan::code_of(text), code, "{text}");
    }
}

#[test]
fn a_header_says_what_the_file_is() {
    let files = "== crates/a/src/lib.rs\n//! It is this.\n\
                 == crates/a/src/b.rs\nuse x;\n\
                 == crates/a/tests/fixtures/c.rs\nuse x;\n";
    assert_eq!(
        check(shape::header, files),
        "crates/a/src/b.rs:1: opens without `//!` saying what it is\n"
    );
}

#[test]
fn sizes_have_ceilings_and_exemptions_only_shrink() {
    let lines = |count: usize| "x();\n".repeat(count);
    let exempt = "== xtask/src/tidy/exemptions.toml\n";
    let cases = [
        (format!("== a.rs\n{}", lines(800)), ""),
        (
            format!("== a.rs\n{}", lines(801)),
            "a.rs: 801 lines; 800 is the ceiling: which noun wants out?\n",
        ),
        (format!("== a.rs\n{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(700), lines(300)), ""),
        (format!("== crates/a/tests/a.rs\n{}", lines(900)), ""),
        (format!("{exempt}\"a.rs\" = 900\n== a.rs\n{}", lines(900)), ""),
        (
            format!("{exempt}\"a.rs\" = 900\n== a.rs\n{}", lines(901)),
            "a.rs: grew from 900 to 901 lines; its exemption may only shrink\n",
        ),
        (
            format!("{exempt}\"a.rs\" = 900\n== a.rs\n{}", lines(899)),
            "xtask/src/tidy/exemptions.toml: a.rs has 899 lines: lower its exemption\n",
        ),
        (
            format!("{exempt}\"a.rs\" = 900\n== a.rs\n{}", lines(10)),
            "xtask/src/tidy/exemptions.toml: a.rs needs no exemption any more\n",
        ),
        (
            format!("{exempt}\"a.rs\" = 900\n"),
            "xtask/src/tidy/exemptions.toml: a.rs is gone: remove it\n",
        ),
        (format!("== a.rs\nimpl A {{\n    pub(crate) fn f() {{\n{}    }}\n}}\n", lines(70)), ""),
        (
            format!("== a.rs\nimpl A {{\n    pub async fn f() {{\n{}    }}\n}}\n", lines(80)),
            "a.rs:2: a function of 80 lines; 70 is the ceiling\n",
        ),
        (format!("== a.rs\nfn f() {{\n{}}}\n", "\n// a word\n".repeat(80)), ""),
        (format!("{exempt}\"a.rs::f\" = 80\n== a.rs\nfn f() {{\n{}}}\n", lines(80)), ""),
        (
            format!("{exempt}\"a.rs::f\" = 81\n== a.rs\nfn f() {{\n{}}}\n", lines(80)),
            "xtask/src/tidy/exemptions.toml: a.rs::f has 80 lines: lower its exemption\n",
        ),
    ];
    for (files, findings) in cases {
        assert_eq!(check(shape::sizes, &files), findings);
    }
}

#[test]
fn lines_fit_and_end_cleanly() {
    let long = "x".repeat(101);
    let files = format!("== a.rs\na \n{long}\n\"{long}\"\n== b.md\n{long}\n== c.sh\nend");
    let findings = "a.rs:1: ends with a blank\na.rs:2: 101 columns; 100 is the ceiling\n\
                    c.sh: does not end with a line feed\n";
    assert_eq!(check(shape::lines, &files), findings);
}

const GLOSSARY: &str = "== docs/glossary.md\n## Words that are refused in names\n\n\
                        | Not | Say |\n|---|---|\n| Session, Job | Task |\n\n## More\n| Plan | x |\n";

#[test]
fn names_come_from_the_glossary() {
    let cases = [
        ("struct Task;\nenum JobsDone {}\ntype Objection = u8;\nstruct Plan;\n", ""),
        ("pub(crate) struct TaskJob<'a>;\n", "a.rs:1: `TaskJob`: not job; Task\n"),
        ("mod session_list;\n", "a.rs:1: `session_list`: not session; Task\n"),
        ("// struct Job;\nlet text = \"struct Job\";\n", ""),
    ];
    for (text, findings) in cases {
        assert_eq!(check(names::banned, &format!("{GLOSSARY}== a.rs\n{text}")), findings);
    }
    for path in ["crates/a/src/utils.rs", "crates/core/src/lib.rs", "crates/a/src/helpers/x.rs"] {
        let findings = check(names::banned, &format!("{GLOSSARY}== {path}\n"));
        assert!(findings.ends_with("attracts everything and says nothing\n"), "{findings}");
    }
    assert_eq!(
        check(names::banned, "== a.rs\n"),
        "docs/glossary.md: has no table under `## Words that are refused in names`\n"
    );
}

#[test]
fn nothing_is_left_to_do() {
    let marks = ["#[ignore]", "todo!()", "dbg!(x)", "#[allow(dead_code)]", "#![allow(unused)]"];
    for mark in marks {
        assert_eq!(
            check(names::markers, &format!("== a.rs\n{mark}\n")).lines().count(),
            1,
            "{mark}"
        );
        assert_eq!(check(names::markers, &format!("== a.rs\nlet x = \"{mark}\";\n")), "");
    }
    let to_do = ["TO", "DO"].concat();
    assert_eq!(check(names::markers, &format!("== a.rs\n// {to_do}(#12): later\n")), "");
    assert_eq!(
        check(names::markers, &format!("== a.rs\n// {to_do}: later\n")),
        "a.rs:1: something is left to do, and no issue says so\n"
    );
}

#[test]
fn unsafe_code_has_two_homes() {
    let text = "fn f() { unsafe { g() } }\n#[expect(unsafe_code, reason = \"\")]\n// unsafe\n";
    let files = format!("== crates/machine/src/a.rs\n{text}== crates/task/src/a.rs\n{text}");
    let lines: Vec<usize> = names::unsafety(&[
        Source::new("crates/machine/src/a.rs", text),
        Source::new("crates/task/src/a.rs", text),
    ])
    .iter()
    .map(|finding| finding.line)
    .collect();
    assert_eq!(lines, [1, 2]);
    assert!(check(names::unsafety, &files).starts_with("crates/task/src/a.rs:1"));
}

#[test]
fn places_of_one_machine_are_not_named() {
    let (work, registry) = (["/work", "/main"].concat(), ["crates", ".io"].concat());
    let of_overlay = ["dir/upper{x}/wo", "rk/\n"].concat();
    let cases = [
        (format!("see {work}\n"), 1),
        (format!("see https://{registry}/x\n"), 1),
        ("upper/NAME/work/x and overlay/work/\n".to_owned(), 0),
        (of_overlay, 0),
    ];
    for (text, count) in cases {
        assert_eq!(
            check(names::places, &format!("== a.md\n{text}")).lines().count(),
            count,
            "{text}"
        );
    }
    assert_eq!(check(names::places, &format!("== Cargo.lock\n{registry}\n")), "");
}

#[test]
fn dependencies_point_down_and_pure_crates_stay_pure() {
    let manifest = |name: &str, rest: &str| {
        format!("== crates/{name}/Cargo.toml\n[package]\nname = \"{name}\"\n{rest}\n")
    };
    type Case = (Rule, &'static str, &'static str, &'static str);
    let cases: [Case; 10] = [
        (edges::internal, "daemon", "[dependencies]\ntask = 1\nmachine = 1", ""),
        (
            edges::internal,
            "task",
            "[dependencies]\nwire = 1",
            "`task` may not know `wire`: dependencies point down",
        ),
        (edges::internal, "task", "[dev-dependencies]\nsim = 1", ""),
        (edges::internal, "new", "", "crate `new` is not in the list of edges in xtask tidy"),
        (edges::external, "task", "[dependencies]\nserde = 1", ""),
        (
            edges::external,
            "task",
            "[dependencies]\ntokio = 1",
            "`task` is pure and may not use `tokio`",
        ),
        (
            edges::external,
            "wire",
            "[build-dependencies]\ncc = 1",
            "`wire` is pure and may not use `cc`",
        ),
        (
            edges::external,
            "daemon",
            "[dependencies]\nrusqlite = 1",
            "`rusqlite` lives in ledger, not in `daemon`",
        ),
        (
            edges::external,
            "daemon",
            "[target.x.dependencies]\nhyper = 1",
            "`hyper` lives in api, not in `daemon`",
        ),
        (
            edges::external,
            "cli",
            "[dev-dependencies]\nanyhow = 1",
            "`anyhow` is not used here: an error of ours has a name and a source",
        ),
    ];
    for (rule, name, rest, finding) in cases {
        let findings = check(rule, &manifest(name, rest));
        let expected = match finding {
            "" => String::new(),
            what => format!("crates/{name}/Cargo.toml: {what}\n"),
        };
        assert_eq!(findings, expected);
    }
}

#[test]
fn error_codes_are_listed_and_listed_ones_are_used() {
    let errors =
        "== docs/errors.md\n| Code | x |\n|---|---|\n| `disk-full` | x |\n| `no-folder` | x |\n";
    let used = "UserError::new(ErrorKind::User, \"disk-full\", what);\n";
    let code = format!(
        "{errors}== crates/a/src/x.rs\n{used}\
         fn refuse(code: &str, why: &str) {{}}\nrefuse(\"no-folder\", \"other-text\");\n"
    );
    assert_eq!(check(papers::error_codes, &code), "");
    let code = format!(
        "{errors}== crates/a/src/x.rs\n{used}let bad = |code, why| UserError::new(code);\nbad(\"no-such\", why);\n\
         new(\n    ErrorKind::Config,\n    \"new-one\",\n);\n"
    );
    assert_eq!(
        check(papers::error_codes, &code),
        "crates/a/src/x.rs:3: error code `no-such` is not listed in docs/errors.md\n\
         crates/a/src/x.rs:6: error code `new-one` is not listed in docs/errors.md\n\
         docs/errors.md: `no-folder` is used nowhere\n"
    );
}

#[test]
fn links_lead_somewhere() {
    let files = "== README.md\n[a](docs/a.md) [b](docs) [c](https://x.org) [d](#part) [e](gone.md#x)\n\
                 == docs/a.md\n[up](../README.md) [lost](../lost.md)\n";
    assert_eq!(
        check(papers::links, files),
        "README.md:1: links to gone.md, which is not there\n\
         docs/a.md:1: links to ../lost.md, which is not there\n"
    );
}

#[test]
fn invariants_name_a_check_that_is_there() {
    let files = "== crates/a/tests/x.rs\n== ARCHITECTURE.md\n# A\n**I1. So.**\nCheck: `crates/a/tests/x.rs::y`\n\
                 **I2. Thus.**\nCheck: `crates/a/tests/z.rs`\n\n**I3. Hence.**\n## End\n`a/b`\n";
    assert_eq!(
        check(papers::architecture, files),
        "ARCHITECTURE.md:5: names crates/a/tests/z.rs, which is not there\n\
         ARCHITECTURE.md:7: an invariant without a check\n"
    );
}

#[test]
fn decisions_are_short_and_numbered() {
    let parts = "## Context\n## Decision\n## What it costs\n## When to look again\n";
    let good = format!("== docs/decisions/0001-a-claim.md\n{parts}");
    assert_eq!(check(papers::decisions, &good), "");
    let long = "x\n".repeat(60);
    let bad = format!(
        "{good}== docs/decisions/0001-twice.md\n{parts}== docs/decisions/no.md\n{parts}{long}"
    );
    assert_eq!(
        check(papers::decisions, &bad),
        "docs/decisions/0001-twice.md: has the number of another decision\n\
         docs/decisions/no.md: is longer than a page\n\
         docs/decisions/no.md: is not named NNNN-claim-as-title.md\n"
    );
}

#[test]
fn errors_are_said_in_german() {
    let errors = "== docs/errors.md\n| `disk-full` | x |\n| `no-folder` | x |\n| `usage` | x |\n";
    let words = |keys: &str| format!("{errors}== web/src/words/errors-de.ts\n{keys}");
    let whole = words("  'disk-full': 'voll',\n  'no-folder': 'fehlt',\n  'page-broke': 'x',\n");
    assert_eq!(check(tongues::codes, &whole), "");
    assert_eq!(
        check(tongues::codes, &words("  'disk-full': 'voll',\n  'disk-fool': 'x',\n")),
        "web/src/words/errors-de.ts: `disk-fool` is no error code\n\
         web/src/words/errors-de.ts: error code `no-folder` has no German sentence\n"
    );
}

#[test]
fn what_is_said_in_german_is_said_in_english() {
    let source = "== crates/a/src/x.rs\nlet what = format!(\"{count} of {all} \\\n    are \\\"gone\\\"\");\n\
                  let left = format!(\"nothing was {verb}\");\n";
    let table = |lines: &str| format!("{source}== web/src/words/daemon/x.de.txt\n{lines}");
    let good = "{#} of {#} are \"gone\"\n  {} von {} sind weg\nnothing was kept\n  nichts blieb\n";
    assert_eq!(check(tongues::forms, &table(good)), "");
    let cases = [
        ("{#} of {#} are gone\n  {} von {}\n", "nothing says “are gone” any more"),
        ("nothing was {}\n  {} {}\n", "has more holes in German"),
        ("nothing was {}\nnichts\n", "is not a sentence and its German"),
        ("nothing was {}\n", "has no German line below it"),
    ];
    for (lines, what) in cases {
        let expected = format!("web/src/words/daemon/x.de.txt:1: {what}\n");
        assert_eq!(check(tongues::forms, &table(lines)), expected);
    }
}
