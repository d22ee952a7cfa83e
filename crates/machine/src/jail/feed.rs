//! What a program in a machine is fed while it runs: input, and the size of its terminal.

use std::collections::VecDeque;
use tokio::sync::mpsc;
use wire::{Outflow, Terminal, ToGuest, WindowOverrun};

/// For a program whose call has `ExecInput::Stream`. When the sender goes, its input ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    Bytes(Vec<u8>),
    Resize(Terminal),
}

/// Turns feed into frames as there is credit.
#[derive(Debug)]
pub(crate) struct Feeding {
    id: u32,
    feed: Option<mpsc::Receiver<Feed>>,
    /// Taken from `feed`, and not sent yet for want of credit.
    bytes: VecDeque<u8>,
    outflow: Outflow,
}

impl Feeding {
    pub(crate) fn new(id: u32, feed: Option<mpsc::Receiver<Feed>>) -> Self {
        Self { id, feed, bytes: VecDeque::new(), outflow: Outflow::input() }
    }

    pub(crate) fn add(&mut self, credit: u32) -> Result<(), WindowOverrun> {
        self.outflow.add(credit)
    }

    /// The next frame to send. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Vec<u8> {
        let id = self.id;
        loop {
            let bytes = self.outflow.fits(self.bytes.len());
            let message = if bytes > 0 {
                self.outflow.send(bytes);
                ToGuest::Input { id, bytes: self.bytes.drain(..bytes).collect() }
            } else {
                match &mut self.feed {
                    Some(feed) if self.bytes.is_empty() => match feed.recv().await {
                        Some(Feed::Bytes(more)) => {
                            self.bytes.extend(more);
                            continue;
                        }
                        Some(Feed::Resize(terminal)) => ToGuest::Resize { id, terminal },
                        None => {
                            self.feed = None;
                            ToGuest::InputEnd { id }
                        }
                    },
                    _ => std::future::pending().await,
                }
            };
            if let Ok(frame) = wire::encode(&message) {
                return frame;
            }
        }
    }
}
