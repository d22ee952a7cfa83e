//! Length-prefixed frames: encode, and decode of what a hostile peer may have sent.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// Bytes of one message at most, length prefix not counted. Longer results are sent in parts.
pub const FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A frame that cannot be sent or understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    TooLong {
        bytes: usize,
    },
    Malformed,
    /// Bytes were left over after the message.
    Trailing {
        bytes: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(out, "a frame of {bytes} bytes is over the {FRAME_BYTES_MAX} allowed")
            }
            Self::Malformed => out.write_str("the frame holds no message of this generation"),
            Self::Trailing { bytes } => {
                write!(out, "{bytes} bytes follow the message in its frame")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// The frame for `message`, length prefix included.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = Vec::new();
    encode_onto(&mut frame, message)?;
    Ok(frame)
}

/// Adds the frame for `message` to what is in `out`, which stays as it was if there is none.
pub fn encode_onto<T: Serialize>(out: &mut Vec<u8>, message: &T) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    let encoded = postcard::to_extend(message, Onto(out)).map(drop);
    let bytes = out.len() - start - 4;
    let fault = match (encoded, u32::try_from(bytes)) {
        (Ok(()), Ok(prefix)) if bytes <= FRAME_BYTES_MAX => {
            out[start..start + 4].copy_from_slice(&prefix.to_le_bytes());
            return Ok(());
        }
        (Ok(()), _) => FrameError::TooLong { bytes },
        (Err(_), _) => FrameError::Malformed,
    };
    out.truncate(start);
    Err(fault)
}

/// Lets postcard, which wants to own what it writes to, add to what somebody else owns.
struct Onto<'a>(&'a mut Vec<u8>);

impl Extend<u8> for Onto<'_> {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        self.0.extend(bytes);
    }
}

/// Length of the message that follows this prefix.
pub fn frame_length(prefix: [u8; 4]) -> Result<usize, FrameError> {
    let bytes = u32::from_le_bytes(prefix) as usize;
    if bytes > FRAME_BYTES_MAX { Err(FrameError::TooLong { bytes }) } else { Ok(bytes) }
}

/// The message in `body` (length prefix removed).
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    match postcard::take_from_bytes(body) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(FrameError::Trailing { bytes: rest.len() }),
        Err(_) => Err(FrameError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FromGuest, Reply, ToGuest};
    use proptest::prelude::*;

    #[test]
    fn a_message_survives_its_frame() {
        let message = FromGuest::Ended {
            id: 7,
            reply: Reply::Result { json: "{\"ä\":1}".into(), more: false },
        };
        let frame = encode(&message).expect("fits");
        let length =
            frame_length(frame[..4].try_into().expect("four bytes")).expect("within bounds");
        assert_eq!(length, frame.len() - 4);
        assert_eq!(decode::<FromGuest>(&frame[4..]).expect("whole"), message);
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_on_both_sides() {
        let message = Reply::Result { json: "x".repeat(FRAME_BYTES_MAX), more: false };
        assert!(matches!(encode(&message), Err(FrameError::TooLong { .. })));
        assert!(matches!(frame_length([0xff; 4]), Err(FrameError::TooLong { .. })));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = decode::<FromGuest>(&bytes);
            let _ = decode::<ToGuest>(&bytes);
        }

        /// A length that promises more than there is must not be believed.
        #[test]
        fn bytes_are_no_longer_than_their_frame(
            kind in 0_u8..12,
            rest in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let body = [&[kind, 1, 0xff, 0xff, 0xff, 0xff, 0x0f], rest.as_slice()].concat();
            let said = decode::<FromGuest>(&body).map(|m| format!("{m:?}").len());
            prop_assert!(said.unwrap_or(0) < 2_000);
        }

        #[test]
        fn channel_bytes_survive(
            channel: u32,
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        ) {
            let message = FromGuest::Bytes { channel, bytes };
            let frame = encode(&message).expect("fits");
            prop_assert_eq!(decode::<FromGuest>(&frame[4..]).expect("whole"), message);
        }

        #[test]
        fn what_decodes_encodes_to_the_same_message(
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            if let Ok(message) = decode::<FromGuest>(&bytes) {
                let frame = encode(&message).expect("a decoded message fits");
                prop_assert_eq!(decode::<FromGuest>(&frame[4..]).expect("whole"), message);
            }
        }
    }
}
