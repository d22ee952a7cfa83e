//! The playbook tidy-folder on folders in memory: what goes where, what stays, and in which words.

#[cfg(test)]
mod host;

use host::{Host, Node, Person, play};

const EASY: Person = Person { answer: None, strikes: None, adds: None };

/// Plays on a table and compares the tree, one path a line, sorted.
#[track_caller]
fn tidies(request: &str, before: &str, after: &str) -> host::End {
    let end = play("tidy-folder", request, Host::described(before), &["in"], &EASY);
    assert_eq!(end.why_stuck, "");
    let mut expected: Vec<_> =
        after.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    expected.sort();
    let mut found = end.host.lines();
    found.sort();
    assert_eq!(found, expected, "\n{}", end.summary);
    assert_eq!(end.host.bound, ["check_same_content in", "check_nothing_overwritten in"]);
    end
}

const MESSY: &str = "
IMG_2031.jpg | | photo | 2024-05-01
IMG_2032.jpg | | photo | 2023-12-31
Screenshot 2024-01-01.png | | picture | 2024-01-01
logo.png
invoice-4711.pdf
scan0001.pdf | | document | | invoice amount due total payment
letter.docx
budget.xlsx
slides.pptx
song.mp3
film.mp4
stuff.zip
setup.exe
novel.epub
hello.eml
page.html
article.html
article_files/style.css
feed.json
script.py
notes.txt | \"\"
mystery.qqq
locked.pdf | secret | unknown
broken.pdf | %PDF | broken
big.iso.part
movie.mkv
movie.mkv.crdownload
~$letter.docx
.hidden
.config/settings
Thumbs.db
link@
";

const SORTED: &str = "
Pictures/2024/IMG_2031.jpg
Pictures/2023/IMG_2032.jpg
Pictures/Screenshots/Screenshot 2024-01-01.png
Pictures/logo.png
Documents/Invoices/invoice-4711.pdf
Documents/Invoices/scan0001.pdf
Documents/letter.docx
Documents/broken.pdf
Documents/Spreadsheets/budget.xlsx
Documents/Presentations/slides.pptx
Documents/Mail/hello.eml
Documents/Web pages/page.html
Music/song.mp3
Videos/film.mp4
Archives/stuff.zip
Programs/setup.exe
Books/novel.epub
Data/feed.json
article.html
article_files/style.css
script.py
notes.txt
mystery.qqq
locked.pdf
big.iso.part
movie.mkv
movie.mkv.crdownload
~$letter.docx
.hidden
.config/settings
Thumbs.db
link
";

#[test]
fn a_messy_folder_in_english() {
    let end = tidies("Tidy up my downloads", MESSY, SORTED);
    for part in [
        "Moved 18 files:",
        "- Documents/Invoices: 2 files",
        "- unfinished downloads: big.iso.part, movie.mkv, movie.mkv.crdownload",
        "- lock files of open documents: ~$letter.docx",
        "- empty files: notes.txt",
        "- files that could not be read: locked.pdf",
        "- program code, which other files may rely on: script.py",
        "- links and special files: link",
        "- saved web pages, which belong to the folder beside them: article.html",
    ] {
        assert!(end.summary.contains(part), "{part}\n{}", end.summary);
    }
    let plan = end.plan.unwrap();
    assert_eq!(plan.goal, "Sort 18 loose files into 16 folders");
    assert_eq!(plan.boundary.writes, ["in"]);
    let step = plan.steps.iter().find(|step| step.text.contains("Invoices")).unwrap();
    assert_eq!(step.text, "Move 2 files to Documents/Invoices");
    assert_eq!(step.details[0], "invoice-4711.pdf → Documents/Invoices/invoice-4711.pdf");
    assert!(end.questions.is_empty());
}

#[test]
fn what_a_link_leads_to_stays_where_it_is() {
    let before = "
        xyz | | photo | 2024-05-01
        IMG_2.jpg | | photo | 2024-05-01
        link@
    ";
    let end = tidies("tidy up", before, "xyz\nlink\nPictures/2024/IMG_2.jpg");
    assert!(end.summary.contains("- files that a link leads to: xyz"), "{}", end.summary);
}

#[test]
fn after_a_crash_it_goes_on_the_same() {
    let table = format!("{MESSY}\n{DOUBLES}");
    let end = play("tidy-folder", "tidy up", Host::described(&table), &["in"], &EASY);
    assert!(end.known.len() > 20);
    end.assert_resumes("tidy-folder");
}

#[test]
fn the_language_of_the_request_names_the_folders() {
    let before = "
        Rechnung 2024.pdf
        a.jpg
        b.mp3
        ";
    let cases = [
        (
            "Räum meine Downloads auf",
            "Bilder/a.jpg\nDokumente/Rechnungen/Rechnung 2024.pdf\nMusik/b.mp3",
        ),
        (
            "Range mes téléchargements",
            "Images/a.jpg\nDocuments/Factures/Rechnung 2024.pdf\nMusique/b.mp3",
        ),
        (
            "Ordena mi carpeta de descargas",
            "Imágenes/a.jpg\nDocumentos/Facturas/Rechnung 2024.pdf\nMúsica/b.mp3",
        ),
        (
            "Riordina la cartella Scaricati",
            "Immagini/a.jpg\nDocumenti/Fatture/Rechnung 2024.pdf\nMusica/b.mp3",
        ),
        (
            "Ruim mijn downloads op",
            "Afbeeldingen/a.jpg\nDocumenten/Facturen/Rechnung 2024.pdf\nMuziek/b.mp3",
        ),
        (
            "Arruma a minha pasta",
            "Imagens/a.jpg\nDocumentos/Faturas/Rechnung 2024.pdf\nMúsica/b.mp3",
        ),
        (
            "Posprzątaj pobrane pliki",
            "Obrazy/a.jpg\nDokumenty/Faktury/Rechnung 2024.pdf\nMuzyka/b.mp3",
        ),
        ("ダウンロードを整理して", "画像/a.jpg\n書類/請求書/Rechnung 2024.pdf\n音楽/b.mp3"),
        ("tidy", "Pictures/a.jpg\nDocuments/Invoices/Rechnung 2024.pdf\nMusic/b.mp3"),
        ("xyzzy", "Pictures/a.jpg\nDocuments/Invoices/Rechnung 2024.pdf\nMusic/b.mp3"),
    ];
    for (request, after) in cases {
        tidies(request, before, after);
    }
}

#[test]
fn existing_folders_of_a_meaning_are_used() {
    tidies(
        "Tidy up",
        "
        Fotos/old.jpg
        Unterlagen/Verträge/miete.pdf
        neu.jpg | | photo | 2025-02-02
        mietvertrag.pdf
        lied.mp3
        ",
        "
        Fotos/old.jpg
        Fotos/2025/neu.jpg
        Unterlagen/Verträge/miete.pdf
        Unterlagen/Verträge/mietvertrag.pdf
        Musik/lied.mp3
        ",
    );
}

#[test]
fn a_messy_folder_in_german_french_and_japanese() {
    tidies(
        "Sortiere bitte diesen Ordner",
        "
        Stromrechnung März.pdf
        Bildschirmfoto 2024-05-05.png
        Bedienungsanleitung Waschmaschine.pdf
        Neuer Ordner/Lebenslauf.docx
        Neuer Ordner (2)/urlaub.jpg | | photo | 2022-08-01
        Brief an Oma.odt
        ",
        "
        Dokumente/Rechnungen/Stromrechnung März.pdf
        Bilder/Bildschirmfotos/Bildschirmfoto 2024-05-05.png
        Dokumente/Anleitungen/Bedienungsanleitung Waschmaschine.pdf
        Dokumente/Bewerbungen/Lebenslauf.docx
        Bilder/2022/urlaub.jpg
        Dokumente/Brief an Oma.odt
        ",
    );
    tidies(
        "Trie ce dossier s'il te plaît",
        "
        Facture EDF.pdf
        Capture d'écran 1.png
        attestation d'assurance.pdf | | document | | assurance police garantie
        recette tarte.txt
        ",
        "
        Documents/Factures/Facture EDF.pdf
        Images/Captures d'écran/Capture d'écran 1.png
        Documents/Assurances/attestation d'assurance.pdf
        Documents/Recettes/recette tarte.txt
        ",
    );
    tidies(
        "整理してください、このフォルダを",
        "
        請求書_2024年5月.pdf
        会議のメモ.txt
        写真 (1).jpg | | photo | 2021-01-01
        新しいフォルダー/領収書.pdf
        スクリーンショット 2024.png
        ",
        "
        書類/請求書/請求書_2024年5月.pdf
        書類/請求書/領収書.pdf
        書類/会議のメモ.txt
        画像/2021/写真 (1).jpg
        画像/スクリーンショット/スクリーンショット 2024.png
        ",
    );
}

#[test]
fn shared_words_make_topics_only_when_they_tell() {
    tidies(
        "tidy up",
        "
        Garden plan.pdf
        garden-budget.xlsx
        notes garden.txt
        report one.pdf
        report two.pdf
        report three.pdf
        final.docx
        Thesis_chapter1.docx
        thesis chapter2.docx
        ",
        "
        Documents/Garden/Garden plan.pdf
        Documents/Garden/garden-budget.xlsx
        Documents/Garden/notes garden.txt
        Documents/report one.pdf
        Documents/report two.pdf
        Documents/report three.pdf
        Documents/final.docx
        Documents/Thesis_chapter1.docx
        Documents/thesis chapter2.docx
        ",
    );
}

#[test]
fn names_that_would_meet_get_distinct_targets() {
    let long = "x".repeat(240);
    let odd = format!("{}\\xff\\x0a", "é".repeat(124));
    tidies(
        "tidy up",
        &format!(
            "
        a.pdf | one
        A.PDF | two | document
        New folder/a.pdf | three
        documents/b.pdf | four
        b.pdf | five
        Music | a file without an ending | text
        song.mp3
        c.tar.gz | six
        misc/c.tar.gz | seven
        {long}.pdf | eight
        temp/{long}.pdf | nine
        {odd}.pdf | ten | document
        tmp/{odd}.pdf | eleven | document
        two\\x0alines.pdf | twelve | document
        Pictures@
        p.png
        "
        ),
        &format!(
            "
        documents/A.PDF
        documents/a (2).pdf
        documents/a (3).pdf
        documents/b.pdf
        documents/b (2).pdf
        documents/Music
        Music (2)/song.mp3
        Archives/c.tar.gz
        Archives/c (2).tar.gz
        documents/{long}.pdf
        documents/{long} (2).pdf
        documents/{odd}.pdf
        documents/{} (2).pdf
        documents/two\\x0alines.pdf
        Pictures
        Pictures (2)/p.png
        ",
            "é".repeat(123)
        ),
    );
}

#[test]
fn projects_stay_whole_and_are_named() {
    let end = tidies(
        "tidy up",
        "
        shop/package.json
        shop/readme.md
        shop/img/a.png
        New folder/engine/Cargo.toml
        New folder/engine/src/main.rs
        New folder/b.png
        Taxes 2023/receipt.pdf
        c.png
        ",
        "
        shop/package.json
        shop/readme.md
        shop/img/a.png
        New folder/engine/Cargo.toml
        New folder/engine/src/main.rs
        Pictures/b.png
        Taxes 2023/receipt.pdf
        Pictures/c.png
        ",
    );
    let told = "project folders, whose parts belong together: New folder/engine, shop";
    assert!(end.summary.contains(told), "{}", end.summary);
    assert!(end.summary.contains("already have a purpose: Taxes 2023"), "{}", end.summary);
}

#[test]
fn a_folder_that_is_a_project_is_left() {
    let end = tidies(
        "tidy up",
        ".git/config\nCargo.toml\nsrc/main.rs\nlogo.png",
        ".git/config\nCargo.toml\nsrc/main.rs\nlogo.png",
    );
    assert!(end.summary.contains("it is a project"), "{}", end.summary);
}

#[test]
fn an_empty_folder_is_done_at_once() {
    let end = tidies("tidy up", "", "");
    assert_eq!(end.summary, "There was nothing to tidy in in; nothing was changed.");
    assert!(end.plan.unwrap().boundary.writes.is_empty());
    tidies("tidy up", "Pictures/2024/a.jpg\nMusic/b.mp3", "Pictures/2024/a.jpg\nMusic/b.mp3");
}

const DOUBLES: &str = "
    Documents/a.pdf | same
    a (1).pdf | same
    copy of b.jpg | twin
    b.jpg | twin
    c.jpg=b.jpg | twin
    d.jpg | other
    ";

#[test]
fn extra_copies_are_asked_about() {
    let cases = [
        (
            None,
            "Documents/a.pdf\nDuplicates/a (1).pdf\nDuplicates/copy of b.jpg\nPictures/b.jpg\nPictures/c.jpg\nPictures/d.jpg",
        ),
        (
            Some("sort"),
            "Documents/a.pdf\nDocuments/a (1).pdf\nPictures/copy of b.jpg\nPictures/b.jpg\nPictures/c.jpg\nPictures/d.jpg",
        ),
        (
            Some("leave"),
            "Documents/a.pdf\na (1).pdf\ncopy of b.jpg\nPictures/b.jpg\nPictures/c.jpg\nPictures/d.jpg",
        ),
    ];
    for (answer, after) in cases {
        let person = Person { answer, ..Person::default() };
        let end = play("tidy-folder", "tidy up", Host::described(DOUBLES), &["in"], &person);
        assert_eq!(
            end.questions[0].text,
            "2 files are exact copies of another file (8 bytes). What shall happen to them?"
        );
        let mut expected: Vec<_> = after.lines().collect();
        expected.sort_unstable();
        assert_eq!(end.host.lines(), expected);
    }
}

#[test]
fn struck_steps_are_not_done_and_added_ones_are_told() {
    let person = Person { strikes: Some("Music"), adds: Some("Buy milk"), ..Person::default() };
    let host = Host::described("a.mp3\nb.pdf\nc.pdf");
    let end = play("tidy-folder", "tidy up", host, &["in"], &person);
    assert_eq!(end.host.lines(), ["Documents/b.pdf", "Documents/c.pdf", "a.mp3"]);
    assert!(end.summary.contains("files of steps that were struck: a.mp3"), "{}", end.summary);
    assert!(end.summary.contains("cannot do: Buy milk"), "{}", end.summary);
}

#[test]
fn what_cannot_be_moved_is_told() {
    let mut host = Host::described("a.mp3\nb.mp3");
    host.stubborn.insert("in/a.mp3".to_owned());
    let end = play("tidy-folder", "tidy up", host, &["in"], &EASY);
    assert!(
        end.summary.contains("could not be moved (it cannot be moved there): a.mp3"),
        "{}",
        end.summary
    );
    assert!(end.summary.contains("- Music: 1 file"), "{}", end.summary);
}

#[test]
fn a_folder_for_reading_only_cannot_be_tidied() {
    let end = play("tidy-folder", "tidy up", Host::described("a.mp3"), &[], &EASY);
    assert!(end.why_stuck.contains("without \":ro\""), "{}", end.why_stuck);
}

#[test]
fn several_folders_are_tidied_each_within_itself() {
    let mut host = Host::described("a.mp3");
    let file = host.nodes["in/a.mp3"].clone();
    host.put("ro/c.mp3", file.clone());
    let Node::File(file) = file else { panic!() };
    host.put("two/b.mp3", Node::File(host::FileNode { content: "b".to_owned(), ..file }));
    let end = play("tidy-folder", "tidy up", host, &["in", "two"], &EASY);
    let paths: Vec<_> = end.host.files().map(|(path, _)| path.clone()).collect();
    assert_eq!(paths, ["in/Music/a.mp3", "ro/c.mp3", "two/Music/b.mp3"]);
    assert_eq!(end.host.bound.len(), 6);
    assert_eq!(end.plan.unwrap().boundary.writes, ["in", "two"]);
}

#[test]
fn twenty_thousand_files_are_fine() {
    let mut table = String::new();
    for index in 0..20_000 {
        let (ending, year) = (["jpg", "pdf", "mp3", "txt", "zip"][index % 5], 2000 + index % 25);
        let word = ["garden", "invoice", "house", "thesis", "umowa"][index / 5 % 5];
        table.push_str(&format!(
            "{word} file {index}.{ending} | c{} | | {year}-01-01 | alpha beta\n",
            index / 2 * 2
        ));
    }
    let end = play("tidy-folder", "tidy up", Host::described(&table), &["in"], &EASY);
    assert_eq!(end.why_stuck, "");
    let loose = end.host.lines().iter().filter(|path| !path.contains('/')).count();
    assert_eq!(loose, 0);
    assert_eq!(end.host.files().count(), 20_000);
    // What is known is enough to come to the same end again, without a machine.
    assert!(end.known.len() > 40, "{}", end.known.len());
}
