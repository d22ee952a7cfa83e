//! What a request wants less of, or otherwise: "but only from October", "leave the PDFs alone".
//!
//! A playbook does its one job whole. A request with a condition that it does not know must not be
//! carried out as if the condition were not there, so the words that make one are told here. They
//! are told generously: to say "I cannot heed that" once too often costs a moment, to overlook it
//! costs trust.

/// Words that begin a condition by themselves.
const OPENERS: &str = "
except excluding excepting without don't dont doesn't not never ignore ignoring skip omit
unless older newer larger bigger smaller leave leaving
lass lasse lassen außer ausser ausgenommen ohne nicht nichts kein keine keinen keinem keiner
niemals ignoriere ignorier überspringe überspring
älter ältere älteren neuer neuere neueren größer größere größeren kleiner kleinere
sauf excepté hormis sans pas
excepto salvo sin menos
tranne eccetto senza non
behalve zonder niet geen
exceto menos sem não
oprócz bez nie
utom utan inte undtagen uden ikke unntatt uten
кроме без не
";

/// As these do, unless nothing but a time follows.
const ONLY: &str = "
only solely nur ausschließlich lediglich seulement uniquement
solo sólo solamente únicamente soltanto
alleen enkel somente apenas tylko bara endast kun только
";

/// Two words that begin one together.
const PAIRS: [(&[&str], &[&str]); 4] = [
    (&["apart", "other"], &["from", "than"]),
    (&["bis", "abgesehen"], &["auf", "von"]),
    (&["last", "this", "past", "previous", "current"], &["week", "month", "year", "quarter"]),
    (
        &[
            "letzte",
            "letzten",
            "letzter",
            "letztes",
            "diese",
            "dieser",
            "diesen",
            "dieses",
            "vorige",
            "vorigen",
            "voriges",
            "vergangene",
            "vergangenen",
            "vergangenes",
        ],
        &["woche", "monat", "monats", "jahr", "jahres", "quartal"],
    ),
];

/// Where words are not set apart by spaces.
const INSIDE: [&str; 12] =
    ["だけ", "のみ", "以外", "しないで", "只", "仅", "僅", "除了", "不要", "만 ", "제외", "말고"];

/// The months as people write them; `mars`, `mai`, `may` and `march` mean other things too.
const MONTHS: [&str; 12] = [
    "january januar jänner janvier enero gennaio januari jan",
    "february februar février febrero febbraio februari feb",
    "march märz mars marzo maart",
    "april avril abril aprile apr",
    "may mai mayo maggio mei",
    "june juni juin junio giugno jun",
    "july juli juillet julio luglio jul",
    "august août agosto augustus aug",
    "september septembre septiembre settembre sep sept",
    "october oktober octobre octubre ottobre oct okt",
    "november novembre noviembre nov",
    "december dezember décembre diciembre dicembre dec dez",
];
const AMBIGUOUS: [&str; 5] = ["march", "mars", "may", "mai", "jan"];

/// Words around a time that narrow nothing further.
const AROUND_TIMES: &str = "
from in for of during the and month months year quarter
von vom aus für im in der des dem den und monat monate jahr quartal
de du en pour et di da del dal per e y van uit voor
";
/// What makes two times the first and the last of several.
const TO: &str = "to till until through bis au hasta al";
/// What makes a time an end that is left open. No playbook heeds these.
const OPEN_ENDED: &str =
    "since before after between seit ab vor nach zwischen depuis avant après desde";

/// What no playbook does anyway, so that to forbid it asks for nothing: stems of verbs.
const NEVER_DONE: [&str; 26] = [
    "renam",
    "umbenenn",
    "umzubenenn",
    "renomm",
    "renombr",
    "rinomin",
    "delet",
    "overwrit",
    "los",
    "lös",
    "gelösch",
    "überschreib",
    "überschrieb",
    "verlier",
    "verlor",
    "supprim",
    "effac",
    "borr",
    "elimin",
    "cancell",
    "verwijder",
    "usun",
    "apag",
    "slet",
    "удал",
    "wegwerf",
];
/// Words that make such a wish more than that.
const BUT_DONE: [&str; 8] =
    ["mov", "touch", "chang", "verschieb", "anfass", "fass", "änder", "anrühr"];

/// What only jobs do that move or change what is there: stems of verbs.
const CHANGED: [&str; 20] = [
    "chang",
    "alter",
    "modif",
    "mov",
    "edit",
    "änder",
    "veränder",
    "abänder",
    "verschieb",
    "verschob",
    "bearbeit",
    "déplac",
    "boug",
    "cambi",
    "mueva",
    "spost",
    "wijzig",
    "verander",
    "verplaats",
    "flytt",
];
/// Words that forbid.
const FORBIDS: &str = "
without don't dont doesn't not never
ohne nicht nichts kein keine keinen keinem keiner niemals
sans pas sin menos senza non zonder niet geen sem não utan inte uden ikke uten
";

/// Who speaks of themselves, unless they say what they wish.
const MYSELF: &str = "i we ich wir je nous yo";
const WISHES: [&str; 12] = [
    "want", "need", "wish", "like", "möcht", "will", "woll", "brauch", "wünsch", "veux", "voud",
    "quier",
];
/// What a negation does no harm with.
const HARMLESS: [&str; 12] = [
    "hurry", "rush", "eile", "eilig", "stress", "prisa", "worr", "sorge", "forget", "vergiss",
    "vergess", "problem",
];

/// A word of a text, and where it stands.
struct Word<'t> {
    text: &'t str,
    lowered: String,
    from: usize,
    to: usize,
}

/// A part of a request that sets a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// As it is written there.
    pub text: String,
    /// The months that it keeps to, as `2025-10`, `*-10` or `2025-*`, if that is all it says.
    pub months: Option<Vec<String>>,
    /// It is kept by a job that only makes new files.
    pub is_kept_by_making: bool,
}

/// The conditions in `request`, in their order.
pub fn conditions(request: &str) -> Vec<Condition> {
    clauses(request).into_iter().flat_map(of_clause).collect()
}

/// The months that a request keeps to, if it says so and that is its only condition.
pub fn months(request: &str) -> Vec<String> {
    let months = conditions(request).into_iter().map(|it| it.months).collect::<Option<Vec<_>>>();
    months.unwrap_or_default().concat()
}

/// A request without the names of its folders that hold a time: "tidy Taxes 2023" keeps to no year.
pub fn without_names<'n>(request: &str, folders: impl IntoIterator<Item = &'n str>) -> String {
    let mut kept = request.to_owned();
    for name in folders.into_iter().filter(|name| has_time(&words(name))) {
        let mut from = 0;
        while let Some(at) = kept[from..].find(name).map(|at| from + at) {
            let to = at + name.len();
            let is_inner = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
            if !is_inner(kept[..at].chars().next_back()) && !is_inner(kept[to..].chars().next()) {
                let gap = "_".repeat(name.len());
                kept.replace_range(at..to, &gap);
            }
            from = to;
        }
    }
    kept
}

fn of_clause(clause: &str) -> Vec<Condition> {
    let words = words(clause);
    let mut found = vec![];
    let mut at = 0;
    while at < words.len() {
        let is_only = is_one_of(ONLY, &words[at].lowered);
        let end = end_of_times(&words, if is_only { at + 1 } else { at });
        if let Some(end) = end {
            let text = clause[words[at].from..words[end - 1].to].to_owned();
            let months = months_of(&words, at, end);
            found.push(Condition { text, months, is_kept_by_making: false });
            at = end;
            continue;
        }
        if is_only || opens(&words, at) {
            let text = clause[words[at].from..].trim().to_owned();
            // What is forbidden may stand before the word that forbids it.
            let told = found.last().map_or(0, |_| at);
            if !asks_for_nothing(&words[told..]) && !is_said_aside(&words, at) {
                let is_kept_by_making = forbids_changes(&words[told..], &words[at]);
                found.push(Condition { text, months: None, is_kept_by_making });
            }
            return found;
        }
        at += 1;
    }
    if found.is_empty() && INSIDE.iter().any(|part| clause.contains(part)) {
        let text = clause.trim().to_owned();
        found.push(Condition { text, months: None, is_kept_by_making: false });
    }
    found
}

/// A text without what ends a thought; a point within a number or a name ends none.
fn clauses(text: &str) -> Vec<&str> {
    let mut clauses = vec![];
    let mut from = 0;
    for (at, letter) in text.char_indices() {
        let next = text[at + letter.len_utf8()..].chars().next();
        let is_end = match letter {
            ';' | '!' | '?' | '\n' | '(' | ')' | '。' | '、' | '，' => true,
            '.' | ',' | ':' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if is_end {
            clauses.push(&text[from..at]);
            from = at + letter.len_utf8();
        }
    }
    clauses.push(&text[from..]);
    clauses
}

fn words(clause: &str) -> Vec<Word<'_>> {
    let is_inner = |letter: char| letter.is_alphanumeric() || "'’".contains(letter);
    let mut words = vec![];
    let mut from = None;
    for (at, letter) in clause.char_indices().chain([(clause.len(), ' ')]) {
        match (is_inner(letter), from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                let text = &clause[start..at];
                let lowered = text.to_lowercase().replace('’', "'");
                words.push(Word { text, lowered, from: start, to: at });
                from = None;
            }
            _ => {}
        }
    }
    words
}

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|it| it == word)
}

/// Whether a condition that is no time begins with the word at `at`.
fn opens(words: &[Word<'_>], at: usize) -> bool {
    let word = words[at].lowered.as_str();
    let next = words.get(at + 1).map_or("", |next| &next.lowered);
    let is_pair =
        |(first, second): &(&[&str], &[&str])| first.contains(&word) && second.contains(&next);
    is_one_of(OPENERS, word) || PAIRS.iter().any(is_pair)
}

/// Where the times end that begin at `at`, with the little words that lead to them.
fn end_of_times(words: &[Word<'_>], at: usize) -> Option<usize> {
    let mut end = None;
    for here in at..words.len() {
        let word = &words[here].lowered;
        if is_time(words, here) {
            end = Some(here + 1);
        } else if ![AROUND_TIMES, TO, OPEN_ENDED].iter().any(|list| is_one_of(list, word)) {
            break;
        }
    }
    end
}

/// The months of words that are times and what is around them. `None`: an end is left open.
fn months_of(words: &[Word<'_>], at: usize, end: usize) -> Option<Vec<String>> {
    let mut months = vec![];
    // Those whose year may still follow.
    let mut open: Vec<usize> = vec![];
    let mut is_range = false;
    for here in at..end {
        let word = &words[here];
        if let Some(number) = month(words, here) {
            match (is_range, open.last().copied()) {
                (true, Some(first)) if first < number => open.extend(first + 1..=number),
                (true, _) => return None,
                (false, _) => open.push(number),
            }
            is_range = false;
        } else if let Some(quarter) = quarter(&word.lowered) {
            open.extend(quarter * 3 - 2..=quarter * 3);
        } else if is_year(word) {
            if is_range {
                return None;
            }
            match open.is_empty() {
                true => months.push(format!("{}-*", word.text)),
                false => months.extend(open.drain(..).map(|it| format!("{}-{it:02}", word.text))),
            }
        } else if is_one_of(OPEN_ENDED, &word.lowered) {
            return None;
        } else if is_one_of(TO, &word.lowered) {
            if open.is_empty() {
                return None;
            }
            is_range = true;
        }
    }
    // "2025 October": whose year it is can't be told.
    if !open.is_empty() && !months.is_empty() {
        return None;
    }
    months.extend(open.into_iter().map(|it| format!("*-{it:02}")));
    Some(months)
}

/// A month, a year or a quarter.
fn is_time(words: &[Word<'_>], at: usize) -> bool {
    let word = &words[at];
    is_year(word) || quarter(&word.lowered).is_some() || month(words, at).is_some()
}

fn is_year(word: &Word<'_>) -> bool {
    let text = word.text.as_bytes();
    text.len() == 4
        && text.iter().all(u8::is_ascii_digit)
        && (text.starts_with(b"19") || text.starts_with(b"20"))
}

fn quarter(word: &str) -> Option<usize> {
    ["q1", "q2", "q3", "q4"].iter().position(|it| *it == word).map(|at| at + 1)
}

/// The month, from 1, that the word at `at` names.
fn month(words: &[Word<'_>], at: usize) -> Option<usize> {
    let word = &words[at];
    let number = MONTHS.iter().position(|names| is_one_of(names, &word.lowered))? + 1;
    if !AMBIGUOUS.contains(&word.lowered.as_str()) {
        return Some(number);
    }
    // "May I …" and "march through" are none: a month has a capital, and a little word before it.
    let is_capital = word.text.starts_with(char::is_uppercase);
    let lists = [AROUND_TIMES, TO, OPEN_ENDED, ONLY];
    let leads = |word: &Word<'_>| lists.iter().any(|list| is_one_of(list, &word.lowered));
    let is_led = at > 0 && leads(&words[at - 1]);
    (is_capital && is_led).then_some(number)
}

/// Whether what is forbidden is only what no playbook does.
fn asks_for_nothing(words: &[Word<'_>]) -> bool {
    has(words, &NEVER_DONE) && !has(words, &BUT_DONE) && !has_time(words)
}

fn has(words: &[Word<'_>], stems: &[&str]) -> bool {
    words.iter().any(|word| stems.iter().any(|stem| word.lowered.starts_with(stem)))
}

fn has_time(words: &[Word<'_>]) -> bool {
    (0..words.len()).any(|at| is_time(words, at))
}

/// Whether all that is said is that what is there must stay as it is.
fn forbids_changes(words: &[Word<'_>], opener: &Word<'_>) -> bool {
    is_one_of(FORBIDS, &opener.lowered) && has(words, &CHANGED) && !has_time(words)
}

/// "I don't have much time", "no hurry", "don't forget the PDFs": nothing of the job's.
fn is_said_aside(words: &[Word<'_>], opener: usize) -> bool {
    let (before, after) = (&words[..opener], &words[opener..]);
    let is_of_me = before.iter().any(|word| is_one_of(MYSELF, &word.lowered));
    let next = &after[..after.len().min(3)];
    // "Not only the totals" asks for more, not for less.
    let is_more = next.get(1).is_some_and(|word| is_one_of(ONLY, &word.lowered));
    is_one_of(FORBIDS, &after[0].lowered)
        && (has(next, &HARMLESS) || is_more || (is_of_me && !has(words, &WISHES)))
}
