//! From which country a document is, as far as something in it proves that.

use super::page::Page;

/// Evidence for a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) country: &'static str,
    /// What was seen, for a person.
    pub(super) seen: String,
}

/// Names of numbers and taxes that one country has.
const SIGNS: [(&str, &str); 45] = [
    ("cif", "ES"),
    ("abn", "AU"),
    ("gstin", "IN"),
    ("cgst", "IN"),
    ("sgst", "IN"),
    ("igst", "IN"),
    ("hst", "CA"),
    ("qst", "CA"),
    ("tvq", "CA"),
    ("siret", "FR"),
    ("siren", "FR"),
    ("rcs", "FR"),
    ("partita iva", "IT"),
    ("p iva", "IT"),
    ("nip", "PL"),
    ("regon", "PL"),
    ("ico", "CZ"),
    ("dic", "CZ"),
    ("adoszam", "HU"),
    ("инн", "RU"),
    ("кпп", "RU"),
    ("єдрпоу", "UA"),
    ("cnpj", "BR"),
    ("cpf", "BR"),
    ("cvr", "DK"),
    ("y tunnus", "FI"),
    ("kvk", "NL"),
    ("αφμ", "GR"),
    ("vergi dairesi", "TR"),
    ("mersis", "TR"),
    ("rfc", "MX"),
    ("cfdi", "MX"),
    ("mva", "NO"),
    ("foretaksregisteret", "NO"),
    ("organisasjonsnummer", "NO"),
    ("organisationsnummer", "SE"),
    ("bankgiro", "SE"),
    ("swish", "SE"),
    ("dankort", "DK"),
    ("bankaxept", "NO"),
    ("nif", "ES"),
    ("uid", "AT"),
    ("twint", "CH"),
    ("ein", "US"),
    ("eftpos", "AU"),
];

/// How VAT numbers begin, and the country.
const VAT_PREFIXES: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI",
];

const STATES: &str = "AL AK AZ AR CA CO CT FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO \
                      MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC";
const PROVINCES: &str = "ON QC BC AB MB SK NS NB NL PE YT NT NU";

/// Everything that proves a country, in the order of the lines; each country once.
pub(super) fn proofs(page: &Page) -> Vec<Proof> {
    let mut proofs: Vec<Proof> = Vec::new();
    for line in &page.lines {
        let padded = padded(&line.folded);
        for (sign, country) in SIGNS {
            let contested = matches!(
                sign,
                "ein" | "nip" | "dic" | "uid" | "nif" | "cif" | "rcs" | "swish" | "ico"
            );
            if padded.contains(&format!(" {sign} ")) && (!contested || supports(page, country)) {
                push(&mut proofs, country, format!("“{}”", sign.to_uppercase()));
            }
        }
        if padded.contains(" sales tax ") {
            push(&mut proofs, "US", "“Sales tax”".to_owned());
        }
        for word in line.text.split([' ', ':', ',', ';']) {
            if let Some(country) = vat_number(word) {
                push(&mut proofs, country, format!("the VAT number {word}"));
            }
        }
        address(&line.text, &mut proofs);
    }
    proofs
}

fn push(proofs: &mut Vec<Proof>, country: &'static str, seen: String) {
    if !proofs.iter().any(|proof| proof.country == country) {
        proofs.push(Proof { country, seen });
    }
}

/// A short sign counts only where the language fits.
fn supports(page: &Page, country: &str) -> bool {
    page.language.is_some_and(|language| match country {
        "PL" => language == "pl",
        "CZ" => language == "cs",
        "AT" => language == "de",
        "ES" => language == "es",
        "SE" => language == "sv",
        "FR" => language == "fr",
        "US" => language == "en",
        _ => true,
    })
}

fn padded(folded: &[char]) -> String {
    let mut text = String::from(" ");
    for letter in folded {
        if letter.is_alphanumeric() {
            text.push(*letter);
        } else if !text.ends_with(' ') {
            text.push(' ');
        }
    }
    text.push(' ');
    text
}

fn vat_number(word: &str) -> Option<&'static str> {
    if word.starts_with("CHE-") || word.starts_with("CHE1") {
        return Some("CH");
    }
    let (prefix, rest) = (word.get(..2)?, word.get(2..)?);
    let country = VAT_PREFIXES.iter().copied().find(|known| *known == prefix)?;
    let rest = rest.strip_prefix('U').filter(|_| country == "AT").unwrap_or(rest);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let fits = rest.len() == rest.chars().filter(char::is_ascii_alphanumeric).count();
    (fits && (8..=12).contains(&digits) && rest.len() <= 12 && rest.len() - digits <= 3)
        .then_some(country)
}

/// "Austin, TX 78701" and "Toronto, ON M5V 2T6", "London SW1A 1AA".
fn address(text: &str, proofs: &mut Vec<Proof>) {
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    for pair in words.windows(2) {
        let [first, second] = pair else { continue };
        let zip = second.split('-').next().unwrap_or_default();
        let is_zip = zip.len() == 5 && zip.bytes().all(|b| b.is_ascii_digit());
        if is_zip && STATES.split_whitespace().any(|state| state == *first) {
            push(proofs, "US", format!("the address “{first} {second}”"));
        }
        if PROVINCES.split_whitespace().any(|province| province == *first) && shape(second) == "A9A"
        {
            push(proofs, "CA", format!("the address “{first} {second}”"));
        }
        let outward = shape(first);
        let is_british = matches!(outward.as_str(), "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A")
            && shape(second) == "9AA";
        if is_british {
            push(proofs, "GB", format!("the postcode {first} {second}"));
        }
    }
}

/// Upper-case letters as A, digits as 9.
fn shape(word: &str) -> String {
    word.chars()
        .map(|letter| match letter {
            'A'..='Z' => 'A',
            '0'..='9' => '9',
            letter => letter,
        })
        .collect()
}

/// What people pay with there.
pub(super) fn currency(country: &str) -> Option<&'static str> {
    Some(match country {
        "AT" | "BE" | "CY" | "DE" | "EE" | "ES" | "FI" | "FR" | "GR" | "HR" | "IE" | "IT"
        | "LT" | "LU" | "LV" | "MT" | "NL" | "PT" | "SI" => "EUR",
        "AU" => "AUD",
        "BR" => "BRL",
        "CA" => "CAD",
        "CH" => "CHF",
        "CZ" => "CZK",
        "DK" => "DKK",
        "GB" => "GBP",
        "HU" => "HUF",
        "IN" => "INR",
        "MX" => "MXN",
        "NO" => "NOK",
        "PL" => "PLN",
        "RO" => "RON",
        "RU" => "RUB",
        "SE" => "SEK",
        "TR" => "TRY",
        "UA" => "UAH",
        "US" => "USD",
        _ => return None,
    })
}

/// What a language is paid in, likeliest first.
pub(super) fn language_currencies(language: &str) -> &'static [&'static str] {
    match language {
        "de" => &["EUR", "CHF"],
        "fr" => &["EUR", "CHF", "CAD"],
        "it" => &["EUR", "CHF"],
        "es" => &["EUR", "MXN", "ARS", "COP", "CLP"],
        "pt" => &["EUR", "BRL"],
        "nl" | "fi" | "el" | "hr" | "sl" | "sk" | "et" | "lv" | "lt" => &["EUR"],
        "ro" => &["RON"],
        // The euro came in 2026.
        "bg" => &["EUR", "BGN"],
        "he" => &["ILS"],
        "ar" => &["SAR", "AED", "EGP", "MAD", "QAR", "KWD", "JOD"],
        "hi" => &["INR"],
        "th" => &["THB"],
        "vi" => &["VND"],
        "id" => &["IDR"],
        "pl" => &["PLN"],
        "cs" => &["CZK"],
        "sv" => &["SEK"],
        "da" => &["DKK"],
        "no" => &["NOK"],
        "hu" => &["HUF"],
        "tr" => &["TRY"],
        "ru" => &["RUB"],
        "uk" => &["UAH"],
        "ja" => &["JPY"],
        "zh" => &["CNY", "TWD", "HKD"],
        "ko" => &["KRW"],
        _ => &["USD", "EUR", "GBP", "CAD", "AUD"],
    }
}
