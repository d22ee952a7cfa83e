//! The playbook find-duplicates on folders in memory: which copy stays, what is said, what is
//! moved.

#[cfg(test)]
mod host;

use host::{Host, Node, Person, play};

const EASY: Person = Person { answer: None, strikes: None, adds: None };

#[track_caller]
fn sets_aside(before: &str, after: &str) -> host::End {
    let end = play("find-duplicates", "find duplicates", Host::described(before), &["in"], &EASY);
    assert_eq!(end.why_stuck, "");
    let mut expected: Vec<_> =
        after.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    expected.sort();
    let (lists, lines): (Vec<_>, Vec<_>) =
        end.host.lines().into_iter().partition(|line| line.contains("/List of duplicates"));
    assert_eq!(lines, expected, "\n{}", end.summary);
    let is_moved = end.summary.contains("with a list of what was where");
    assert_eq!(lists.len(), usize::from(is_moved), "{lists:?}");
    assert_eq!(end.host.bound, ["check_same_content in", "check_nothing_overwritten in"]);
    end.assert_resumes("find-duplicates");
    end
}

#[test]
fn the_best_placed_copy_stays() {
    let pairs = [
        ("Photos/a.jpg", "Downloads/a.jpg"),
        ("b.jpg", "b (1).jpg"),
        ("c.jpg", "Copy of c.jpg"),
        ("d.jpg", "d - Kopie.jpg"),
        ("e.jpg", "e - Copy (2).jpg"),
        ("f.jpg", "deep/er/f.jpg"),
        ("Work/g.jpg", "backup/g.jpg"),
        ("h.jpg", "tmp/h.jpg"),
        ("i.jpg", "i copia.jpg"),
        ("j.jpg", "j のコピー.jpg"),
        ("deep/k.jpg", "k (1).jpg"),
        ("l.jpg", "l2.jpg"),
        ("Copyright.txt", "x/Copyright.txt"),
    ];
    for (stays, goes) in pairs {
        let expected = format!("{stays}\nDuplicates/{goes}");
        sets_aside(&format!("{stays} | same\n{goes} | same"), &expected);
        // Not by their age: the older one stays only when nothing else decides.
        if stays != "l.jpg" {
            sets_aside(&format!("{goes} | same\n{stays} | same"), &expected);
        }
    }
}

#[test]
fn what_they_cost_is_said() {
    let big = "x".repeat(1_500_000);
    let before = format!(
        "a.bin | {big}\nb/a.bin | {big}\nc/a.bin | {big}\ns.txt | small\nt.txt | small\nempty1 | \"\"\nempty2 | \"\"\nlink@\nh1 | hard\nh2=h1 | hard\nalone | alone!\n"
    );
    let end = sets_aside(
        &before,
        "a.bin\nDuplicates/b/a.bin\nDuplicates/c/a.bin\ns.txt\nDuplicates/t.txt\nempty1\nempty2\nlink\nh1\nh2\nalone",
    );
    for part in [
        "3 further copies of 2 files take 3 MB.",
        "3 copies are now in Duplicates (3 MB)",
        "2 files are empty",
        "1 file is only a further name of a file (a hard link)",
        "- 3 MB: in/a.bin = in/b/a.bin, in/c/a.bin",
        "- 5 bytes: in/s.txt = in/t.txt",
    ] {
        assert!(end.summary.contains(part), "{part}\n{}", end.summary);
    }
    let plan = end.plan.unwrap();
    assert_eq!(
        plan.goal,
        "Set aside 3 copies into Duplicates; 3 further copies of 2 files take 3 MB."
    );
    assert_eq!(plan.steps[0].text, "Set aside 2 copies of a.bin (3 MB)");
    assert!(plan.steps[0].details[0].starts_with("The copy that stays"));
    assert_eq!(plan.steps[0].details[1], "stays: in/a.bin");
}

#[test]
fn a_list_beside_the_copies_says_what_was_where() {
    let host =
        Host::described("a.txt | same\nx/a.txt | same\nz/a.txt | same\nb | twin\ny/b | twin");
    let person = Person { strikes: Some("of b ("), ..Person::default() };
    let end = play("find-duplicates", "find duplicates", host, &["in"], &person);
    let path = "in/Duplicates/List of duplicates.txt";
    let Some(Node::File(list)) = end.host.nodes.get(path) else { panic!("{:?}", end.host.lines()) };
    let list = &list.content;
    let (head, groups) = list.split_once("\n\n").unwrap();
    assert!(head.contains("To have one back, move it to where it was."), "{head}");
    let groups = groups.split_once("\n\n").unwrap().1;
    let expected = "stays: in/a.txt (4 bytes)\n  was in/x/a.txt, is now in/Duplicates/x/a.txt\n  was \
                    in/z/a.txt, is now in/Duplicates/z/a.txt\n";
    assert_eq!(groups, expected, "what was struck is not in it");
    let details = &end.plan.unwrap().steps[0].details;
    let said = "What was moved is listed in Duplicates/List of duplicates.txt.";
    assert!(details.iter().any(|it| it == said), "{details:?}");
}

#[test]
fn nothing_double_is_done_at_once() {
    let end = sets_aside("a | 1\nb | 2", "a\nb");
    assert_eq!(end.summary, "There are no duplicates in in.");
    let end = sets_aside("", "");
    assert_eq!(end.summary, "There are no duplicates in in.");
    assert!(end.plan.unwrap().boundary.writes.is_empty());
}

#[test]
fn projects_and_hidden_folders_keep_theirs() {
    let end = sets_aside(
        "site/package.json | p\nsite/lib.js | same\nlib.js | same\n.cache/x | twin\ny | twin\nsite/a.js | both\nsite/b.js | both",
        "site/package.json\nsite/lib.js\nDuplicates/lib.js\n.cache/x\nDuplicates/y\nsite/a.js\nsite/b.js",
    );
    assert!(end.summary.contains("1 copy stays: in projects"), "{}", end.summary);
}

#[test]
fn what_is_in_duplicates_already_stays_there_and_nothing_meets() {
    sets_aside(
        "a | same\nx/a | same\nduplicates/x/a | other\nduplicates/old | same",
        "a\nduplicates/x/a (2)\nduplicates/x/a\nduplicates/old",
    );
    sets_aside("Duplicates | file\na | same\nb/a | same", "Duplicates\na\nDuplicates (2)/b/a");
    sets_aside(
        "k | same\nx/a.txt | same\nX/A.txt | same",
        "k\nDuplicates/x/a.txt\nDuplicates/x/A (2).txt",
    );
}

#[test]
fn struck_groups_stay() {
    let person = Person { strikes: Some("of a ("), adds: Some("Call mum"), ..Person::default() };
    let host = Host::described("a | same\nx/a | same\nb | twin\ny/b | twin");
    let end = play("find-duplicates", "find duplicates", host, &["in"], &person);
    let list = "Duplicates/List of duplicates.txt";
    assert_eq!(end.host.lines(), [list, "Duplicates/y/b", "a", "b", "x/a"]);
    assert!(end.summary.contains("1 copy stays where it was"), "{}", end.summary);
    assert!(end.summary.contains("cannot do the step that was added: Call mum"), "{}", end.summary);
}

#[test]
fn a_folder_for_reading_only_is_reported_on() {
    let host = Host::described("a | same\nb | same");
    let end = play("find-duplicates", "find duplicates", host, &[], &EASY);
    assert_eq!(end.host.lines(), ["a", "b"]);
    assert!(end.summary.contains("for reading only"), "{}", end.summary);
    assert!(end.summary.contains("1 further copy of 1 file takes 4 bytes."), "{}", end.summary);
    assert_eq!(end.host.bound.len(), 2);
}

#[test]
fn copies_in_different_folders_are_found() {
    let mut host = Host::described("a | same\nb | 12345678");
    let file = host.nodes["in/a"].clone();
    host.put("archive/deep/a", file);
    let end = play("find-duplicates", "find duplicates", host, &["in"], &EASY);
    let paths: Vec<_> = end.host.files().map(|(path, _)| path.clone()).collect();
    let list = "in/Duplicates/List of duplicates.txt";
    assert_eq!(paths, ["archive/deep/a", list, "in/Duplicates/a", "in/b"]);
    let Some(Node::File(_)) = end.host.nodes.get("in/b") else { panic!() };
}

#[test]
fn many_groups_become_few_steps() {
    let mut table = String::new();
    for index in 0..10_000 {
        table.push_str(&format!(
            "keep/{index}.txt | content {index}\ncopies/{}/{index}.txt | content {index}\n",
            index % 50
        ));
    }
    let end = play("find-duplicates", "find duplicates", Host::described(&table), &["in"], &EASY);
    assert_eq!(end.why_stuck, "");
    assert_eq!(end.plan.unwrap().steps.len(), 50);
    let aside =
        end.host.lines().iter().filter(|path| path.starts_with("Duplicates/copies/")).count();
    assert_eq!(aside, 10_000);
    assert!(end.summary.len() < 10_000);
}
