//! Frames between host and guest: what decodes encodes to the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = wire::decode::<wire::FromGuest>(bytes) {
        let frame = wire::encode(&message).expect("a decoded message fits");
        let again = wire::decode::<wire::FromGuest>(&frame[4..]).expect("whole");
        assert_eq!(message, again);
    }
    let _ = wire::decode::<wire::ToGuest>(bytes);
});
