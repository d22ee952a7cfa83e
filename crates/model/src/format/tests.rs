//! Recorded streams: what they are read as, that no cut of the bytes changes it, and that a turn
//! goes back exactly as it came.

use super::*;
use crate::context::Context;
use crate::message::Message;
use crate::sse::Decoder;
use crate::turn::View;
use proptest::prelude::*;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::PathBuf;

const FORMATS: [(Format, &str); 4] = [
    (Format::Anthropic, "anthropic"),
    (Format::Responses, "responses"),
    (Format::Chat, "chat"),
    (Format::Gemini, "gemini"),
];

/// All recordings: format, name, bytes.
fn streams() -> Vec<(Format, String, Vec<u8>)> {
    let mut all = Vec::new();
    for (format, folder) in FORMATS {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/streams").join(folder);
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            all.push((format, name, std::fs::read(&path).unwrap()));
        }
    }
    all
}

fn dialect(format: Format) -> Dialect {
    Dialect::new(format, "provider", "model")
}

fn read(format: Format, pieces: &[&[u8]]) -> (Result<Turn, ModelError>, Vec<Delta>) {
    let mut decoder = Decoder::new(1 << 20);
    let mut reader = Reader::new(format);
    let mut deltas = Vec::new();
    let mut take = |delta| deltas.push(delta);
    let mut events = Vec::new();
    let mut all = || {
        for piece in pieces {
            decoder.push(piece, &mut events).unwrap();
        }
        decoder.end(&mut events);
        events.iter().try_for_each(|event| reader.event(event, &mut take))
    };
    let done = all();
    let taken = HashSet::new();
    (done.and_then(|()| reader.finish(&dialect(format), Ids::new(&taken))), deltas)
}

fn shown(turn: &Turn) -> String {
    let mut out = format!("{:?} {:?}\n{:?}\n", turn.stop, turn.answer_id, turn.usage);
    for block in &turn.blocks {
        writeln!(out, "{:?}\n    {}", block.view, block.raw.get()).unwrap();
    }
    out
}

#[test]
fn recordings_are_read() {
    for (format, name, bytes) in streams() {
        let (turn, _) = read(format, &[&bytes]);
        insta::assert_snapshot!(format!("{format:?}-{name}"), shown(&turn.unwrap()));
    }
}

#[test]
fn no_single_cut_changes_a_turn() {
    for (format, name, bytes) in streams() {
        let whole = read(format, &[&bytes]);
        for cut in 0..bytes.len() {
            let parts = read(format, &[&bytes[..cut], &bytes[cut..]]);
            assert_eq!(parts.0.unwrap(), *whole.0.as_ref().unwrap(), "{name} at {cut}");
            assert_eq!(parts.1, whole.1, "{name} at {cut}");
        }
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read(format, &each).0.unwrap(), whole.0.clone().unwrap(), "{name}");
        let crlf = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
        assert_eq!(read(format, &[crlf.as_bytes()]).0.unwrap(), whole.0.unwrap(), "{name}");
    }
}

#[test]
fn deltas_say_what_the_turn_says() {
    for (format, name, bytes) in streams() {
        let (turn, deltas) = read(format, &[&bytes]);
        let texts: String = deltas
            .iter()
            .filter_map(|delta| match delta {
                Delta::Text { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let said: String = turn
            .unwrap()
            .blocks
            .iter()
            .filter_map(|block| match &block.view {
                View::Text(text) | View::Refusal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(texts, said, "{name}");
    }
}

/// The same model gets each block back as it was; thinking in its place and signed.
#[test]
fn a_turn_goes_back_as_it_came() {
    for (format, name, bytes) in streams() {
        let turn = read(format, &[&bytes]).0.unwrap();
        let stored: Turn = serde_json::from_str(&serde_json::to_string(&turn).unwrap()).unwrap();
        assert_eq!(stored, turn, "{name}");
        let mut context = Context::new(Head::default());
        context.push(Message::text("Go."));
        context.push(Message::Model(Box::new(stored.clone())));
        context.push(Message::text("And?"));
        let body = context.body(&dialect(format), &Settings::default());
        let body = String::from_utf8(body).unwrap();
        let _: serde_json::Value = serde_json::from_str(&body).unwrap();
        let mut from = 0;
        for block in &turn.blocks {
            // Chat has its texts and thinking as fields of the message.
            let raw = match (format, &block.view) {
                (Format::Chat, View::Thinking(_)) => block.raw.get().trim_matches(['{', '}']),
                (Format::Chat, View::Refusal(_)) => continue,
                (Format::Gemini, View::Thinking(_)) => continue,
                _ => block.raw.get(),
            };
            let at = body[from..].find(raw);
            let order_is_kept = format != Format::Chat;
            assert!(at.is_some(), "{name}: {raw} is not in {body}");
            if order_is_kept {
                from += at.unwrap();
            }
        }
    }
}

/// Another model gets words, calls and results, and no thinking.
#[test]
fn another_model_gets_what_it_can_read() {
    for (format, name, bytes) in streams() {
        let mut turn = read(format, &[&bytes]).0.unwrap();
        turn.origin.model = "another".to_owned();
        for (other, _) in FORMATS {
            let mut context = Context::new(Head::default());
            context.push(Message::text("Go."));
            context.push(Message::Model(Box::new(turn.clone())));
            context.push(Message::text("And?"));
            let body =
                String::from_utf8(context.body(&dialect(other), &Settings::default())).unwrap();
            let _: serde_json::Value = serde_json::from_str(&body).unwrap();
            for secret in ["sig", "gAAA", "b64+hidden", "Looking", "The café bill"] {
                assert!(!body.contains(secret), "{name} for {other:?}: {body}");
            }
            let calls = turn.calls().count();
            let missing = body.matches("no result: the call").count();
            assert_eq!(missing, calls, "{name} for {other:?}: every call has a result: {body}");
        }
    }
}

/// The message of an answer that was not streamed, for each format.
const WHOLE: [(Format, &str); 5] = [
    (
        Format::Anthropic,
        r#"{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"sig=="},{"type":"text","text":"Now."},{"type":"tool_use","id":"toolu_1","name":"read","input":{"path": "a", "n": 1.0}}],"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":4}}"#,
    ),
    (
        Format::Responses,
        r#"{"id":"resp_1","status":"completed","error":null,"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Now."}]},{"type":"function_call","call_id":"call_1","name":"read","arguments":"{\"path\":\"a\"}"}],"usage":{"input_tokens":3,"output_tokens":4}}"#,
    ),
    (
        Format::Chat,
        r#"{"id":"c1","choices":[{"index":0,"message":{"role":"assistant","content":"Now.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
    ),
    (
        Format::Gemini,
        r#"{"candidates":[{"content":{"parts":[{"text":"Now."},{"functionCall":{"name":"read","args":{"path":"a"}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4}}"#,
    ),
    (
        Format::Gemini,
        r#"[{"candidates":[{"content":{"parts":[{"text":"No"}]}}]},
            {"candidates":[{"content":{"parts":[{"text":"w."},{"functionCall":{"name":"read","args":{"path":"a"}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4}}]"#,
    ),
];

#[test]
fn answers_that_are_not_streamed_are_read() {
    for (format, body) in WHOLE {
        let mut reader = Reader::new(format);
        let mut deltas = Vec::new();
        reader.whole(body, &mut |delta| deltas.push(delta)).unwrap();
        let taken = HashSet::new();
        let turn = reader.finish(&dialect(format), Ids::new(&taken)).unwrap();
        assert_eq!(
            (turn.text().as_str(), &turn.stop),
            ("Now.", &crate::turn::Stop::Calls),
            "{format:?}"
        );
        assert_eq!(turn.calls().count(), 1);
        assert_eq!((turn.usage.input, turn.usage.output), (3, 4), "{format:?}");
        assert!(!deltas.is_empty());
        if format == Format::Anthropic {
            assert!(body.contains(turn.blocks[2].raw.get()), "the bytes are kept");
        }
    }
}

/// What goes wrong inside of a stream, and how it is called.
#[test]
fn faults_inside_of_streams() {
    let table: &[(Format, &str, Kind)] = &[
        (Format::Anthropic, "data: {\"type\":\"message_start\",\"message\":{}}\n\n", Kind::Cut),
        (
            Format::Anthropic,
            "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
            Kind::Overloaded,
        ),
        (
            Format::Anthropic,
            "data: {\"type\":\"content_block_delta\",\"index\":7,\"delta\":{}}\n\n",
            Kind::Malformed,
        ),
        (Format::Anthropic, "data: {\"type\":\n\n", Kind::Malformed),
        (Format::Anthropic, "data: [DONE]\n\n", Kind::Malformed),
        (Format::Responses, "data: {\"type\":\"response.created\",\"response\":{}}\n\n", Kind::Cut),
        (
            Format::Responses,
            "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"x\"}}}\n\n",
            Kind::Broken,
        ),
        (
            Format::Responses,
            "data: {\"type\":\"error\",\"code\":\"context_length_exceeded\",\"message\":\"x\"}\n\n",
            Kind::TooLong,
        ),
        (Format::Responses, "data: {\"type\":\"response.completed\"}\n\n", Kind::Malformed),
        (Format::Chat, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", Kind::Cut),
        (Format::Chat, "data: {\"error\":{\"message\":\"x\",\"code\":429}}\n\n", Kind::RateLimited),
        (
            Format::Chat,
            "data: {\"choices\":[{\"delta\":{},\"error\":{\"code\":502,\"message\":\"x\"}}]}\n\n",
            Kind::Broken,
        ),
        (Format::Chat, "data: [DONE]\n\n", Kind::Cut),
        (Format::Chat, "data: {\"choices\":3}\n\n", Kind::Malformed),
        (
            Format::Gemini,
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n",
            Kind::Cut,
        ),
        (
            Format::Gemini,
            "data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n",
            Kind::Refused,
        ),
        (
            Format::Gemini,
            "data: {\"error\":{\"code\":503,\"message\":\"x\",\"status\":\"UNAVAILABLE\"}}\n\n",
            Kind::Overloaded,
        ),
        (
            Format::Gemini,
            "data: {\"candidates\":[{\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}\n\n",
            Kind::Malformed,
        ),
    ];
    for (format, stream, kind) in table {
        let error = read(*format, &[stream.as_bytes()]).0.expect_err(stream);
        assert_eq!(error.kind, *kind, "{format:?} {stream} {error:?}");
    }
}

#[test]
fn a_stream_cut_anywhere_is_no_turn_and_no_panic() {
    for (format, name, bytes) in streams() {
        let whole = read(format, &[&bytes]).0.unwrap();
        for end in 0..bytes.len() {
            match read(format, &[&bytes[..end]]).0 {
                Ok(turn) => assert_eq!(turn.blocks, whole.blocks, "{name} at {end}"),
                Err(error) => {
                    assert!(matches!(error.kind, Kind::Cut | Kind::Malformed), "{error:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_cuts_change_a_turn(cuts in prop::collection::vec(0usize..1000, 0..40)) {
        for (format, _, bytes) in streams() {
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut * bytes.len() / 1000).collect();
            places.sort_unstable();
            let mut pieces: Vec<&[u8]> = Vec::new();
            let mut from = 0;
            for place in places {
                pieces.push(&bytes[from..place]);
                from = place;
            }
            pieces.push(&bytes[from..]);
            prop_assert_eq!(read(format, &pieces).0.unwrap(), read(format, &[&bytes]).0.unwrap());
        }
    }

    #[test]
    fn damaged_streams_never_panic(at in 0usize..1000, byte in any::<u8>()) {
        for (format, _, mut bytes) in streams() {
            let place = at * bytes.len() / 1000;
            bytes[place] = byte;
            let _ = read(format, &[&bytes]);
        }
    }
}
