//! QEMU's monitor: a few commands, and what it says when the machine ends.
//!
//! QEMU counts as hostile, so its lines are bounded and only looked at for what was asked.

use super::VmError;
use crate::limits::{QMP_LINE_BYTES_MAX, QMP_WAIT};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// How often a long piece of work is asked after.
const ASK_EVERY: std::time::Duration = std::time::Duration::from_millis(20);
const ASKS_MAX: usize = 3000;

#[derive(Debug)]
pub(crate) struct Monitor {
    socket: UnixStream,
    buffer: Vec<u8>,
}

impl Monitor {
    pub(crate) fn new(socket: UnixStream) -> io::Result<Self> {
        socket.set_read_timeout(Some(QMP_WAIT))?;
        socket.set_write_timeout(Some(QMP_WAIT))?;
        Ok(Self { socket, buffer: Vec::new() })
    }

    /// Sends all commands at once and reads as many answers.
    fn ask(&mut self, commands: &[Value]) -> io::Result<Value> {
        let text: String = commands.iter().map(|command| format!("{command}\n")).collect();
        self.socket.write_all(text.as_bytes())?;
        let mut last = Value::Null;
        for _ in commands {
            last = self.answer()?;
        }
        Ok(last)
    }

    /// Hands a file over, under the name `state`.
    fn pass(&mut self, file: &File) -> io::Result<()> {
        let text = format!(
            "{}\n{}\n",
            json!({"execute": "qmp_capabilities"}),
            json!({"execute": "getfd", "arguments": {"fdname": "state"}})
        );
        let fds = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&fds));
        let bytes = [io::IoSlice::new(text.as_bytes())];
        let sent = sendmsg(&self.socket, &bytes, &mut control, SendFlags::NOSIGNAL)?;
        self.socket.write_all(&text.as_bytes()[sent..])?;
        self.answer()?;
        self.answer().map(drop)
    }

    fn answer(&mut self) -> io::Result<Value> {
        loop {
            let line = self.line()?;
            let mut said: Value = serde_json::from_slice(&line).map_err(io::Error::other)?;
            if let Some(error) = said.get("error") {
                let why = error.get("desc").and_then(Value::as_str).unwrap_or("no word why");
                return Err(io::Error::other(crate::jail::stream::plain(why)));
            }
            if let Some(answer) = said.get_mut("return") {
                return Ok(answer.take());
            }
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                return Ok(std::mem::replace(&mut self.buffer, rest));
            }
            if self.buffer.len() > QMP_LINE_BYTES_MAX {
                return Err(io::Error::other("QEMU says too much"));
            }
            let mut bytes = [0; 4096];
            match self.socket.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.buffer.extend_from_slice(&bytes[..count]),
            }
        }
    }

    /// Writes the machine's state, without its memory, to the file, and ends QEMU.
    pub(crate) fn save(&mut self, state: &File) -> Result<(), VmError> {
        let failed = |error: io::Error| VmError::Snapshot { why: error.to_string() };
        self.pass(state).map_err(failed)?;
        let migrate = json!({"execute": "migrate", "arguments": {"uri": "fd:state"}});
        self.ask(&[without_memory(), migrate]).map_err(failed)?;
        for _ in 0..ASKS_MAX {
            let told = self.ask(&[json!({"execute": "query-migrate"})]).map_err(failed)?;
            match told.get("status").and_then(Value::as_str) {
                Some("completed") => {
                    // The answer may be lost with QEMU.
                    let _ = self.ask(&[json!({"execute": "quit"})]);
                    return Ok(());
                }
                Some("failed" | "cancelled") => {
                    let why =
                        told.get("error-desc").and_then(Value::as_str).unwrap_or("no word why");
                    return Err(VmError::Snapshot { why: crate::jail::stream::plain(why) });
                }
                _ => std::thread::sleep(ASK_EVERY),
            }
        }
        Err(VmError::Snapshot { why: "it took too long".into() })
    }

    /// Loads the state from the file. The machine runs by itself when it is done.
    pub(crate) fn load(&mut self, state: &File) -> io::Result<()> {
        self.pass(state)?;
        let incoming = json!({"execute": "migrate-incoming", "arguments": {"uri": "fd:state"}});
        self.ask(&[without_memory(), incoming]).map(drop)
    }

    pub(crate) fn into_socket(self) -> UnixStream {
        self.socket
    }
}

fn without_memory() -> Value {
    let capability = json!({"capability": "x-ignore-shared", "state": true});
    json!({"execute": "migrate-set-capabilities", "arguments": {"capabilities": [capability]}})
}

/// Waits until QEMU ends, and says why in words if it told.
pub(crate) async fn last_word(socket: UnixStream) -> Option<&'static str> {
    socket.set_nonblocking(true).ok()?;
    let socket = tokio::net::UnixStream::from_std(socket).ok()?;
    let mut reader = BufReader::new(socket);
    let mut word = None;
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut reader).take(QMP_LINE_BYTES_MAX as u64);
        match bounded.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return word,
            Ok(_) => {}
        }
        let Ok(said) = serde_json::from_slice::<Value>(&line) else { continue };
        let reason = said.get("data").and_then(|data| data.get("reason")).and_then(Value::as_str);
        match (said.get("event").and_then(Value::as_str), reason) {
            (Some("SHUTDOWN"), Some("guest-reset" | "guest-panic")) => {
                word = Some("the system in the machine broke down or restarted");
            }
            (Some("SHUTDOWN"), Some("guest-shutdown")) => {
                word = Some("the system in the machine shut itself down");
            }
            (Some("GUEST_PANICKED"), _) => {
                word = Some("the system in the machine broke down");
            }
            _ => {}
        }
    }
}
