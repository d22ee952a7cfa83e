//! What was paid in the end, out of everything that is labelled as a total, a tax or a payment.

use super::amounts::Entry;
use super::money::Money;
use super::page::Page;

/// The total, or what it may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Total {
    /// The entry that says it; `None` when it is open or absent.
    pub(super) chosen: Option<Entry>,
    /// Distinct amounts that it may be, likeliest first; empty when chosen.
    pub(super) candidates: Vec<Entry>,
    /// What supports the choice, for a person.
    pub(super) proof: Option<String>,
}

/// Distinct amounts that a person is asked about.
const CANDIDATES_MAX: usize = 5;

/// The figures by their class.
struct Sorted<'a> {
    wholes: Vec<&'a Entry>,
    nets: Vec<&'a Entry>,
    taxes: Vec<&'a Entry>,
    tips: Vec<&'a Entry>,
    paid: Vec<&'a Entry>,
    dues: Vec<&'a Entry>,
    tender: Vec<&'a Entry>,
    change: Vec<&'a Entry>,
    charges: Vec<&'a Entry>,
}

pub(super) fn total(page: &Page, entries: &[Entry]) -> Total {
    let of = |classes: &[&str]| -> Vec<&Entry> {
        entries.iter().filter(|entry| classes.contains(&entry.class)).collect()
    };
    // Bare integers count only where nothing is written as money.
    let any_money =
        entries.iter().any(|e| e.is_money && matches!(e.class, "grand" | "total" | "due"));
    let mut wholes = of(&["grand", "total", "due"]);
    wholes.retain(|entry| (entry.is_money || !any_money) && entry.money.e4 != 0);
    let sorted = Sorted {
        wholes,
        nets: of(&["net"]),
        taxes: of(&["tax"]),
        tips: of(&["tip"]),
        paid: of(&["paid"]),
        dues: of(&["due"]),
        tender: of(&["tender"]),
        change: of(&["change"]),
        charges: of(&["charge"]),
    };
    if sorted.wholes.is_empty() { without_label(page, &sorted) } else { labelled(page, &sorted) }
}

fn labelled(page: &Page, sorted: &Sorted<'_>) -> Total {
    let values = distinct(&sorted.wholes);
    let proofs: Vec<Option<String>> =
        values.iter().map(|entry| proof(page, entry, sorted)).collect();
    if let [only] = values.as_slice() {
        if let Some(other) = misread(page, only, sorted) {
            return settle(&other, None);
        }
        return settle(only, proofs[0].clone());
    }
    let proven: Vec<usize> = (0..values.len()).filter(|i| proofs[*i].is_some()).collect();
    if let Some(whole) = part_payment(&values, sorted) {
        return settle(whole, Some("what was paid and what is due add up to it".to_owned()));
    }
    if let Some(whole) = with_extras(&values, sorted) {
        return settle(whole.0, Some(whole.1));
    }
    // Repeated and converted totals: those in another currency are the same money again.
    if let [one] = proven.as_slice() {
        return settle(values[*one], proofs[*one].clone());
    }
    let strong: Vec<&Entry> = values
        .iter()
        .copied()
        .filter(|entry| {
            sorted.wholes.iter().any(|w| w.money.same(entry.money) && w.class == "grand")
        })
        .collect();
    if let [one] = strong.as_slice() {
        return settle(one, None);
    }
    let same_code = |a: &Entry, b: &Entry| match (a.codes, b.codes) {
        (Some(a), Some(b)) => a.iter().any(|code| b.contains(code)),
        _ => true,
    };
    // A conversion beside the total: the first is what the vendor asks for.
    if values.len() == 2 && !same_code(values[0], values[1]) {
        return settle(values[0], Some("the other amount is in another currency".to_owned()));
    }
    let sum_of_others = values.iter().find(|whole| {
        let rest = values.iter().filter(|other| !other.money.same(whole.money));
        values.len() > 2
            && rest.fold(Money::default(), |sum, e| sum.plus(e.money)).near(whole.money)
    });
    if let Some(whole) = sum_of_others {
        return settle(whole, Some("the other totals add up to it".to_owned()));
    }
    open(&values)
}

fn settle(entry: &Entry, proof: Option<String>) -> Total {
    Total { chosen: Some(entry.clone()), candidates: Vec::new(), proof }
}

fn open(values: &[&Entry]) -> Total {
    // The last and the largest are the likeliest.
    let mut ranked: Vec<&Entry> = values.to_vec();
    ranked.sort_by_key(|entry| (entry.class != "grand", std::cmp::Reverse(entry.money)));
    let candidates = ranked.into_iter().take(CANDIDATES_MAX).cloned().collect();
    Total { chosen: None, candidates, proof: None }
}

/// One entry for each amount, in the order of the lines, the strongest label first.
fn distinct<'a>(entries: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut values: Vec<&Entry> = Vec::new();
    for entry in entries {
        match values.iter_mut().find(|known| known.money.same(entry.money)) {
            Some(known) if known.class != "grand" && entry.class == "grand" => *known = entry,
            Some(known) if known.codes.is_none() && entry.codes.is_some() => *known = entry,
            Some(_) => {}
            None => values.push(entry),
        }
    }
    values
}

/// Total, paid in part, and the rest that is due.
fn part_payment<'a>(values: &[&'a Entry], sorted: &Sorted<'_>) -> Option<&'a Entry> {
    values.iter().copied().find(|whole| {
        whole.class != "due"
            && sorted.dues.iter().any(|due| {
                due.money.e4 > 0
                    && due.money < whole.money
                    && sorted.paid.iter().any(|paid| {
                        Money { e4: paid.money.e4.abs(), ..paid.money }
                            .plus(due.money)
                            .near(whole.money)
                    })
            })
    })
}

/// The larger of two totals when it is the smaller one with tax, tip or shipping.
fn with_extras<'a>(values: &[&'a Entry], sorted: &Sorted<'_>) -> Option<(&'a Entry, String)> {
    let tax = sum(&tax_lines(sorted));
    let single_taxes: Vec<Money> = sorted.taxes.iter().map(|entry| entry.money).collect();
    for whole in values {
        for base in values.iter().filter(|base| base.money < whole.money) {
            let is = |extra: Money| extra.e4 > 0 && base.money.plus(extra).near(whole.money);
            if is(tax) || single_taxes.iter().any(|tax| is(*tax)) {
                return Some((whole, "it is the net total and the tax".to_owned()));
            }
            if sorted.tips.iter().any(|tip| is(tip.money) || is(tip.money.plus(tax))) {
                return Some((whole, "it is the bill and the tip".to_owned()));
            }
            if sorted.charges.iter().any(|charge| is(charge.money) || is(charge.money.plus(tax))) {
                return Some((whole, "it is the goods and the shipping".to_owned()));
            }
        }
    }
    None
}

/// Taxes of each rate; a line that sums them up is left out.
pub(super) fn tax_lines_of<'a>(taxes: &[&'a Entry]) -> Vec<&'a Entry> {
    let mut lines: Vec<&Entry> = Vec::new();
    for tax in taxes {
        let again = lines.iter().any(|known| known.money.same(tax.money) && known.rate == tax.rate);
        if !again && tax.money.e4 != 0 {
            lines.push(tax);
        }
    }
    // The same amount once with its rate and once without is one tax.
    let rated: Vec<Money> = lines.iter().filter(|t| t.rate.is_some()).map(|t| t.money).collect();
    lines.retain(|tax| tax.rate.is_some() || !rated.iter().any(|money| money.same(tax.money)));
    if lines.len() > 2 || (lines.len() == 2 && lines[0].rate != lines[1].rate) {
        let all = sum(&lines);
        let whole = lines.iter().position(|tax| {
            Money { e4: all.e4 - tax.money.e4, ..all }.near(tax.money) && tax.rate.is_none()
        });
        if let Some(at) = whole {
            lines.remove(at);
        }
    }
    lines
}

fn tax_lines<'a>(sorted: &Sorted<'a>) -> Vec<&'a Entry> {
    tax_lines_of(&sorted.taxes)
}

fn sum(entries: &[&Entry]) -> Money {
    entries.iter().fold(Money::default(), |sum, entry| sum.plus(entry.money))
}

/// Something in the document that confirms a total.
fn proof(page: &Page, whole: &Entry, sorted: &Sorted<'_>) -> Option<String> {
    let taxes = tax_lines(sorted);
    let tax = sum(&taxes);
    let tips = sum(&sorted.tips);
    for net in &sorted.nets {
        let gross = net.money.plus(tax);
        let fits = gross.near(whole.money)
            || gross.plus(tips).near(whole.money)
            || taxes.iter().any(|tax| net.money.plus(tax.money).near(whole.money));
        if fits && tax.e4 > 0 && net.money < whole.money {
            return Some(format!("{} and {} tax make {}", net.money, tax, whole.money));
        }
    }
    for tender in &sorted.tender {
        for change in &sorted.change {
            let kept = Money { e4: tender.money.e4 - change.money.e4.abs(), ..tender.money };
            if kept.same(whole.money) {
                return Some(format!("{} given and {} change", tender.money, change.money));
            }
        }
    }
    if taxes
        .iter()
        .any(|t| t.rate.is_some_and(|r| super::amounts::is_share(t.money, whole.money, r)))
    {
        return Some("the tax is that share of it".to_owned());
    }
    if sorted.paid.iter().any(|paid| paid.is_money && paid.money.same(whole.money)) {
        return Some("the payment is the same".to_owned());
    }
    items(page, whole).then(|| "the items add up to it".to_owned())
}

/// The last figures of the lines above the total, those without a label.
fn items(page: &Page, whole: &Entry) -> bool {
    let above = page.lines.iter().filter(|line| line.number < whole.line);
    let prices: Vec<Money> = above
        .filter(|line| line.labels.iter().all(|hit| matches!(hit.class, "count" | "charge")))
        .filter_map(|line| line.figures.iter().rev().find(|figure| figure.is_money))
        .map(|figure| figure.money)
        .collect();
    let sum = prices.iter().fold(Money::default(), |sum, price| sum.plus(*price));
    prices.len() >= 2 && sum.same(whole.money)
}

/// A total with a second reading that something else confirms ("2 150,00" is two at 150,00).
fn misread(page: &Page, only: &Entry, sorted: &Sorted<'_>) -> Option<Entry> {
    let other = only.other?;
    if proof(page, only, sorted).is_some() {
        return None;
    }
    let entry = Entry { money: other, other: None, ..only.clone() };
    proof(page, &entry, sorted).map(|_| entry)
}

/// No word says "total": a payment, or the only amount there is.
fn without_label(page: &Page, sorted: &Sorted<'_>) -> Total {
    let mut paid: Vec<&Entry> = sorted.paid.clone();
    paid.retain(|entry| entry.is_money && entry.money.e4 != 0);
    let values = distinct(&paid);
    match values.as_slice() {
        [one] => return settle(one, None),
        [_, ..] => {
            let proven: Vec<&&Entry> =
                values.iter().filter(|entry| proof(page, entry, sorted).is_some()).collect();
            if let [one] = proven.as_slice() {
                return settle(one, proof(page, one, sorted));
            }
            return open(&values);
        }
        [] => {}
    }
    // Net and tax, and nobody added them up in words.
    let taxes = tax_lines(sorted);
    let figures = loose(page);
    let gross = sorted.nets.iter().find_map(|net| {
        let gross = net.money.plus(sum(&taxes));
        figures.iter().find(|entry| entry.money.same(gross))
    });
    if let Some(gross) = gross {
        return settle(gross, Some("it is the net total and the tax".to_owned()));
    }
    if sorted.nets.len() == 1 && taxes.is_empty() && sorted.nets[0].is_money {
        return settle(sorted.nets[0], None);
    }
    if let [cash] = sorted.tender.as_slice()
        && sorted.change.is_empty()
        && cash.is_money
    {
        return settle(cash, Some("paid in cash".to_owned()));
    }
    let refs: Vec<&Entry> = figures.iter().collect();
    match distinct(&refs).as_slice() {
        [] => Total::default(),
        [one] => settle(one, None),
        several => {
            let mut ranked = several.to_vec();
            ranked.sort_by_key(|entry| std::cmp::Reverse(entry.money));
            ranked.truncate(CANDIDATES_MAX);
            Total { chosen: None, candidates: ranked.into_iter().cloned().collect(), proof: None }
        }
    }
}

/// Amounts with a currency that no label speaks of.
fn loose(page: &Page) -> Vec<Entry> {
    let marked = |figure: &&super::figure::Figure| figure.is_money && figure.codes.is_some();
    let mut all = Vec::new();
    for line in &page.lines {
        let is_aside = line
            .labels
            .iter()
            .any(|hit| matches!(hit.class, "saving" | "points" | "earlier" | "change"));
        for figure in line.figures.iter().filter(marked).filter(|_| !is_aside) {
            all.push(Entry {
                class: "loose",
                money: figure.money,
                other: figure.other,
                codes: figure.codes,
                is_money: true,
                line: line.number,
                label: String::new(),
                rate: None,
            });
        }
    }
    all
}
