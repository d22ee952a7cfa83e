//! A model server on loopback that answers from a script, in the format of the address it is asked
//! at.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// What is answered to one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Words, and calls of tools by name and arguments.
    Turn(&'static str, Vec<(&'static str, Value)>),
    /// Calls that depend on what the request says.
    Heard(fn(&str) -> Vec<(&'static str, Value)>),
    /// A status with one more header.
    Status(u16, &'static str),
    /// The stream ends in the middle of a call.
    Cut,
    /// These bytes, and the end of the connection.
    Bytes(String),
    /// Nothing, until the request is taken back.
    Silence,
    /// An answer that says this again and again until it is taken back.
    Begun(&'static str),
}

#[derive(Debug, Default)]
struct Script {
    replies: VecDeque<Reply>,
    /// Once nothing is scripted any more: what is answered to a request, by its words.
    always: Option<fn(&str) -> Reply>,
    seen: Vec<Value>,
}

/// The server, for as long as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) port: u16,
    script: Arc<(Mutex<Script>, Condvar)>,
}

impl Server {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let script = Script { replies: replies.into(), ..Script::default() };
        let server = Self { port, script: Arc::new((Mutex::new(script), Condvar::new())) };
        let answering = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = answering.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// What is answered after what was scripted so far.
    pub(crate) fn then(&self, replies: Vec<Reply>) {
        self.script.0.lock().expect("no panic").replies.extend(replies);
    }

    /// From now on each answer follows from its request alone, however often that comes.
    pub(crate) fn always(&self, answer: fn(&str) -> Reply) {
        self.script.0.lock().expect("no panic").always = Some(answer);
    }

    /// The bodies of all requests so far.
    pub(crate) fn seen(&self) -> Vec<Value> {
        self.script.0.lock().expect("no panic").seen.clone()
    }

    /// Waits until so many requests came.
    pub(crate) fn wait_for(&self, count: usize) {
        let script = self.script.0.lock().expect("no panic");
        let patience = std::time::Duration::from_secs(60);
        let waited = self.script.1.wait_timeout_while(script, patience, |it| it.seen.len() < count);
        assert!(!waited.expect("no panic").1.timed_out(), "fewer than {count} requests came");
    }

    fn serve(&self, mut stream: TcpStream) {
        while let Some((path, body)) = request(&mut stream) {
            if path.split('?').next().is_some_and(|it| it.ends_with("/models")) {
                let pricing = json!({"prompt": "0.000002", "completion": "0.00001"});
                let list = json!({"object": "list", "data": [{"id": "small", "object": "model"},
                    {"id": "priced", "object": "model", "pricing": pricing}]});
                let _ = stream.write_all(whole(&list).as_bytes());
                continue;
            }
            let heard = body.to_string();
            let length = heard.len();
            let (number, reply) = {
                let mut script = self.script.0.lock().expect("no panic");
                script.seen.push(body);
                self.script.1.notify_all();
                let next = script.replies.pop_front();
                let next = next.or_else(|| script.always.map(|answer| answer(&heard)));
                (script.seen.len(), next)
            };
            let reply = reply.unwrap_or(Reply::Turn("Nothing more is scripted.", vec![]));
            let answer = match reply {
                Reply::Turn(text, calls) => whole(&turn(&path, number, length / 4, text, &calls)),
                Reply::Heard(calls) => whole(&turn(&path, number, length / 4, "", &calls(&heard))),
                Reply::Status(status, header) => format!(
                    "HTTP/1.1 {status} No\r\n{header}\r\ncontent-type: application/json\r\n\
                     content-length: 2\r\n\r\n{{}}"
                ),
                Reply::Cut => {
                    let _ = stream.write_all(CUT.as_bytes());
                    return;
                }
                Reply::Bytes(bytes) => {
                    let _ = stream.write_all(bytes.as_bytes());
                    return;
                }
                Reply::Begun(text) => {
                    let (head, piece) = begun(text);
                    let _ = stream.write_all(head.as_bytes());
                    while stream.write_all(piece.as_bytes()).is_ok() {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                    }
                    return;
                }
                Reply::Silence => {
                    let _ = stream.read(&mut [0; 1]);
                    return;
                }
            };
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\
\"role\":\"assistant\",\"content\":[],\"model\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":9,\
\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\
\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"write_file\",\"input\":{}}}\n\n\
event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":\
{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"path\\\": \\\"Not\"}}\n\n";

/// The beginning of an answer in the first format, with what was read and not what is written; and
/// a piece of it.
fn begun(text: &str) -> (String, String) {
    let events = [
        json!({"type": "message_start", "message": {"id": "m", "type": "message",
            "role": "assistant", "content": [], "model": "m", "stop_reason": null,
            "usage": {"input_tokens": 700, "output_tokens": 1}}}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
    ];
    let piece = json!({"type": "content_block_delta", "index": 0,
        "delta": {"type": "text_delta", "text": text}});
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let events: Vec<String> = events.iter().map(|it| format!("data: {it}\n\n")).collect();
    (head.to_owned() + &events.concat(), format!("data: {piece}\n\n"))
}

fn whole(body: &Value) -> String {
    let body = body.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
    format!("{head} {}\r\n\r\n{body}", body.len())
}

/// The path and the body of the next request of a connection.
fn request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut head = vec![];
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let path = head.split(' ').nth(1)?.to_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |it| it.trim().parse().unwrap_or(0));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((path, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

/// An answer in the format of the path; `read` is how many tokens the request is said to have.
fn turn(path: &str, number: usize, read: usize, text: &str, calls: &[(&str, Value)]) -> Value {
    let id = |index: usize| format!("call_{number}_{index}");
    let each = || calls.iter().enumerate();
    if path.contains("messages") {
        let text = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
        let uses = each().map(|(index, (name, input))| {
            json!({"type": "tool_use", "id": id(index), "name": name, "input": input})
        });
        let content: Vec<Value> = text.into_iter().chain(uses).collect();
        let stop = if calls.is_empty() { "end_turn" } else { "tool_use" };
        return json!({"id": "msg", "type": "message", "role": "assistant", "model": "m",
            "content": content, "stop_reason": stop,
            "usage": {"input_tokens": read, "output_tokens": 10}});
    }
    if path.contains("responses") {
        let said = (!text.is_empty()).then(|| {
            json!({"type": "message", "id": "msg", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": text, "annotations": []}]})
        });
        let uses = each().map(|(index, (name, args))| {
            json!({"type": "function_call", "id": format!("fc_{number}_{index}"),
                "call_id": id(index), "name": name, "arguments": args.to_string(),
                "status": "completed"})
        });
        let output: Vec<Value> = said.into_iter().chain(uses).collect();
        return json!({"id": "resp", "object": "response", "status": "completed", "model": "m",
            "output": output, "usage": {"input_tokens": 100, "output_tokens": 10,
                "total_tokens": 110, "input_tokens_details": {"cached_tokens": 50}}});
    }
    if path.contains("generatecontent") {
        let said = (!text.is_empty()).then(|| json!({"text": text}));
        let uses =
            each().map(|(_, (name, args))| json!({"functionCall": {"name": name, "args": args}}));
        let parts: Vec<Value> = said.into_iter().chain(uses).collect();
        return json!({"candidates": [{"content": {"role": "model", "parts": parts},
            "finishReason": "STOP", "index": 0}], "responseId": "r",
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10,
                "totalTokenCount": 110}});
    }
    let uses = each().map(|(index, (name, args))| {
        json!({"id": id(index), "type": "function",
            "function": {"name": name, "arguments": args.to_string()}})
    });
    let uses: Vec<Value> = uses.collect();
    let mut message = json!({"role": "assistant", "content": text});
    if !uses.is_empty() {
        message["tool_calls"] = uses.into();
    }
    let stop = if calls.is_empty() { "stop" } else { "tool_calls" };
    json!({"id": "c", "object": "chat.completion", "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": stop}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}})
}
