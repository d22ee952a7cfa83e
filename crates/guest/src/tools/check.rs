//! `check_same_content` and `check_nothing_overwritten`: a share as it is against the share as it
//! was.
//!
//! They know nothing of how files were moved. A file counts as untouched without being read when
//! inode, size, mode and both times are those of the same path before the work: whatever the work
//! writes, renames or links is copied up first, and gets a change time that nobody in the machine
//! can set. Every other file is read in full on both sides.

use super::beneath::Side;
use super::failure::{Failure, reason};
use super::hash::hash_all;
use super::limits::NAMED_MAX;
use super::tree::{Entry, Kind, Tree, Unseen};
use super::{Progress, View};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use wire::PathText;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SameArgs {
    path: PathText,
    /// New files that were meant to come, such as a list of what was moved.
    #[serde(default)]
    added: Vec<PathText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverwrittenArgs {
    path: PathText,
    /// Files that were meant to change.
    #[serde(default)]
    except: Vec<PathText>,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) passed: bool,
    /// Lines with numbers, for a person.
    pub(crate) evidence: Vec<String>,
}

/// The two sides of a check.
struct Sides {
    before: Tree,
    after: Tree,
}

impl Sides {
    fn read(view: &View, path: &PathText) -> Result<Self, Failure> {
        let before = Tree::read(&view.roots, Side::Base, path)?;
        Ok(Self { before, after: Tree::read(&view.roots, Side::Folders, path)? })
    }

    /// Folders that nobody may look into, neither before nor now, and those of which only one side,
    /// or neither for another reason, was seen: the first are told, the others are gaps in the
    /// proof.
    fn unseen(&self) -> (Vec<String>, Vec<String>) {
        let denied = reason(Errno::ACCESS).1;
        let before: HashSet<&Unseen> = self.before.unseen.iter().collect();
        let after: HashSet<&Unseen> = self.after.unseen.iter().collect();
        let name = |unseen: &&Unseen| self.after.name(&unseen.path).0;
        let is_shut = |unseen: &&&Unseen| unseen.why == denied;
        let shut = before.intersection(&after).filter(is_shut).copied().collect::<HashSet<_>>();
        let gaps = before.union(&after).filter(|unseen| !shut.contains(**unseen));
        let gaps: Vec<String> =
            gaps.map(|unseen| format!("{}: {}", name(unseen), unseen.why)).collect();
        (shut.iter().map(name).collect(), gaps)
    }

    /// Adds the lines about what was not seen; `true` if that leaves no gap.
    fn tell_unseen(&self, evidence: &mut Vec<String>) -> bool {
        let (shut, gaps) = self.unseen();
        named(evidence, "not looked into, because nobody may, before or now", shut);
        named(evidence, "could not be looked into", gaps)
    }
}

fn by_path(tree: &Tree) -> HashMap<&[u8], &Entry> {
    tree.entries.iter().map(|entry| (&entry.path[..], entry)).collect()
}

const INODE_BITS: u64 = (1 << 48) - 1;

fn is_untouched(before: &Entry, after: &Entry) -> bool {
    // The view may tell in an inode's highest bits which of its disks the file is on.
    let inode = |entry: &Entry| entry.inode.1 & INODE_BITS;
    let identity =
        |entry: &Entry| (inode(entry), entry.size, entry.mode, entry.modified, entry.changed);
    before.kind == after.kind && identity(before) == identity(after)
}

pub(crate) fn same_content(
    view: &View,
    args: &SameArgs,
    progress: Progress<'_>,
) -> Result<Checked, Failure> {
    let sides = Sides::read(view, &args.path)?;
    let (before, after) = (&sides.before, &sides.after);
    let there = by_path(after);
    // What was there before is compared, whatever it is called now.
    let (was_there, mut added) = (by_path(before), below(&args.path, &args.added)?);
    added.retain(|path| !was_there.contains_key(&path[..]) && there.contains_key(&path[..]));
    let untouched: HashSet<&[u8]> = before
        .files()
        .filter(|entry| there.get(&entry.path[..]).is_some_and(|after| is_untouched(entry, after)))
        .map(|entry| &entry.path[..])
        .collect();
    let rest = |tree| -> Vec<&Entry> {
        Tree::files(tree).filter(|entry| !untouched.contains(&entry.path[..])).collect()
    };
    let mut missing: Tally<blake3::Hash> = Tally::default();
    missing.count(before, &rest(before), progress);
    let mut new: Tally<blake3::Hash> = Tally::default();
    let came: Vec<&Entry> =
        rest(after).into_iter().filter(|entry| !added.contains(&entry.path)).collect();
    new.count(after, &came, progress);
    subtract(&mut missing.names, &mut new.names);

    let (mut links_missing, mut links_new) = (others(before), others(after));
    let others_count = links_missing.values().map(Vec::len).sum::<usize>();
    subtract(&mut links_missing, &mut links_new);

    let sum = |tree: &Tree| {
        let bytes: u64 = tree.files().map(|entry| entry.size).sum();
        format!("{}, {} bytes", files(tree.files().count()), grouped(bytes))
    };
    let mut evidence = vec![
        format!("before: {}; now: {}", sum(before), sum(after)),
        format!(
            "untouched at their place: {}; read and compared: {} before and {} now",
            files(untouched.len()),
            files(missing.read),
            files(new.read)
        ),
    ];
    if !added.is_empty() {
        evidence.push(format!("meant to be new: {}", files(added.len())));
    }
    if others_count > 0 {
        let count = grouped(others_count as u64);
        evidence.push(format!("compared by what they are: links and special files ({count})"));
    }
    let gone = missing.names.into_values().chain(links_missing.into_values()).flatten();
    let came = new.names.into_values().chain(links_new.into_values()).flatten();
    let mut passed = named(&mut evidence, "gone", gone.collect());
    passed &= named(&mut evidence, "new", came.collect());
    passed &= named(&mut evidence, "could not be read", missing.unread);
    passed &= named(&mut evidence, "cannot be read now", new.unread);
    passed &= sides.tell_unseen(&mut evidence);
    if passed {
        evidence.push("every content is there as often as before".to_owned());
    }
    Ok(Checked { passed, evidence })
}

/// Names by what they hold.
struct Tally<K> {
    names: HashMap<K, Vec<String>>,
    unread: Vec<String>,
    read: usize,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { names: HashMap::new(), unread: vec![], read: 0 }
    }
}

impl Tally<blake3::Hash> {
    fn count(&mut self, tree: &Tree, entries: &[&Entry], progress: Progress<'_>) {
        for (entry, hash) in entries.iter().zip(hash_all(tree, entries, progress)) {
            let name = tree.name(&entry.path);
            match hash {
                Ok(hash) => {
                    self.read += 1;
                    self.names.entry(hash).or_default().push(name.0);
                }
                Err(errno) => self.unread.push(format!("{name}: {}", reason(errno).1)),
            }
        }
    }
}

/// Links by where they point, special files by what they are.
fn others(tree: &Tree) -> HashMap<&Kind, Vec<String>> {
    let mut others: HashMap<&Kind, Vec<String>> = HashMap::new();
    for entry in &tree.entries {
        match &entry.kind {
            Kind::File | Kind::Folder => {}
            kind @ (Kind::Link(_) | Kind::Fifo | Kind::Socket | Kind::Device) => {
                others.entry(kind).or_default().push(tree.name(&entry.path).0);
            }
        }
    }
    others
}

/// Takes away what is on both sides, as often as it is on both.
fn subtract<K: std::hash::Hash + Eq>(
    a: &mut HashMap<K, Vec<String>>,
    b: &mut HashMap<K, Vec<String>>,
) {
    a.retain(|key, left| {
        let Some(right) = b.get_mut(key) else { return true };
        // A name that is on both sides is the last to be called missing or new.
        let names: HashSet<&String> = right.iter().collect();
        let same: HashSet<String> =
            left.iter().filter(|name| names.contains(name)).cloned().collect();
        left.sort_by_key(|name| same.contains(name));
        right.sort_by_key(|name| same.contains(name));
        let common = left.len().min(right.len());
        left.truncate(left.len() - common);
        right.truncate(right.len() - common);
        if right.is_empty() {
            b.remove(key);
        }
        !left.is_empty()
    });
}

/// Adds a line for these, if there are any; `true` if there are none.
fn named(evidence: &mut Vec<String>, what: &str, mut names: Vec<String>) -> bool {
    if names.is_empty() {
        return true;
    }
    names.sort();
    let count = names.len();
    let more = count.saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let mut line = format!("{what}: {} ({})", names.join("; "), grouped(count as u64));
    if more > 0 {
        line = format!("{what}: {}; and {} more", names.join("; "), grouped(more as u64));
    }
    evidence.push(line);
    false
}

pub(crate) fn nothing_overwritten(
    view: &View,
    args: &OverwrittenArgs,
    progress: Progress<'_>,
) -> Result<Checked, Failure> {
    let sides = Sides::read(view, &args.path)?;
    let excepted = below(&args.path, &args.except)?;
    let Kept { untouched, same, changed, except, unread } = kept(&sides, &excepted, progress);
    let total = sides.before.entries.iter().filter(|entry| entry.kind != Kind::Folder).count();
    let still = untouched + same + changed.len();
    let mut evidence = vec![
        format!("still under their name: {} of {}", grouped(still as u64), files(total)),
        format!(
            "of these untouched: {}; compared, and the same: {}",
            grouped(untouched as u64),
            grouped(same as u64)
        ),
    ];
    if except > 0 {
        evidence.push(format!("meant to change: {}", files(except)));
    }
    let mut passed = named(&mut evidence, "another content under an old name", changed);
    passed &= named(&mut evidence, "could not be read", unread);
    passed &= sides.tell_unseen(&mut evidence);
    let twins = new_twins(&sides);
    if twins.is_empty() {
        evidence.push("no folder holds a name twice, ignoring case, that it did not before".into());
    }
    passed &= named(&mut evidence, "the same name twice, ignoring case", twins);
    Ok(Checked { passed, evidence })
}

/// These paths, below the path that is checked.
fn below(root: &PathText, paths: &[PathText]) -> Result<HashSet<Vec<u8>>, Failure> {
    let bytes =
        |path: &PathText| path.to_relative().map_err(|error| Failure::bad_path(path, error));
    let root = bytes(root)?;
    let below = |path: &PathText| {
        let path = bytes(path)?;
        let rest = path.strip_prefix(&root[..]).and_then(|rest| rest.strip_prefix(b"/"));
        Ok(rest.unwrap_or_default().to_vec())
    };
    paths.iter().map(below).collect()
}

/// What became of the files that are still under their name.
#[derive(Default)]
struct Kept {
    untouched: usize,
    same: usize,
    changed: Vec<String>,
    /// Were meant to change.
    except: usize,
    unread: Vec<String>,
}

fn kept(sides: &Sides, excepted: &HashSet<Vec<u8>>, progress: Progress<'_>) -> Kept {
    let there = by_path(&sides.after);
    let mut kept = Kept::default();
    let (mut old, mut new) = (vec![], vec![]);
    for entry in &sides.before.entries {
        let Some(after) = there.get(&entry.path[..]) else { continue };
        match (&entry.kind, &after.kind) {
            (Kind::Folder, Kind::Folder) => {}
            _ if excepted.contains(&entry.path) => kept.except += 1,
            _ if is_untouched(entry, after) => kept.untouched += 1,
            (Kind::File, Kind::File) if entry.size == after.size => {
                old.push(entry);
                new.push(*after);
            }
            (before, after) if before == after && *before != Kind::File => kept.same += 1,
            _ => kept.changed.push(sides.after.name(&entry.path).0),
        }
    }
    let hashes = hash_all(&sides.before, &old, progress).into_iter();
    for (entry, pair) in old.iter().zip(hashes.zip(hash_all(&sides.after, &new, progress))) {
        let name = sides.after.name(&entry.path).0;
        match pair {
            (Ok(before), Ok(after)) if before == after => kept.same += 1,
            (Ok(_), Ok(_)) => kept.changed.push(name),
            (Err(errno), _) | (_, Err(errno)) => {
                kept.unread.push(format!("{name}: {}", reason(errno).1));
            }
        }
    }
    kept
}

/// Groups of names in one folder that differ only in case, and were not together in one before.
fn new_twins(sides: &Sides) -> Vec<String> {
    let before: HashSet<Vec<&[u8]>> = twins(&sides.before).into_iter().map(|(_, n)| n).collect();
    let new = twins(&sides.after).into_iter().filter(|(_, names)| {
        let is_known = |known: &Vec<&[u8]>| names.iter().all(|name| known.contains(name));
        !before.contains(names) && !before.iter().any(is_known)
    });
    new.map(|(path, _)| sides.after.name(path).0).collect()
}

/// For each group the first path and all names, sorted.
fn twins(tree: &Tree) -> Vec<(&[u8], Vec<&[u8]>)> {
    let mut groups: BTreeMap<(&[u8], String), Vec<&Entry>> = BTreeMap::new();
    for entry in &tree.entries {
        let name = entry.name();
        let folder = &entry.path[..entry.path.len() - name.len()];
        let folded = match std::str::from_utf8(name) {
            Ok(name) => name.to_lowercase(),
            Err(_) => PathText::from_bytes(&name.to_ascii_lowercase()).0,
        };
        groups.entry((folder, folded)).or_default().push(entry);
    }
    let twins = groups.into_values().filter(|entries| entries.len() > 1);
    twins
        .map(|entries| (&entries[0].path[..], entries.iter().map(|entry| entry.name()).collect()))
        .collect()
}

fn files(count: usize) -> String {
    let noun = if count == 1 { "file" } else { "files" };
    format!("{} {noun}", grouped(count as u64))
}

/// The number with a comma for every thousand.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
