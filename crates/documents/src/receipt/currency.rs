//! Which currency a bare `$`, `kr` or `¥` is, as far as the document tells.

use super::facts::{CurrencyFact, Hints};
use super::money::{Codes, is_whole, marks};
use super::page::Page;
use super::region::{self, Proof};

/// The currency of the total, whose own mark is `codes`.
pub(super) fn resolve(
    page: &Page,
    proofs: &[Proof],
    codes: Option<Codes>,
    hints: &Hints,
) -> CurrencyFact {
    match codes.or_else(|| usual(page)) {
        Some([code]) => CurrencyFact { code: Some((*code).to_owned()), ..CurrencyFact::default() },
        Some(codes) => among(page, proofs, codes, hints),
        None => unmarked(page, proofs, hints),
    }
}

/// The currency of an account: as for a total without a mark, but a word in the heading is enough.
pub(super) fn of_account(page: &Page, proofs: &[Proof], hints: &Hints) -> CurrencyFact {
    let stated = definite(page, None);
    match stated.as_slice() {
        [(code, _)] => CurrencyFact { code: Some((*code).to_owned()), ..CurrencyFact::default() },
        _ => resolve(page, proofs, None, hints),
    }
}

/// The mark that most figures of the page carry.
fn usual(page: &Page) -> Option<Codes> {
    let mut counts: Vec<(Codes, usize)> = Vec::new();
    let figures = page.lines.iter().flat_map(|line| &line.figures);
    for codes in figures.filter_map(|figure| figure.codes) {
        match counts.iter_mut().find(|(known, _)| *known == codes) {
            Some((_, count)) => *count += 1,
            None => counts.push((codes, 1)),
        }
    }
    let best = counts.iter().map(|(_, count)| *count).max()?;
    let mut leading = counts.iter().filter(|(_, count)| *count == best);
    let first = leading.next()?;
    if leading.next().is_some() {
        return None;
    }
    Some(first.0)
}

/// Marks that mean one currency, wherever they stand, with their lines; those of `codes` only.
fn definite(page: &Page, codes: Option<Codes>) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(&'static str, usize)> = Vec::new();
    for line in &page.lines {
        let beside: Vec<Codes> = line.figures.iter().filter_map(|figure| figure.codes).collect();
        for mark in marks(&line.letters) {
            let [code] = mark.codes else { continue };
            let counts = !mark.only_beside || beside.contains(&mark.codes);
            let wanted = codes.is_none_or(|codes| codes.contains(code));
            if counts && wanted && !found.iter().any(|(known, _)| known == code) {
                found.push((code, line.number));
            }
        }
    }
    found
}

fn among(page: &Page, proofs: &[Proof], codes: Codes, hints: &Hints) -> CurrencyFact {
    let known = |code: &str, why: String| CurrencyFact {
        code: Some(code.to_owned()),
        why: Some(why),
        ..CurrencyFact::default()
    };
    if let [(code, line)] = definite(page, Some(codes)).as_slice() {
        return known(code, format!("line {line} names {code}"));
    }
    let mut local: Vec<(&str, &Proof)> = proofs
        .iter()
        .filter_map(|proof| Some((region::currency(proof.country)?, proof)))
        .filter(|(code, _)| codes.contains(code))
        .collect();
    local.dedup_by_key(|(code, _)| *code);
    if let [(code, proof)] = local.as_slice() {
        return known(code, format!("{} is of a country that pays in {code}", proof.seen));
    }
    if let Some(language) = page.language.filter(|_| local.is_empty()) {
        let spoken: Vec<&str> = region::language_currencies(language)
            .iter()
            .copied()
            .filter(|code| codes.contains(code))
            .collect();
        // English is spoken wherever dollars are paid, and Spanish in many countries with a peso.
        if let ([code], false) = (spoken.as_slice(), matches!(language, "en" | "fr" | "es" | "pt"))
        {
            return known(code, format!("where this language is spoken, {code} is paid"));
        }
    }
    if let Some(code) = hints.currency.as_deref().filter(|code| codes.contains(code)) {
        return known(code, "you said so".to_owned());
    }
    CurrencyFact {
        candidates: ranked(page, codes),
        mark: mark_text(page, codes),
        ..CurrencyFact::default()
    }
}

fn unmarked(page: &Page, proofs: &[Proof], hints: &Hints) -> CurrencyFact {
    let stated = definite(page, None);
    if let [(code, line)] = stated.as_slice() {
        return CurrencyFact {
            code: Some((*code).to_owned()),
            why: Some(format!("line {line} names {code}")),
            ..CurrencyFact::default()
        };
    }
    let mut local: Vec<(&str, &Proof)> =
        proofs.iter().filter_map(|proof| Some((region::currency(proof.country)?, proof))).collect();
    local.dedup_by_key(|(code, _)| *code);
    if let ([(code, proof)], true) = (local.as_slice(), stated.is_empty()) {
        return CurrencyFact {
            code: Some((*code).to_owned()),
            why: Some(format!("{} is of a country that pays in {code}", proof.seen)),
            ..CurrencyFact::default()
        };
    }
    let language = page.language.unwrap_or("en");
    let spoken = region::language_currencies(language);
    let named: Vec<String> = stated.iter().map(|(code, _)| (*code).to_owned()).collect();
    let candidates = if named.is_empty() {
        spoken.iter().map(|code| (*code).to_owned()).collect()
    } else {
        named
    };
    // One language, one country, one currency.
    if let ([code], true) = (spoken, stated.is_empty()) {
        return CurrencyFact {
            code: Some((*code).to_owned()),
            why: Some(format!(
                "no currency is named; where this language is spoken, {code} is paid"
            )),
            ..CurrencyFact::default()
        };
    }
    if let Some(code) = &hints.currency {
        return CurrencyFact {
            code: Some(code.clone()),
            why: Some("you said so".to_owned()),
            ..CurrencyFact::default()
        };
    }
    CurrencyFact { candidates, ..CurrencyFact::default() }
}

/// The candidates, those of the language first.
fn ranked(page: &Page, codes: Codes) -> Vec<String> {
    let spoken = region::language_currencies(page.language.unwrap_or("en"));
    let mut list: Vec<&str> = codes.to_vec();
    // "¥" without anything Chinese or Japanese, `kr` in English: as the mark lists them.
    list.sort_by_key(|code| spoken.iter().position(|known| known == code).unwrap_or(usize::MAX));
    let has_decimals = page.lines.iter().any(|line| {
        line.figures.iter().any(|figure| figure.codes == Some(codes) && figure.money.places == 2)
    });
    // Amounts with cents are not of a currency without.
    list.retain(|code| !(has_decimals && is_whole(code) && codes.len() > 1));
    list.into_iter().map(str::to_owned).collect()
}

fn mark_text(page: &Page, codes: Codes) -> Option<String> {
    page.lines.iter().find_map(|line| {
        let mark = marks(&line.letters).into_iter().find(|mark| mark.codes == codes)?;
        Some(line.letters[mark.start..mark.end].iter().collect())
    })
}
