//! Who sold it: a named seller, the sender of the mail, or the heading of the paper.

use super::fold::is_dense;
use super::lexicon::{tokens, vocabulary};
use super::page::{Line, Page};

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vendor {
    pub(super) name: String,
    /// `None`: it stands beside the text.
    pub(super) line: Option<usize>,
}

/// Lines in which a paper says whose it is.
const HEAD_LINES_MAX: usize = 14;
const NAME_LETTERS_MAX: usize = 80;

/// Ends of company names, folded.
const FORMS: [&str; 56] = [
    "gmbh", "ag", "kg", "ohg", "ug", "gbr", "ek", "ltd", "limited", "llc", "inc", "plc", "corp",
    "co", "sarl", "sas", "sa", "sasu", "eurl", "srl", "spa", "sl", "slu", "lda", "bv", "nv", "vof",
    "ab", "hb", "as", "asa", "aps", "oy", "oyj", "ky", "kft", "zrt", "nyrt", "bt", "sro", "ltda",
    "ооо", "зао", "ип", "тов", "фоп", "αε", "επε", "ike", "ικε", "pty", "pte", "llp", "kk", "ev",
    "se",
];
const DENSE_FORMS: [&str; 8] =
    ["株式会社", "有限会社", "合同会社", "有限公司", "주식회사", "(주)", "㈱", "公司"];

pub(super) fn vendor(page: &Page, sender: Option<&str>, titles: &[usize]) -> Option<Vendor> {
    labelled(page)
        .or_else(|| after_title(page))
        .or_else(|| sender.map(|name| Vendor { name: name.to_owned(), line: None }))
        .or_else(|| heading(page, titles))
}

/// "Seller: Acme Ltd", or the line below "Sold by".
fn labelled(page: &Page) -> Option<Vendor> {
    for (index, line) in page.lines.iter().enumerate().take(60) {
        let hits = vocabulary().parties.find(&line.folded);
        let Some(hit) = hits.first().filter(|hit| hit.class == "seller") else { continue };
        let leads = line.letters[..hit.start].iter().all(|letter| !letter.is_alphanumeric());
        let rest: String = line.letters[hit.end..].iter().collect();
        let value = rest.trim_start();
        if !leads {
            continue;
        }
        if let Some(value) = value.strip_prefix([':', '：']) {
            let name = clean(&first_column(value));
            let is_short = hit.end - hit.start <= 4 && !hit_is_dense(line, hit.start);
            if is_name(&name) && !(is_short && name.contains('@')) {
                return Some(Vendor { name, line: Some(line.number) });
            }
            if !name.is_empty() {
                continue;
            }
        } else if !value.is_empty() {
            continue;
        }
        let is_strong = hit.end - hit.start > 5 || hit_is_dense(line, hit.start);
        if let Some(next) = page.lines.get(index + 1).filter(|_| is_strong) {
            let name = clean(&first_column(&next.text));
            if is_name(&name) {
                return Some(Vendor { name, line: Some(next.number) });
            }
        }
    }
    None
}

fn hit_is_dense(line: &Line, at: usize) -> bool {
    line.letters.get(at).copied().is_some_and(is_dense)
}

/// "Your receipt from Acme".
fn after_title(page: &Page) -> Option<Vendor> {
    for line in page.lines.iter().take(HEAD_LINES_MAX) {
        if let Some(name) = from_title(&line.folded, &line.letters) {
            return Some(Vendor { name, line: Some(line.number) });
        }
    }
    None
}

/// The name in "Your receipt from Acme", of a line or a subject.
pub(super) fn from_title(folded: &[char], letters: &[char]) -> Option<String> {
    let kinds = vocabulary().kinds.find(folded);
    let title = kinds.iter().find(|hit| matches!(hit.class, "receipt" | "invoice"))?;
    let words = tokens(folded);
    let next = words.iter().find(|(_, start, _)| *start >= title.end)?;
    let joins = ["from", "von", "fran", "fra", "van", "от", "від", "od", "chez", "bei", "hos"];
    if !joins.contains(&next.0.as_str()) {
        return None;
    }
    let rest: String = letters[next.2..].iter().collect();
    let name = clean(&first_column(rest.trim()));
    let is_date = !super::date::find(&super::fold::fold(&name)).0.is_empty();
    (is_name(&name) && !is_date && name.chars().next().is_some_and(char::is_uppercase))
        .then_some(name)
}

/// The first line that is a name: no title, date, address, greeting or number.
fn heading(page: &Page, titles: &[usize]) -> Option<Vendor> {
    let mut first = None;
    let mut skips_buyer = 0_u8;
    for line in page.lines.iter().take(HEAD_LINES_MAX) {
        let buyer = vocabulary().parties.find(&line.folded);
        let names_buyer = buyer.first().is_some_and(|hit| {
            hit.class == "buyer" && line.letters[..hit.start].iter().all(|c| !c.is_alphanumeric())
        });
        if names_buyer {
            // The lines below name whoever bought.
            skips_buyer = 2;
            continue;
        }
        if skips_buyer > 0 {
            skips_buyer -= 1;
            continue;
        }
        for (_, column) in line.columns().into_iter().take(2) {
            let name = clean(&column);
            let is_titled = titles.contains(&line.number) && is_title_word(&name);
            if is_titled || !is_name(&name) || is_address(&name) || is_title_word(&name) {
                continue;
            }
            if has_form(&name) {
                return Some(Vendor { name, line: Some(line.number) });
            }
            first.get_or_insert(Vendor { name, line: Some(line.number) });
        }
        // A company's full name stands close to its heading, if anywhere.
        if first.as_ref().is_some_and(|found| line.number > found.line.unwrap_or(0)) {
            break;
        }
    }
    first
}

fn first_column(text: &str) -> String {
    text.trim().split("  ").next().unwrap_or_default().trim().to_owned()
}

/// Without decoration and without words of welcome.
fn clean(text: &str) -> String {
    let text =
        text.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, ')' | '.' | '!' | '㈱'));
    let text = text.trim_start_matches(['.', ')', '!']);
    const WELCOME: [&str; 14] = [
        "welcome to ",
        "willkommen bei ",
        "herzlich willkommen bei ",
        "bienvenue chez ",
        "bienvenue à ",
        "bienvenidos a ",
        "benvenuti da ",
        "welkom bij ",
        "thank you for shopping at ",
        "thank you for visiting ",
        "thanks for shopping at ",
        "välkommen till ",
        "velkommen til ",
        "tervetuloa ",
    ];
    let lower = text.to_lowercase();
    let welcome = WELCOME.iter().find(|words| lower.starts_with(**words));
    let text = welcome.map_or(text, |words| text.get(words.len()..).unwrap_or(text));
    text.chars().take(NAME_LETTERS_MAX).collect::<String>().trim().to_owned()
}

fn is_name(name: &str) -> bool {
    let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
    let digits = name.chars().filter(char::is_ascii_digit).count();
    let has_dense = name.chars().any(is_dense);
    let lower = name.to_lowercase();
    letters >= if has_dense { 1 } else { 2 }
        && digits <= letters
        && !name.contains('@')
        && !lower.starts_with("www.")
        && !lower.starts_with("http")
        && !name.ends_with('?')
        && name.split_whitespace().count() <= 9
        && !is_contact(&lower)
}

fn is_contact(lower: &str) -> bool {
    const STARTS: [&str; 52] = [
        "tel",
        "phone",
        "fax",
        "telefon",
        "tél",
        "vat",
        "ust",
        "steuer",
        "tva",
        "iva",
        "p.iva",
        "p. iva",
        "nip",
        "ičo",
        "dič",
        "cif",
        "nif",
        "cvr",
        "org",
        "abn",
        "gstin",
        "инн",
        "cnpj",
        "siret",
        "page ",
        "seite ",
        "e-mail",
        "email",
        "mail",
        "iban",
        "bic",
        "date",
        "datum",
        "uid",
        "adószám",
        "btw",
        "kvk",
        "α.φ.μ",
        "αφμ",
        "vergi",
        "y-tunnus",
        "reg",
        "登録番号",
        "사업자",
        "纳税人",
        "http",
        "cash",
        "partita",
        "fecha",
        "vd",
        "t:",
        "ein",
    ];
    STARTS.iter().any(|start| {
        lower.strip_prefix(start).is_some_and(|rest| {
            start.ends_with(' ')
                || rest.is_empty()
                || rest.starts_with(|c: char| !c.is_alphabetic())
                || start.chars().any(is_dense)
        })
    })
}

/// A street or a town with its number: digits at one end.
fn is_address(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_number = |word: &&str| word.chars().next().is_some_and(|c| c.is_ascii_digit());
    let streets = [
        "straße",
        "strasse",
        "str.",
        "street",
        "st.",
        "road",
        "rd",
        "avenue",
        "ave",
        "rue",
        "calle",
        "via",
        "rua",
        "straat",
        "laan",
        "weg",
        "platz",
        "gasse",
        "gata",
        "gatan",
        "gade",
        "vej",
        "katu",
        "utca",
        "ulica",
        "ul.",
        "ulice",
        "ул.",
        "вул.",
        "οδός",
        "cad.",
        "sok.",
        "plaza",
        "piazza",
        "place",
        "lane",
        "allee",
        "boulevard",
        "blvd",
        "gate",
        "vei",
        "tie",
        "út",
        "mah.",
    ];
    let lower = name.to_lowercase();
    let has_street = streets.iter().any(|street| {
        lower
            .split([' ', ','])
            .any(|word| word == *street || (street.len() > 4 && word.ends_with(street)))
    });
    let is_postal = name.starts_with('〒') || lower.contains("postcode");
    let starts = words.first().is_some_and(is_number);
    let ends = words.len() > 1 && words.last().is_some_and(is_number);
    is_postal
        || ((starts || ends) && (has_street || name.contains(',') || starts || words.len() == 2))
        || (has_street && name.chars().any(|c| c.is_ascii_digit()))
}

fn has_form(name: &str) -> bool {
    if DENSE_FORMS.iter().any(|form| name.contains(form)) {
        return true;
    }
    let joined: String = name.chars().filter(|c| *c != '.').collect();
    let words = super::fold::words(&joined);
    words.len() > 1 && words.iter().skip(1).any(|word| FORMS.contains(&word.as_str()))
}

/// It says what the paper is, or a label, not whose it is.
fn is_title_word(name: &str) -> bool {
    let folded = super::fold::fold(name);
    let known = vocabulary();
    let covered: usize = [&known.kinds, &known.numbers, &known.dates, &known.labels]
        .iter()
        .map(|lexicon| lexicon.find(&folded).iter().map(|hit| hit.end - hit.start).sum::<usize>())
        .max()
        .unwrap_or(0);
    let stops: usize = known.stop.find(&folded).iter().map(|hit| hit.end - hit.start).sum();
    let letters = folded.iter().filter(|letter| letter.is_alphabetic()).count();
    covered * 10 >= letters * 6 || stops * 10 >= letters * 8
}

/// The name of a mail's sender, if it is one and not a machine's address.
pub(super) fn sender(from: &str) -> Option<String> {
    let first = from.split(">, ").next().unwrap_or(from);
    let (name, address) = match first.split_once('<') {
        Some((name, address)) => (name.trim().trim_matches('"'), address.trim_end_matches('>')),
        None => ("", first.trim()),
    };
    let domain = address.split_once('@').map(|(_, domain)| domain).unwrap_or_default();
    let private =
        ["gmail", "gmx", "outlook", "hotmail", "yahoo", "icloud", "web", "proton", "posteo"];
    let label = domain.split('.').rev().nth(1).unwrap_or_default();
    if private.contains(&label) || domain.starts_with("example") && name.is_empty() {
        return None;
    }
    let generic =
        ["noreply", "no-reply", "info", "billing", "invoice", "service", "support", "rechnung"];
    let is_generic =
        name.is_empty() || generic.contains(&name.to_lowercase().as_str()) || name.contains('@');
    if !is_generic {
        return Some(strip_service(name));
    }
    let mut letters = label.chars();
    let head = letters.next()?;
    Some(head.to_uppercase().chain(letters).collect())
}

/// "Acme Billing" is Acme.
fn strip_service(name: &str) -> String {
    let tails = [
        " billing",
        " receipts",
        " invoices",
        " support",
        " customer service",
        " team",
        " rechnungen",
        " kundenservice",
        " buchhaltung",
        " accounts",
        " orders",
        " shop-team",
        " facturation",
        " no-reply",
        " noreply",
    ];
    let lower = name.to_lowercase();
    let tail = tails.iter().find(|tail| lower.ends_with(**tail) && lower.len() == name.len());
    tail.map_or(name, |tail| &name[..name.len() - tail.len()]).trim().to_owned()
}
