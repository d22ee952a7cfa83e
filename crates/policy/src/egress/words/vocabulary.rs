//! The words that are known, in English and German.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Says nothing by itself.
    Filler,
    Nothing,
    /// Only says something after `no`.
    Network,
    Packages,
    Web,
    Everything,
    Read,
    Write,
    /// What `git push` does.
    Push,
    Ssh,
    /// Whose key is used.
    As,
    /// Whose things at a forge they are.
    Owner,
    Not,
    /// Forbids a place, or only joins.
    But,
    Port,
    Most,
    Internal,
    Within,
    Inspected,
}

pub(super) const WORDS: &[(Meaning, &[&str])] = &[
    (
        Meaning::Filler,
        &[
            ",",
            "and",
            "the",
            "a",
            "to",
            "from",
            "on",
            "at",
            "of",
            "also",
            "git",
            "please",
            "only",
            "with",
            "then",
            "do",
            "may",
            "allow",
            "public",
            "may",
            "can",
            "in",
            "und",
            "das",
            "die",
            "der",
            "den",
            "aus",
            "von",
            "an",
            "auf",
            "zu",
            "nach",
            "auch",
            "bitte",
            "nur",
            "mit",
            "erlaube",
            "öffentliche",
            "im",
            "kann",
            "darf",
            "or",
            "oder",
            "&",
            "+",
            "-",
            "bei",
            "is",
            "are",
            "ist",
            "sind",
            "sonst",
            "gar",
            "just",
            "it",
            "you",
            "es",
            "erlauben",
        ],
    ),
    (Meaning::Nothing, &["nothing", "none", "nichts"]),
    (Meaning::Network, &["network", "netz", "netzwerk"]),
    (Meaning::Packages, &["packages", "package", "pakete", "paketen"]),
    (Meaning::Web, &["web", "internet"]),
    (Meaning::Everything, &["everything", "anything", "all", "alles", "alle", "allem"]),
    (
        Meaning::Read,
        &[
            "read",
            "reading",
            "read-only",
            "fetch",
            "get",
            "download",
            "visit",
            "browse",
            "view",
            "clone",
            "pull",
            "install",
            "look",
            "lesen",
            "lies",
            "lese",
            "lesend",
            "abrufen",
            "herunterladen",
            "lade",
            "besuche",
            "installiere",
        ],
    ),
    (
        Meaning::Write,
        &[
            "write",
            "writing",
            "send",
            "post",
            "use",
            "reach",
            "upload",
            "uploading",
            "schreiben",
            "schreibe",
            "senden",
            "sende",
            "nutzen",
            "nutze",
            "hochladen",
        ],
    ),
    (Meaning::Push, &["push", "pushing", "pushe", "pushen"]),
    (Meaning::Ssh, &["ssh"]),
    (Meaning::As, &["as", "als"]),
    (
        Meaning::Owner,
        &[
            "org",
            "organisation",
            "organization",
            "owner",
            "account",
            "user",
            "group",
            "konto",
            "gruppe",
        ],
    ),
    (
        Meaning::Not,
        &[
            "not", "no", "never", "except", "without", "deny", "block", "forbid", "don't", "don’t",
            "dont", "cannot", "can't", "can’t", "nicht", "nie", "niemals", "kein", "keine",
            "keinen", "außer", "ausser", "ohne", "verbiete", "sperre",
        ],
    ),
    (Meaning::But, &["but", "aber", "jedoch"]),
    (Meaning::Port, &["port", "ports"]),
    (Meaning::Most, &["most", "max", "maximum", "höchstens", "hoechstens", "maximal"]),
    (Meaning::Internal, &["internal", "internally", "intranet", "intern", "lokal", "local"]),
    (Meaning::Within, &["within", "innerhalb"]),
    (Meaning::Inspected, &["inspected", "inspect", "inspecting"]),
];

pub(super) fn meaning(word: &str) -> Option<Meaning> {
    let lower = word.to_lowercase();
    let found = WORDS.iter().find(|(_, words)| words.contains(&lower.as_str()));
    found.map(|(meaning, _)| *meaning)
}

/// Words that people use, and what says as much here; it may be more than they meant, so it is not
/// taken for it.
const MEANT: &[(&[&str], &str)] = &[
    (
        &[
            "pip",
            "npm",
            "apt",
            "apt-get",
            "cargo",
            "pypi",
            "crates",
            "yarn",
            "uv",
            "poetry",
            "library",
            "libraries",
            "dependencies",
            "bibliotheken",
            "abhängigkeiten",
        ],
        "packages",
    ),
    (&["online", "www", "website", "websites", "webseiten", "pages", "seiten"], "read the web"),
    (&["subdomains", "subdomain", "subdomänen"], "read **.example.com"),
    (&["offline"], "nothing"),
    (&["access", "open", "call", "connect", "zugriff", "öffne", "öffnen"], "read"),
    (&["edit", "change", "delete", "put", "ändern", "löschen"], "write to"),
];

/// The known words that are nearest to this one, nearest first; none if nothing is near.
pub(super) fn nearest(word: &str) -> Vec<&'static str> {
    /// More differences than this, and it is another word.
    const DISTANCE_MAX: usize = 2;
    const SHOWN_MAX: usize = 3;
    const LETTERS_MAX: usize = 24;
    let lower = word.to_lowercase();
    if let Some((_, meant)) = MEANT.iter().find(|(words, _)| words.contains(&lower.as_str())) {
        return vec![meant];
    }
    if lower.chars().count() > LETTERS_MAX {
        return Vec::new();
    }
    let all = WORDS.iter().filter(|(meaning, _)| *meaning != Meaning::Filler);
    let all = all.flat_map(|(_, words)| words.iter());
    let mut near: Vec<(usize, &str)> = all
        .map(|known| (distance(&lower, known), *known))
        .filter(|(distance, known)| *distance <= DISTANCE_MAX.min(known.len() / 2))
        .collect();
    near.sort_unstable();
    near.truncate(SHOWN_MAX);
    near.into_iter().map(|(_, known)| known).collect()
}

/// Letters to add, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
