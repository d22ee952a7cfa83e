//! The first messages of TLS.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    egress::bytes::hello(bytes);
});
