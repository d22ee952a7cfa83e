//! Plain words, rules and hosts: what is taken is written so that it is read the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok((host, _)) = policy::egress::host::Host::parse_with_port(bytes) {
        let text = host.to_string();
        assert_eq!(policy::egress::host::Host::parse(text.as_bytes()), Ok(host));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let rules = policy::egress::words::parse(text, &[]).unwrap_or_default();
    for rule in rules.into_iter().chain(text.parse::<policy::egress::Rule>()) {
        assert_eq!(rule.to_string().parse::<policy::egress::Rule>(), Ok(rule));
    }
});
