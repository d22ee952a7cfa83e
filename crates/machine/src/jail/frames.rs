//! Takes the guest's messages out of the stream, as many as come at once.

use crate::limits::INBOUND_BYTES;
use tokio::io::{AsyncRead, AsyncReadExt};
use wire::FromGuest;

#[derive(Debug)]
pub(crate) struct Frames<R> {
    from: R,
    buffer: Vec<u8>,
    /// How much of `buffer` was understood already.
    heard: usize,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, buffer: Vec::new(), heard: 0 }
    }

    /// The next message, or why there is none.
    pub(crate) async fn next(&mut self) -> Result<FromGuest, String> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(message);
            }
            self.buffer.drain(..self.heard);
            self.heard = 0;
            if self.buffer.is_empty() {
                // One large frame must not cost its memory for ever.
                self.buffer.shrink_to(INBOUND_BYTES);
            }
            self.buffer.reserve(INBOUND_BYTES);
            match self.from.read_buf(&mut self.buffer).await {
                Ok(0) => return Err("the guest is gone: it closed its end".into()),
                Ok(_) => {}
                Err(error) => return Err(format!("the guest is gone: {error}")),
            }
        }
    }

    fn take(&mut self) -> Result<Option<FromGuest>, String> {
        let rest = &self.buffer[self.heard..];
        let Some(prefix) = rest.first_chunk::<4>() else { return Ok(None) };
        let end = 4 + wire::frame_length(*prefix).map_err(|error| error.to_string())?;
        let Some(body) = rest.get(4..end) else { return Ok(None) };
        let message = wire::decode(body).map_err(|error| error.to_string())?;
        self.heard += end;
        Ok(Some(message))
    }
}
