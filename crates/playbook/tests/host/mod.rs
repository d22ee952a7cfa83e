//! A folder in memory, and the tools of a machine on it, answering as the real ones do.

use playbook::{Asked, Known, Limits, PlanAnswer, Script, ScriptFolder, ScriptInput, Step};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use task::{Budget, Outcome, Plan, PlanEdit};

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Folder,
    Link,
    File(FileNode),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileNode {
    pub(crate) content: String,
    pub(crate) kind: String,
    pub(crate) date: Option<String>,
    pub(crate) words: Vec<String>,
    pub(crate) modified_ms: i64,
    pub(crate) hard_link_of: Option<String>,
}

/// Shares and what is in them, by path `SHARE/…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) nodes: BTreeMap<String, Node>,
    /// Checks that were bound, as `tool path`.
    pub(crate) bound: Vec<String>,
    /// Paths whose move fails.
    pub(crate) stubborn: BTreeSet<String>,
    /// Files that the playbook wrote.
    written: BTreeSet<String>,
    before: BTreeMap<String, Node>,
}

/// How a playbook ended on a host.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) host: Host,
    pub(crate) plan: Option<Plan>,
    pub(crate) questions: Vec<task::Ask>,
    pub(crate) summary: String,
    pub(crate) why_stuck: String,
    pub(crate) known: Vec<Known>,
    input: ScriptInput,
}

/// What the person does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    /// Instead of what is suggested.
    pub(crate) answer: Option<&'static str>,
    /// Steps whose text contains this are struck.
    pub(crate) strikes: Option<&'static str>,
    /// A step that is added.
    pub(crate) adds: Option<&'static str>,
}

impl Host {
    /// Lines `path | content | kind | date | words`, all but the path optional; `path/` is a
    /// folder, `path@` a link, `path=other` a hard link. A leading `/` is cut; all is in the
    /// share `in`.
    pub(crate) fn described(table: &str) -> Self {
        let mut host = Self::default();
        for (index, line) in table.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            let mut cells = line.split('|').map(str::trim);
            let path = cells.next().unwrap().to_owned();
            let mut cell = || cells.next().filter(|cell| !cell.is_empty()).map(str::to_owned);
            if let Some(folder) = path.strip_suffix('/') {
                host.put(&format!("in/{folder}"), Node::Folder);
            } else if let Some(link) = path.strip_suffix('@') {
                host.put(&format!("in/{link}"), Node::Link);
            } else {
                let (path, other) = match path.split_once('=') {
                    Some((path, other)) => (path.to_owned(), Some(format!("in/{other}"))),
                    None => (path, None),
                };
                let content = cell().unwrap_or_else(|| format!("content of {path}"));
                let content = if content == "\"\"" { String::new() } else { content };
                let kind = cell().unwrap_or_else(|| kind_of(&path).to_owned());
                let date = cell();
                let words = cell().unwrap_or_default();
                let words = words.split_whitespace().map(str::to_owned).collect();
                let modified_ms = 1_700_000_000_000 + i64::try_from(index).unwrap();
                let file =
                    FileNode { content, kind, date, words, modified_ms, hard_link_of: other };
                host.put(&format!("in/{path}"), Node::File(file));
            }
        }
        host
    }

    /// Puts a node, and the folders above it.
    pub(crate) fn put(&mut self, path: &str, node: Node) {
        for (at, _) in path.match_indices('/').skip(1) {
            self.nodes.entry(path[..at].to_owned()).or_insert(Node::Folder);
        }
        self.nodes.insert(path.to_owned(), node);
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&String, &FileNode)> {
        self.nodes.iter().filter_map(|(path, node)| match node {
            Node::File(file) => Some((path, file)),
            Node::Folder | Node::Link => None,
        })
    }

    /// The tree without folders, one line each, for comparison.
    pub(crate) fn lines(&self) -> Vec<String> {
        let is_folder = |node: &Node| *node == Node::Folder;
        let shown = self.nodes.iter().filter(|(_, node)| !is_folder(node));
        shown.map(|(path, _)| path.split_once('/').unwrap().1.to_owned()).collect()
    }

    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = (&'a String, &'a Node)> {
        let prefix = format!("{path}/");
        self.nodes.iter().filter(move |(path, _)| path.starts_with(&prefix))
    }

    fn tool(&mut self, name: &str, args: &Value) -> Value {
        let path = args["path"].as_str().unwrap_or_default().to_owned();
        match name {
            "list_files" => {
                let entry = |(path, node): (&String, &Node)| match node {
                    Node::Folder => {
                        json!({"path": path, "kind": "folder", "size": 0, "modified_ms": 0, "mode": 493})
                    }
                    Node::Link => {
                        json!({"path": path, "kind": "link", "size": 3, "modified_ms": 0, "mode": 511, "target": "xyz"})
                    }
                    Node::File(file) => {
                        json!({"path": path, "kind": "file", "size": file.content.len(), "modified_ms": file.modified_ms, "mode": 420})
                    }
                };
                json!({"entries": self.below(&path).map(entry).collect::<Vec<_>>(), "truncated": false, "problems": []})
            }
            "hash_files" => self.hash(&path, args["only_same_size"] == true),
            "describe_files" => self.describe(&path),
            "write_file" => self.write_file(&path, args["text"].as_str().unwrap()),
            "move_files" => self.move_files(args["moves"].as_array().unwrap()),
            other => panic!("the host has no tool {other}"),
        }
    }

    fn write_file(&mut self, path: &str, text: &str) -> Value {
        let file = FileNode {
            content: text.to_owned(),
            kind: kind_of(path).to_owned(),
            date: None,
            words: Vec::new(),
            modified_ms: 1_700_000_000_000,
            hard_link_of: None,
        };
        self.put(path, Node::File(file));
        self.written.insert(path.to_owned());
        json!({"path": path, "bytes": text.len()})
    }

    fn hash(&self, path: &str, only_same_size: bool) -> Value {
        let files: Vec<_> =
            self.files().filter(|(file, _)| file.starts_with(&format!("{path}/"))).collect();
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        files.iter().for_each(|(_, file)| *sizes.entry(file.content.len()).or_default() += 1);
        let wanted = files.iter().filter(|(_, file)| {
            let size = file.content.len();
            !only_same_size || (size > 0 && sizes[&size] > 1)
        });
        let hashed = |(path, file): &(&String, &FileNode)| {
            let mut entry = json!({"path": path, "size": file.content.len(), "hash": file.content, "modified_ms": file.modified_ms});
            if let Some(other) = &file.hard_link_of {
                entry["hard_link_of"] = json!(other);
            }
            entry
        };
        json!({"files": wanted.map(hashed).collect::<Vec<_>>(), "problems": []})
    }

    fn describe(&self, path: &str) -> Value {
        let files = self.files().filter(|(file, _)| file.starts_with(&format!("{path}/")));
        let described = |(path, file): (&String, &FileNode)| {
            let kind = if file.content.is_empty() { "empty" } else { &file.kind };
            let problem =
                (file.kind == "unknown" && path.contains("locked")).then_some("permission denied");
            json!({"path": path, "size": file.content.len(), "modified_ms": file.modified_ms, "kind": kind, "problem": problem, "media": "", "date": file.date, "words": file.words})
        };
        let links = self.below(path).filter(|(_, node)| **node == Node::Link);
        let other =
            |(path, _): (&String, &Node)| json!({"path": path, "kind": "link", "why": "a link"});
        json!({"files": files.map(described).collect::<Vec<_>>(), "others": links.map(other).collect::<Vec<_>>()})
    }

    fn move_files(&mut self, moves: &[Value]) -> Value {
        assert!(moves.len() <= 500, "{} moves at once", moves.len());
        let (mut moved, mut already, mut problems) = (0, 0, vec![]);
        for one in moves {
            let (from, to) = (one["from"].as_str().unwrap(), one["to"].as_str().unwrap());
            let folder = to.rsplit_once('/').unwrap().0;
            let above = folder.match_indices('/').map(|(at, _)| &folder[..at]).skip(1);
            let blocked = above
                .chain([folder])
                .any(|path| !matches!(self.nodes.get(path), None | Some(Node::Folder)));
            if !self.nodes.contains_key(from) && self.nodes.contains_key(to) {
                already += 1;
            } else if self.nodes.contains_key(to) || blocked || self.stubborn.contains(from) {
                problems.push(json!({"from": from, "to": to, "why": "it cannot be moved there"}));
            } else {
                let node = self.nodes.remove(from).unwrap_or_else(|| panic!("{from} is not there"));
                assert!(to.split('/').all(|part| !part.is_empty() && part != ".."), "{to}");
                self.put(to, node);
                moved += 1;
            }
        }
        json!({"moved": moved, "already": already, "problems": problems})
    }

    /// What the checks of the real machine prove.
    pub(crate) fn assert_whole(&self) {
        let contents = |nodes: &BTreeMap<String, Node>| {
            let mut contents: Vec<String> = nodes
                .iter()
                .filter_map(|(path, node)| match node {
                    Node::File(file) if !self.written.contains(path) => Some(file.content.clone()),
                    Node::File(_) | Node::Folder | Node::Link => None,
                })
                .collect();
            contents.sort();
            contents
        };
        assert_eq!(contents(&self.before), contents(&self.nodes), "contents differ");
        for (path, node) in &self.before {
            let now = self.nodes.get(path);
            assert!(now.is_none() || now == Some(node), "{path} was overwritten");
        }
        let twins = |nodes: &BTreeMap<String, Node>| {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            nodes.keys().for_each(|path| *seen.entry(path.to_lowercase()).or_default() += 1);
            seen.into_iter()
                .filter(|(_, count)| *count > 1)
                .map(|(path, _)| path)
                .collect::<BTreeSet<_>>()
        };
        let new: Vec<_> = twins(&self.nodes).difference(&twins(&self.before)).cloned().collect();
        assert!(new.is_empty(), "new case twins: {new:?}");
        let long = self
            .nodes
            .keys()
            .flat_map(|path| path.split('/'))
            .find(|part| wire::PathText((*part).to_owned()).to_bytes().unwrap().len() > 255);
        assert_eq!(long, None, "a name is too long");
    }
}

/// By the ending, as a machine would say by content.
fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase().as_str() {
        "pdf" | "doc" | "docx" | "odt" => "document",
        "txt" | "md" => "text",
        "xlsx" | "csv" | "ods" => "spreadsheet",
        "pptx" => "presentation",
        "jpg" | "jpeg" | "png" | "gif" => "picture",
        "mp3" | "flac" => "audio",
        "mp4" | "mkv" => "video",
        "zip" | "gz" | "rar" => "archive",
        "exe" | "deb" | "dmg" | "msi" => "program",
        "ttf" => "font",
        "epub" => "ebook",
        "eml" => "mail",
        "html" => "web",
        "json" | "xml" => "data",
        "py" | "js" | "c" | "rs" => "code",
        _ => "unknown",
    }
}

pub(crate) fn source(name: &str) -> String {
    let skills = playbook::builtin();
    skills.into_iter().find(|skill| skill.name == name).unwrap().source
}

/// Runs a playbook of the program on a host, with one share `in` unless the host has more.
pub(crate) fn play(
    name: &str,
    request: &str,
    host: Host,
    writable: &[&str],
    person: &Person,
) -> End {
    let mut shares: Vec<_> =
        host.nodes.keys().map(|path| path.split('/').next().unwrap().to_owned()).collect();
    shares.push("in".to_owned());
    shares.sort();
    shares.dedup();
    let folder = |name: String| ScriptFolder { writable: writable.contains(&&*name), name };
    let input = ScriptInput {
        request: request.to_owned(),
        folders: shares.into_iter().map(folder).collect(),
        today: "2026-11-20".to_owned(),
    };
    let mut script = Script::start(&source(name), input.clone(), vec![], Limits::USUAL);
    let mut host = Host { before: host.nodes.clone(), ..host };
    let mut end = End {
        host: Host::default(),
        plan: None,
        questions: vec![],
        summary: String::new(),
        why_stuck: String::new(),
        known: vec![],
        input,
    };
    loop {
        let asked = match script.next() {
            Step::Ask(asked) => asked,
            Step::Finished { summary } => {
                end.summary = summary;
                break;
            }
            Step::Stuck { why, .. } => {
                end.why_stuck = why;
                break;
            }
        };
        let result_json = answer(&asked, &mut host, &mut end, person);
        script.answer(Outcome::Done, &result_json);
        end.known.push(Known { asked, outcome: Outcome::Done, result_json });
    }
    host.assert_whole();
    end.host = host;
    end
}

impl End {
    /// Starts the playbook again after each of its calls, as after a crash: it must go on the same.
    pub(crate) fn assert_resumes(&self, name: &str) {
        for count in 0..=self.known.len() {
            let known = self.known[..count].to_vec();
            let mut script = Script::start(&source(name), self.input.clone(), known, Limits::USUAL);
            let expected = match self.known.get(count) {
                Some(next) => Step::Ask(next.asked.clone()),
                None => Step::Finished { summary: self.summary.clone() },
            };
            assert_eq!(script.next(), expected, "after {count} calls");
        }
    }
}

fn answer(asked: &Asked, host: &mut Host, end: &mut End, person: &Person) -> String {
    match asked {
        Asked::Plan(spec) => {
            let mut plan = spec.to_plan(Budget::new(1, 1));
            let mut edits = vec![];
            if let Some(text) = person.strikes {
                let struck = plan.steps.iter().filter(|step| step.text.contains(text));
                edits.extend(struck.map(|step| PlanEdit::Strike { step: step.id }));
                assert!(!edits.is_empty(), "no step to strike: {:#?}", plan.steps);
            }
            if let Some(text) = person.adds {
                edits.push(PlanEdit::Add { text: text.to_owned(), index: None });
            }
            plan = plan.edited(&edits).unwrap();
            let answer = PlanAnswer::of(&plan, true).to_json();
            end.plan = Some(plan);
            answer
        }
        Asked::Question(ask) => {
            end.questions.push(ask.clone());
            let answer = person.answer.map(str::to_owned).or(ask.suggested.clone()).unwrap();
            json!(answer).to_string()
        }
        Asked::Step { key } => {
            let plan = end.plan.as_ref().expect("a plan comes first");
            assert!(plan.steps.iter().any(|step| step.key == *key), "no step {key}");
            "null".to_owned()
        }
        Asked::Check { key, tool, args_json } => {
            let plan = end.plan.as_ref().expect("a plan comes first");
            assert!(plan.checks.iter().any(|check| check.key == *key), "no check {key}");
            let args: Value = serde_json::from_str(args_json).unwrap();
            host.bound.push(format!("{tool} {}", args["path"].as_str().unwrap()));
            "null".to_owned()
        }
        Asked::Tool { name, args_json } => {
            if name == "move_files" {
                assert!(end.plan.is_some(), "nothing is moved before the plan");
            }
            host.tool(name, &serde_json::from_str(args_json).unwrap()).to_string()
        }
    }
}
