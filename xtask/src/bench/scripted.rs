//! A model server on loopback for measurements: what it answers follows from a word in the request.
//!
//! It speaks the chat format, as model servers on a computer do, and keeps when it answered whom.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An answer that never ends.
pub(super) const STREAM: &str = "KIND-STREAM";
/// One command that runs for hours.
pub(super) const SHELL: &str = "KIND-SHELL";
/// One command that asks for a place on the network.
pub(super) const DOOR: &str = "KIND-DOOR";
/// One helper, whose model never ends its answer.
pub(super) const CHILD: &str = "KIND-CHILD";
/// As many turns as `Scripted` says, each with one trivial command. The task's number follows.
pub(super) const TURNS: &str = "KIND-TURNS-";

/// Between two pieces of an answer that never ends.
const PIECE_EVERY: Duration = Duration::from_millis(20);
/// Bytes of a request that are taken.
const REQUEST_BYTES_MAX: usize = 64 << 20;

/// The server, until the process ends.
#[derive(Debug, Clone)]
pub(super) struct Scripted {
    pub(super) port: u16,
    turns: usize,
    /// How long a model takes for an answer.
    answer: Duration,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    /// Answers that never end and have begun.
    streams: usize,
    answered: BTreeMap<String, Instant>,
    gaps_ms: Vec<f64>,
}

impl Scripted {
    pub(super) fn start(turns: usize, answer: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let server = Self { port, turns, answer, heard: Arc::default() };
        let serving = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = serving.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        Ok(server)
    }

    /// The configuration with which a daemon finds this server and no other.
    pub(super) fn config(&self) -> String {
        format!("[models]\nservers = [\"127.0.0.1:{}\"]\n", self.port)
    }

    pub(super) fn streams(&self) -> usize {
        self.heard().streams
    }

    /// From the end of each answer to the arrival of the next request of the same task.
    pub(super) fn gaps_ms(&self) -> Vec<f64> {
        self.heard().gaps_ms.clone()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends with the connection, whatever the reason.
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut lines = BufReader::new(stream.try_clone().ok()?);
        loop {
            let (path, body) = request(&mut lines)?;
            if path.ends_with("/models") {
                let list = json!({"object": "list", "data": [{"id": "small", "object": "model"}]});
                send(&mut stream, &list)?;
                continue;
            }
            if body.contains(TURNS) {
                self.turn(&mut stream, &body)?;
                continue;
            }
            let call = match () {
                () if body.contains(CHILD) => ("delegate", json!({ "request": STREAM })),
                () if body.contains(SHELL) => ("run_command", json!({"command": "sleep 5000"})),
                () if body.contains(DOOR) => {
                    ("run_command", json!({"command": "curl -sS http://held.example.test/"}))
                }
                () => return self.stream(&mut stream),
            };
            send(&mut stream, &answer("", Some(call)))?;
        }
    }

    fn turn(&self, stream: &mut TcpStream, body: &str) -> Option<()> {
        let arrived = super::whole::now();
        let digits = body.split(TURNS).nth(1)?;
        let task: String = digits.chars().take_while(char::is_ascii_digit).collect();
        let made = body.matches("\"tool_call_id\"").count();
        {
            let mut heard = self.heard();
            if let Some(before) = heard.answered.get(&task).copied() {
                heard.gaps_ms.push(arrived.duration_since(before).as_secs_f64() * 1000.0);
            }
        }
        std::thread::sleep(self.answer);
        let command = format!("true {made}");
        let call = ("run_command", json!({ "command": command }));
        let next = (made < self.turns).then_some(call);
        let text = if next.is_some() { "" } else { "That was all." };
        let said = answer(text, next);
        send(stream, &said)?;
        self.heard().answered.insert(task, super::whole::now());
        Some(())
    }

    fn stream(&self, stream: &mut TcpStream) -> Option<()> {
        const HEAD: &str =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        const PIECE: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":\
                             [{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
        stream.write_all(HEAD.as_bytes()).ok()?;
        self.heard().streams += 1;
        loop {
            stream.write_all(PIECE.as_bytes()).ok()?;
            std::thread::sleep(PIECE_EVERY);
        }
    }
}

/// The path and the body of the next request of a connection.
fn request(lines: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    lines.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse::<usize>().ok()?.min(REQUEST_BYTES_MAX);
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8_lossy(&body).into_owned()))
}

fn answer(text: &str, call: Option<(&str, Value)>) -> Value {
    let mut message = json!({"role": "assistant", "content": text});
    let stop = if call.is_some() { "tool_calls" } else { "stop" };
    if let Some((name, args)) = call {
        let function = json!({"name": name, "arguments": args.to_string()});
        message["tool_calls"] = json!([{"id": "c0", "type": "function", "function": function}]);
    }
    json!({"id": "c", "object": "chat.completion", "model": "small",
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}})
}

fn send(stream: &mut TcpStream, body: &Value) -> Option<()> {
    let body = body.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
    stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).ok()
}
