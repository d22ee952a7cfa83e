//! Skills: folders with a `SKILL.md` and, to be a playbook, a `playbook.star` beside it.
//!
//! The format is Agent Skills (agentskills.io). Reading is lenient, as its guide for clients
//! asks: a name that does not fit is used all the same, unknown fields are passed over, and one
//! broken skill hides no other.

use crate::limits;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A skill that works without a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    pub name: String,
    /// For people: `metadata.title`, else the first heading, else the name.
    pub title: String,
    pub description: String,
    /// `metadata.words`: more words by which a request may ask for it, in any language.
    pub words: String,
    /// `metadata.not-for`: words that show that a request wants something else.
    pub not_for: String,
    /// `metadata.heeds: months`: it keeps to the months that a request names.
    pub heeds_months: bool,
    /// `metadata.heeds: originals`: it only makes new files, and changes and moves none.
    pub heeds_originals: bool,
    /// The `playbook.star`.
    pub source: String,
}

/// Why a folder is no usable skill.
#[derive(Debug, thiserror::Error)]
pub enum SkillError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is over {} KB", path.display(), limits::SKILL_BYTES_MAX / 1024)]
    TooLarge { path: PathBuf },
    #[error("{} is not a file", path.display())]
    NotAFile { path: PathBuf },
    #[error("{} leads out of the skill folders", path.display())]
    Outside { path: PathBuf },
    #[error("{} is not UTF-8 text", path.display())]
    NotText { path: PathBuf },
    #[error("the front matter of {} is not YAML: {source}", path.display())]
    FrontMatter { path: PathBuf, source: Box<serde_saphyr::Error> },
    #[error("{} has no description", path.display())]
    NoDescription { path: PathBuf },
    #[error("{} is there twice; the one in {} is used", name, used.display())]
    Shadowed { name: String, used: PathBuf },
    #[error("there are more than {} skills", limits::SKILLS_MAX)]
    TooMany,
}

/// A skill folder that could not be used, or not as it is.
#[derive(Debug)]
pub struct Problem {
    pub folder: PathBuf,
    pub error: SkillError,
}

#[derive(Debug, Default, Deserialize)]
struct FrontMatter {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, serde_json::Value>>,
}

const SKILL_FILE: &str = "SKILL.md";
const PLAYBOOK_FILE: &str = "playbook.star";

impl Skill {
    /// Reads the skill in this folder. Its files may be links, but only to files within the folder.
    pub fn load(folder: &Path) -> Result<Self, SkillError> {
        let root = canonical(folder)?;
        Self::load_within(folder, &[root])
    }

    fn load_within(folder: &Path, roots: &[PathBuf]) -> Result<Self, SkillError> {
        let text = read_text(&folder.join(SKILL_FILE), roots)?;
        let source = read_text(&folder.join(PLAYBOOK_FILE), roots)?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        Self::parse(&name.unwrap_or_default(), &text, source, &folder.join(SKILL_FILE))
    }

    /// `folder_name` stands in for a missing name; `path` is for messages only.
    fn parse(
        folder_name: &str,
        text: &str,
        source: String,
        path: &Path,
    ) -> Result<Self, SkillError> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let (front, body) = split(&text);
        let front = match front {
            Some(front) => front_matter(front, path)?,
            None => headless(body),
        };
        let heading = body.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim);
        let name = front.name.filter(|name| !name.trim().is_empty());
        let name = cut(name.as_deref().unwrap_or(folder_name).trim(), limits::NAME_CHARS_MAX);
        let description = front.description.or_else(|| heading.map(str::to_owned));
        let description = description.unwrap_or_default();
        if description.trim().is_empty() {
            return Err(SkillError::NoDescription { path: path.to_owned() });
        }
        let metadata = front.metadata.unwrap_or_default();
        let entry = |key: &str| metadata.get(key).and_then(serde_json::Value::as_str);
        let heeds = |what: &str| {
            entry("heeds").is_some_and(|it| it.split_whitespace().any(|it| it == what))
        };
        let title = entry("title").or(heading).unwrap_or(&name);
        Ok(Self {
            title: cut(title, limits::NAME_CHARS_MAX),
            description: cut(description.trim(), limits::DESCRIPTION_CHARS_MAX),
            words: cut(entry("words").unwrap_or_default(), limits::DESCRIPTION_CHARS_MAX),
            not_for: cut(entry("not-for").unwrap_or_default(), limits::DESCRIPTION_CHARS_MAX),
            heeds_months: heeds("months"),
            heeds_originals: heeds("originals"),
            name,
            source,
        })
    }
}

/// Name, `SKILL.md` and `playbook.star` of each folder in `skills/`.
const EMBEDDED: &[(&str, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/skills.rs"));

/// The skills that are part of the program, by name.
pub fn builtin() -> Vec<Skill> {
    let skill = |(name, text, source): &(&str, &str, &str)| {
        Skill::parse(name, text, (*source).to_owned(), Path::new(name))
            .expect("the skills of the program are checked by a test")
    };
    EMBEDDED.iter().map(skill).collect()
}

/// Whether this is the script of a skill that comes with the program, whatever it is called here.
pub fn is_built_in(source: &[u8]) -> bool {
    EMBEDDED.iter().any(|(_, _, embedded)| embedded.as_bytes() == source)
}

/// Folders are looked into this deep for skills.
const DEPTH_MAX: usize = 4;
/// Never looked into.
const SKIPPED: [&str; 2] = [".git", "node_modules"];

/// All playbooks below these folders, in their order, then by path. A folder that is not there
/// holds none. A skill without a `playbook.star` needs a model and is passed over. Links are
/// followed as long as they stay within one of the folders.
pub fn discover(folders: &[PathBuf]) -> (Vec<Skill>, Vec<Problem>) {
    let mut problems = vec![];
    let mut found = vec![];
    let roots: Vec<PathBuf> = folders.iter().filter_map(|folder| canonical(folder).ok()).collect();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        walk(folder, 0, &roots, &mut found, &mut problems);
    }
    let mut skills: Vec<(Skill, PathBuf)> = vec![];
    for folder in found {
        match Skill::load_within(&folder, &roots) {
            Ok(skill) => match skills.iter().find(|(other, _)| other.name == skill.name) {
                Some((_, used)) => {
                    let error = SkillError::Shadowed { name: skill.name, used: used.clone() };
                    problems.push(Problem { folder, error });
                }
                None => skills.push((skill, folder)),
            },
            Err(error) => problems.push(Problem { folder, error }),
        }
    }
    (skills.into_iter().map(|(skill, _)| skill).collect(), problems)
}

fn walk(
    folder: &Path,
    depth: usize,
    roots: &[PathBuf],
    found: &mut Vec<PathBuf>,
    problems: &mut Vec<Problem>,
) {
    let mut problem = |error| problems.push(Problem { folder: folder.to_owned(), error });
    if found.len() >= limits::SKILLS_MAX {
        if found.len() == limits::SKILLS_MAX && depth == 0 {
            problem(SkillError::TooMany);
        }
        return;
    }
    match contained(folder, roots) {
        Ok(()) => {}
        Err(error) => return problem(error),
    }
    // A link counts, too: if it is broken or leads out, that is told when it is loaded.
    if folder.join(SKILL_FILE).symlink_metadata().is_ok() {
        if folder.join(PLAYBOOK_FILE).symlink_metadata().is_ok() {
            found.push(folder.to_owned());
        }
        return;
    }
    if depth == DEPTH_MAX {
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) => {
            return problem(SkillError::Unreadable { path: folder.to_owned(), source });
        }
    };
    let mut below: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| !SKIPPED.iter().any(|name| path.ends_with(name)) && path.is_dir())
        .take(limits::SKILLS_MAX)
        .collect();
    below.sort();
    for folder in below {
        walk(&folder, depth + 1, roots, found, problems);
    }
}

fn canonical(path: &Path) -> Result<PathBuf, SkillError> {
    path.canonicalize().map_err(|source| SkillError::Unreadable { path: path.to_owned(), source })
}

fn contained(path: &Path, roots: &[PathBuf]) -> Result<(), SkillError> {
    let real = canonical(path)?;
    let inside = roots.iter().any(|root| real.starts_with(root));
    if inside { Ok(()) } else { Err(SkillError::Outside { path: path.to_owned() }) }
}

fn read_text(path: &Path, roots: &[PathBuf]) -> Result<String, SkillError> {
    let unreadable = |source| SkillError::Unreadable { path: path.to_owned(), source };
    contained(path, roots)?;
    // Asked before opening: to open a pipe would wait for its writer.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(SkillError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = vec![];
    file.take(limits::SKILL_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limits::SKILL_BYTES_MAX {
        return Err(SkillError::TooLarge { path: path.to_owned() });
    }
    String::from_utf8(bytes).map_err(|_| SkillError::NotText { path: path.to_owned() })
}

/// The front matter, if there is one, and the body.
fn split(text: &str) -> (Option<&str>, &str) {
    let Some(rest) = text.strip_prefix("---\n") else { return (None, text) };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return (Some(&rest[..at]), &rest[at + line.len()..]);
        }
        at += line.len();
    }
    (None, text)
}

fn front_matter(front: &str, path: &Path) -> Result<FrontMatter, SkillError> {
    let read = |text: &str| serde_saphyr::from_str::<FrontMatter>(text);
    match read(front) {
        Ok(front) => Ok(front),
        // Many skills in the wild have a colon in an unquoted description.
        Err(source) => read(&quoted(front)).map_err(|_| SkillError::FrontMatter {
            path: path.to_owned(),
            source: Box::new(source),
        }),
    }
}

/// The front matter with the plain one-line values at its top level in quotes.
fn quoted(front: &str) -> String {
    let mut text = String::new();
    for line in front.lines() {
        match line.split_once(": ") {
            Some((key, value))
                if key.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter))
                    && !value
                        .trim_start()
                        .starts_with(['"', '\'', '|', '>', '[', '{', '&', '*']) =>
            {
                let value = value.trim().replace('\'', "''");
                text.push_str(&format!("{key}: '{value}'\n"));
            }
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// Some skills have no front matter but a line that says what they are for.
fn headless(body: &str) -> FrontMatter {
    let description = body.lines().take(20).find_map(|line| line.strip_prefix("description:"));
    FrontMatter {
        description: description.map(|text| text.trim().to_owned()),
        ..FrontMatter::default()
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
