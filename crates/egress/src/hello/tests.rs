//! Hellos of a real client, changed in every way.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;

/// What rustls sends first to this host.
fn real(host: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = host.to_owned().try_into().unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// A hello with these extensions, in records of at most `piece` bytes.
fn made(extensions: &[(u16, Vec<u8>)], piece: usize) -> Vec<u8> {
    let mut list = Vec::new();
    for (kind, content) in extensions {
        list.extend(kind.to_be_bytes());
        list.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        list.extend(content);
    }
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend(u16::try_from(list.len()).unwrap().to_be_bytes());
    body.extend(list);
    let mut message = vec![1];
    message.extend(&u32::try_from(body.len()).unwrap().to_be_bytes()[1..]);
    message.extend(body);
    let records = message.chunks(piece).flat_map(|chunk| {
        let [high, low] = u16::try_from(chunk.len()).unwrap().to_be_bytes();
        [&[22, 3, 1, high, low][..], chunk].concat()
    });
    records.collect()
}

fn sni(names: &[(u8, &[u8])]) -> (u16, Vec<u8>) {
    let mut list = Vec::new();
    for (kind, name) in names {
        list.push(*kind);
        list.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        list.extend(*name);
    }
    let length = u16::try_from(list.len()).unwrap().to_be_bytes();
    (0, [&length[..], &list].concat())
}

fn name_of(bytes: &[u8]) -> Option<String> {
    match look(bytes) {
        Look::Hello(hello, _) => hello.server_name.map(|name| name.to_string()),
        Look::More | Look::Other | Look::Odd => None,
    }
}

#[test]
fn a_real_hello_names_its_host() {
    let bytes = real("a.example.com");
    assert_eq!(name_of(&bytes).as_deref(), Some("a.example.com"));
    for end in 0..bytes.len() {
        assert_eq!(look(&bytes[..end]), Look::More, "{end}");
    }
    assert!(matches!(look(&real("192.0.2.1")), Look::Hello(Hello { server_name: None, .. }, _)));
}

#[test]
fn odd_hellos_are_odd() {
    let host: &[u8] = b"a.test";
    for piece in [1, 7, 60, 16_000] {
        assert_eq!(name_of(&made(&[sni(&[(0, host)])], piece)).as_deref(), Some("a.test"));
    }
    let odd = |extensions: &[(u16, Vec<u8>)]| look(&made(extensions, 16_000)) == Look::Odd;
    assert!(odd(&[sni(&[(0, host), (0, b"b.test")])]), "two names");
    assert!(odd(&[sni(&[(0, host)]), sni(&[(0, b"b.test")])]), "twice");
    assert!(odd(&[sni(&[(1, host)])]), "another kind");
    assert!(odd(&[sni(&[])]), "none");
    assert!(odd(&[sni(&[(0, b"a.test.")])]), "a dot at its end");
    assert!(odd(&[sni(&[(0, b"a.test\0.evil")])]), "a zero byte");
    assert!(odd(&[sni(&[(0, b"127.1")])]), "an odd address");
    assert!(odd(&[sni(&[(0, b"[::1]")])]), "an address in brackets");
    let address = made(&[sni(&[(0, b"192.0.2.1")])], 16_000);
    assert_eq!(name_of(&address).as_deref(), Some("192.0.2.1"));
    assert!(odd(&[sni(&[(0, b"")])]), "empty");
    assert!(odd(&[(0, [sni(&[(0, host)]).1, vec![0]].concat())]), "something behind");
    let ech = look(&made(&[(EXTENSION_ECH, vec![0; 9]), sni(&[(0, host)])], 16_000));
    assert!(matches!(ech, Look::Hello(Hello { has_ech: true, server_name: Some(_) }, _)));
    let mut behind = made(&[sni(&[(0, host)])], 16_000);
    behind[3..5].copy_from_slice(&200_u16.to_be_bytes());
    assert_eq!(look(&behind), Look::More, "a record that goes on behind the message");
    behind.resize(205, 0);
    assert_eq!(look(&behind), Look::Odd, "bytes behind the message");
    assert_eq!(look(b"GET / HTTP/1.1"), Look::Other);
    assert_eq!(look(b"\x80\x2e\x01\x03\x01"), Look::Other, "SSL 2");
    assert_eq!(look(&[22, 3, 1, 0, 0]), Look::Odd, "an empty record");
    assert_eq!(look(&[22, 3, 1, 0x40, 1]), Look::Odd, "a record too large");
    assert_eq!(look(&[22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]), Look::Odd, "a message too large");
    assert_eq!(look(&[22, 3, 1, 0, 4, 2, 0, 0, 0]), Look::Odd, "no hello of a client");
}

/// A server's answer that wants another hello, in records of at most `piece` bytes.
fn again(piece: usize) -> Vec<u8> {
    let message = [&[SERVER_HELLO, 0, 0, 40, 3, 3][..], &AGAIN, &[0, 0x13, 1, 0, 0, 0]].concat();
    let records = message.chunks(piece).flat_map(|chunk| {
        let [high, low] = u16::try_from(chunk.len()).unwrap().to_be_bytes();
        [&[22, 3, 3, high, low][..], chunk].concat()
    });
    records.collect()
}

#[test]
fn a_server_that_wants_another_hello_is_understood() {
    for piece in [1, 7, 100] {
        let bytes = again(piece);
        assert_eq!(asks_again(&bytes), Some(true), "{piece}");
        let begun = (0..30).all(|end| asks_again(&bytes[..end]).is_none());
        assert!(begun, "{piece}");
    }
    let mut usual = again(100);
    usual[20] ^= 1;
    assert_eq!(asks_again(&usual), Some(false));
    assert_eq!(asks_again(b"\x15\x03\x03\x00\x02\x02\x28"), Some(false), "an alert");
    assert_eq!(asks_again(b"SSH-2.0-x"), Some(false));
    assert_eq!(asks_again(&[22, 3, 3, 0, 0]), Some(false), "an empty record");
}

#[test]
fn a_second_hello_is_found_behind_what_may_be_before_it() {
    let hello = made(&[sni(&[(0, b"b.test")])], 60);
    let sign = [20, 3, 3, 0, 1, 1];
    let early = [&[23, 3, 3, 0, 9][..], &[7; 9]].concat();
    let bytes = [&early[..], &sign, &hello].concat();
    assert!(matches!(look_again(&bytes), Look::Hello(..)));
    for end in 0..bytes.len() {
        assert_eq!(look_again(&bytes[..end]), Look::More, "{end}");
    }
    assert_eq!(look_again(&[21, 3, 3, 0, 2, 1, 90]), Look::Other, "an alert that hides it");
    assert_eq!(look_again(&early.repeat(6000)), Look::Odd);
}

proptest! {
    #[test]
    fn any_bytes_have_a_look(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        crate::bytes::hello(&bytes);
        bytes.splice(..0, [22, 3, 3]);
        crate::bytes::hello(&bytes);
    }

    #[test]
    fn a_changed_hello_is_read_without_harm(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = real("a.example.com");
        let at = at.index(bytes.len());
        bytes[at] = to;
        crate::bytes::hello(&bytes);
    }

    /// What we read is what a real server reads, or we let nothing through.
    #[test]
    fn a_name_that_is_read_is_read_by_a_server_too(at in 0_usize..600, to in any::<u8>()) {
        let mut bytes = real("a.example.com");
        let length = bytes.len();
        bytes[at % length] = to;
        if let Look::Hello(Hello { server_name: Some(ours), .. }, _) = look(&bytes)
            && matches!(ours, Host::Name(_))
        {
            let mut acceptor = rustls::server::Acceptor::default();
            acceptor.read_tls(&mut &bytes[..]).unwrap();
            if let Ok(Some(accepted)) = acceptor.accept() {
                let hello = accepted.client_hello();
                let theirs = hello.server_name().map(str::to_lowercase);
                prop_assert_eq!(Some(ours.to_string()), theirs);
            }
        }
    }
}
