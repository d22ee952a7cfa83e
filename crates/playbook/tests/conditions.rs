//! Which parts of a request are conditions, and what they are about.

use playbook::{conditions, months, without_names};

/// What a person says, and the conditions in it: in braces where they are nothing but
/// months, in brackets where a job keeps them that only makes new files.
const CASES: &str = "
Make an expense report from these receipts =
Make an expense report, but only from October => {only from October}
Make an expense report from my trip in October for my boss => {in October}
Expense report for October 2025 => {for October 2025}
Expense report from October to December 2025 => {from October to December 2025}
Add up what I spent in Q3 2025 => {in Q3 2025}
Spesenabrechnung nur Oktober => {nur Oktober}
Spesenabrechnung für März und April 2025, bitte => {für März und April 2025}
Reisekosten 2024 => {2024}
Note de frais de septembre => {de septembre}
Expense report without October => without October
Expense report since October 2025 => since October 2025
Expense report from 2025 October => from 2025 October
Expense report for last month => last month
Spesen vom letzten Monat => letzten Monat
Make an expense report. Leave the folder Old alone! => Leave the folder Old alone
Sort my downloads, but don’t touch the PDFs => don’t touch the PDFs
Tidy up, leave PDFs alone; only the pictures please => leave PDFs alone | only the pictures please
Räum meine Downloads auf, aber lass die PDFs in Ruhe => lass die PDFs in Ruhe
Räum auf, aber nichts aus 2024 anfassen => nichts aus 2024 anfassen
Räum auf, aus 2024 nichts anfassen => {aus 2024} | nichts anfassen
Finde doppelte Dateien außer in Backup => außer in Backup
Find duplicates except photos => except photos
Cherche les doublons, sauf dans Photos => sauf dans Photos
重複したファイルを探して、写真だけ => 写真だけ
Find duplicates without deleting anything =
Räum meine Downloads auf, ohne etwas umzubenennen =
Make an expense report, but don't change the originals => [don't change the originals]
Mach eine Spesenabrechnung; die Belege bitte nicht verändern => [nicht verändern]
Mach eine Spesenabrechnung, ohne die Belege zu verschieben => [ohne die Belege zu verschieben]
Sortiere diese Dateien nach Art, lösche aber nichts =
Mach eine Spesenabrechnung, ändere aber nichts an den Belegen => [nichts an den Belegen]
Make an expense report. I don't have much time, so no rush =
Tidy up, I can't find anything and don't know where to look =
Räum meine Downloads auf, ich finde nichts mehr. Keine Eile! =
Make a spreadsheet of these receipts, and don't forget the PDFs =
I want an expense report, but I don't want the taxis in it => don't want the taxis in it
Bitte erstelle eine Spesenabrechnung, nicht nur die Summen =
Ordne die Dateien nach Thema, nicht nach Dateityp => nicht nach Dateityp
Expense report, but do not change anything from 2024 => not change anything from 2024
Räum auf, ohne etwas zu löschen =
Find duplicates, but do not delete or move the PDFs => [not delete or move the PDFs]
May I have an expense report, and march through it =
Tidy the folder v1.2024x, all of it =
";

#[test]
fn conditions_are_told_as_they_are_written() {
    for case in CASES.lines().filter(|line| !line.is_empty()) {
        let (request, wanted) = case.split_once(" =").unwrap();
        let told = conditions(request).into_iter().map(|it| match it.months {
            Some(_) => format!("{{{}}}", it.text),
            None if it.is_kept_by_making => format!("[{}]", it.text),
            None => it.text,
        });
        let told = told.collect::<Vec<_>>().join(" | ");
        assert_eq!(told, wanted.trim_start_matches("> "), "{request}");
    }
}

#[test]
fn the_name_of_a_folder_is_no_condition() {
    let folders = ["Taxes 2023", "Mess", "Oktober", "2024", "é 2025"];
    let cases: [(&str, &[&str]); 7] = [
        ("Tidy Taxes 2023", &[]),
        ("Tidy Taxes 2023, only 2023", &["2023-*"]),
        ("Receipts in 2024 to a spreadsheet", &[]),
        ("Receipts in 20245, and of Taxes 20231, all of them", &[]),
        ("Die Belege in Oktober als Tabelle", &[]),
        ("Report from October in Mess", &["*-10"]),
        ("é 2025 aufräumen, nur 2025", &["2025-*"]),
    ];
    for (request, wanted) in cases {
        assert_eq!(months(&without_names(request, folders)), wanted, "{request}");
    }
    // What else such a name says stays, and so does one without a time.
    assert_eq!(without_names("not Mess", folders), "not Mess");
}

#[test]
fn months_are_told_when_nothing_else_is_asked() {
    let cases: [(&str, &[&str]); 8] = [
        ("report from October", &["*-10"]),
        ("only October and November 2025", &["2025-10", "2025-11"]),
        ("from October to December 2025", &["2025-10", "2025-11", "2025-12"]),
        ("nur 2024 und März 2025", &["2024-*", "2025-03"]),
        ("the report of Q3 2025", &["2025-07", "2025-08", "2025-09"]),
        ("from November to February", &[]),
        ("in October, and leave Old alone", &[]),
        ("report", &[]),
    ];
    for (request, wanted) in cases {
        assert_eq!(months(request), wanted, "{request}");
    }
}
