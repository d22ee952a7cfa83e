//! Finds words in everything that was ever done, and the folders that tasks were given.
//!
//! Each task's text is made once and kept as long as nothing happens in it; the newest task is
//! looked at first, and no more is shown than a person reads.

use crate::limits::{
    EXCERPT_CHARS, FOLDERS_LATELY_MAX, SEARCH_HITS_MAX, SEARCHED_BYTES_MAX, SEARCHED_KEPT_BYTES_MAX,
};
use crate::office::Office;
use crate::store::{Placed, StoreError};
use api::{FolderLately, FoundIn, SearchHit};
use machine::changes::ChangeList;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use task::transcript::{Transcript, What};
use task::{Driver, TaskId};
use wire::PathText;

/// What a task says, part by part.
#[derive(Debug, Default)]
struct Told {
    seq: u64,
    parts: Vec<(FoundIn, String)>,
    folders: Vec<String>,
    created_at: u64,
}

/// The texts that were made.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    known: Mutex<BTreeMap<TaskId, std::sync::Arc<Told>>>,
}

impl Finder {
    /// Tasks in which every word is found, the newest first.
    pub(crate) fn search(
        &self,
        office: &Office,
        words: &str,
    ) -> Result<Vec<SearchHit>, StoreError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let mut hits = vec![];
        if words.is_empty() {
            return Ok(hits);
        }
        let ends = ends(office)?;
        for line in office.list()? {
            let Ok(id) = line.id.parse::<TaskId>() else { continue };
            let told = self.told(office, &id, ends.get(&line.id).copied().unwrap_or(0))?;
            let is_in = |word: &String| {
                line.id.starts_with(word.as_str())
                    || told.parts.iter().any(|(_, text)| text.to_lowercase().contains(word))
            };
            if !words.iter().all(is_in) {
                continue;
            }
            // The part that has most of the words says where.
            let count = |text: &str| {
                let text = text.to_lowercase();
                words.iter().filter(|word| text.contains(word.as_str())).count()
            };
            let best = told.parts.iter().rev().max_by_key(|(_, text)| count(text));
            let (found_in, text) =
                best.map_or((FoundIn::Request, ""), |(part, text)| (*part, text));
            hits.push(SearchHit { found_in, excerpt: excerpt(text, &words), task: line });
            if hits.len() >= SEARCH_HITS_MAX {
                break;
            }
        }
        Ok(hits)
    }

    /// Folders that tasks were given, the latest first.
    pub(crate) fn folders(&self, office: &Office) -> Result<Vec<FolderLately>, StoreError> {
        let home = office.config().place.home.clone();
        let mut found: Vec<FolderLately> = vec![];
        let ends = ends(office)?;
        for line in office.list()? {
            let Ok(id) = line.id.parse::<TaskId>() else { continue };
            let told = self.told(office, &id, ends.get(&line.id).copied().unwrap_or(0))?;
            for folder in &told.folders {
                match found.iter().position(|it| it.path == *folder) {
                    Some(index) => found[index].tasks += 1,
                    None if found.len() < FOLDERS_LATELY_MAX => {
                        let path = path_of(folder);
                        found.push(FolderLately {
                            shown: crate::picker::shown(&path, &home),
                            is_there: path.is_dir(),
                            path: folder.clone(),
                            used_at: told.created_at,
                            tasks: 1,
                        });
                    }
                    None => (),
                }
            }
        }
        Ok(found)
    }

    fn told(
        &self,
        office: &Office,
        id: &TaskId,
        seq: u64,
    ) -> Result<std::sync::Arc<Told>, StoreError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = known().get(id).filter(|told| told.seq == seq) {
            return Ok(told.clone());
        }
        let stored = office.store().read(id, 0, usize::MAX)?;
        let told = std::sync::Arc::new(tell(office, &stored, seq));
        let mut known = known();
        known.insert(id.clone(), told.clone());
        let size = |told: &Told| told.parts.iter().map(|(_, text)| text.len()).sum::<usize>();
        let mut kept: usize = known.values().map(|told| size(told)).sum();
        while kept > SEARCHED_KEPT_BYTES_MAX {
            let oldest = known.iter().min_by_key(|(_, told)| told.created_at);
            let Some((oldest, bytes)) = oldest.map(|(id, told)| (id.clone(), size(told))) else {
                break;
            };
            known.remove(&oldest);
            kept -= bytes;
        }
        Ok(told)
    }
}

/// The position of each task's last event.
fn ends(office: &Office) -> Result<BTreeMap<String, u64>, StoreError> {
    let heads = office.store().ledger().tasks()?;
    Ok(heads.into_iter().map(|head| (head.task, head.last_seq)).collect())
}

fn tell(office: &Office, stored: &[Placed], seq: u64) -> Told {
    let driver = Driver::resume(stored.iter().map(|it| &it.event));
    let task = driver.task();
    let mut transcript = Transcript::default();
    for it in stored {
        transcript.fold(it.seq, it.at, &it.event);
    }
    let folders: Vec<String> = task.shares().iter().map(|share| share.host.clone()).collect();
    let plan = task.plan().map_or(String::new(), |plan| {
        let steps = plan.steps.iter().map(|step| step.text.as_str());
        [plan.goal.as_str()].into_iter().chain(steps).collect::<Vec<_>>().join("\n")
    });
    let result = task.ending().map_or("", |(_, text)| text);
    let rest = task.rest().map_or("", |(_, why)| why);
    let files = task.changes().map_or(String::new(), |(blob, _)| {
        let list: ChangeList = office.store().get_json(blob).unwrap_or_default();
        list.changes.iter().map(|it| it.path.0.as_str()).collect::<Vec<_>>().join("\n")
    });
    let story: Vec<String> =
        transcript.items().into_iter().filter_map(|it| said(it.what)).collect();
    let parts = vec![
        (FoundIn::Request, task.request().to_owned()),
        (FoundIn::Result, format!("{result}\n{rest}")),
        (FoundIn::File, files),
        (FoundIn::Folder, folders.join("\n")),
        (FoundIn::Plan, plan),
        (FoundIn::Story, story.join("\n")),
    ];
    let parts = parts.into_iter().map(|(part, text)| (part, cut(text))).collect();
    Told { seq, parts, folders, created_at: task.created_at().0 }
}

/// What somebody said or wrote while it worked.
fn said(what: What) -> Option<String> {
    match what {
        What::Said { text } | What::UserSaid { text } | What::Egress { text } => Some(text),
        What::Question { ask, answer, .. } => {
            Some(format!("{} {}", ask.text, answer.unwrap_or_default()))
        }
        What::Call { subject, note, .. } => Some(format!("{subject} {note}")),
        What::Check { text, result, .. } => {
            let evidence = result.map(|it| it.evidence.join(" ")).unwrap_or_default();
            Some(format!("{text} {evidence}"))
        }
        _ => None,
    }
}

fn cut(mut text: String) -> String {
    let mut end = text.len().min(SEARCHED_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// The first of the words that is there, with what stands around it, in one line.
fn excerpt(text: &str, words: &[String]) -> String {
    let line = text.lines().find(|line| {
        let line = line.to_lowercase();
        words.iter().any(|word| line.contains(word.as_str()))
    });
    let line = line.or_else(|| text.lines().next()).unwrap_or_default();
    let lower = line.to_lowercase();
    let at = words.iter().filter_map(|word| lower.find(word.as_str())).min().unwrap_or(0);
    // Lower case may be longer or shorter, so the place is counted in characters.
    let at = lower.get(..at).map_or(0, |before| before.chars().count());
    let from = at.saturating_sub(EXCERPT_CHARS);
    let shown: String = line.chars().skip(from).take(2 * EXCERPT_CHARS).collect();
    let before = if from > 0 { "…" } else { "" };
    let after = if line.chars().count() > from + 2 * EXCERPT_CHARS { "…" } else { "" };
    format!("{before}{shown}{after}")
}

pub(crate) fn path_of(folder: &str) -> PathBuf {
    let bytes = PathText(folder.to_owned()).to_bytes();
    bytes.map_or_else(
        |_| Path::new(folder).to_owned(),
        |it| PathBuf::from(std::ffi::OsString::from_vec(it)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_has_the_words_and_is_short() {
        let words = ["straße".to_owned()];
        assert_eq!(excerpt("eins\nIn der STRASSE\nDie Straße", &words), "Die Straße");
        let long = format!("{} Straße {}", "ä".repeat(200), "x".repeat(200));
        let shown = excerpt(&long, &words);
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.contains("Straße"));
        assert_eq!(shown.chars().count(), 2 * EXCERPT_CHARS + 2);
        assert_eq!(excerpt("", &words), "");
    }
}
