//! Plain words with names in any script.

use policy::egress::Rule;
use policy::egress::words::{self, PackagePlace, WordsError};

/// As `policy::egress::words::parse`; names beyond ASCII become what DNS has for them, which is
/// also what is shown: letters that only look alike differ there.
pub fn rules_from_words(text: &str, packages: &[PackagePlace]) -> Result<Vec<Rule>, WordsError> {
    let words = text.split(' ').map(|word| {
        let is_name = !word.is_ascii() && word.contains('.') && !word.ends_with('.');
        let bare = word.trim_end_matches([',', ';']);
        let (name, path) = bare.split_at(bare.find('/').unwrap_or(bare.len()));
        match idna::domain_to_ascii_strict(name) {
            Ok(ascii) if is_name => format!("{ascii}{path}{}", &word[bare.len()..]),
            Ok(_) | Err(_) => word.to_owned(),
        }
    });
    let mut rules = words::parse(&words.collect::<Vec<_>>().join(" "), packages)?;
    for rule in &mut rules {
        text.trim().clone_into(&mut rule.words);
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_script_become_those_of_dns() {
        let text = "read münchen.example/a, and аpple.example und lies öffentliche.test";
        let rules = rules_from_words(text, &[]).unwrap();
        let places: Vec<String> = rules.iter().map(|rule| rule.place.to_string()).collect();
        assert_eq!(
            places,
            ["xn--mnchen-3ya.example", "xn--pple-43d.example", "xn--ffentliche-dcb.test"]
        );
        assert_eq!(rules[0].words, text);
        rules_from_words("alles öffentliche", &[]).unwrap();
        rules_from_words("read a.example außer b.example", &[]).unwrap();
        rules_from_words("read ü..x", &[]).unwrap_err();
    }
}
