//! A terminal in a task's machine, over one WebSocket: bytes both ways, sizes in, its end out.
//!
//! ```text
//! GET /v1/tasks/TASK/terminal?columns=80&rows=24, upgraded
//! client ─► binary: what is typed        text: {"columns":100,"rows":30}
//! server ─► binary: what is to be shown  text: {"code":0,"why":""}, once, then it closes
//! ```
//! Whoever goes away ends the program. What it prints faster than it is read is left out.

use crate::client::{Client, ClientError};
use crate::view::{TerminalEnd, TerminalSize};
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use task::TaskId;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Bytes(Vec<u8>),
    Resize(TerminalSize),
}

/// An open terminal, as the daemon hands it over.
pub struct Terminal {
    pub typed: mpsc::Sender<Typed>,
    pub shown: mpsc::Receiver<Vec<u8>>,
    /// Is its program: dropping it ends the program.
    pub run: BoxFuture<'static, TerminalEnd>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Terminal").finish_non_exhaustive()
    }
}

/// A client's end of a terminal. Dropping it ends the program.
#[derive(Debug)]
pub struct TerminalClient {
    socket: WebSocketStream<UnixStream>,
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Bytes(Vec<u8>),
    End(TerminalEnd),
}

impl Client {
    /// Opens a terminal in the task's machine.
    pub async fn terminal(
        &self,
        task: &TaskId,
        size: TerminalSize,
    ) -> Result<TerminalClient, ClientError> {
        use tungstenite::client::IntoClientRequest;
        let TerminalSize { columns, rows } = size;
        let path = format!("/v1/tasks/{task}/terminal?columns={columns}&rows={rows}");
        let stream = self.connect().await?;
        let request = format!("ws://localhost{path}").into_client_request();
        let request = request.map_err(|why| ClientError::BadAnswer { source: why.into() })?;
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(TerminalClient { socket }),
            // That answer may be cut off; asked for without an upgrade it comes whole.
            Err(tungstenite::Error::Http(answer)) => {
                self.get::<serde::de::IgnoredAny>(path).await?;
                let source = format!("it answers with status {}", answer.status()).into();
                Err(ClientError::BadAnswer { source })
            }
            Err(why) => Err(ClientError::Cut { source: why.into() }),
        }
    }
}

impl TerminalClient {
    pub async fn send(&mut self, typed: Typed) -> Result<(), ClientError> {
        let message = match typed {
            Typed::Bytes(bytes) => tungstenite::Message::Binary(bytes.into()),
            Typed::Resize(size) => {
                let text = serde_json::to_string(&size)
                    .map_err(|why| ClientError::Unwritable { source: why.into() })?;
                tungstenite::Message::Text(text.into())
            }
        };
        self.socket.send(message).await.map_err(|why| ClientError::Cut { source: why.into() })
    }

    /// What comes next; `None` once it is closed. May be dropped and called again.
    pub async fn next(&mut self) -> Option<Result<Heard, ClientError>> {
        loop {
            return Some(match self.socket.next().await? {
                Ok(tungstenite::Message::Binary(bytes)) => Ok(Heard::Bytes(bytes.into())),
                Ok(tungstenite::Message::Text(text)) => serde_json::from_str(&text)
                    .map(Heard::End)
                    .map_err(|why| ClientError::BadAnswer { source: why.into() }),
                Ok(
                    tungstenite::Message::Ping(_)
                    | tungstenite::Message::Pong(_)
                    | tungstenite::Message::Frame(_),
                ) => continue,
                Ok(tungstenite::Message::Close(_)) => return None,
                Err(why) => Err(ClientError::Cut { source: why.into() }),
            });
        }
    }
}
