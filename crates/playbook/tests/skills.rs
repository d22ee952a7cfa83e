//! Skill folders as they are found in the wild: many fine, some odd, some broken, some hostile.

use playbook::{Problem, Skill, SkillError, builtin, discover};
use std::fs;
use std::path::Path;

fn skill(root: &Path, name: &str, text: &str) {
    fs::create_dir_all(root.join(name)).expect("a folder for tests");
    fs::write(root.join(name).join("SKILL.md"), text).expect("a folder for tests");
    fs::write(root.join(name).join("playbook.star"), "finish(\"done\")\n")
        .expect("a folder for tests");
}

#[test]
fn the_skills_of_the_program_are_whole() {
    let names: Vec<_> = builtin().into_iter().map(|skill| skill.name).collect();
    assert!(names.contains(&"tidy-folder".to_owned()) && names.is_sorted(), "{names:?}");
    for skill in builtin() {
        assert!(skill.description.chars().count() <= 1024, "{}", skill.name);
        assert!(!skill.words.is_empty(), "{} has no metadata.words", skill.name);
        assert!(skill.title != skill.name, "{} has no title", skill.name);
        let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
        assert!(skill.name.chars().all(plain) && skill.name.len() <= 64, "{}", skill.name);
    }
}

#[test]
fn lenient_reading() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        (
            "plain",
            "---\nname: plain\ndescription: Does it.\n---\n# Title\n",
            "plain",
            "Title",
            "Does it.",
        ),
        (
            "other-name",
            "---\nname: Some Name\ndescription: d\n---\n",
            "Some Name",
            "Some Name",
            "d",
        ),
        ("no-name", "---\ndescription: d\n---\nbody", "no-name", "no-name", "d"),
        (
            "colon",
            "---\nname: colon\ndescription: Use when: it's \"so\": yes\n---\n",
            "colon",
            "colon",
            "Use when: it's \"so\": yes",
        ),
        ("crlf", "\u{feff}---\r\nname: crlf\r\ndescription: d\r\n---\r\n# T\r\n", "crlf", "T", "d"),
        (
            "unknown",
            "---\nname: unknown\ndescription: d\nversion: 1\ntools: [a, b]\nmetadata:\n  n: 1\n  l: [x]\n  title: Nice\n---\n",
            "unknown",
            "Nice",
            "d",
        ),
        (
            "folded",
            "---\nname: folded\ndescription: >-\n  one\n  two\n---\n",
            "folded",
            "folded",
            "one two",
        ),
        (
            "headless",
            "# Heading\ndescription: what it does\n",
            "headless",
            "Heading",
            "what it does",
        ),
        ("heading", "# Only a heading\n", "heading", "Only a heading", "Only a heading"),
    ];
    for (name, text, expected, title, description) in cases {
        skill(folder.path(), name, text);
        let loaded = Skill::load(&folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (&*loaded.name, &*loaded.title, &*loaded.description),
            (expected, title, description)
        );
        assert_eq!(loaded.source, "finish(\"done\")\n");
    }
}

#[test]
fn one_broken_skill_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let fine = "---\nname: NAME\ndescription: d\n---\n";
    for index in 0..10 {
        skill(&one, &format!("fine-{index}"), &fine.replace("NAME", &format!("fine-{index}")));
    }
    skill(&one.join("deeper/still"), "nested", &fine.replace("NAME", "nested"));
    skill(&one, ".git/hidden", fine);
    skill(&one, "empty", "");
    skill(&one, "yaml", "---\nname: [\ndescription: {\n---\n");
    skill(&one, "bomb", &format!("---\n{}---\n", bomb()));
    skill(&one, "large", &"x".repeat(200 * 1024));
    skill(&one, "bytes", fine);
    fs::write(one.join("bytes/SKILL.md"), b"---\nname: \xff\n---\n").unwrap();
    skill(&two, "fine-3", &fine.replace("NAME", "fine-3"));
    skill(&two, "no-playbook", fine);
    fs::remove_file(two.join("no-playbook/playbook.star")).unwrap();
    skill(&two, "pipe", fine);
    fs::remove_file(two.join("pipe/playbook.star")).unwrap();
    let pipe = rustix::fs::CWD;
    rustix::fs::mknodat(
        pipe,
        two.join("pipe/playbook.star"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    std::os::unix::fs::symlink(one.join("fine-1"), two.join("linked-inside")).unwrap();
    let outside = tempfile::tempdir().unwrap();
    skill(outside.path(), "outside", fine);
    std::os::unix::fs::symlink(outside.path().join("outside"), two.join("linked-outside")).unwrap();
    skill(&two, "stealer", fine);
    fs::remove_file(two.join("stealer/playbook.star")).unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("outside/playbook.star"),
        two.join("stealer/playbook.star"),
    )
    .unwrap();
    std::os::unix::fs::symlink(&two, two.join("loop")).unwrap();

    let missing = folder.path().join("missing");
    let (skills, problems) = discover(&[one, missing, two]);
    let mut names: Vec<_> = skills.iter().map(|skill| skill.name.clone()).collect();
    names.sort();
    let mut expected: Vec<_> = (0..10).map(|index| format!("fine-{index}")).collect();
    expected.push("nested".to_owned());
    assert_eq!(names, expected);
    let mut told: Vec<_> = problems.iter().map(told_as).collect();
    told.sort();
    told.dedup();
    let expected = [
        "bomb: front matter",
        "bytes: not text",
        "empty: no description",
        "fine-3: shadowed",
        "large: too large",
        "linked-inside: shadowed",
        "linked-outside: outside",
        "pipe: not a file",
        "stealer: outside",
        "yaml: front matter",
    ];
    let told: Vec<_> = told.into_iter().filter(|line| !line.contains("loop")).collect();
    assert_eq!(
        told.iter().filter(|line| expected.contains(&&***line)).count(),
        expected.len(),
        "{told:#?}"
    );
}

fn told_as(problem: &Problem) -> String {
    let kind = match &problem.error {
        SkillError::Unreadable { .. } => "unreadable",
        SkillError::TooLarge { .. } => "too large",
        SkillError::NotAFile { .. } => "not a file",
        SkillError::Outside { .. } => "outside",
        SkillError::NotText { .. } => "not text",
        SkillError::FrontMatter { .. } => "front matter",
        SkillError::NoDescription { .. } => "no description",
        SkillError::Shadowed { .. } => "shadowed",
        SkillError::TooMany => "too many",
    };
    format!("{}: {kind}", problem.folder.file_name().expect("a name").to_string_lossy())
}

/// Aliases of aliases: small as text, huge as data.
fn bomb() -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
    }
    text + "name: bomb\ndescription: d\n"
}
