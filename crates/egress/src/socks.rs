//! SOCKS, version 5 (RFC 1928): only CONNECT, only without a password, names as names.

use crate::refusal::Refusal;
use crate::stream::{Ahead, Io};
use policy::egress::host::{Host, HostError};
use std::net::{Ipv4Addr, Ipv6Addr};
use tokio::io::AsyncWriteExt as _;

const VERSION: u8 = 5;
const NO_PASSWORD: u8 = 0;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const KIND_V4: u8 = 1;
const KIND_NAME: u8 = 3;
const KIND_V6: u8 = 4;

/// What a program is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Done,
    Denied,
    Unreachable,
    UnknownCommand,
    Malformed,
}

impl Reply {
    fn bytes(self) -> [u8; 10] {
        let code = match self {
            Self::Done => 0,
            Self::Malformed => 1,
            Self::Denied => 2,
            Self::Unreachable => 4,
            Self::UnknownCommand => 7,
        };
        [VERSION, code, 0, KIND_V4, 0, 0, 0, 0, 0, 0]
    }
}

/// What the bytes so far are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed<T> {
    More,
    Done(T, usize),
    Wrong(Wrong),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Version,
    Command,
    Shape,
    Host(HostError),
}

/// The greeting: whether the program can do without a password, and its length.
pub(crate) fn greeting(bytes: &[u8]) -> Parsed<bool> {
    match bytes {
        [] => Parsed::More,
        [version, ..] if *version != VERSION => Parsed::Wrong(Wrong::Version),
        [_] => Parsed::More,
        [_, 0, ..] => Parsed::Wrong(Wrong::Shape),
        [_, count, rest @ ..] => match rest.get(..usize::from(*count)) {
            None => Parsed::More,
            Some(methods) => Parsed::Done(methods.contains(&NO_PASSWORD), 2 + usize::from(*count)),
        },
    }
}

/// The request: where to, and its length.
pub(crate) fn request(bytes: &[u8]) -> Parsed<(Host, u16)> {
    match bytes {
        [version, ..] if *version != VERSION => return Parsed::Wrong(Wrong::Version),
        [_, command, ..] if *command != CONNECT => return Parsed::Wrong(Wrong::Command),
        [_, _, reserved, ..] if *reserved != 0 => return Parsed::Wrong(Wrong::Shape),
        _ => {}
    }
    let (start, length) = match bytes {
        [_, _, _, KIND_V4, ..] => (4, 4),
        [_, _, _, KIND_V6, ..] => (4, 16),
        [_, _, _, KIND_NAME, length, ..] => (5, usize::from(*length)),
        [_, _, _, KIND_NAME] | [] | [_] | [_, _] | [_, _, _] => return Parsed::More,
        _ => return Parsed::Wrong(Wrong::Shape),
    };
    let (Some(address), Some(port)) =
        (bytes.get(start..start + length), bytes.get(start + length..start + length + 2))
    else {
        return Parsed::More;
    };
    let host = match <[u8; 4]>::try_from(address) {
        Ok(v4) if bytes[3] == KIND_V4 => Ok(Host::Address(Ipv4Addr::from(v4).into())),
        _ => match <[u8; 16]>::try_from(address) {
            Ok(v6) if bytes[3] == KIND_V6 => Ok(Host::Address(Ipv6Addr::from(v6).into())),
            _ => Host::parse(address),
        },
    };
    match (host, u16::from_be_bytes([port[0], port[1]])) {
        (Err(error), _) => Parsed::Wrong(Wrong::Host(error)),
        (Ok(_), 0) => Parsed::Wrong(Wrong::Host(HostError::OddPort)),
        (Ok(host), port) => Parsed::Done((host, port), start + length + 2),
    }
}

/// Speaks the greeting and reads the request.
pub(crate) async fn accept<S: Io>(stream: &mut Ahead<S>) -> Result<(Host, u16), Refusal> {
    let can_without = parsed(stream, greeting).await?;
    if !can_without {
        write(stream, &[VERSION, NO_METHOD]).await?;
        return Err(Refusal::Malformed("a SOCKS client has to work without a password here"));
    }
    write(stream, &[VERSION, NO_PASSWORD]).await?;
    match parsed(stream, request).await {
        Ok(destination) => Ok(destination),
        Err(refusal) => {
            let command = refusal == Refusal::Malformed(COMMAND);
            let reply = if command { Reply::UnknownCommand } else { Reply::Malformed };
            write(stream, &reply.bytes()).await?;
            Err(refusal)
        }
    }
}

const COMMAND: &str = "SOCKS is for CONNECT only here";

async fn parsed<S: Io, T>(
    stream: &mut Ahead<S>,
    parse: fn(&[u8]) -> Parsed<T>,
) -> Result<T, Refusal> {
    loop {
        match parse(stream.seen()) {
            Parsed::Done(done, length) => {
                stream.skip(length);
                return Ok(done);
            }
            Parsed::Wrong(Wrong::Host(error)) => return Err(Refusal::Host(error)),
            Parsed::Wrong(Wrong::Command) => return Err(Refusal::Malformed(COMMAND)),
            Parsed::Wrong(Wrong::Version | Wrong::Shape) => {
                return Err(Refusal::Malformed("this is not SOCKS, version 5"));
            }
            Parsed::More => match stream.look().await {
                Ok(0) | Err(_) => return Err(Refusal::Broken),
                Ok(_) => {}
            },
        }
    }
}

async fn write<S: Io>(stream: &mut Ahead<S>, bytes: &[u8]) -> Result<(), Refusal> {
    stream.write_all(bytes).await.map_err(|_| Refusal::Broken)
}

/// Tells the program how its request ended.
pub(crate) async fn reply<S: Io>(stream: &mut Ahead<S>, reply: Reply) -> Result<(), Refusal> {
    write(stream, &reply.bytes()).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(
            bytes in proptest::collection::vec(any::<u8>(), 0..300)
        ) {
            crate::bytes::socks(&bytes);
        }

        #[test]
        fn a_request_is_read_whole_or_not_at_all(name in "[a-z]{1,20}\\.test", port in 1_u16..) {
            let length = u8::try_from(name.len()).unwrap();
            let bytes = [&[5, 1, 0, 3, length], name.as_bytes(), &port.to_be_bytes()].concat();
            for end in 0..bytes.len() {
                prop_assert_eq!(request(&bytes[..end]), Parsed::More);
            }
            let host = Host::parse(name.as_bytes()).unwrap();
            prop_assert_eq!(request(&bytes), Parsed::Done((host, port), bytes.len()));
        }
    }
}
