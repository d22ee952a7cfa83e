//! Measures what this crate costs: the body of request N+1, and the first letter of an answer.
//!
//! Run with `cargo run --release -p model --example speed`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for a person")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use model::{
    Args, Block, Context, Delta, Dialect, Endpoint, Format, Head, Message, Origin, Part, Raw,
    Server, Settings, Stop, ToolCall, ToolResult, Turn, Usage, View,
};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Instant;

/// The output of one call: 1,000 turns are about 4 MB.
const OUTPUT: usize = 4000;

fn turn(dialect: &Dialect, index: usize) -> (Message, Message) {
    let id = format!("toolu_{index:06}");
    let args = format!("{{\"command\":\"echo hi {index}\"}}");
    let json =
        format!("{{\"type\":\"tool_use\",\"id\":\"{id}\",\"name\":\"shell\",\"input\":{args}}}");
    let call = ToolCall {
        id: id.clone(),
        name: "shell".into(),
        args: Args::Object(Raw::parse(&args).unwrap()),
    };
    let origin = Origin {
        format: dialect.format,
        provider: dialect.provider.clone(),
        model: dialect.model.clone(),
    };
    let block = Block { raw: Raw::parse(&json).unwrap(), view: View::Call(call) };
    let turn = Turn {
        origin,
        blocks: vec![block],
        stop: Stop::Calls,
        usage: Usage::default(),
        answer_id: None,
    };
    let text = format!("hi {index} ").repeat(OUTPUT / 8);
    let result = ToolResult { call: id, text, images: vec![], is_error: false };
    (Message::Model(Box::new(turn)), Message::User(vec![Part::Result(result)]))
}

fn bodies() {
    for format in [Format::Anthropic, Format::Responses, Format::Chat, Format::Gemini] {
        let dialect = Dialect::new(format, "p", "m");
        let mut context = Context::new(Head { system: vec!["x".repeat(20_000)], tools: vec![] });
        context.push(Message::text("Go."));
        let settings = Settings::default();
        for index in 0..1000 {
            let (answer, results) = turn(&dialect, index);
            context.push(answer);
            context.push(results);
            let start = Instant::now();
            let body = context.body(&dialect, &settings);
            let time = start.elapsed();
            if [0, 9, 99, 499, 999].contains(&index) {
                let start = Instant::now();
                let copy = body.clone();
                let copied = start.elapsed();
                println!(
                    "{format:?} turn {:4}: {:8} bytes in {:7.1} µs (a copy of them: {:6.1} µs)",
                    index + 1,
                    copy.len(),
                    time.as_secs_f64() * 1e6,
                    copied.as_secs_f64() * 1e6
                );
            }
        }
        let mut again = Context::new(context.head().clone());
        again.replace(context.messages().to_vec());
        let start = Instant::now();
        let length = again.body(&dialect, &settings).len();
        println!(
            "{format:?} all 1000 turns anew: {length} bytes in {:.1} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
    }
}

/// Tells the instant at which the server wrote each token, and the one at which it was handed over.
fn first_letters() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (written, stamps) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut buffer = vec![0; 1 << 20];
        for _ in 0..200 {
            if stream.read(&mut buffer).unwrap() == 0 {
                return;
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                .unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
            written.send(Instant::now()).unwrap();
            let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
            stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).unwrap();
            stream.write_all(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n").unwrap();
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let start = Instant::now();
    let server =
        Server::new(Endpoint::new("here", Format::Chat, &format!("http://{address}")), None)
            .unwrap();
    println!("a server on loopback prepared in {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    match Server::new(Endpoint::new("far", Format::Chat, "https://api.example.com"), None) {
        Ok(_) => {
            let time = start.elapsed().as_secs_f64() * 1e3;
            println!("a server with TLS prepared in {time:.2} ms");
        }
        Err(error) => println!("a server with TLS: {error}"),
    }
    let dialect = Dialect::new(Format::Chat, "here", "m");
    let mut context = Context::new(Head::default());
    context.push(Message::text("Hi."));
    let mut delays = Vec::new();
    let mut rounds = Vec::new();
    for _ in 0..200 {
        let mut seen = None;
        let begun = Instant::now();
        let mut take = |delta| {
            if matches!(delta, Delta::Text { .. }) {
                seen.get_or_insert_with(Instant::now);
            }
        };
        runtime
            .block_on(server.answer(&dialect, &mut context, &Settings::default(), &mut take))
            .unwrap();
        rounds.push(begun.elapsed().as_secs_f64() * 1e6 - 2000.0);
        delays.push(seen.unwrap().duration_since(stamps.recv().unwrap()).as_secs_f64() * 1e6);
    }
    for (what, all) in
        [("first letter to the caller", &mut delays), ("all of a request but 2 ms", &mut rounds)]
    {
        all.sort_by(f64::total_cmp);
        println!(
            "{what}: median {:.0} µs, 95 % under {:.0} µs, most {:.0} µs",
            all[100], all[190], all[199]
        );
    }
}

fn main() {
    bodies();
    first_letters();
}
