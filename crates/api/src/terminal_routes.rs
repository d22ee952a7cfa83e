//! The daemon's end of a terminal; `terminal.rs` says what is spoken.

use crate::desk::Desk;
use crate::error::{ErrorKind, UserError};
use crate::exchange::{Answer, Asked, Leave, Named};
use crate::limits;
use crate::terminal::{Terminal, Typed};
use crate::view::{TerminalEnd, TerminalSize};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;

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
