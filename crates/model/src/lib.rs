//! Language models: one client for the four wire formats that their servers speak.
//!
//! A [`Context`] is what a model is sent; a [`Turn`] is what it answers, with each block both as
//! the provider wrote it and as we read it. A [`Model`] answers contexts: over the network, or
//! from a recording. It is asked once for each turn; whether to ask again after a [`ModelError`]
//! is the loop's to decide, which keeps the ledger.

pub mod limits;

mod catalogue;
mod context;
mod count;
mod dialect;
mod discover;
mod error;
mod fault;
mod format;
mod list;
mod message;
mod replay;
mod secret;
mod server;
mod sse;
mod turn;
mod url;

pub use catalogue::{Catalogue, CatalogueError, Entry, Micros, Price, Provider};
pub use context::Context;
pub use count::Count;
pub use dialect::{Dialect, Quirks, Thinking};
pub use discover::{Found, LocalServer, discover, local_servers};
pub use error::{Kind, ModelError};
pub use list::Listed;
pub use message::{
    Cache, Effort, Head, Image, Message, Part, Settings, ToolChoice, ToolResult, ToolSpec,
};
pub use replay::{Replay, Step};
pub use secret::{KeySource, Secret, SecretError};
pub use server::{Endpoint, Server, Timeouts};
pub use turn::{Args, Block, Delta, Format, Origin, Raw, Stop, ToolCall, Turn, Usage, View};

use std::sync::Arc;

/// Whatever answers a context.
#[derive(Debug)]
pub enum Model {
    /// A model at a server, whose connections are shared.
    Live { server: Arc<Server>, dialect: Dialect },
    /// Turns that were recorded, or written for a test.
    Replay(Replay),
}

impl Model {
    /// About how many tokens it would read. Recordings read none.
    pub fn estimate(&self, context: &mut Context) -> u64 {
        match self {
            Self::Live { dialect, .. } => context.estimate(dialect).tokens,
            Self::Replay(_) => 0,
        }
    }

    /// Asks for the next turn. `deltas` is called with each piece as it comes; it must not block.
    /// Dropping the future ends the request.
    pub async fn answer(
        &mut self,
        context: &mut Context,
        settings: &Settings,
        deltas: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<Turn, ModelError> {
        match self {
            Self::Live { server, dialect } => {
                server.answer(dialect, context, settings, deltas).await
            }
            Self::Replay(replay) => replay.answer(deltas),
        }
    }
}
