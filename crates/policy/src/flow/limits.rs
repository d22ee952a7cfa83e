//! Bounds of what is looked through.

/// Bytes of one text that are looked through; what is longer counts as cut.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of what is made of a text by decoding it.
pub(super) const DECODED_BYTES_MAX: usize = 512 * 1024;
/// How often what was decoded is decoded again.
pub(super) const DEPTH_MAX: usize = 2;
/// Characters from which on a word is tried as an encoding of another text.
pub(super) const ENCODED_CHARS_MIN: usize = 12;
/// Numbers in a row from which on they are tried as letters, and letters apart as a word.
pub(super) const NUMBERS_MIN: usize = 8;
pub(super) const SPACED_MIN: usize = 6;
/// Places, links and commands that are kept of one text.
pub const NAMED_MAX: usize = 200;
/// The same of a whole task. Beyond, everything counts as named.
pub const SEEN_MAX: usize = 4_000;
/// Words of a command that are looked at.
pub(super) const COMMAND_WORDS_MAX: usize = 24;
/// Bytes of a command as it is kept.
pub(super) const COMMAND_BYTES_MAX: usize = 160;
/// Simple commands that are looked at in one text.
pub(super) const COMMANDS_MAX: usize = 2_000;
