//! A watch: transcript items as server-sent events, parsed as they come.
//!
//! The format is that of the HTML standard, section 9.2, as far as our routes use it.

use crate::client::{ClientError, Flowing};
use crate::limits;
use http_body_util::BodyExt;
use task::transcript::Item;

/// Name of the event with which a daemon that is asked to end takes leave of its watchers.
pub(crate) const SHUT: &str = "shut";

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
                Some(Ok(event)) if event.name == SHUT.as_bytes() => {
                    return Some(Err(ClientError::Shut));
                }
                Some(Ok(event)) => {
                    let item = serde_json::from_slice(&event.data);
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
    event: ServerEvent,
}

/// One server-sent event; its id is in the item as well.
#[derive(Debug, Default, PartialEq, Eq)]
struct ServerEvent {
    name: Vec<u8>,
    data: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
struct TooLong;

impl EventBuffer {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next complete event.
    fn take(&mut self) -> Option<Result<ServerEvent, TooLong>> {
        while let Some(length) = self.bytes[self.searched..].iter().position(|&b| b == b'\n') {
            let end = self.searched + length;
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            self.searched = 0;
            let line = line.trim_ascii_end();
            if line.is_empty() && !self.event.data.is_empty() {
                return Some(Ok(std::mem::take(&mut self.event)));
            }
            if let Some(data) = line.strip_prefix(b"data:") {
                self.event.data.extend_from_slice(data);
            }
            if let Some(name) = line.strip_prefix(b"event:") {
                self.event.name = name.trim_ascii().to_vec();
            }
        }
        self.searched = self.bytes.len();
        let too_long = self.bytes.len() + self.event.data.len() > limits::ITEM_BYTES_MAX;
        too_long.then_some(Err(TooLong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_survive_any_split() {
        let stream =
            b":\n\nid: 1\ndata: {\"a\":1}\n\n: alive\n\nevent: shut\r\ndata: 2\r\n\r\ndata: cut";
        for size in 1..stream.len() {
            let mut events = EventBuffer::default();
            let mut seen = vec![];
            for part in stream.chunks(size) {
                events.push(part);
                while let Some(event) = events.take() {
                    let ServerEvent { name, data } = event.unwrap();
                    seen.push([name, data].map(|bytes| String::from_utf8(bytes).unwrap()).concat());
                }
            }
            assert_eq!(seen, [" {\"a\":1}", "shut 2"], "in parts of {size} bytes");
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
