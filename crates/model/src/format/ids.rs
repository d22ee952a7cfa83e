//! Ids of calls: unique in a context, and made fit for whoever is asked.

use crate::dialect::Dialect;
use crate::turn::Format;
use std::collections::HashSet;

/// Gives the calls of one answer their ids.
#[derive(Debug)]
pub(crate) struct Ids<'a> {
    taken: &'a HashSet<String>,
    here: HashSet<String>,
}

/// The longest id that is kept as it came.
const ID_BYTES_MAX: usize = 256;

impl<'a> Ids<'a> {
    pub(crate) fn new(taken: &'a HashSet<String>) -> Self {
        Self { taken, here: HashSet::new() }
    }

    /// The id that a call gets: its own where that is usable and free, else one that is.
    pub(crate) fn settle(&mut self, id: &str) -> String {
        let is_plain = !id.is_empty() && id.len() <= ID_BYTES_MAX && id.chars().all(is_fit);
        let stem = if is_plain { id } else { "call" };
        let mut found = id.to_owned();
        let mut number = self.taken.len() + self.here.len() + 1;
        if !is_plain {
            found = format!("{stem}_{number}");
        }
        while self.taken.contains(&found) || self.here.contains(&found) {
            number += 1;
            found = format!("{stem}_{number}");
        }
        self.here.insert(found.clone());
        found
    }
}

/// The longest name of a tool that every provider takes back.
const CALLED_BYTES_MAX: usize = 64;

/// A tool's name as it goes back to a provider: some refuse a whole context for the odd name of a
/// tool that one answer made up.
pub(crate) fn fit_name(name: &str) -> String {
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let fit = name.chars().map(|it| if is_fit(it) { it } else { '_' });
    let fit: String = fit.take(CALLED_BYTES_MAX).collect();
    if fit.is_empty() { "unnamed".to_owned() } else { fit }
}

fn is_fit(letter: char) -> bool {
    letter.is_ascii_graphic() && !matches!(letter, '"' | '\\')
}

/// An id of another provider's call, in the form that this one takes.
/// Anthropic: letters, digits, `_` and `-`. OpenAI: at most 40 (Chat) or 64 (Responses) characters.
pub(crate) fn for_wire(dialect: &Dialect, id: &str) -> String {
    let max = match dialect.format {
        Format::Chat if dialect.quirks.call_ids_of_nine => return nine(id),
        Format::Chat => 40,
        Format::Anthropic | Format::Responses | Format::Gemini => 64,
    };
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if id.len() <= max && id.chars().all(is_fit) {
        return id.to_owned();
    }
    let stem: String = id.chars().filter(|it| is_fit(*it)).take(20).collect();
    format!("{stem}_{:016x}", fnv(id))
}

fn nine(id: &str) -> String {
    if id.len() == 9 && id.chars().all(|it| it.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    let mut number = fnv(id);
    let letters = (0..9).map(|_| {
        let digit = number % 36;
        number /= 36;
        char::from_digit(u32::try_from(digit).unwrap_or(0), 36).unwrap_or('0')
    });
    letters.collect()
}

/// FNV-1a: the same in every version, as ids are written into contexts that are kept.
fn fnv(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_free_and_fit() {
        let taken = HashSet::from(["a".to_owned(), "call_2".to_owned()]);
        let mut ids = Ids::new(&taken);
        assert_eq!(ids.settle("b"), "b");
        assert_eq!(ids.settle("b"), "b_5");
        assert_eq!(ids.settle("a"), "a_6");
        assert_eq!(ids.settle(""), "call_6");
        assert_eq!(ids.settle("x\ny"), "call_7");

        let chat = Dialect::new(Format::Chat, "p", "m");
        assert_eq!(for_wire(&chat, "toolu_01A"), "toolu_01A");
        assert!(for_wire(&chat, &"x".repeat(41)).len() <= 40);
        let anthropic = Dialect::new(Format::Anthropic, "p", "m");
        assert_ne!(for_wire(&anthropic, "call:1"), for_wire(&anthropic, "call.1"));
        let mut mistral = chat;
        mistral.quirks.call_ids_of_nine = true;
        assert_eq!(for_wire(&mistral, "toolu_01A").len(), 9);
        assert_eq!(for_wire(&mistral, "abcdefgh1"), "abcdefgh1");
    }
}
