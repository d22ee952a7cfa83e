//! Asks a model at any server until it calls no more tools, and tells what it said. No tool is run:
//! a call of `echo` is answered with what it would print.
//!
//! Run with `cargo run -p model --example ask -- FORMAT URL MODEL "words"`, where FORMAT is
//! `anthropic`, `responses`, `chat` or `gemini`; a key is read from the variable LEGWORK_KEY, if
//! there is one. With `-v`, each delta is shown.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "for a person")]
#![expect(clippy::disallowed_methods, reason = "it reads a key and measures time")]

use model::{
    Catalogue, Context, Delta, Endpoint, Format, Head, KeySource, Message, Part, Raw, Server,
    Settings, ToolResult, ToolSpec, Usage,
};
use std::time::Instant;

const TURNS_MAX: usize = 2000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (flags, args): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|it| it.starts_with('-'));
    let [format, url, name, words] = args.try_into().expect("FORMAT URL MODEL WORDS");
    let format: Format = serde_json::from_value(format.into()).expect("a format");
    let variable = |name: &str| std::env::var(name).ok();
    let key = KeySource::Variable("LEGWORK_KEY".into()).read(&variable).await.ok();
    let server = Server::new(Endpoint::new("asked", format, &url), key).unwrap();
    let dialect = Catalogue::parse(None).unwrap().dialect(format, "asked", &name);
    let schema =
        r#"{"type":"object","properties":{"command":{"type":"string"}},"required":["command"]}"#;
    let tool = ToolSpec {
        name: "bash".into(),
        description: "Runs a command.".into(),
        schema: Raw::parse(schema).unwrap(),
    };
    let mut context = Context::new(Head { system: vec!["You work.".into()], tools: vec![tool] });
    context.push(Message::text(words));
    let mut usage = Usage::default();
    let mut times = Vec::new();
    for _ in 0..TURNS_MAX {
        let begun = Instant::now();
        let mut show = |delta: Delta| {
            if flags.iter().any(|it| it == "-v") {
                println!("  {delta:?}");
            }
        };
        let settings = Settings::default();
        let turn = match server.answer(&dialect, &mut context, &settings, &mut show).await {
            Ok(turn) => turn,
            Err(error) => {
                println!(
                    "{:?}: {}\n  {}\n  {}",
                    error.kind,
                    error.what(),
                    error.why(),
                    error.next()
                );
                println!(
                    "  may be asked again: {}, after {:?}",
                    error.is_retry_safe(),
                    error.retry_after
                );
                std::process::exit(1);
            }
        };
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        usage += turn.usage;
        let results: Vec<Part> = turn.calls().map(|call| Part::Result(answer(call))).collect();
        if results.is_empty() {
            println!("{:?}: {}", turn.stop, turn.text());
            break;
        }
        context.push(Message::Model(Box::new(turn)));
        context.push(Message::User(results));
    }
    let last = times[times.len() - 1];
    times.sort_by(f64::total_cmp);
    println!(
        "{} requests, median {:.2} ms, last {last:.2} ms, {usage:?}",
        times.len(),
        times[times.len() / 2]
    );
}

fn answer(call: &model::ToolCall) -> ToolResult {
    let args = match &call.args {
        model::Args::Object(raw) => raw.get(),
        model::Args::Broken(_) => "{}",
    };
    let args: serde_json::Value = serde_json::from_str(args).unwrap();
    let command = args["command"].as_str().unwrap_or("");
    let text = command.strip_prefix("echo ").unwrap_or("no such command").to_owned();
    ToolResult { call: call.id.clone(), text, images: vec![], is_error: false }
}
