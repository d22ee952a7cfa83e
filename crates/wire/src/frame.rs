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
    let frame = postcard::to_extend(message, vec![0; 4]).map_err(|_| FrameError::Malformed)?;
    let bytes = frame.len() - 4;
    if bytes > FRAME_BYTES_MAX {
        return Err(FrameError::TooLong { bytes });
    }
    let mut frame = frame;
    let prefix = u32::try_from(bytes).map_err(|_| FrameError::TooLong { bytes })?;
    frame[..4].copy_from_slice(&prefix.to_le_bytes());
    Ok(frame)
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
    use crate::{FromGuest, Reply};
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
