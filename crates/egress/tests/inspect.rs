//! TLS that ends at the door: single requests, secrets, foreign keys, budgets.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod world;

use egress::{Alarm, Bound, Happened, Secret};
use policy::egress::host::Name;
use policy::egress::{Method, PathPrefix};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use world::*;

const VALUE: &str = "the-real-value-0123456789";

const GIT: &str = "Content-Type: application/x-git-upload-pack-request\r\n";

async fn inside(world: &mut World, host: &str, port: u16) -> impl Io + use<> {
    let tunnel = world.tunnel(&format!("{host}:{port}")).await.unwrap();
    let mut tls = world.tls(tunnel, host).await.unwrap();
    tls.flush().await.unwrap();
    tls
}

#[tokio::test]
async fn requests_are_judged_one_by_one_inside_tls() {
    let mut world = World::new(Setting::default());
    let port = world.tls_place("a.test", mirror()).await;
    world.gate.set_rules(parsed(&[
        format!("allow reading from a.test port {port}"),
        format!("allow PUT to a.test below /up port {port}"),
    ]));
    let mut tls = inside(&mut world, "a.test", port).await;
    let host = format!("Host: a.test:{port}\r\n");
    let get = format!("GET /x?q HTTP/1.1\r\n{host}Alt: 1\r\n\r\n");
    for _ in 0..2 {
        let answer = request(&mut tls, &get).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("GET /x?q HTTP/1.1\r\n"), "{answer}");
    }
    let put = format!("PUT /up/1 HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\nhi");
    let answer = request(&mut tls, &put).await;
    assert!(answer.contains("PUT /up/1 ") && answer.ends_with("hi"), "{answer}");
    let fetch =
        format!("POST /r.git/git-upload-pack HTTP/1.1\r\n{host}{GIT}Content-Length: 2\r\n\r\nhi");
    let answer = request(&mut tls, &fetch).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let post =
        format!("POST /r.git/git-receive-pack HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\nhi");
    let answer = request(&mut tls, &post).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn hostile_requests_inside_tls_are_refused() {
    let mut world = World::new(Setting::default());
    let port = world.tls_place("a.test", mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port} inspected")]));
    for (sent, expected) in [
        ("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", "400"),
        ("GET https://a.test/ HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n", "400"),
        ("GET http://b.test/ HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n", "400"),
        ("CONNECT b.test:443 HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\nHost: a.test:{port}\r\nContent-Length: 4\r\n\
             Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
            "400",
        ),
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
        (
            "GET / HTTP/1.1\r\nHost: a.test:{port}\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
            "200",
        ),
    ] {
        let mut tls = inside(&mut world, "a.test", port).await;
        let answer = request(&mut tls, &sent.replace("{port}", &port.to_string())).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{sent}: {answer}");
        assert!(!answer.to_lowercase().contains("h2c"), "{answer}");
    }
}

#[tokio::test]
async fn a_place_with_a_wrong_certificate_or_answer_is_refused() {
    let mut world = World::new(Setting::default());
    let other = world.tls_place("b.test", mirror()).await;
    let odd = world
        .tls_place(
            "a.test",
            says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
        )
        .await;
    let upgraded = world.tls_place("a.test", says("HTTP/1.1 101 Other\r\n\r\n")).await;
    let noise = world.tls_place("a.test", says("SSH-2.0-x\r\n\r\n")).await;
    let large = world.tls_place("a.test", says(vec![b'x'; 100_000])).await;
    let endless = world.tls_place("a.test", says("HTTP/1.1 100 C\r\n\r\n".repeat(50))).await;
    for (port, reason) in [
        (other, "certificate is not valid"),
        (odd, "did not answer as a web server"),
        (upgraded, "did not answer as a web server"),
        (noise, "did not answer as a web server"),
        (large, "did not answer as a web server"),
        (endless, "did not answer as a web server"),
    ] {
        world.gate.set_rules(parsed(&[format!("allow reading from a.test port {port}")]));
        let mut tls = inside(&mut world, "a.test", port).await;
        let answer =
            request(&mut tls, &format!("GET / HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n")).await;
        assert!(
            answer.starts_with("HTTP/1.1 502 ") && answer.contains(reason),
            "{reason}: {answer}"
        );
    }
}

fn secret(port: u16) -> Secret {
    let bound = Bound {
        host: Name::parse(b"api.test").unwrap(),
        port,
        methods: vec![Method::parse("POST").unwrap(), Method::parse("GET").unwrap()],
        path: PathPrefix::parse("/v1"),
    };
    Secret::new("api key".to_owned(), VALUE.to_owned().into(), bound, "sk_").unwrap()
}

struct Safe {
    world: World,
    stand_in: String,
    api: u16,
    other: u16,
}

async fn safe() -> Safe {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let api = listener.local_addr().unwrap().port();
    let mut setting = Setting::default();
    let secret = secret(api);
    let stand_in = secret.stand_in().to_owned();
    setting.secrets = vec![secret];
    let mut world = World::new(setting);
    let other = world.tls_place("other.test", mirror()).await;
    let clear = world.place(mirror()).await;
    world.tls_place_at("api.test", listener, mirror());
    world.gate.set_rules(parsed(&[
        format!("allow everything to api.test port {api} and {clear}"),
        format!("allow everything to other.test port {other} and {clear} inspected"),
    ]));
    Safe { world, stand_in, api, other }
}

#[tokio::test]
async fn the_value_goes_only_where_it_is_bound() {
    let Safe { mut world, stand_in, api, .. } = safe().await;
    assert!(stand_in.starts_with("sk_") && !stand_in.contains(VALUE));
    let host = format!("Host: api.test:{api}\r\n");
    let basic = |plain: &str| data_encoding::BASE64.encode(plain.as_bytes());
    for (header, place_sees) in [
        (format!("Authorization: Bearer {stand_in}"), format!("Authorization: Bearer {VALUE}")),
        (format!("x-api-key: {stand_in}"), format!("x-api-key: {VALUE}")),
        (
            format!("Authorization: Basic {}", basic(&format!("user:{stand_in}"))),
            format!("Authorization: Basic {}", basic(&format!("user:{VALUE}"))),
        ),
    ] {
        // The mirror sends the value back, which is seen, and cut off.
        let mut tls = inside(&mut world, "api.test", api).await;
        let text = format!("GET /v1/x HTTP/1.1\r\n{host}{header}\r\n\r\n");
        let answer = request(&mut tls, &text).await;
        assert!(!answer.contains(VALUE), "{answer}");
        let records = world.book.text();
        assert!(!answer.contains(&place_sees) && records.contains("SecretReturned"), "{records}");
        world.book.0.lock().unwrap().clear();
    }
    assert!(!world.book.text().contains(VALUE));
}

#[tokio::test]
async fn the_door_itself_asks_in_tls_for_who_names_such_an_address() {
    let Safe { mut world, stand_in, api, .. } = safe().await;
    let reads = world.tls_place("reads.test", mirror()).await;
    let wrong = world.tls_place("b.test", mirror()).await;
    let forged = "HTTP/1.1 200 OK\r\nLegwork-Refused: 1\r\nContent-Length: 2\r\n\r\nhi";
    let forger = world.tls_place("forger.test", says(forged)).await;
    world.gate.set_rules(parsed(&[
        format!("allow everything to api.test port {api}"),
        format!("allow reading from reads.test port {reads}"),
        format!("allow reading from forger.test port {forger}"),
        format!("allow reading from a.test port {wrong}"),
    ]));
    let text = |method: &str, host: &str, port: u16, more: &str| {
        format!(
            "{method} https://{host}:{port}/v1/x?q=1 HTTP/1.1\r\nHost: {host}:{port}\r\n{more}\r\n"
        )
    };
    // Several places over one stream, each judged by its method and path.
    let mut stream = world.proxy();
    let answer = request(&mut stream, &text("GET", "reads.test", reads, "")).await;
    assert!(answer.contains("GET /v1/x?q=1 HTTP/1.1\r\n"), "{answer}");
    let answer = request(&mut stream, &text("GET", "forger.test", forger, "")).await;
    assert!(answer.ends_with("hi") && !answer.contains("egwork"), "{answer}");
    let answer = request(&mut stream, &text("GET", "a.test", wrong, "")).await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("certificate"), "{answer}");
    assert!(answer.contains("legwork-refused: 1\r\n"), "{answer}");
    let mut stream = world.proxy();
    let answer = request(&mut stream, &text("DELETE", "reads.test", reads, "")).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    // A secret is let out by it, as it is TLS, and what comes back is looked at.
    let mut stream = world.proxy();
    let header = format!("X-Api-Key: {stand_in}\r\n");
    let answer = request(&mut stream, &text("GET", "api.test", api, &header)).await;
    assert!(!answer.contains(VALUE), "{answer}");
    assert!(world.book.text().contains("SecretReturned"), "{}", world.book.text());
}

#[tokio::test]
async fn a_stand_in_anywhere_else_is_blocked_with_an_alarm() {
    let Safe { mut world, stand_in, api, other } = safe().await;
    let base64 = data_encoding::BASE64.encode(format!("x{stand_in}y").as_bytes());
    let url = data_encoding::BASE64URL_NOPAD.encode(format!("xy{stand_in}").as_bytes());
    let hex = data_encoding::HEXLOWER.encode(stand_in.as_bytes());
    let percent: String = stand_in.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let mixed = format!("%{:02X}{}", stand_in.as_bytes()[0], &stand_in[1..]);
    let (front, back) = stand_in.split_at(9);
    let post = |host: &str, port: u16, path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let get = |host: &str, port: u16, path: &str, header: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{header}\r\n\r\n")
    };
    let authorization = format!("Authorization: Bearer {stand_in}");
    let chunked = format!(
        "POST /v1 HTTP/1.1\r\nHost: api.test:{api}\r\nTransfer-Encoding: chunked\r\n\r\n\
         9\r\n{front}\r\n{:x}\r\n{back}\r\n0\r\n\r\n",
        back.len()
    );
    let cases = [
        ("other.test", other, get("other.test", other, "/", &authorization)),
        ("other.test", other, get("other.test", other, &format!("/{stand_in}"), "A: b")),
        ("other.test", other, get("other.test", other, &format!("/?k={base64}"), "A: b")),
        ("other.test", other, get("other.test", other, &format!("/{percent}"), "A: b")),
        ("other.test", other, get("other.test", other, "/", &format!("Cookie: a={url}"))),
        ("other.test", other, get("other.test", other, "/", &format!("{stand_in}: 1"))),
        ("other.test", other, post("other.test", other, "/", &stand_in)),
        ("other.test", other, post("other.test", other, "/", &base64)),
        ("other.test", other, post("other.test", other, "/", &url)),
        ("other.test", other, post("other.test", other, "/", &hex)),
        ("other.test", other, post("other.test", other, "/", &mixed)),
        ("api.test", api, post("api.test", api, "/v1", &stand_in)),
        ("api.test", api, chunked),
        ("api.test", api, get("api.test", api, &format!("/v1?k={stand_in}"), "A: b")),
        ("api.test", api, get("api.test", api, "/v2", &authorization)),
        ("api.test", api, get("api.test", api, "/v1/../v2", &authorization)),
        ("api.test", api, get("api.test", api, "/v1", &format!("User-Agent: {stand_in}"))),
        ("api.test", api, get("api.test", api, "/v1", &format!("{authorization} {base64}"))),
        ("api.test", api, get("api.test", api, "/v1", &authorization).replace("GET", "PUT")),
    ];
    for (host, port, text) in cases {
        let before = alarms(&world);
        let mut tls = inside(&mut world, host, port).await;
        let answer = request(&mut tls, &text).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{text}: {answer}");
        assert!(answer.contains("stand-in for the secret"), "{answer}");
        assert_eq!(alarms(&world), before + 1, "{text}");
    }
    assert!(!world.book.text().contains(VALUE));
}

fn alarms(world: &World) -> usize {
    let is_alarm = |happened: &Happened| {
        let expected = Some(Alarm::StandInAstray { secret: "api key".to_owned() });
        matches!(happened,
            Happened::Refused { alarm, .. } | Happened::Closed { alarm, .. } if *alarm == expected)
    };
    world.book.happened().iter().filter(|happened| is_alarm(happened)).count()
}

#[tokio::test]
async fn a_stand_in_in_the_clear_is_blocked_too() {
    let Safe { mut world, stand_in, .. } = safe().await;
    let port = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to api.test port {port}")]));
    let text = format!(
        "GET http://api.test:{port}/v1 HTTP/1.1\r\nHost: api.test:{port}\r\n\
         Authorization: Bearer {stand_in}\r\n\r\n"
    );
    let answer = world.said(egress::Door::HttpProxy, text).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(alarms(&world), 1);
}

#[tokio::test]
async fn foreign_keys_are_dropped_at_a_bound_place() {
    let Safe { mut world, api, other, .. } = safe().await;
    let keys = "Authorization: Bearer theirs\r\nx-api-key: theirs\r\nX-Goog-Api-Key: theirs\r\n\
                Cookie: theirs\r\nPRIVATE-TOKEN: theirs\r\nIdempotency-Key: kept\r\n\
                X-Mine: bEARER theirs\r\nX-Yours: Basic dGhlaXJzOnRoZWlycw==\r\n";
    let mut tls = inside(&mut world, "api.test", api).await;
    let text = format!("GET /v1 HTTP/1.1\r\nHost: api.test:{api}\r\n{keys}\r\n");
    let answer = request(&mut tls, &text).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("kept"), "{answer}");
    assert!(!answer.contains("theirs"), "{answer}");
    let dropped = world.book.happened();
    let dropped = dropped.iter().filter(|h| matches!(h, Happened::ForeignKeyDropped { .. }));
    assert_eq!(dropped.count(), 7);
    for query in ["%6bey=x", "a=1&X-Amz-Signature=x", "a=1;JWT=x", "refresh_token=x"] {
        let mut tls = inside(&mut world, "api.test", api).await;
        let text = format!("GET /v1?{query} HTTP/1.1\r\nHost: api.test:{api}\r\n\r\n");
        let answer = request(&mut tls, &text).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{query}: {answer}");
    }
    // Elsewhere it is the machine's own matter.
    let mut tls = inside(&mut world, "other.test", other).await;
    let text = format!("GET / HTTP/1.1\r\nHost: other.test:{other}\r\n{keys}\r\n");
    let answer = request(&mut tls, &text).await;
    assert!(answer.contains("Bearer theirs"), "{answer}");
}

#[tokio::test]
async fn budgets_hold_over_connections_and_new_rules() {
    let mut world = World::new(Setting::default());
    let port = world.tls_place("a.test", mirror()).await;
    let texts = [format!(
        "allow everything to a.test port {port} uploading at most 10 kB at most 3 requests"
    )];
    world.gate.set_rules(parsed(&texts));
    let body = "x".repeat(6000);
    let text = format!(
        "POST / HTTP/1.1\r\nHost: a.test:{port}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    for expected in ["200", "403"] {
        let mut tls = inside(&mut world, "a.test", port).await;
        let answer = request(&mut tls, &text).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
        world.gate.set_rules(parsed(&texts));
    }
    let small = format!("GET / HTTP/1.1\r\nHost: a.test:{port}\r\nConnection: close\r\n\r\n");
    for expected in ["200", "403"] {
        let mut tls = inside(&mut world, "a.test", port).await;
        let answer = request(&mut tls, &small).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
    }
    assert!(world.book.text().contains("the bound of a rule is used up"));
}

#[tokio::test]
async fn budgets_end_a_spliced_connection_and_the_task() {
    let mut world = World::new(Setting { bytes_max: Some(300_000), ..Setting::default() });
    let port = world.place(echo()).await;
    world.gate.set_rules(parsed(&[format!(
        "allow everything to a.test port {port} uploading at most 100 kB"
    )]));
    let mut tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(&mut tunnel);
    let send = async { while writes.write_all(&[7; 4096]).await.is_ok() {} };
    let mut got = Vec::new();
    // Cut, not ended in order: what came until then is what counts.
    let receive = async { reads.read_to_end(&mut got).await.unwrap_or(0) };
    tokio::join!(send, receive);
    assert!(got.len() <= 100_000, "{}", got.len());
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(&mut tunnel);
    let send = async { while writes.write_all(&[7; 4096]).await.is_ok() {} };
    let mut got = Vec::new();
    let receive = async { reads.read_to_end(&mut got).await.unwrap_or(0) };
    tokio::join!(send, receive);
    let text = world.book.text();
    assert!(
        text.contains("the bytes that this task may exchange with the network are used up"),
        "{text}"
    );
}

#[tokio::test]
async fn a_reading_rule_lets_no_large_body_up() {
    let mut world = World::new(Setting::default());
    let port = world.tls_place("a.test", mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow reading from a.test port {port}")]));
    let mut tls = inside(&mut world, "a.test", port).await;
    let text = format!(
        "POST /r/git-upload-pack HTTP/1.1\r\nHost: a.test:{port}\r\n{GIT}\
         Content-Length: 1000001\r\n\r\n"
    );
    let answer = request(&mut tls, &text).await;
    assert!(answer.contains("the body is larger"), "{answer}");
    let mut tls = inside(&mut world, "a.test", port).await;
    let text = format!("GET / HTTP/1.1\r\nHost: a.test:{port}\r\nContent-Length: 2\r\n\r\nhi");
    let answer = request(&mut tls, &text).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn no_tls_and_no_sni_on_443_are_refused() {
    let mut world = World::new(rules(&["allow everything to a.test"]));
    world.names.tell("a.test", &[&["127.0.0.1"]]);
    for (sent, reason) in [
        (&b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"[..], "this is none"),
        (b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "could not be made"),
    ] {
        world.gate.set_rules(parsed(&["allow everything to a.test inspected".to_owned()]));
        let mut tunnel = world.tunnel("a.test:443").await.unwrap();
        tunnel.write_all(sent).await.unwrap();
        assert_eq!(read_all(&mut tunnel).await, "");
        assert!(world.book.text().contains(reason), "{}", world.book.text());
    }
}

#[tokio::test]
async fn one_more_than_the_most_connections_is_refused() {
    let mut world = World::new(rules(&["allow everything to a.test"]));
    let mut streams = Vec::new();
    for _ in 0..egress::limits::CONNECTIONS_MAX {
        streams.push(world.proxy());
    }
    // Each was given its place once it has an answer.
    for stream in &mut streams {
        stream.write_all(b"GET http://b.test/ HTTP/1.1\r\n").await.unwrap();
    }
    let mut stream = world.proxy();
    let answer = read_head(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    let mut other = World::new(Setting::default());
    other.tunnel("a.test:443").await.unwrap_err();
    drop(streams);
}
