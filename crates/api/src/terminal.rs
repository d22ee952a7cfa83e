//! A terminal in a task's machine, over one WebSocket: bytes both ways, sizes in, its end out.
//!
//! ```text
//! GET /v1/tasks/TASK/terminal?columns=80&rows=24, upgraded
//! client ─► binary: what is typed        text: {"columns":100,"rows":30}
//! server ─► binary: what is to be shown  text: {"code":0,"why":""}, once, then it closes
//! ```
//! Whoever goes away ends the program. What it prints faster than it is read is left out.

use crate::client::{Client, ClientError};
use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::limits;
use crate::routes::{Answer, Asked, Leave, Named};
use crate::view::{TerminalEnd, TerminalSize};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
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

/// Refusals are ordinary answers: only a terminal that is open is upgraded.
pub(crate) async fn terminal<D: Desk>(
    State(desk): State<Arc<D>>,
    Extension(leave): Extension<Leave>,
    Named(task): Named,
    Asked(size): Asked<TerminalSize>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Answer {
    // Its program starts only when it is attended to.
    let terminal = desk.terminal(task, size).await?;
    let upgrade = upgrade.map_err(|why| {
        let what = "a terminal is a WebSocket, and this is another request";
        UserError::new(ErrorKind::User, "request-malformed", what).cause(why)
    })?;
    let upgrade = upgrade
        .max_message_size(limits::TERMINAL_MESSAGE_BYTES_MAX)
        .max_frame_size(limits::TERMINAL_MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| attend(socket, terminal, leave)))
}

async fn attend(socket: WebSocket, terminal: Terminal, leave: Leave) {
    let Terminal { typed, mut shown, run } = terminal;
    let (mut out, mut heard) = socket.split();
    let mut run = run;
    let leave = leave.told();
    tokio::pin!(leave);
    let hear = async {
        while let Some(Ok(message)) = heard.next().await {
            let word = match message {
                Message::Binary(bytes) => Typed::Bytes(bytes.into()),
                Message::Text(text) => match serde_json::from_str(&text) {
                    Ok(size) => Typed::Resize(size),
                    Err(_) => return,
                },
                Message::Ping(_) | Message::Pong(_) => continue,
                Message::Close(_) => return,
            };
            if typed.send(word).await.is_err() {
                // Its program reads no more; its end is on the way.
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::pin!(hear);
    let end = loop {
        tokio::select! {
            Some(bytes) = shown.recv() => {
                if out.send(Message::Binary(bytes.into())).await.is_err() {
                    return;
                }
            }
            end = &mut run => break end,
            () = &mut hear => return,
            () = &mut leave => break TerminalEnd { code: None, why: "Legwork ends".to_owned() },
        }
    };
    while let Ok(bytes) = shown.try_recv() {
        if out.send(Message::Binary(bytes.into())).await.is_err() {
            return;
        }
    }
    // Who is gone needs no word.
    if let Ok(text) = serde_json::to_string(&end) {
        let _ = out.send(Message::Text(text.into())).await;
    }
    let _ = out.close().await;
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
