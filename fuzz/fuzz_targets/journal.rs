//! The journal of an apply, as a broken disk may give it back.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    machine::changes::bytes::as_journal(bytes);
});
