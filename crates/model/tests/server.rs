//! Servers that do what they should, and what they should not, over real connections.

mod served;

use model::{
    Catalogue, Context, Delta, Dialect, Endpoint, Format, Found, Head, KeySource, Kind,
    LocalServer, Message, Model, ModelError, Replay, Secret, Server, Settings, Step, Stop,
    Timeouts, Turn,
};
use served::{Answer, Served, Then, answer, chunked, cut};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

const FORMATS: [(Format, &str); 4] = [
    (Format::Anthropic, "anthropic/thinking-and-calls"),
    (Format::Responses, "responses/reasoning-and-calls"),
    (Format::Chat, "chat/openai-calls"),
    (Format::Gemini, "gemini/signed-calls"),
];

const SSE: &str = "text/event-stream; charset=utf-8";

fn stream(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/streams");
    std::fs::read(folder.join(format!("{name}.txt"))).expect("a recording")
}

fn server(format: Format, url: &str) -> Server {
    let mut endpoint = Endpoint::new("test", format, url);
    endpoint.timeouts = Timeouts {
        connect: Duration::from_secs(5),
        first_byte: Duration::from_millis(400),
        idle: Duration::from_millis(400),
    };
    let key = Secret::parse("sk-very-secret").expect("a key");
    Server::new(endpoint, Some(key)).expect("a server")
}

async fn ask(server: &Server) -> (Result<Turn, ModelError>, Vec<Delta>) {
    let dialect = Dialect::new(server.endpoint().format, "test", "some-model");
    let mut context = Context::new(Head::default());
    context.push(Message::text("Hi."));
    let mut deltas = Vec::new();
    let settings = Settings::default();
    let got = server.answer(&dialect, &mut context, &settings, &mut |it| deltas.push(it)).await;
    (got, deltas)
}

async fn fail(format: Format, answers: Vec<Answer>) -> ModelError {
    let served = Served::start(answers);
    let error = ask(&server(format, &served.url())).await.0.expect_err("an error");
    assert_eq!(error.provider, "test");
    assert_eq!(served.requests().len(), 1, "nothing is asked twice");
    for text in [error.what(), error.why(), error.next(), format!("{error:?}")] {
        assert!(!text.is_empty() && !text.contains("very-secret"), "{text}");
    }
    error
}

#[tokio::test]
async fn each_format_is_asked_and_read() {
    let mut seen = String::new();
    for (format, name) in FORMATS {
        let served = Served::start(vec![chunked(SSE, &[&stream(name)])]);
        let server = server(format, &format!("{}/prefix/v1", served.url()));
        for _ in 0..2 {
            let (turn, deltas) = ask(&server).await;
            assert_eq!(turn.expect("a turn").stop, Stop::Calls);
            assert!(deltas.iter().any(|it| matches!(it, Delta::CallStarted { .. })));
        }
        let requests = served.requests();
        assert!(requests.iter().all(|it| it.connection == 0), "one connection is used again");
        let head = requests[0].head.lines().filter(|line| {
            !line.is_empty() && !line.starts_with("host") && !line.starts_with("content-length")
        });
        seen.push_str(&head.map(|line| format!("{line}\n")).collect::<String>());
        seen.push_str(&format!("{}\n\n", requests[0].body));
    }
    insta::assert_snapshot!(seen);
}

#[tokio::test]
async fn what_is_not_streamed_or_misnamed_is_read_all_the_same() {
    let text = stream("chat/openai-calls");
    let whole = br#"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"Hi."},"finish_reason":"stop"}]}"#;
    let gemini =
        br#"[{"candidates":[{"content":{"parts":[{"text":"Hi."}]},"finishReason":"STOP"}]}]"#;
    let json = ("content-type", "application/json");
    for (format, given) in [
        (Format::Chat, answer(200, &[json], whole)),
        (Format::Chat, answer(200, &[("content-type", SSE)], whole)),
        (Format::Chat, chunked("text/plain", &[&text])),
        (Format::Chat, chunked("application/octet-stream", &[b"\n", b" \r\n", &text])),
        (Format::Chat, chunked(SSE, &[b": waiting\n\n", &text[..9], &text[9..]])),
        (Format::Gemini, answer(200, &[json], gemini)),
        (Format::Chat, cut(SSE, &[&text])),
        (Format::Gemini, cut(SSE, &[&stream("gemini/signed-calls")])),
    ] {
        let served = Served::start(vec![given]);
        let turn = ask(&server(format, &served.url())).await.0.expect("a turn");
        assert!(!turn.text().is_empty());
    }
}

#[tokio::test]
async fn an_answer_ends_with_its_last_event_and_not_with_the_connection() {
    for (format, name) in &FORMATS[..3] {
        let mut given = cut(SSE, &[&stream(name)]);
        given.then = Then::Hang;
        let served = Served::start(vec![given]);
        ask(&server(*format, &served.url())).await.0.expect("a turn");
    }
}

#[tokio::test]
async fn faults_have_their_kinds() {
    let page = b"<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>";
    let html = ("content-type", "text/html");
    let json = ("content-type", "application/json");
    let half = stream("anthropic/thinking-and-calls");
    let half = &half[..900];
    let event = b"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let overloaded =
        br#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let limited = br#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#;
    let echo = br#"{"type":"error","error":{"type":"authentication_error","message":"bad sk-very-secret"}}"#;
    let hanging = |mut answer: Answer| {
        answer.then = Then::Hang;
        answer
    };
    let short = Answer {
        bytes: vec![
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
                .to_vec(),
            half.to_vec(),
        ],
        then: Then::Close,
    };
    let nothing = Answer { bytes: vec![], then: Then::Close };
    let noise = Answer { bytes: vec![b"SSH-2.0-OpenSSH\r\n".to_vec()], then: Then::Close };
    let table = vec![
        ("a page", answer(200, &[html], page), Kind::WrongContentType),
        ("a page as stream", answer(200, &[("content-type", SSE)], page), Kind::WrongContentType),
        ("words", answer(200, &[("content-type", "text/plain")], b"hello"), Kind::WrongContentType),
        ("other json", answer(200, &[json], b"{\"hello\":1}"), Kind::Malformed),
        ("nothing", answer(200, &[json], b""), Kind::Cut),
        ("an empty stream", chunked(SSE, &[]), Kind::Cut),
        ("only comments", chunked(SSE, &[b": hi\n\n"]), Kind::Cut),
        ("an error as json", answer(200, &[json], overloaded), Kind::Overloaded),
        ("a page of a gateway", answer(502, &[html], page), Kind::Broken),
        (
            "a redirection",
            answer(302, &[("location", "http://127.0.0.1:1/")], b""),
            Kind::WrongContentType,
        ),
        ("cut in chunks", cut(SSE, &[half]), Kind::Cut),
        ("ended in the middle", chunked(SSE, &[half]), Kind::Cut),
        ("shorter than said", short, Kind::Cut),
        ("hangs in the middle", hanging(cut(SSE, &[half])), Kind::Timeout),
        ("hangs at once", hanging(Answer { bytes: vec![], then: Then::Hang }), Kind::Timeout),
        ("hangs after the head", hanging(cut(SSE, &[])), Kind::Timeout),
        ("closes at once", nothing, Kind::Network),
        ("no http", noise, Kind::Network),
        ("limited", answer(429, &[json, ("retry-after", "7")], limited), Kind::RateLimited),
        ("overloaded", answer(529, &[json], overloaded), Kind::Overloaded),
        ("unavailable", answer(503, &[("retry-after", "2")], b"busy"), Kind::Overloaded),
        ("an error in the stream", chunked(SSE, &[half, b"\n\n", event]), Kind::Malformed),
        ("an error first", chunked(SSE, &[event]), Kind::Overloaded),
        ("broken letters", chunked(SSE, &[b"data: \xff\xfe\n\n"]), Kind::Malformed),
        ("the key said back", answer(401, &[json], echo), Kind::Auth),
    ];
    let mut shown = String::new();
    for (name, given, kind) in table {
        let error = fail(Format::Anthropic, vec![given]).await;
        assert_eq!(error.kind, kind, "{name}: {error:?}");
        shown.push_str(&format!(
            "{name}\n  {}\n  {}\n  {}\n",
            error.what(),
            error.why(),
            error.next()
        ));
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn what_an_answer_had_cost_is_known_when_it_fails() {
    let text = String::from_utf8(stream("anthropic/thinking-and-calls")).expect("text");
    let begin = text.split("event: ping").next().expect("a beginning");
    let error = fail(Format::Anthropic, vec![cut(SSE, &[begin.as_bytes()])]).await;
    assert_eq!((error.kind, error.usage.cache_read), (Kind::Cut, 4000));
    assert!(error.is_retry_safe());
}

#[tokio::test]
async fn large_deltas_come_through() {
    let text = "é".repeat(1 << 20);
    let event = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\ndata: [DONE]\n\n"
    );
    let served = Served::start(vec![chunked(SSE, &[event.as_bytes()])]);
    let (turn, deltas) = ask(&server(Format::Chat, &served.url())).await;
    assert_eq!(turn.expect("a turn").text(), text);
    assert_eq!(deltas.len(), 1);
}

#[tokio::test]
async fn nobody_there() {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let error =
        ask(&server(Format::Chat, &format!("http://{port}"))).await.0.expect_err("an error");
    assert_eq!(error.kind, Kind::Network);
    let words = "nothing listens at its address; start its server, or check the address";
    assert_eq!(error.words, words);
}

#[tokio::test]
async fn a_dropped_future_ends_the_request() {
    let mut given = cut(SSE, &[b": waiting\n\n"]);
    given.then = Then::Hang;
    let served = Served::start(vec![given]);
    let server = server(Format::Chat, &served.url());
    tokio::select! {
        biased;
        _ = ask(&server) => unreachable!("it hangs"),
        () = async { while served.requests().is_empty() { tokio::task::yield_now().await } } => {}
    }
}

#[test]
fn a_key_does_not_go_over_the_network_in_the_clear() {
    let key = || Secret::parse("k").ok();
    let make = |url: &str, key| Server::new(Endpoint::new("lan", Format::Chat, url), key);
    let error = make("http://192.0.2.1:8000/v1", key()).expect_err("refused");
    assert_eq!(error.kind, Kind::Setup);
    for (url, key) in [
        ("http://192.0.2.1:8000/v1", None),
        ("http://127.0.0.1:8000/v1", key()),
        ("http://localhost:8000/v1", key()),
        ("http://[::1]:8000/v1", key()),
        ("https://api.example.com/v1", key()),
    ] {
        make(url, key).expect(url);
    }
}

#[test]
fn odd_settings_are_refused_before_anything_is_sent() {
    let make = |change: fn(&mut Endpoint)| {
        let mut endpoint = Endpoint::new("odd", Format::Chat, "http://127.0.0.1:1");
        change(&mut endpoint);
        Server::new(endpoint, None).err().map(|error| error.kind)
    };
    assert_eq!(make(|it| it.headers.push(("a b".to_owned(), String::new()))), Some(Kind::Setup));
    assert_eq!(make(|it| it.headers.push(("a".to_owned(), "b\nc".to_owned()))), Some(Kind::Setup));
    assert_eq!(make(|it| it.ca_bundle = Some("/nowhere.pem".into())), Some(Kind::Setup));
    assert_eq!(make(|it| it.base_url = "not an address".to_owned()), Some(Kind::Setup));
    assert_eq!(make(|it| it.headers.push(("x-team".to_owned(), "secret".to_owned()))), None);
    let mut endpoint = Endpoint::new("odd", Format::Chat, "http://127.0.0.1:1");
    endpoint.headers.push(("x-team".to_owned(), "very-secret".to_owned()));
    let server = Server::new(endpoint, Secret::parse("sk-very-secret").ok()).expect("a server");
    assert!(!format!("{server:?}").contains("very-secret"));
}

#[tokio::test]
async fn a_socket_in_the_file_system_serves_too() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("model.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let text = stream("chat/openai-calls");
    std::thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            served::serve(stream, &[chunked(SSE, &[&text])], &Mutex::new(Vec::new()), 0);
        }
    });
    let mut endpoint = Endpoint::new("socket", Format::Chat, "http://model.test/v1");
    endpoint.unix_socket = Some(path);
    let server = Server::new(endpoint, None).expect("a server");
    assert!(ask(&server).await.0.is_ok());
}

#[tokio::test]
async fn models_are_listed_counted_and_tested() {
    let json = ("content-type", "application/json");
    let gemini = br#"{"models":[{"name":"models/g-1","inputTokenLimit":9,"outputTokenLimit":3,"supportedGenerationMethods":["generateContent"]},{"name":"models/embed","supportedGenerationMethods":["embedContent"]}]}"#;
    let served = Served::start(vec![answer(200, &[json], gemini)]);
    let models = server(Format::Gemini, &served.url()).models().await.expect("a list");
    assert_eq!((models.len(), models[0].id.as_str(), models[0].window), (1, "g-1", Some(9)));

    let counted = answer(200, &[json], br#"{"input_tokens":2095}"#);
    let missing = answer(404, &[json], br#"{"error":{"message":"no such path"}}"#);
    let served = Served::start(vec![counted, missing]);
    let server = server(Format::Anthropic, &served.url());
    let dialect = Dialect::new(Format::Anthropic, "test", "m");
    let mut context = Context::new(Head::default());
    context.push(Message::text("x".repeat(300)));
    let settings = Settings::default();
    let first = server.count(&dialect, &mut context, &settings).await.expect("a count");
    assert_eq!((first.tokens, first.is_estimate), (2095, false));
    let second = server.count(&dialect, &mut context, &settings).await.expect("an estimate");
    assert!(second.is_estimate && (100..150).contains(&second.tokens), "{second:?}");
    assert!(!served.requests()[0].body.contains("max_tokens"));

    let served = Served::start(vec![chunked(SSE, &[&stream("anthropic/refusal")])]);
    let mut endpoint = Endpoint::new("test", Format::Anthropic, &served.url());
    endpoint.timeouts.idle = Duration::from_secs(5);
    let server = Server::new(endpoint, None).expect("a server");
    assert!(matches!(server.test(&dialect).await.expect("a turn").stop, Stop::Refused(_)));
}

#[tokio::test]
async fn what_this_computer_has_is_found() {
    let json = ("content-type", "application/json");
    let models = br#"{"object":"list","data":[{"id":"qwen3:8b","object":"model"},{"id":"m","max_model_len":8192}]}"#;
    let ollama = Served::start(vec![answer(200, &[json], models)]);
    let page = Served::start(vec![answer(200, &[("content-type", "text/html")], b"<html>")]);
    let slow = Served::start(vec![Answer { bytes: vec![], then: Then::Hang }]);
    let locals: Vec<LocalServer> = [("vllm", &page), ("ollama", &ollama), ("lmstudio", &slow)]
        .into_iter()
        .map(|(name, served)| LocalServer { name: name.to_owned(), address: served.address })
        .collect();
    let variable = |name: &str| match name {
        "ANTHROPIC_API_KEY" => Some("sk-very-secret".to_owned()),
        "OPENAI_API_KEY" => Some(" ".to_owned()),
        "ANTHROPIC_BASE_URL" => Some("http://127.0.0.1:9/x".to_owned()),
        _ => None,
    };
    let catalogue = Catalogue::parse(None).expect("the catalogue");
    let found: Vec<Found> = model::discover(&catalogue, &variable, &locals).await;
    assert!(!format!("{found:?}").contains("very-secret"));
    let names: Vec<&str> = found.iter().map(|it| it.endpoint.name.as_str()).collect();
    assert_eq!(names, ["anthropic", "ollama"]);
    assert_eq!(found[0].key, Some(KeySource::Variable("ANTHROPIC_API_KEY".to_owned())));
    assert_eq!(found[0].endpoint.base_url, "http://127.0.0.1:9/x");
    assert_eq!(found[1].models.len(), 2);
    assert!(page.requests().iter().all(|it| it.head.starts_with("get /v1/models ")));
}

#[tokio::test]
async fn a_recording_is_a_model() {
    let served = Served::start(vec![chunked(SSE, &[&stream("anthropic/thinking-and-calls")])]);
    let (turn, live) = ask(&server(Format::Anthropic, &served.url())).await;
    let turn = turn.expect("a turn");
    let failed = fail(Format::Anthropic, vec![answer(529, &[], b"")]).await;
    let steps = [Step::Fail(failed), Step::Answer(turn.clone())];
    let mut model = Model::Replay(Replay::of_steps(steps));
    let mut context = Context::new(Head::default());
    let settings = Settings::default();
    let mut deltas = Vec::new();
    let mut take = |it| deltas.push(it);
    let first = model.answer(&mut context, &settings, &mut take).await;
    assert_eq!(first.expect_err("as recorded").kind, Kind::Overloaded);
    assert_eq!(model.answer(&mut context, &settings, &mut take).await.expect("a turn"), turn);
    assert!(model.answer(&mut context, &settings, &mut take).await.is_err(), "it has ended");
    let said = |deltas: &[Delta]| -> String {
        let text = |it: &Delta| match it {
            Delta::Text { text, .. } => text.clone(),
            _ => String::new(),
        };
        deltas.iter().map(text).collect()
    };
    assert_eq!(said(&deltas), said(&live));
}
