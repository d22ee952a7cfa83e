//! Every bound that a skill and its script meet, by name.

use std::time::Duration;

/// Bytes of one file of a skill.
pub const SKILL_BYTES_MAX: u64 = 128 * 1024;
/// Skills that are read from one folder.
pub const SKILLS_MAX: usize = 2_000;
/// Characters of a name and of a description; longer ones are cut, not refused.
pub const NAME_CHARS_MAX: usize = 64;
pub const DESCRIPTION_CHARS_MAX: usize = 4_096;
/// Bytes of a request that are looked at when a skill is sought for it.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Bytes of one result that a script is told.
pub const RESULT_BYTES_MAX: usize = 96 * 1024 * 1024;
/// Bytes of the arguments of one call.
pub const ARGUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How deep such a value may be nested.
pub const JSON_DEPTH_MAX: usize = 64;
/// Bytes of a text that a script makes.
pub const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Entries of a list, or numbers of a range, that a script makes.
pub const ITEMS_MAX: usize = 1_000_000;
/// Bytes of a summary, or of the reason why a script is stuck.
pub const WORDS_BYTES_MAX: usize = 64 * 1024;
/// Brackets, or blocks, that may be open at one place of a source.
pub const NESTING_MAX: usize = 60;
/// Operators and names in one logical line outside of brackets' commas; deeper trees are refused.
pub const LINE_PARTS_MAX: usize = 400;
/// Address space of the thread of a script; touched only as far as it is used.
pub(crate) const STACK_BYTES: usize = 64 * 1024 * 1024;
/// How long a script that is over its time is waited for before it is left behind.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// What one script may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls of functions and rounds of loops, over the whole script.
    pub ticks_max: u64,
    /// Bytes of values. Best effort: looked at often, not at each allocation.
    pub heap_bytes_max: usize,
    /// Functions that may be under way at once.
    pub depth_max: usize,
    /// Calls to the task.
    pub calls_max: usize,
    /// Time of thinking from one call to the next. Waiting for an answer does not count.
    pub advance: Duration,
}

impl Limits {
    /// Enough for a folder of 200,000 files.
    pub const USUAL: Self = Self {
        ticks_max: 200_000_000,
        heap_bytes_max: 1 << 30,
        depth_max: 200,
        calls_max: 50_000,
        advance: Duration::from_secs(60),
    };
}
