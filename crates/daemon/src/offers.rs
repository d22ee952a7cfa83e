//! What Legwork can do right now: its jobs, folders of this person where they fit, and the minds
//! found.
//!
//! Only names are looked at, never contents, and nothing is asked of anything beyond this computer.

use crate::config::Config;
use crate::limits::PROBE_TIMEOUT;
use api::{MindFound, Offer, OffersView};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Entries of one folder that are looked at.
const ENTRIES_MAX: usize = 5000;

/// Words in the name of a folder, or of files, that speak of receipts.
const RECEIPT_WORDS: &[&str] = &[
    "receipt", "invoice", "expense", "beleg", "rechnung", "quittung", "spesen", "reçu", "facture",
    "frais", "recibo", "factura", "gasto", "fattura", "ricevut", "spese", "bonnetje", "factuur",
    "kvitto", "faktura", "paragon", "fatura", "despesa",
];

/// What was seen in one folder.
struct Seen {
    path: PathBuf,
    files: usize,
    receipts: usize,
    is_receipts: bool,
}

/// The offers for this person, now.
pub(crate) async fn look(config: &Config) -> OffersView {
    let home = config.place.home.clone();
    let seen = tokio::task::spawn_blocking(move || look_around(&home)).await.unwrap_or_default();
    let jobs = crate::skills::all(config).0.into_iter().map(|skill| {
        let found = best(&skill.name, &seen);
        let folder = found.as_ref().map(|(seen, _)| shown(&seen.path, &config.place.home));
        let request = example_request(&skill.name, &skill.title);
        Offer {
            path: found.as_ref().map(|(seen, _)| {
                wire::PathText::from_bytes(seen.path.as_os_str().as_encoded_bytes()).0
            }),
            example: format!(
                "legwork run {request:?} --folder {}",
                folder.clone().unwrap_or_else(|| "DIR".to_owned())
            ),
            name: skill.name,
            title: skill.title,
            description: skill.description,
            folder,
            files: found.as_ref().map(|(seen, _)| seen.files as u64),
            seen: found.map(|(_, words)| words),
            problem: None,
            request,
        }
    });
    OffersView { jobs: jobs.collect(), minds: minds(config).await }
}

/// What a person would say to get this job.
fn example_request(name: &str, title: &str) -> String {
    match name {
        "expense-report" => "Make an expense report from these receipts".to_owned(),
        "tidy-folder" => "Tidy this folder".to_owned(),
        "find-duplicates" => "Find duplicate files".to_owned(),
        _ => title.to_owned(),
    }
}

fn look_around(home: &Path) -> Vec<Seen> {
    let here = [home.to_owned()].into_iter().chain(folders_in(home));
    here.filter(|folder| folder != home).filter_map(|folder| see(&folder)).collect()
}

/// The visible folders in the home folder, and one level below those that people keep things in.
fn folders_in(home: &Path) -> Vec<PathBuf> {
    let visible = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(ENTRIES_MAX);
        let folders = entries.filter(|it| it.file_type().is_ok_and(|kind| kind.is_dir()));
        let named = folders.filter(|it| !it.file_name().to_string_lossy().starts_with('.'));
        named.map(|it| it.path()).collect::<Vec<_>>()
    };
    let first = visible(home);
    let second: Vec<PathBuf> = first.iter().take(40).flat_map(|folder| visible(folder)).collect();
    let mut all: Vec<PathBuf> = first.into_iter().chain(second).take(400).collect();
    all.sort();
    all
}

fn see(folder: &Path) -> Option<Seen> {
    let speaks = |name: &str| {
        let name = name.to_lowercase();
        RECEIPT_WORDS.iter().any(|word| name.contains(word))
    };
    let entries = std::fs::read_dir(folder).ok()?.flatten().take(ENTRIES_MAX);
    let files = entries.filter(|it| it.file_type().is_ok_and(|kind| kind.is_file()));
    let names: Vec<String> =
        files.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    let visible = names.iter().filter(|name| !name.starts_with('.'));
    let receipts = visible.clone().filter(|name| speaks(name)).count();
    let is_receipts = folder.file_name().is_some_and(|name| speaks(&name.to_string_lossy()));
    Some(Seen { path: folder.to_owned(), files: visible.count(), receipts, is_receipts })
}

/// The folder where this job has most to do, and what was seen there.
fn best<'a>(job: &str, seen: &'a [Seen]) -> Option<(&'a Seen, String)> {
    let files = |it: &Seen| format!("{} files lie there", it.files);
    match job {
        "expense-report" => {
            let fits = seen.iter().filter(|it| it.files > 0 && (it.is_receipts || it.receipts > 2));
            let found = fits.max_by_key(|it| (it.is_receipts, it.receipts, it.files))?;
            Some((found, files(found)))
        }
        "tidy-folder" => {
            let messy = |it: &&Seen| it.files >= 8;
            let found = seen.iter().filter(messy).max_by_key(|it| (is_downloads(it), it.files))?;
            Some((found, format!("{} files lie there unsorted", found.files)))
        }
        "find-duplicates" => {
            let found = seen.iter().filter(|it| it.files >= 2).max_by_key(|it| it.files)?;
            Some((found, files(found)))
        }
        _ => None,
    }
}

fn is_downloads(seen: &Seen) -> bool {
    let name = seen.path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    name.is_some_and(|name| name.contains("download") || name.contains("téléchargement"))
}

/// A path as it can be typed.
fn shown(path: &Path, home: &Path) -> String {
    let text = match path.strip_prefix(home) {
        Ok(below) => format!("~/{}", below.display()),
        Err(_) => path.display().to_string(),
    };
    let is_plain = |letter: char| letter.is_alphanumeric() || "~/._-".contains(letter);
    if text.chars().all(is_plain) {
        return text;
    }
    let inner = text.strip_prefix("~/");
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    inner.map_or_else(|| quoted(&text), |inner| format!("~/{}", quoted(inner)))
}

const USABLE: &str = "does any task you can put into words; `legwork models` lists what it has";

/// Model keys in the environment of this process. A client tells of its own, which the daemon,
/// started earlier and elsewhere, may not have.
pub fn keys_here() -> Vec<MindFound> {
    let found = |name: &str| MindFound {
        what: format!("a model key in {name}"),
        usable: true,
        note: USABLE.to_owned(),
    };
    crate::config::model_keys().into_iter().map(found).collect()
}

async fn minds(config: &Config) -> Vec<MindFound> {
    let mut found = keys_here();
    found.extend(config.models.with_key().into_iter().map(|provider| MindFound {
        what: format!("a model key for {provider}"),
        usable: true,
        note: USABLE.to_owned(),
    }));
    for server in &config.model_servers {
        let Ok(address) = server.parse::<SocketAddr>() else { continue };
        if !address.ip().is_loopback() {
            continue;
        }
        let asked = tokio::time::timeout(PROBE_TIMEOUT, tokio::net::TcpStream::connect(address));
        if matches!(asked.await, Ok(Ok(_))) {
            found.push(MindFound {
                what: format!("a server at {address} where model servers listen"),
                usable: true,
                note: USABLE.to_owned(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_offered_for_the_job_it_fits() {
        let home = tempfile::tempdir().expect("a temp folder");
        let touch = |path: &str| {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "x").expect("a file");
        };
        for number in 0..12 {
            touch(&format!("Downloads/file {number}"));
        }
        touch("Documents/Belege 2026/taxi.pdf");
        touch(".hidden/receipts/a.pdf");
        let seen = look_around(home.path());
        let place = |job| best(job, &seen).map(|(seen, _)| shown(&seen.path, home.path()));
        assert_eq!(place("expense-report").as_deref(), Some("~/'Documents/Belege 2026'"));
        assert_eq!(place("tidy-folder").as_deref(), Some("~/Downloads"));
        assert_eq!(place("find-duplicates").as_deref(), Some("~/Downloads"));
    }
}
