//! What a content names: places, links, commands.

use super::limits::{NAMED_MAX, TEXT_BYTES_MAX};
use super::{command, decode, place};
use std::collections::BTreeSet;

/// What one content names, in order and without repetitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Names as DNS has them, and addresses.
    pub places: Vec<String>,
    /// Fingerprints of whole links: what is called exactly as it stood there carries nothing away.
    pub links: Vec<u64>,
    /// Commands, as `Simple::line` writes them.
    pub commands: Vec<String>,
    /// It was too long, or named too much, to be looked through whole.
    pub is_cut: bool,
}

impl Named {
    /// Looks through a text.
    pub fn by(text: &str) -> Self {
        let (text, is_long) = bounded(text);
        let (mut places, mut links, mut commands) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for reading in decode::readings(text) {
            for found in place::places(&reading) {
                links.insert(fingerprint(&found.link));
                places.insert(found.host);
            }
            commands.extend(command::told(&reading).iter().map(command::Simple::line));
        }
        let is_cut = is_long || places.len().max(links.len()).max(commands.len()) > NAMED_MAX;
        Self {
            places: places.into_iter().take(NAMED_MAX).collect(),
            links: links.into_iter().take(NAMED_MAX).collect(),
            commands: commands.into_iter().take(NAMED_MAX).collect(),
            is_cut,
        }
    }

    pub fn is_empty(&self) -> bool {
        let names_none = self.places.is_empty() && self.links.is_empty();
        names_none && self.commands.is_empty() && !self.is_cut
    }
}

/// As much of a text as is looked through, and whether that is not all.
pub(super) fn bounded(text: &str) -> (&str, bool) {
    let until = text.floor_char_boundary(TEXT_BYTES_MAX);
    (&text[..until], until < text.len())
}

/// FNV-1a of a link, percent signs taken off: no secret hangs on it, only sameness.
pub(super) fn fingerprint(link: &str) -> u64 {
    link.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
