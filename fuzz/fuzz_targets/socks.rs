//! The greeting and the request of SOCKS.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    egress::bytes::socks(bytes);
});
