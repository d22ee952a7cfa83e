//! Heads of HTTP as programs in a machine send them, CONNECT among them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    egress::bytes::head(bytes);
});
