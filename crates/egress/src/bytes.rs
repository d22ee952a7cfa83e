//! Any bytes at each of the readers: called by the property tests here and by the wrappers in
//! `fuzz`, so that both look for the same. What is wrong panics.

use crate::head::{AnswerHead, RequestHead, values};
use crate::hello::{Look, asks_again, look, look_again};
use crate::socks::{Parsed, greeting, request};
use crate::tunnel::connect_target;

/// A head that is taken has one host and one length, and a CONNECT one place.
pub fn head(bytes: &[u8]) {
    let _ = AnswerHead::parse(bytes, false);
    let Ok(head) = RequestHead::parse(bytes).map_err(|refusal| refusal.to_string()) else { return };
    let count = |name: &str| values(&head.headers, name).count();
    assert!(count("host") <= 1 && count("content-length") + count("transfer-encoding") <= 1);
    assert!(head.minor == 0 || head.host.is_some());
    if let Ok((host, port)) = connect_target(&head) {
        let text = host.to_string();
        assert!(port > 0 && text.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

/// A request that is taken is as long as it says, and no beginning of it is taken.
pub fn socks(bytes: &[u8]) {
    for bytes in [bytes, &[&[5, 1, 0, 3], bytes].concat()] {
        if let Parsed::Done(_, length) = greeting(bytes) {
            assert!(length <= bytes.len());
        }
        if let Parsed::Done(_, length) = request(bytes) {
            assert!((0..length).all(|end| request(&bytes[..end]) == Parsed::More));
        }
    }
}

/// A hello that is taken ends where it says, and no beginning of it is another one.
pub fn hello(bytes: &[u8]) {
    let _ = (look_again(bytes), asks_again(bytes));
    for bytes in [bytes, &[&[22, 3, 1], bytes].concat()] {
        if let Look::Hello(_, length) = look(bytes) {
            assert!(length <= bytes.len());
            assert!((0..length).all(|end| look(&bytes[..end]) == Look::More));
            assert!(matches!(look(&bytes[..length]), Look::Hello(_, same) if same == length));
        }
    }
}
