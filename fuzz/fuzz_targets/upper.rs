//! What a machine left in a folder, as the walk that lists changes meets it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a folder");
    machine::changes::bytes::as_upper(dir.path(), bytes);
});
