//! Every bound of the judgement of egress, by name.

/// Bytes of a host's name, as in DNS.
pub const HOST_BYTES_MAX: usize = 253;
/// Bytes of one label of a name, as in DNS.
pub const LABEL_BYTES_MAX: usize = 63;
/// Bytes of a method's name; the longest registered one has 17.
pub const METHOD_BYTES_MAX: usize = 20;
/// Bytes of a path that a rule names.
pub const PATH_BYTES_MAX: usize = 512;
/// Methods, paths or ports in one rule.
pub const LIST_MAX: usize = 32;
/// Bytes of a rule's text, the words it came from included.
pub const RULE_BYTES_MAX: usize = 64 * 1024;
/// Characters of a request in plain words.
pub const WORDS_CHARS_MAX: usize = 2000;
/// Rules that plain words may become.
pub const WORDS_RULES_MAX: usize = 200;
/// Bytes that a rule for packages lets up by itself: names and versions, not files.
pub const PACKAGES_UPLOAD_BYTES_MAX: u64 = 50_000_000;
/// Bytes in the body of one request that counts as reading; `git fetch` says what it has in one.
pub const READING_BODY_BYTES_MAX: u64 = 1_000_000;
/// Bytes of the name of an account in a rule, which is that of a secret.
pub const ACCOUNT_BYTES_MAX: usize = 64;
