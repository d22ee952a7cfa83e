//! A watch: transcript items as server-sent events, parsed as they come.
//!
//! The format is that of the HTML standard, section 9.2 (event streams), as far as our routes use it.

use crate::client::{ClientError, Flowing};
use crate::limits;
use http_body_util::BodyExt;
use task::transcript::Item;

/// Items of one task as they come. Dropping it ends the watch and leaves the task alone.
#[derive(Debug)]
pub struct Watch {
    flowing: Flowing,
    events: EventBuffer,
}

impl Watch {
    pub(crate) fn new(flowing: Flowing) -> Self {
        Self { flowing, events: EventBuffer::default() }
    }

    /// The next item; `None` when the task rests and nothing more will come. May be dropped and
    /// called again without losing an item.
    pub async fn next(&mut self) -> Option<Result<Item, ClientError>> {
        loop {
            match self.events.take() {
                Some(Ok(data)) => {
                    let item = serde_json::from_slice(&data);
                    return Some(item.map_err(|why| ClientError::BadAnswer { source: why.into() }));
                }
                Some(Err(TooLong)) => {
                    let source = "one item of the watch is too long".into();
                    return Some(Err(ClientError::BadAnswer { source }));
                }
                None => match self.flowing.response.body_mut().frame().await? {
                    Ok(frame) => {
                        if let Ok(bytes) = frame.into_data() {
                            self.events.push(&bytes);
                        }
                    }
                    Err(why) => {
                        self.flowing.connection.abort_all();
                        return Some(Err(ClientError::Cut { source: why.into() }));
                    }
                },
            }
        }
    }
}

#[derive(Debug, Default)]
struct EventBuffer {
    bytes: Vec<u8>,
    /// How far `bytes` was searched for the end of a line.
    searched: usize,
    data: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct TooLong;

impl EventBuffer {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The data of the next complete event.
    fn take(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        while let Some(length) = self.bytes[self.searched..].iter().position(|&b| b == b'\n') {
            let end = self.searched + length;
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            self.searched = 0;
            let line = line.trim_ascii_end();
            if line.is_empty() && !self.data.is_empty() {
                return Some(Ok(std::mem::take(&mut self.data)));
            }
            if let Some(data) = line.strip_prefix(b"data:") {
                self.data.extend_from_slice(data);
            }
        }
        self.searched = self.bytes.len();
        let too_long = self.bytes.len() + self.data.len() > limits::ITEM_BYTES_MAX;
        too_long.then_some(Err(TooLong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_any_split() {
        let stream = b":\n\nid: 1\ndata: {\"a\":1}\n\n: alive\n\nid: 2\r\ndata: 2\r\n\r\ndata: cut";
        for size in 1..stream.len() {
            let mut events = EventBuffer::default();
            let mut seen = vec![];
            for part in stream.chunks(size) {
                events.push(part);
                while let Some(data) = events.take() {
                    seen.push(String::from_utf8(data.unwrap()).unwrap());
                }
            }
            assert_eq!(seen, [" {\"a\":1}", " 2"], "in parts of {size} bytes");
        }
    }

    #[test]
    fn an_endless_line_ends_the_watch() {
        let mut events = EventBuffer::default();
        events.push(b"data: ");
        assert_eq!(events.take(), None);
        events.push(&vec![b'x'; limits::ITEM_BYTES_MAX]);
        assert_eq!(events.take(), Some(Err(TooLong)));
    }
}
