//! Tricks of a program that knows the door: each once worked, or nearly.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod world;

use egress::{Alarm, Bound, Door, Happened, Secret};
use futures_util::FutureExt as _;
use policy::egress::host::Name;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use world::*;

const VALUE: &str = "the-real/value+0123456789";

fn secret(name: &str, host: &str, port: u16) -> Secret {
    let host = Name::parse(host.as_bytes()).unwrap();
    let bound = Bound { host, port, methods: vec![], path: None };
    Secret::new(name.to_owned(), format!("{VALUE}{name}").into(), bound, "Sk_").unwrap()
}

/// A hello in one record: its host, and perhaps the extension that hides another.
fn hello(host: &str, has_ech: bool) -> Vec<u8> {
    let size = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let name = [&[0][..], &size(host.as_bytes()), host.as_bytes()].concat();
    let names = [&size(&name)[..], &name].concat();
    let mut list = [&[0, 0][..], &size(&names), &names].concat();
    if has_ech {
        list.extend([0xfe, 0x0d, 0, 4, 0, 0, 1, 0]);
    }
    let mut body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    body.extend([&size(&list)[..], &list].concat());
    let message = [&[1, 0][..], &size(&body), &body].concat();
    [&[22, 3, 1][..], &size(&message), &message].concat()
}

/// What a server says that wants another hello.
fn again() -> Vec<u8> {
    let random: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];
    let message = [&[2, 0, 0, 40, 3, 3][..], &random, &[0, 0x13, 1, 0, 0, 0]].concat();
    [&[22, 3, 3, 0, 44][..], &message, &[20, 3, 3, 0, 1, 1]].concat()
}

/// A place in front of many hosts: reads a hello, wants another, and keeps all that it got.
fn front(got: Arc<Mutex<Vec<u8>>>) -> impl Serve {
    move |mut stream: Wire| {
        let got = Arc::clone(&got);
        async move {
            let mut piece = [0; 4096];
            let mut has_answered = false;
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                got.lock().unwrap().extend_from_slice(&piece[..count]);
                let first = !std::mem::replace(&mut has_answered, true);
                let answer = if first { again() } else { b"the second came".to_vec() };
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
        .boxed()
    }
}

async fn tunnelled(world: &mut World, port: u16, first: &[u8]) -> DuplexStream {
    let mut tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    tunnel.write_all(first).await.unwrap();
    tunnel
}

#[tokio::test]
async fn a_second_hello_names_the_same_host() {
    let mut world = World::new(Setting::default());
    let got = Arc::new(Mutex::new(Vec::new()));
    let port = world.place(front(Arc::clone(&got))).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let sign = [20, 3, 3, 0, 1, 1];
    let early = [23, 3, 3, 0, 3, 7, 7, 7];
    let alert = [21, 3, 3, 0, 2, 1, 90];
    let second = [&sign[..], &hello("evil.test", false)].concat();
    let cases = [
        // At once, behind the first, so that nobody waits for it.
        ([&hello("a.test", false)[..], &second].concat(), vec![], "names another host"),
        (hello("a.test", false), second.clone(), "names another host"),
        (hello("a.test", false), [&early[..], &second].concat(), "names another host"),
        (hello("a.test", false), hello("a.test", true), "hides which host"),
        (hello("a.test", false), [&alert[..], &second].concat(), "could not be made"),
    ];
    for (first, then, reason) in cases {
        got.lock().unwrap().clear();
        world.book.0.lock().unwrap().clear();
        let mut tunnel = tunnelled(&mut world, port, &first).await;
        let mut answer = vec![0; again().len()];
        tunnel.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, again());
        // The stream may be over already.
        let _ = tunnel.write_all(&then).await;
        assert_eq!(read_all(&mut tunnel).await, "", "{reason}");
        assert_eq!(*got.lock().unwrap(), hello("a.test", false), "{reason}");
        assert!(world.book.text().contains(reason), "{reason}: {}", world.book.text());
    }
    let mut tunnel = tunnelled(&mut world, port, &hello("a.test", false)).await;
    let mut answer = vec![0; again().len()];
    tunnel.read_exact(&mut answer).await.unwrap();
    tunnel.write_all(&[&sign[..], &hello("a.test", false)].concat()).await.unwrap();
    tunnel.shutdown().await.unwrap();
    assert!(read_all(&mut tunnel).await.starts_with("the second came"));
}

#[tokio::test]
async fn a_hello_that_may_hide_another_never_gets_to_the_place() {
    let mut world = World::new(Setting::default());
    let got = Arc::new(Mutex::new(Vec::new()));
    let port = world.place(front(Arc::clone(&got))).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut tunnel = tunnelled(&mut world, port, &hello("a.test", true)).await;
    // The door itself answers: an alert, as this hello has no key to talk with.
    let mut answer = [0; 1];
    tunnel.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [21], "not an alert of TLS");
    drop(tunnel);
    assert_eq!(*got.lock().unwrap(), b"");
}

fn alarms(world: &World, name: &str) -> usize {
    let expected = Some(Alarm::StandInAstray { secret: name.to_owned() });
    let is_alarm = |happened: &Happened| {
        matches!(happened,
            Happened::Refused { alarm, .. } | Happened::Closed { alarm, .. } if *alarm == expected)
    };
    world.book.happened().iter().filter(|happened| is_alarm(happened)).count()
}

#[tokio::test]
async fn a_stand_in_does_not_leave_in_a_name() {
    let key = secret("key", "api.test", 443);
    let plain = key.stand_in().to_owned();
    let mut world =
        World::new(Setting { secrets: vec![key], ..rules(&["allow everything to **.evil.test"]) });
    let (front, back) = plain.split_at(12);
    let hex = data_encoding::HEXLOWER.encode(plain.as_bytes());
    let (hex_front, hex_back) = hex.split_at(60);
    let names = [
        format!("{plain}.evil.test"),
        format!("{}.evil.test", plain.to_uppercase()),
        format!("{front}.{back}.evil.test"),
        format!("{hex_front}.{hex_back}.evil.test"),
    ];
    for (index, name) in names.iter().enumerate() {
        let refused = world.tunnel(&format!("{name}:443")).await.unwrap_err();
        assert!(refused.contains("stand-in for the secret"), "{name}: {refused}");
        assert_eq!(alarms(&world, "key"), index + 1, "{name}");
    }
    let mut stream = world.captured(&names[0], 443);
    // Without more it is told nothing, and does not wait for a hello.
    stream.shutdown().await.unwrap();
    read_all(&mut stream).await;
    assert_eq!(alarms(&world, "key"), names.len() + 1);
    assert!(world.names.asked.lock().unwrap().is_empty(), "a resolver was asked");
    assert!(!world.book.text().contains(&plain), "{}", world.book.text());
}

/// A world with the key `alice` and the key `bob` of one place.
async fn two_accounts(serve: impl Serve) -> (World, u16, [String; 2]) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let secrets = ["alice", "bob"].map(|name| secret(name, "api.test", port));
    let stand_ins = [0, 1].map(|index: usize| secrets[index].stand_in().to_owned());
    let mut world = World::new(Setting { secrets: secrets.to_vec(), ..Setting::default() });
    world.tls_place_at("api.test", listener, serve);
    (world, port, stand_ins)
}

async fn asked(world: &mut World, host: &str, port: u16, text: &str) -> String {
    let tunnel = world.tunnel(&format!("{host}:{port}")).await.unwrap();
    let mut tls = world.tls(tunnel, host).await.unwrap();
    let head = format!("Host: {host}:{port}\r\nConnection: close\r\n");
    request(&mut tls, &text.replacen("\r\n", &format!("\r\n{head}"), 1)).await
}

#[tokio::test]
async fn a_stand_in_is_seen_in_what_programs_make_of_it() {
    let (mut world, port, [alice, _]) = two_accounts(mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to api.test port {port}")]));
    let wrapped = |text: &str| {
        let encoded = data_encoding::BASE64.encode(text.as_bytes());
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(19).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join("\r\n")
    };
    let escapes: String = alice.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let twice: String = alice.bytes().map(|byte| format!("%25{byte:02x}")).collect();
    let multipart = format!(
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--x--\r\n",
        alice.to_uppercase()
    );
    let bodies = [wrapped(&alice), wrapped(&format!("xx{alice}")), escapes, twice, multipart, {
        let (a, b) = alice.split_at(7);
        format!("{a}\n{b}")
    }];
    for (index, body) in bodies.iter().enumerate() {
        let text = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = asked(&mut world, "api.test", port, &text).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{body}: {answer}");
        assert_eq!(alarms(&world, "alice"), index + 1, "{body}");
    }
}

#[tokio::test]
async fn a_value_does_not_come_back_in_pieces_or_in_disguise() {
    let value = format!("{VALUE}alice");
    let escapes = [
        value.replace('/', "%2F").replace('+', "%2B"),
        value.replace('/', "%2f").replace('+', "%2b"),
        value.replace('/', "\\/"),
    ];
    for echo in escapes {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{echo}", echo.len());
        let (mut world, port, [alice, _]) = two_accounts(says(answer)).await;
        world.gate.set_rules(parsed(&[format!("allow everything to api.test port {port}")]));
        let text = format!("GET / HTTP/1.1\r\nAuthorization: Bearer {alice}\r\n\r\n");
        let answer = asked(&mut world, "api.test", port, &text).await;
        assert!(!answer.contains("value"), "{answer}");
        assert!(world.book.text().contains("SecretReturned"), "{}", world.book.text());
    }
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nhi";
    let (mut world, port, _) = two_accounts(says(packed)).await;
    world.gate.set_rules(parsed(&[format!("allow everything to api.test port {port}")]));
    let text = "GET / HTTP/1.1\r\nAccept-Encoding: br\r\n\r\n";
    let answer = asked(&mut world, "api.test", port, text).await;
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("compressed"), "{answer}");
    // Asked for in parts, it would be seen in none of them.
    let got = Arc::new(Mutex::new(String::new()));
    let keeps = Arc::clone(&got);
    let serve = move |mut stream: Wire| {
        let keeps = Arc::clone(&keeps);
        async move {
            let head = read_head(&mut stream).await;
            keeps.lock().unwrap().push_str(&head);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
        .boxed()
    };
    let (mut world, port, [alice, _]) = two_accounts(serve).await;
    world.gate.set_rules(parsed(&[format!("allow everything to api.test port {port}")]));
    let text =
        format!("GET / HTTP/1.1\r\nRange: bytes=0-9\r\nAuthorization: Bearer {alice}\r\n\r\n");
    asked(&mut world, "api.test", port, &text).await;
    let head = got.lock().unwrap().to_lowercase();
    assert!(head.contains("bearer the-real") && !head.contains("range"), "{head}");
}

#[tokio::test]
async fn a_rule_for_an_account_lets_no_other_key_through() {
    let (mut world, port, [alice, bob]) = two_accounts(status()).await;
    world.gate.set_rules(parsed(&[format!(
        "allow pushing to api.test below /acme port {port} as alice"
    )]));
    let push = |path: &str, key: &str| {
        format!(
            "POST {path} HTTP/1.1\r\n{key}Content-Type: application/x-git-receive-pack-request\r\n\
             Content-Length: 2\r\n\r\nhi"
        )
    };
    let bearer = |stand_in: &str| format!("Authorization: Bearer {stand_in}\r\n");
    let (mine, other) = (bearer(&alice), bearer(&bob));
    let to_acme = "/acme/a.git/git-receive-pack";
    for (text, expected, sees) in [
        (push(to_acme, &mine), "200", format!("{VALUE}alice")),
        (push(to_acme, &other), "403", String::new()),
        (push(to_acme, ""), "403", String::new()),
        (push(to_acme, &bearer("theirs")), "403", String::new()),
        (push("/other/a.git/git-receive-pack", &mine), "403", String::new()),
        (push("/acme/%2e%2e/other/git-receive-pack", &mine), "403", String::new()),
        (push(to_acme, &format!("{mine}X-Api-Key: {bob}\r\n")), "400", String::new()),
        ("GET /acme/a.git/info/refs HTTP/1.1\r\n\r\n".to_owned(), "200", String::new()),
        (format!("GET /acme HTTP/1.1\r\n{other}\r\n"), "403", String::new()),
        (format!("GET /acme HTTP/1.1\r\n{}\r\n", bearer("theirs")), "200", String::new()),
        (format!("DELETE /acme/a HTTP/1.1\r\n{mine}\r\n"), "403", String::new()),
    ] {
        SEEN.with_borrow_mut(String::clear);
        let answer = asked(&mut world, "api.test", port, &text).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{text}: {answer}");
        let seen = SEEN.with_borrow(String::clone);
        assert!(!seen.contains("theirs") && seen.contains(&sees), "{text}: {seen}");
    }
    assert!(!world.book.text().contains(VALUE));
}

thread_local! {
    /// The heads that the place got. The tests of this file have a thread each.
    static SEEN: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// Reads a request and says nothing of it.
fn status() -> impl Serve {
    |mut stream: Wire| {
        async move {
            let head = read_head(&mut stream).await;
            read_body(&mut stream, &head).await;
            SEEN.with_borrow_mut(|seen| seen.push_str(&head));
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
        .boxed()
    }
}

#[tokio::test]
async fn nothing_is_published_under_a_rule_for_packages() {
    let mut world = World::new(Setting::default());
    let port = world.tls_place("packages.test", mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow packages from packages.test port {port}")]));
    for (text, expected) in [
        ("GET /simple/a/ HTTP/1.1\r\n\r\n", "200"),
        ("PUT /a HTTP/1.1\r\nAuthorization: Bearer theirs\r\nContent-Length: 2\r\n\r\nhi", "403"),
        ("POST /legacy/ HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "403"),
        ("POST /-/npm/v1/security/audits/quick HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", "200"),
    ] {
        let answer = asked(&mut world, "packages.test", port, text).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{text}: {answer}");
    }
}

#[tokio::test]
async fn many_connections_share_one_bound_for_uploads() {
    const CONNECTIONS: usize = 24;
    let mut world = World::new(Setting::default());
    let received = Arc::new(Mutex::new(0_usize));
    let counts = Arc::clone(&received);
    let sink = move |mut stream: Wire| {
        let counts = Arc::clone(&counts);
        async move {
            let mut piece = vec![0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut piece).await {
                *counts.lock().unwrap() += count;
            }
        }
        .boxed()
    };
    let port = world.place(sink).await;
    let rule = format!("allow everything to a.test port {port} uploading at most 100 kB");
    world.gate.set_rules(parsed(&[rule]));
    let mut tunnels = Vec::new();
    for _ in 0..CONNECTIONS {
        tunnels.push(world.tunnel(&format!("a.test:{port}")).await.unwrap());
    }
    let sent = tunnels.into_iter().map(|mut tunnel| async move {
        // Each would fit alone; they end when the bound is reached.
        for _ in 0..90 {
            if tunnel.write_all(&[b'x'; 1000]).await.is_err() {
                return;
            }
        }
        let _ = tunnel.shutdown().await;
        read_all(&mut tunnel).await;
    });
    futures_util::future::join_all(sent).await;
    let received = *received.lock().unwrap();
    assert!(received <= 100_000, "{received}");
    assert!(world.book.text().contains("the bound of a rule is used up"));
}

#[tokio::test]
async fn what_follows_a_refused_request_is_not_served() {
    let mut world = World::new(Setting::default());
    let port = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let good = format!("GET http://a.test:{port}/in HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n");
    for bad in [
        "GET http://b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n".to_owned(),
        format!(
            "POST http://a.test:{port}/ HTTP/1.1\r\nHost: a.test:{port}\r\nContent-Length: 4\r\n\
             Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        "CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n".to_owned(),
        // Behind a CONNECT nothing is a request to the proxy any more.
        format!("CONNECT a.test:{port} HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n"),
    ] {
        let mut stream = world.proxy();
        stream.write_all(format!("{bad}{good}").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(!answer.contains("GET /in HTTP"), "{bad}: {answer}");
    }
}

#[tokio::test]
async fn socks_in_other_shapes_is_refused() {
    let mut world = World::new(rules(&["allow everything to everywhere"]));
    let cases: [&[u8]; 7] = [
        b"\x04\x01\x01\xbb\x00\x00\x00\x01x\x00a.test\x00",
        b"\x05\x00",
        b"\x05\x01\x02",
        b"\x05\x01\x00\x05\x01\x00\x03\x00\x01\xbb",
        b"\x05\x01\x00\x05\x01\x00\x03\x09127.0.0.1\x01\xbb",
        b"\x05\x01\x00\x05\x01\x00\x03\x0a0x7f000001\x01\xbb",
        b"\x05\x01\x00\x05\x01\x00\x03\x0aa.test:443\x01\xbb",
    ];
    for sent in cases {
        let mut stream = world.stream(Door::Socks);
        stream.write_all(sent).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let succeeded = answer.starts_with(&[5, 0, 5, 0]);
        assert!(!succeeded, "{sent:?}: {answer:?}");
    }
    assert!(world.names.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_under_way_ends_with_the_rule_that_allowed_it() {
    let mut world = World::new(Setting::default());
    let port = world.place(echo()).await;
    let allow = format!("allow everything to a.test port {port}");
    let deny = |place: &str| format!("deny everything to {place} port {port}");
    let bounded = format!("{allow} uploading at most 1 kB");
    let cases = [
        (vec![], "no rule of this task allows"),
        (vec![allow.clone(), deny("a.test")], "deny everything to a.test"),
        (vec![allow.clone(), deny("127.0.0.0/8")], "stands for an address that a rule"),
        (vec![bounded], "the rules of this task changed"),
        (vec![allow.clone(), format!("deny everything to a.test below /x port {port}")], "changed"),
    ];
    for (then, reason) in cases {
        world.book.0.lock().unwrap().clear();
        world.gate.set_rules(parsed(std::slice::from_ref(&allow)));
        let mut tunnel = tunnelled(&mut world, port, b"one").await;
        let mut back = [0; 3];
        tunnel.read_exact(&mut back).await.unwrap();
        // The same again changes nothing.
        world.gate.set_rules(parsed(&[allow.clone(), deny("b.test")]));
        tunnel.write_all(b"two").await.unwrap();
        tunnel.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"two");
        world.gate.set_rules(parsed(&then));
        assert_eq!(read_all(&mut tunnel).await, "", "{reason}");
        let text = world.book.text();
        assert!(text.contains(reason), "{reason}: {text}");
    }
}

/// Says how many connections it has had and which of them ended.
fn counting(ended: Arc<tokio::sync::Semaphore>) -> impl Serve {
    move |mut stream: Wire| {
        let ended = Arc::clone(&ended);
        async move {
            loop {
                if read_head(&mut stream).await.is_empty() {
                    ended.add_permits(1);
                    return;
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            }
        }
        .boxed()
    }
}

#[tokio::test]
async fn a_kept_connection_is_closed_when_the_rules_change() {
    let ended = Arc::new(tokio::sync::Semaphore::new(0));
    let mut world = World::new(Setting::default());
    let port = world.place(counting(Arc::clone(&ended))).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let ask = format!("GET http://a.test:{port}/ HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n");
    let mut stream = world.proxy();
    assert!(request(&mut stream, &ask).await.ends_with("ok"));
    world.gate.set_rules(parsed(&[]));
    // The program says nothing more, and yet it ends.
    ended.acquire().await.unwrap().forget();
    stream.write_all(ask.as_bytes()).await.unwrap();
    assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 403 "));
}

#[tokio::test]
async fn a_kept_connection_to_the_local_network_is_for_what_may_go_there() {
    let mut world = World::new(Setting { is_strict: true, ..Setting::default() });
    let port = world.place_at("127.0.0.1", mirror()).await;
    let inside =
        format!("allow reading from a.test below /in port {port} internal within 127.0.0.0/8");
    let outside = format!("allow reading from a.test below /out port {port}");
    world.gate.set_rules(parsed(&[inside, outside]));
    let mut stream = world.proxy();
    let ask = |path: &str| {
        format!("GET http://a.test:{port}{path} HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n")
    };
    let first = request(&mut stream, &ask("/in")).await;
    assert!(first.contains("GET /in "), "{first}");
    stream.write_all(ask("/out").as_bytes()).await.unwrap();
    let second = read_all(&mut stream).await;
    assert!(second.starts_with("HTTP/1.1 403 ") && second.contains("this computer"), "{second}");
}

#[tokio::test]
async fn an_answer_under_way_ends_with_its_rule() {
    let mut world = World::new(Setting::default());
    let port = world
        .place(|mut stream: Wire| {
            async move {
                read_head(&mut stream).await;
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin";
                stream.write_all(head).await.unwrap();
                read_all(&mut stream).await;
            }
            .boxed()
        })
        .await;
    world.gate.set_rules(parsed(&[format!("allow reading from a.test port {port}")]));
    let mut stream = world.proxy();
    let ask = format!("GET http://a.test:{port}/ HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
    world.gate.set_rules(parsed(&[]));
    assert_eq!(read_all(&mut stream).await, "begin");
    assert!(world.book.text().contains("no rule of this task"), "{}", world.book.text());
}
