//! Which figure belongs to which label word: "Total 119.00", the figure below its label, a row of
//! headings above a row of figures.

use super::figure::Figure;
use super::lexicon::Hit;
use super::money::{Codes, Money};
use super::page::{Line, Page};

/// A figure with what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) class: &'static str,
    pub(super) money: Money,
    pub(super) other: Option<Money>,
    pub(super) codes: Option<Codes>,
    /// Written as money is.
    pub(super) is_money: bool,
    /// Line of the figure, counted from 1.
    pub(super) line: usize,
    /// The label's words as they stand there.
    pub(super) label: String,
    /// A percentage that stands with it, in hundredths.
    pub(super) rate: Option<Money>,
}

/// Labels without a figure that may have one further down.
const LABELS_ABOVE_MAX: usize = 12;
/// Lines below a label in which its figure is looked for.
const LINES_BELOW_MAX: usize = 3;

/// Words by which a label says that a tax is within it.
const INCLUDING: [&str; 30] = [
    "incl",
    "inkl",
    "inc",
    "including",
    "inclusive",
    "inclusief",
    "einschl",
    "einschliesslich",
    "mit",
    "com",
    "avec",
    "med",
    "sis",
    "vcetne",
    "s",
    "z",
    "dahil",
    "с",
    "з",
    "comprise",
    "comprises",
    "con",
    "incluido",
    "inclusa",
    "inclus",
    "compris",
    "tartalmaz",
    "includes",
    "with",
    "i",
];
const EXCLUDING: [&str; 24] = [
    "excl",
    "ex",
    "exkl",
    "exc",
    "excluding",
    "exclusive",
    "exclusief",
    "ohne",
    "hors",
    "sin",
    "senza",
    "sem",
    "bez",
    "ekskl",
    "eks",
    "uden",
    "utan",
    "ilman",
    "χωρις",
    "без",
    "nelkul",
    "haric",
    "before",
    "zzgl",
];

pub(super) fn entries(page: &Page) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut index = 0;
    while index < page.lines.len() {
        let line = &page.lines[index];
        let hits = meaningful(line);
        let has_figure = line.figures.iter().any(|figure| !figure.is_percent && !figure.is_counted);
        if hits.is_empty() {
            rate_row(line, &mut entries);
        } else if has_figure {
            beside(line, &hits, &mut entries);
        } else if let Some(used) = below(page, index, &hits, &mut entries) {
            index += used;
            continue;
        }
        index += 1;
    }
    entries
}

/// The label hits of a line that can own a figure, those merged that speak of one figure.
fn meaningful(line: &Line) -> Vec<Hit> {
    let mut hits: Vec<Hit> = line.labels.clone();
    // "3 items": the count stands before its word and is no amount.
    hits.retain(|hit| hit.class != "count" || !follows_number(line, hit.start));
    // "(incl. VAT)" only describes, unless a figure stands in the parens.
    hits.retain(|hit| !in_empty_parens(line, hit));
    let mut merged: Vec<Hit> = Vec::new();
    for hit in hits {
        let Some(last) = merged.last_mut() else {
            merged.push(hit);
            continue;
        };
        let between = last.end..hit.start;
        let has_figure = line.figures.iter().any(|figure| {
            between.contains(&figure.start) && !figure.is_percent && !figure.is_counted
        });
        let distance = line.letters[between.clone()].iter().filter(|c| c.is_alphanumeric()).count();
        // Column headings stand apart; words of one label do not.
        let is_column = wide_gap(&line.letters[between.clone()]);
        if has_figure || distance > 24 || (is_column && line.figures.is_empty()) {
            merged.push(hit);
            continue;
        }
        let class = merge(line, last, &hit);
        *last = Hit { class, start: last.start, end: hit.end, words: last.words + hit.words };
    }
    merged
}

fn wide_gap(letters: &[char]) -> bool {
    letters.windows(2).any(|pair| pair == [' ', ' '])
}

/// What two labels mean together.
fn merge(line: &Line, first: &Hit, second: &Hit) -> &'static str {
    let is_whole = |class: &str| matches!(class, "total" | "grand" | "due");
    let words: Vec<String> = super::lexicon::tokens(&line.folded[first.start..second.end])
        .into_iter()
        .map(|(word, ..)| word)
        .collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    match (first.class, second.class) {
        (a, "tax") if is_whole(a) && has(&EXCLUDING) => "net",
        (a, "tax") if is_whole(a) && has(&INCLUDING) => "grand",
        (a, "paid" | "charge") if is_whole(a) => first.class,
        (a, "net") if is_whole(a) && first.class == "grand" => "grand",
        (a, b) if is_whole(a) && is_whole(b) => {
            if a == "due" || b == "due" {
                "due"
            } else if a == "grand" || b == "grand" {
                "grand"
            } else {
                "total"
            }
        }
        (a, b) if is_whole(a) => b,
        ("net", "tax") if has(&EXCLUDING) => "net",
        ("tax", "net") if has(&EXCLUDING) => "net",
        ("tax", b) if is_whole(b) && has(&INCLUDING) => "grand",
        ("net" | "tax" | "tip" | "saving" | "points" | "earlier" | "change", _) => first.class,
        (_, "change" | "tip" | "saving" | "points" | "tax" | "earlier") => second.class,
        ("count" | "charge", b) => b,
        ("paid", "tender") => "tender",
        ("paid", b) if is_whole(b) => b,
        _ => first.class,
    }
}

fn follows_number(line: &Line, start: usize) -> bool {
    let before = line.letters[..start].iter().rev().find(|letter| **letter != ' ');
    before.is_some_and(char::is_ascii_digit)
}

fn in_empty_parens(line: &Line, hit: &Hit) -> bool {
    let open = line.letters[..hit.start].iter().rposition(|letter| matches!(letter, '(' | '['));
    let Some(open) = open.filter(|at| !line.letters[*at..hit.start].contains(&')')) else {
        return false;
    };
    let close = line.letters[hit.end..].iter().position(|letter| matches!(letter, ')' | ']'));
    let Some(close) = close.map(|at| at + hit.end) else { return false };
    let is_first = line.labels.first().is_some_and(|first| first.start == hit.start);
    !is_first && !line.figures.iter().any(|f| f.is_money && (open..close).contains(&f.start))
}

/// Figures on the line of their labels.
fn beside(line: &Line, hits: &[Hit], entries: &mut Vec<Entry>) {
    let usable: Vec<&Figure> =
        line.figures.iter().filter(|figure| !figure.is_percent && !figure.is_counted).collect();
    let mut owned = false;
    for (index, hit) in hits.iter().enumerate() {
        let end = hits.get(index + 1).map_or(usize::MAX, |next| next.start);
        let mine: Vec<&Figure> = usable
            .iter()
            .copied()
            .filter(|figure| figure.start >= hit.start && figure.start < end)
            .filter(|figure| !overlaps(hit, figure))
            .collect();
        if let Some(figure) = choose(hit.class, &mine, rate(line, hit.start, end)) {
            owned = true;
            entries.push(entry(line, hit, figure, rate(line, hit.start, end)));
        }
    }
    if owned {
        return;
    }
    // "45.00 TOTAL": the figure comes first and nothing but it.
    let (Some(hit), [figure]) = (hits.first(), usable.as_slice()) else { return };
    let is_lead = line.letters[..figure.start].iter().all(|letter| !letter.is_alphabetic());
    if figure.end <= hit.start && is_lead {
        entries.push(entry(line, hit, figure, rate(line, 0, usize::MAX)));
    }
}

/// A label may hold a currency's letters ("Total EUR"), a figure's own mark is no label.
fn overlaps(hit: &Hit, figure: &Figure) -> bool {
    figure.start < hit.end && hit.start < figure.end && figure.end <= hit.end
}

fn rate(line: &Line, from: usize, to: usize) -> Option<Money> {
    let mut rates = line.figures.iter().filter(|figure| figure.is_percent);
    let near = rates.clone().find(|figure| figure.start >= from && figure.start < to);
    near.or_else(|| rates.next().filter(|figure| figure.end <= from)).map(|figure| figure.money)
}

/// The one of several figures behind a label that it means.
fn choose<'a>(class: &str, figures: &[&'a Figure], rate: Option<Money>) -> Option<&'a Figure> {
    let money: Vec<&Figure> = figures.iter().copied().filter(|figure| figure.is_money).collect();
    let pool = if money.is_empty() { figures.to_vec() } else { money };
    let (first, last) = (pool.first().copied()?, pool.last().copied()?);
    let code = |figure: &Figure| figure.codes.map(|codes| codes[0]);
    if pool.len() > 1 && code(first) != code(last) && code(first).is_some() && code(last).is_some()
    {
        return Some(first);
    }
    if class == "tax" && pool.len() > 1 {
        // Net, tax and gross of a rate stand in a row; the rate tells which is the tax.
        let fitting = rate.and_then(|rate| {
            pool.iter().copied().find(|tax| {
                pool.iter()
                    .any(|base| base.start != tax.start && is_share(tax.money, base.money, rate))
            })
        });
        let smallest = pool.iter().copied().min_by_key(|figure| figure.money.e4.abs());
        return fitting.or(smallest);
    }
    if pool.len() == 3 {
        let sum = |a: usize, b: usize, c: usize| {
            (pool[a].money.plus(pool[b].money).same(pool[c].money)).then_some(pool[c])
        };
        if let Some(whole) = sum(0, 1, 2).or_else(|| sum(1, 2, 0)).or_else(|| sum(0, 2, 1)) {
            return Some(if class == "net" { pool[0] } else { whole });
        }
    }
    Some(last)
}

/// `tax` is `rate` percent of `base`, or what of `base` is tax at that rate.
pub(super) fn is_share(tax: Money, base: Money, rate: Money) -> bool {
    let slack = 150;
    let rate = i128::from(rate.e4);
    let on_top = i128::from(base.e4) * rate / 1_000_000;
    let within = i128::from(base.e4) * rate / (1_000_000 + rate);
    let off = |value: i128| (value - i128::from(tax.e4)).abs() <= slack;
    rate > 0 && tax.e4 != 0 && (off(on_top) || off(within))
}

/// "A  19,00%  100,00  19,00  119,00": a row of a tax table, without a word.
fn rate_row(line: &Line, entries: &mut Vec<Entry>) {
    let Some(rate) = line.figures.iter().find(|figure| figure.is_percent) else { return };
    let money: Vec<&Figure> = line.figures.iter().filter(|figure| figure.is_money).collect();
    let tax = money.iter().find(|tax| {
        money.iter().any(|base| {
            base.start != tax.start
                && base.money.e4.abs() > tax.money.e4.abs()
                && is_share(tax.money, base.money, rate.money)
        })
    });
    if let Some(tax) = tax.filter(|_| money.len() >= 2) {
        let hit = Hit { class: "tax", start: 0, end: 0, words: 0 };
        entries.push(entry(line, &hit, tax, Some(rate.money)));
    }
}

/// Labels without figures: a block of labels over a block of figures, or a row over a row.
/// Gives how many lines were used up.
fn below(page: &Page, index: usize, hits: &[Hit], entries: &mut Vec<Entry>) -> Option<usize> {
    let lines = &page.lines;
    if hits.len() >= 2
        && hits.iter().any(|hit| matches!(hit.class, "total" | "grand" | "due" | "net"))
    {
        let next = lines.get(index + 1)?;
        let money: Vec<&Figure> = next.figures.iter().filter(|figure| figure.is_money).collect();
        if money.len() >= hits.len() && next.number - lines[index].number <= 2 {
            let rate = rate(next, 0, usize::MAX);
            for (hit, figure) in hits.iter().rev().zip(money.iter().rev()) {
                let mut found = entry(&lines[index], hit, figure, rate);
                found.line = next.number;
                entries.push(found);
            }
            return Some(2);
        }
    }
    let is_label = |line: &Line| {
        let only = line.figures.iter().all(|figure| figure.is_percent);
        only && meaningful(line).len() == 1 && line.letters.len() < 60
    };
    let labels =
        lines[index..].iter().take(LABELS_ABOVE_MAX).take_while(|line| is_label(line)).count();
    let figures_from = index + labels;
    let figures: Vec<&Line> = lines
        .get(figures_from..)?
        .iter()
        .take(labels)
        .take_while(|line| line.is_figures_only() && line.figures.iter().any(|f| !f.is_percent))
        .collect();
    if labels == 0 || figures.is_empty() {
        return None;
    }
    let too_far = figures[0].number - lines[figures_from - 1].number > LINES_BELOW_MAX;
    if too_far {
        return None;
    }
    // As many figures as labels pair up in order; otherwise only the last label has its figure.
    let pairs: Vec<(usize, &Line)> = if figures.len() == labels {
        (index..figures_from).zip(figures.iter().copied()).collect()
    } else {
        vec![(figures_from - 1, figures[0])]
    };
    let used = labels + pairs.len();
    for (at, line) in pairs {
        let Some(hit) = meaningful(&lines[at]).into_iter().next() else { continue };
        let pool: Vec<&Figure> = line.figures.iter().filter(|figure| !figure.is_percent).collect();
        if let Some(figure) = choose(hit.class, &pool, None) {
            let mut found = entry(&lines[at], &hit, figure, rate(&lines[at], 0, usize::MAX));
            found.line = line.number;
            entries.push(found);
        }
    }
    Some(used)
}

fn entry(line: &Line, hit: &Hit, figure: &Figure, rate: Option<Money>) -> Entry {
    let label: String = line.letters[hit.start.min(hit.end)..hit.end].iter().collect();
    Entry {
        class: hit.class,
        money: figure.money,
        other: figure.other,
        codes: figure.codes.or_else(|| label_codes(line, hit, figure)),
        is_money: figure.is_money,
        line: line.number,
        label: label.trim().trim_end_matches(':').to_owned(),
        rate: if hit.class == "tax" { rate } else { None },
    }
}

/// "Total (EUR)    45.00": the label says the currency.
fn label_codes(line: &Line, hit: &Hit, figure: &Figure) -> Option<Codes> {
    let end = if figure.start > hit.start { figure.start.min(line.letters.len()) } else { hit.end };
    let marks = super::money::marks(&line.letters[hit.start..end.max(hit.start)]);
    marks.iter().find(|mark| !mark.only_beside).map(|mark| mark.codes)
}
