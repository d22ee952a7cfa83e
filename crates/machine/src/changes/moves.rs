//! Moves: a deleted and a created file with the same content are one file that changed its name.

use super::beneath::{Root, split};
use super::content::{self, Hash};
use super::list::{Draft, DraftKind};
use super::seen::{Kind, Stamp};
use std::collections::{HashMap, HashSet, VecDeque};

/// Turns pairs of a deletion and a creation into moves. Among several with the same content, the
/// one with the same name and time of change is taken, then with less in common.
pub(crate) fn pair(drafts: &mut Vec<Draft>, host: &Root) {
    let (sources, targets) = candidates(drafts);
    if sources.is_empty() || targets.is_empty() {
        return;
    }
    let hashes = content::for_all(&sources, |&index| unchanged_hash(&drafts[index], host));
    let mut left: Vec<(usize, Hash)> = sources
        .into_iter()
        .zip(hashes)
        .filter_map(|(index, hash)| hash.map(|hash| (index, hash)))
        .collect();
    let mut open = targets;
    let mut taken = HashSet::new();
    for same in [Same::NameAndTime, Same::Name, Same::Time, Same::Content] {
        let mut by_key: HashMap<Key, VecDeque<usize>> = HashMap::new();
        for (index, hash) in &left {
            if let Some(key) = key(same, *hash, &drafts[*index]) {
                by_key.entry(key).or_default().push_back(*index);
            }
        }
        open.retain(|&target| {
            let source = drafts[target]
                .hash
                .and_then(|hash| key(same, hash, &drafts[target]))
                .and_then(|key| by_key.get_mut(&key))
                .and_then(VecDeque::pop_front);
            let Some(source) = source else { return true };
            taken.insert(source);
            let (from, base) = (drafts[source].path.clone(), drafts[source].base.clone());
            let draft = &mut drafts[target];
            draft.kind = DraftKind::Moved(from);
            draft.base = base;
            false
        });
        left.retain(|(index, _)| !taken.contains(index));
    }
    let mut index = 0;
    drafts.retain(|_| {
        index += 1;
        !taken.contains(&(index - 1))
    });
}

/// What two files must have in common besides their content, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Same {
    NameAndTime,
    Name,
    Time,
    Content,
}

type Key = (Hash, Option<Vec<u8>>, Option<Stamp>);

fn key(same: Same, hash: Hash, draft: &Draft) -> Option<Key> {
    let name = || Some(split(&draft.path).1.to_vec());
    let seen = draft.seen.map(|seen| seen.identity).or(draft.base.as_ref().map(|b| b.identity))?;
    // All empty files are alike: only those that kept their name are taken for the same one.
    let is_empty = seen.size_bytes == 0;
    let time = Some(seen.modified);
    match same {
        Same::NameAndTime => Some((hash, name(), time)),
        Same::Name => Some((hash, name(), None)),
        Same::Time | Same::Content if is_empty => None,
        Same::Time => Some((hash, None, time)),
        Same::Content => Some((hash, None, None)),
    }
}

/// Positions of the deleted files and the created files that may pair up. Left out is what a move
/// could not do in one step: a source whose place something else takes, a target where something
/// else was.
fn candidates(drafts: &[Draft]) -> (Vec<usize>, Vec<usize>) {
    let is_file = |draft: &Draft| draft.what == Kind::File && draft.refused.is_none();
    let placed: HashSet<&[u8]> = drafts
        .iter()
        .filter(|draft| draft.kind != DraftKind::Deleted)
        .map(|draft| draft.path.as_slice())
        .collect();
    let cleared: HashSet<&[u8]> = drafts
        .iter()
        .filter(|draft| draft.kind == DraftKind::Deleted)
        .map(|draft| draft.path.as_slice())
        .collect();
    let pick = |wanted: &dyn Fn(&Draft) -> bool| -> Vec<usize> {
        (0..drafts.len())
            .filter(|&index| is_file(&drafts[index]) && wanted(&drafts[index]))
            .collect()
    };
    let targets = pick(&|draft| {
        draft.kind == DraftKind::Created
            && draft.hash.is_some()
            && !cleared.contains(draft.path.as_slice())
    });
    let sizes: HashSet<u64> = targets
        .iter()
        .filter_map(|&index| drafts[index].seen)
        .map(|seen| seen.identity.size_bytes)
        .collect();
    let sources = pick(&|draft| {
        draft.kind == DraftKind::Deleted
            && !placed.contains(draft.path.as_slice())
            && draft.base.as_ref().is_some_and(|base| sizes.contains(&base.identity.size_bytes))
    });
    (sources, targets)
}

/// The hash of the person's file, unless it is plainly another version than before the work.
fn unchanged_hash(draft: &Draft, host: &Root) -> Option<Hash> {
    let base = draft.base.as_ref()?;
    let (file, seen) = host.file(&draft.path).ok()?;
    // The content decides: it is compared with that of the new file.
    if base.kind != Kind::File || !base.identity.is_same(&seen.identity) {
        return None;
    }
    content::hash(&file, &seen).ok()
}
