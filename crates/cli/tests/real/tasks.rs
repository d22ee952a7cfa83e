//! The three jobs from the request to the undo, and a person who works in the folder meanwhile.

use crate::world::{World, photograph};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

#[test]
fn each_job_is_done_applied_and_undone() {
    let cases = [
        ("receipts", "Make an expense report from these receipts"),
        ("receipts", "Mach eine Spesenabrechnung aus diesen Belegen"),
        ("downloads", "Tidy up this folder"),
        ("downloads", "Find duplicate files"),
    ];
    for (example, request) in cases {
        let world = World::new();
        let folder = world.example(example);
        let before = photograph(&folder);
        let path = folder.to_str().unwrap();
        let view = world.json(&["run", request, "--folder", path, "--yes"]);
        assert_eq!(view["status"], "done", "{request}: {view:#}");
        assert_eq!(photograph(&folder), before, "{request}: nothing is touched before apply");
        let task = view["id"].as_str().unwrap();
        world.json(&["apply", task]);
        let applied = photograph(&folder);
        assert_ne!(applied, before, "{request}: apply changes the folder");
        world.json(&["undo", task]);
        assert_eq!(photograph(&folder), before, "{request}: undo brings everything back");
    }
}

#[test]
fn a_request_that_fits_nothing_is_refused_and_touches_nothing() {
    let world = World::new();
    let folder = world.example("downloads");
    let before = photograph(&folder);
    let output = world.run(&["run", "Write me a poem", "--folder", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "refused");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("request-unmatched") && said.contains("expense-report"), "{said}");
    assert_eq!(photograph(&folder), before);
}

#[test]
fn what_is_said_beside_the_job_is_heeded_or_refused() {
    let world = World::new();
    let folder = world.example("receipts");
    let path = folder.to_str().unwrap();
    let request = "Make an expense report, but only from April";
    let view = world.json(&["run", request, "--folder", path, "--yes", "--apply"]);
    assert_eq!(view["status"], "done", "{view:#}");
    let page = std::fs::read_to_string(folder.join("Expenses.md")).unwrap();
    let is_month = |line: &&str| line.starts_with("| ") && line.contains(" 2025 |");
    let months: Vec<_> = page.lines().filter(is_month).collect();
    assert_eq!(months.len(), 1, "{page}");
    assert!(months[0].starts_with("| April 2025 |") && page.contains("as you asked"), "{page}");
    let before = photograph(&folder);
    let request = "Make an expense report, but leave the PDFs alone";
    let output = world.run(&["run", request, "--folder", path, "--yes", "--apply"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("“leave the PDFs alone”"), "{said}");
    assert!(said.contains("[request-conditional]"), "{said}");
    assert_eq!(photograph(&folder), before);
}

#[test]
fn any_count_of_papers_with_one_number_is_one_purchase() {
    let world = World::new();
    let folder = world.path("Papers");
    std::fs::create_dir(&folder).unwrap();
    let paper = "Hotel Adler GmbH\nRechnung Nr. 2025-1044\nDatum: 14.10.2025\nGesamt: 238,00 EUR\n";
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(folder.join(name), format!("{paper}\n{name}\n")).unwrap();
    }
    let path = folder.to_str().unwrap();
    world.json(&["run", "Make an expense report", "--folder", path, "--yes", "--apply"]);
    let page = std::fs::read_to_string(folder.join("Expenses.md")).unwrap();
    assert!(page.contains("| **Total** | **1** | **238.00** |"), "{page}");
}

#[test]
fn what_was_applied_in_two_goes_is_told_and_undone_as_one() {
    let world = World::new();
    let folder = world.example("downloads");
    let before = photograph(&folder);
    let path = folder.to_str().unwrap();
    let view = world.json(&["run", "Tidy up this folder", "--folder", path, "--yes"]);
    let task = view["id"].as_str().unwrap();
    let became = || {
        let changes = world.json(&["changes", task]);
        let all = changes["changes"].as_array().unwrap().clone();
        all.iter().map(|it| it["became"].clone()).collect::<Vec<_>>()
    };
    let all = world.json(&["changes", task])["changes"].as_array().unwrap().clone();
    let first = all.iter().find(|it| it["kind"] == "moved").unwrap()["path"].clone();
    world.json(&["apply", task, first.as_str().unwrap()]);
    let some = became().iter().filter(|it| *it == "applied").count();
    assert!(some > 0 && some < all.len(), "{some} of {}", all.len());
    // The rest is what is not there yet, also when the daemon began anew in between.
    assert!(world.kill_daemon());
    let view = world.json(&["apply", task]);
    assert!(became().iter().all(|it| it == "applied"), "{:?}", became());
    assert_eq!(view["applied"]["applied"], all.len(), "each is counted once");
    let output = world.run(&["apply", task]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("nothing was left to be applied"), "{said}");
    world.json(&["undo", task]);
    assert!(became().iter().all(|it| it == "undone"), "{:?}", became());
    assert_eq!(photograph(&folder), before);
}

#[test]
fn a_file_that_the_person_edits_meanwhile_keeps_both_versions() {
    let world = World::new();
    let folder = world.example("downloads");
    let path = folder.to_str().unwrap();
    let view = world.json(&["run", "Tidy up this folder", "--folder", path, "--yes"]);
    let task = view["id"].as_str().unwrap();
    let moved = folder.join("notes.txt");
    std::fs::write(&moved, "the person wrote this meanwhile").unwrap();
    let output = world.run(&["apply", task]);
    let said = String::from_utf8_lossy(&output.stdout);
    let all = photograph(&folder);
    let mine = all.values().filter(|it| it.0 == b"the person wrote this meanwhile").count();
    assert_eq!(mine, 1, "what the person wrote is there once: {said}");
    world.json(&["undo", task]);
    assert_eq!(std::fs::read(&moved).unwrap(), b"the person wrote this meanwhile");
}

#[test]
fn an_undo_says_what_it_left_in_the_folder_and_why() {
    let world = World::new();
    let folder = world.example("downloads");
    let before = photograph(&folder);
    let path = folder.to_str().unwrap();
    let view = world.json(&["run", "Tidy up this folder", "--folder", path, "--yes", "--apply"]);
    let task = view["id"].as_str().unwrap();
    let stays = || world.json(&["changes", task])["stays"].clone();
    assert_eq!(stays(), serde_json::json!([]));
    let all = world.json(&["changes", task])["changes"].as_array().unwrap().clone();
    let file = all.iter().find(|it| it["kind"] == "moved").unwrap()["path"].as_str().unwrap();
    let below = folder.join(file.split_once('/').unwrap().1);
    std::fs::write(&below, "the person wrote this since").unwrap();
    let output = world.run(&["undo", task]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("left alone: you changed it since"), "{said}");
    assert_eq!(stays()[0]["path"], file);
    let why = stays()[0]["why"].as_str().unwrap().to_owned();
    assert!(why.contains("you changed it since"), "{why}");
    assert_eq!(std::fs::read(&below).unwrap(), b"the person wrote this since");
    let after = photograph(&folder);
    let is_as_before = |(path, seen): &(&PathBuf, &_)| before.get(*path) == Some(seen);
    assert_eq!(after.iter().filter(is_as_before).count(), before.len() - 1, "all but that one");
}

#[test]
fn a_plan_that_is_not_approved_waits_and_can_be_refused() {
    let world = World::new();
    let folder = world.example("downloads");
    let before = photograph(&folder);
    let path = folder.to_str().unwrap();
    let output = world.run(&["run", "Find duplicate files", "--folder", path]);
    assert_eq!(output.status.code(), Some(3), "needs you");
    let view = world.json(&["show", "last"]);
    assert_eq!(view["status"], "waiting");
    // The plan waits over the end of the daemon.
    assert!(world.kill_daemon());
    let output = world.run(&["plan", "last", "--refuse"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = world.run(&["watch", "last"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(photograph(&folder), before);
}

#[test]
fn the_socket_and_the_state_are_this_persons_only() {
    let world = World::new();
    world.json(&["list"]);
    let mode = |below: &str| world.path(below).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("../run/legwork/socket"), 0o600);
    assert_eq!(mode("../run/legwork"), 0o700);
    assert_eq!(mode(".local/state/legwork"), 0o700);
}

#[test]
fn each_row_of_a_report_says_which_document_it_is_from() {
    let world = World::new();
    let folder = world.example("receipts");
    let path = folder.to_str().unwrap();
    let view = world.json(&["run", "Make an expense report", "--folder", path, "--yes"]);
    let task = view["id"].as_str().unwrap();
    let made = format!("{}/Expenses.xlsx", view["shares"][0]["name"].as_str().unwrap());
    let found = world.json(&["show", task, "--from", &made]);
    assert_eq!(found["certain"], true, "{found:#}");
    assert_eq!(found["writes"][0]["tool"], "write_workbook");
    let rows = found["rows"].as_array().unwrap();
    assert!(rows.len() > 10, "{found:#}");
    let is_read = |row: &serde_json::Value| row["key"].as_str().is_some();
    assert!(rows.iter().any(is_read), "the call that read it is named: {rows:?}");
    let decided = found["decisions"].as_array().unwrap();
    let plan = decided.iter().find(|it| it["what"] == "plan").unwrap();
    assert_eq!(
        (plan["answer"].as_str(), plan["by"].as_str()),
        (Some("approved"), Some("standing"))
    );
    let told = world.run(&["show", task, "--from", &made]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("Row by row") && told.contains("Read before that"), "{told}");
    let unknown = world.run(&["show", task, "--from", "Receipts/none.pdf"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("change-unknown"));
}

#[test]
fn without_an_image_a_task_for_a_virtual_machine_waits_and_says_what_to_do() {
    let world = World::new();
    let folder = world.example("downloads");
    let before = photograph(&folder);
    let path = folder.to_str().unwrap();
    let args = ["run", "Find duplicate files", "--folder", path, "--machine", "vm", "--yes"];
    let output = world.run(&args);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("legwork machine image build"), "{said}");
    let view = world.json(&["show", "last"]);
    assert_eq!((&view["status"], &view["isolation"]), (&"waiting".into(), &Value::Null));
    // Nothing weaker takes its place by itself; the person may say so.
    let output = world.run(&["answer", "last", "jail"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    world.run(&["watch", "last"]);
    let view = world.json(&["show", "last"]);
    assert_eq!((&view["status"], &view["isolation"]), (&"done".into(), &"jail".into()));
    assert_eq!(photograph(&folder), before);
}
