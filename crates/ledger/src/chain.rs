//! The hash that ties an event to all that happened before it in its task.
//!
//! `hash(0) = blake3(task)`; `hash(n) = blake3(hash(n-1) || seq || at_ms || body)`, both numbers as
//! eight bytes, little end first. All but the body have a fixed length, so no two different events
//! read as the same bytes. The name of the task is the seed, so a chain can't be moved to another.
//! Anybody can recompute it with `b3sum`; the formula is a promise and never changes in place.

/// The hash of an event.
pub type EventHash = [u8; 32];

/// What the first event of `task` is tied to.
pub(crate) fn seed(task: &str) -> EventHash {
    *blake3::hash(task.as_bytes()).as_bytes()
}

/// The hash of an event that follows one with the hash `before`.
pub(crate) fn link(before: &EventHash, seq: u64, at_ms: u64, body: &[u8]) -> EventHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(&seq.to_le_bytes());
    hasher.update(&at_ms.to_le_bytes());
    hasher.update(body);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::{link, seed};

    fn hex(hash: &[u8; 32]) -> String {
        blake3::Hash::from_bytes(*hash).to_hex().to_string()
    }

    #[test]
    fn the_formula_is_frozen() {
        let zero = seed("abcdefgh");
        let one = link(&zero, 1, 1_700_000_000_000, b"{}");
        assert_eq!(
            (hex(&zero).as_str(), hex(&one).as_str()),
            (
                "ddaa2ac30a98655962979019e43538326ad7bef0da0e6ac2f3e51fb3513a5cda",
                "bc403134e99d58840f8103eb0c7391e186bd237ef560c85cbbbe3ee70beba86b"
            )
        );
    }

    #[test]
    fn every_part_counts() {
        let zero = seed("abcdefgh");
        let one = link(&zero, 1, 2, b"body");
        for other in [
            link(&seed("abcdefgi"), 1, 2, b"body"),
            link(&zero, 2, 2, b"body"),
            link(&zero, 1, 3, b"body"),
            link(&zero, 1, 2, b"bodz"),
        ] {
            assert_ne!(one, other);
        }
    }
}
