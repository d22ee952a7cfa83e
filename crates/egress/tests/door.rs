//! Streams of a machine through a gate to places on loopback: what goes through, and what not.

mod world;

use egress::{Answer, Door, Happened};
use futures_util::FutureExt as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use world::*;

#[tokio::test]
async fn a_request_in_the_clear_goes_through_and_is_written_down() {
    let mut world = World::new(rules(&["allow everything to example.com port 1"]));
    let port = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to example.com port {port}")]));
    let text = format!(
        "GET http://example.com:{port}/a?b=c HTTP/1.1\r\nHost: example.com:{port}\r\n\
         Proxy-Connection: x\r\nX-Mine: 1\r\nConnection: close, x-mine\r\n\r\n"
    );
    let answer = world.said(Door::HttpProxy, text).await;
    assert!(answer.contains("GET /a?b=c HTTP/1.1\r\nHost: example.com:"), "{answer}");
    assert!(!answer.to_lowercase().contains("x-mine"), "{answer}");
    let happened = world.book.happened();
    assert!(matches!(&happened[0], Happened::Allowed { rule } if rule.contains("example.com")));
    assert!(matches!(&happened[1], Happened::Closed { bytes_up: 1.., cut: None, .. }));
    let text = world.book.text();
    assert!(text.contains("path: \"/a\"") && !text.contains("b=c"), "{text}");
    assert!(!text.contains('\u{1b}') && text.contains("curl"), "{text}");
}

#[tokio::test]
async fn several_requests_use_one_connection_and_are_judged_one_by_one() {
    let mut world = World::new(Setting::default());
    let port = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow reading from a.test port {port}")]));
    let mut stream = world.proxy();
    for n in 0..3 {
        let text = format!("GET http://a.test:{port}/{n} HTTP/1.1\r\nHost: a.test:{port}\r\n\r\n");
        let answer = request(&mut stream, &text).await;
        assert!(answer.contains(&format!("GET /{n} ")), "{answer}");
    }
    let text = format!(
        "POST http://a.test:{port}/ HTTP/1.1\r\nHost: a.test:{port}\r\nContent-Length: 2\r\n\r\nhi"
    );
    let answer = request(&mut stream, &text).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("no rule of this task allows it"), "{answer}");
    assert_eq!(read_all(&mut stream).await, "");
}

#[tokio::test]
async fn bodies_are_framed_anew() {
    let mut world = World::new(Setting::default());
    let port = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut stream = world.proxy();
    let text = format!(
        "POST http://a.test:{port}/ HTTP/1.1\r\nHost: a.test:{port}\r\nExpect: 100-continue\r\n\
         Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    assert_eq!(read_head(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
    let answer = request(&mut stream, "").await;
    assert!(answer.contains("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "{answer}");
    assert!(!answer.contains("railer") && !answer.contains("x=y"), "{answer}");
}

/// Data: what is sent, and how the answer begins. `{port}` is a place that mirrors.
#[tokio::test]
async fn hostile_requests_are_refused() {
    let mut world = World::new(Setting::default());
    let port = world.place(mirror()).await;
    world.gate.set_rules(parsed(&[
        format!("allow everything to a.test port {port}"),
        "allow everything to everywhere".to_owned(),
    ]));
    let mut count = 0;
    for line in include_str!("hostile.txt").lines().filter(|line| !line.starts_with('#')) {
        let (sent, expected) = line.split_once(" => ").unwrap();
        let text = sent.replace("{port}", &port.to_string());
        let text =
            text.replace("{8k}", &"a".repeat(8 * 1024)).replace("{70k}", &"a".repeat(70_000));
        let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0");
        let answer = world.said(Door::HttpProxy, text).await;
        assert!(answer.starts_with(expected.trim()), "{sent}: {answer}");
        count += 1;
    }
    assert!(count > 30);
}

#[tokio::test]
async fn a_tunnel_is_spliced_when_its_hello_names_the_host() {
    let mut world = World::new(Setting::default());
    let port = world.tls_place("a.test", echo()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    let mut tls = world.tls(tunnel, "a.test").await.unwrap();
    tls.write_all(b"through").await.unwrap();
    let mut back = [0; 7];
    tls.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"through");

    let tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    assert!(world.tls(tunnel, "b.test").await.is_err());
    assert!(world.book.text().contains("names another host"), "{}", world.book.text());
}

#[tokio::test]
async fn literal_and_internal_addresses_are_refused_with_their_reason() {
    let setting = Setting { is_strict: true, ..rules(&["allow everything to everywhere"]) };
    let mut world = World::new(setting);
    world.names.tell("metadata.test", &[&["169.254.169.254"]]);
    world.names.tell("mapped.test", &[&["::ffff:169.254.169.254"]]);
    world.names.tell("nat.test", &[&["64:ff9b::a9fe:a9fe"]]);
    world.names.tell("lan.test", &[&["10.0.0.1", "192.168.0.1"]]);
    world.names.tell("none.test", &[&[]]);
    for (target, reason) in [
        ("metadata.test:443", "metadata"),
        ("mapped.test:443", "metadata"),
        ("nat.test:443", "metadata"),
        ("lan.test:443", "the local network"),
        ("loop.test:443", "this computer itself"),
        ("none.test:443", "no address was found"),
        ("1.1.1.1:443", "names an address"),
        ("[::ffff:a9fe:a9fe]:443", "names an address"),
        ("localhost:443", "this computer itself"),
        ("a.test:22", "SSH is only reached"),
        ("a.test:25", "port 25"),
        ("evil%00.a.test:443", "has a `%`"),
        ("0xA9FEA9FE:443", "looks like an address"),
        ("a.test:0", "its port"),
        ("a.test:65536", "its port"),
        ("a.test", "its port"),
    ] {
        let refused = world.tunnel(target).await.unwrap_err();
        assert!(refused.contains(reason), "{target}: {refused}");
    }
    let asked = world.names.asked.lock().unwrap().clone();
    assert!(!asked.iter().any(|name| name.starts_with("a.test")), "asked for a denied name");
}

#[tokio::test]
async fn a_forbidden_block_is_forbidden_by_any_name() {
    let mut world = World::new(Setting::default());
    let port = world.place(echo()).await;
    let everything = format!("allow everything to a.test port {port}");
    world
        .gate
        .set_rules(parsed(&[everything.clone(), "deny everything to 127.0.0.0/8".to_owned()]));
    let refused = world.tunnel(&format!("a.test:{port}")).await.unwrap_err();
    assert!(refused.contains("an address that a rule of this task forbids"), "{refused}");
    world.gate.set_rules(parsed(&[everything, "deny everything to 127.0.0.0/8 port 1".to_owned()]));
    world.tunnel(&format!("a.test:{port}")).await.unwrap();
}

#[tokio::test]
async fn no_name_leaves_that_no_rule_allows() {
    let mut world = World::new(rules(&["allow everything to a.test"]));
    world.tunnel("secret-in-a-name.evil.example:443").await.unwrap_err();
    assert_eq!(world.names.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn what_was_checked_is_dialled_however_the_name_changes() {
    let setting = Setting { is_strict: true, ..Setting::default() };
    let mut world = World::new(setting);
    let good = world.place_at("127.77.0.1", says("SSH-good\r\n\r\n")).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {good}")]));
    // A second question would lead to the inside; there is none.
    world.names.tell("a.test", &[&["10.0.0.1", "127.77.0.1"], &["127.0.0.1"]]);
    let mut tunnel = world.tunnel(&format!("a.test:{good}")).await.unwrap();
    tunnel.write_all(b"hello\r\n\r\n").await.unwrap();
    assert_eq!(read_all(&mut tunnel).await, "SSH-good\r\n\r\n");
    let refused = world.tunnel(&format!("a.test:{good}")).await.unwrap_err();
    assert!(refused.contains("this computer itself"), "{refused}");
    assert_eq!(world.names.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_own_address_is_not_reached_as_the_local_network() {
    // Loopback is the one own address that every test machine has.
    let setting = Setting {
        is_strict: true,
        ..rules(&[
            "allow everything to any.test internal",
            "allow everything to all.test internal within 96.0.0.0/3",
        ])
    };
    let mut world = World::new(setting);
    for host in ["any.test", "all.test"] {
        let refused = world.tunnel(&format!("{host}:443")).await.unwrap_err();
        assert!(refused.contains("this computer itself"), "{refused}");
    }
}

#[tokio::test]
async fn socks_goes_through_and_is_refused() {
    let mut world = World::new(Setting::default());
    let port = world.place(echo()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut stream = world.stream(Door::Socks);
    let [high, low] = port.to_be_bytes();
    stream.write_all(&[5, 2, 1, 0]).await.unwrap();
    stream.write_all(&[5, 1, 0, 3, 6]).await.unwrap();
    stream.write_all(b"a.test").await.unwrap();
    stream.write_all(&[high, low]).await.unwrap();
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).await.unwrap();
    assert_eq!(reply[..4], [5, 0, 5, 0]);
    stream.write_all(b"ping").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(read_all(&mut stream).await, "ping");

    for (request, code) in [
        (&b"\x05\x01\x00\x03\x06b.test\x01\xbb"[..], 2),
        (b"\x05\x02\x00\x03\x06a.test\x01\xbb", 7),
        (b"\x05\x03\x00\x01\0\0\0\0\0\0", 7),
        (b"\x05\x01\x00\x03\x00\x01\xbb", 1),
        (&[&b"\x05\x01\x00\x03\xff"[..], &[b'a'; 255], b"\x01\xbb"].concat(), 1),
        (b"\x05\x01\x00\x03\x0c127.0.0.1%25\x01\xbb", 1),
        (b"\x05\x01\x00\x03\x0devil\0.a.test.\x01\xbb", 1),
        (b"\x05\x01\x00\x01\xa9\xfe\xa9\xfe\x00\x50", 2),
        (b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\xa9\xfe\xa9\xfe\x00\x50", 2),
        (b"\x05\x01\x00\x03\x06a.test\x00\x00", 1),
    ] {
        let sent = [&[5, 1, 0][..], request].concat();
        let mut stream = world.stream(Door::Socks);
        stream.write_all(&sent).await.unwrap();
        let mut reply = [0; 12];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply[3], code, "{request:?}");
    }
}

#[tokio::test]
async fn programs_that_know_no_proxy_are_captured() {
    let mut world = World::new(rules(&["allow packages from a.test", "deny everything to b.test"]));
    let text = "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n";
    let answer =
        world.said(Door::Captured { name: Some("a.test".to_owned()), port: 80 }, text).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("names another host"), "{answer}");
    let answer =
        world.said(Door::Captured { name: Some("b.test".to_owned()), port: 80 }, text).await;
    assert!(
        answer.contains("a rule of this task forbids it: deny everything to b.test"),
        "{answer}"
    );

    // Denied over TLS, it is told in TLS.
    let stream = world.captured("b.test", 443);
    let mut tls = world.tls(stream, "b.test").await.unwrap();
    let answer = request(&mut tls, "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("Next: "), "{answer}");

    // Without a name, the hello tells it; without either, nothing goes.
    let stream = world.stream(Door::Captured { name: None, port: 443 });
    let mut tls = world.tls(stream, "b.test").await.unwrap();
    let answer = request(&mut tls, "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let door = Door::Captured { name: None, port: 5432 };
    assert_eq!(world.said(door, "hello").await, "");
    let door = Door::Captured { name: Some("bad name".to_owned()), port: 443 };
    assert_eq!(world.said(door, "hello").await, "");
}

#[tokio::test]
async fn ssh_is_ssh_and_nothing_else() {
    let mut world = World::new(Setting::default());
    let port = world.place(echo()).await;
    world.gate.set_rules(parsed(&[format!("allow ssh to git.test port {port}")]));
    let mut tunnel = world.tunnel(&format!("git.test:{port}")).await.unwrap();
    tunnel.write_all(b"SSH-2.0-OpenSSH_9\r\n").await.unwrap();
    tunnel.shutdown().await.unwrap();
    assert_eq!(read_all(&mut tunnel).await, "SSH-2.0-OpenSSH_9\r\n");
    let mut tunnel = world.tunnel(&format!("git.test:{port}")).await.unwrap();
    tunnel.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(read_all(&mut tunnel).await, "");
}

#[tokio::test]
async fn a_person_is_asked_once_for_all_who_wait() {
    let person = Arc::new(Person { answer: Answer::Once, attempts: Mutex::default() });
    let mut world = World::new(Setting { ask: Some(person.clone()), ..Setting::default() });
    let port = world.place(mirror()).await;
    let text = format!(
        "GET http://a.test:{port}/x?y HTTP/1.1\r\nHost: a.test:{port}\r\nConnection: close\r\n\r\n"
    );
    let answer = world.said(Door::HttpProxy, text).await;
    assert!(answer.contains("GET /x?y"), "{answer}");
    {
        let attempts = person.attempts.lock().unwrap();
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].host, "a.test");
        assert_eq!(attempts[0].asked.as_ref().unwrap().path, "/x");
        assert_eq!(attempts[0].program.as_deref(), Some("curl\\u{1b}[31m"));
    }
    assert!(world.book.happened().contains(&Happened::AllowedOnce));

    let person = Arc::new(Person {
        answer: Answer::Deny("not today".to_owned()),
        attempts: Mutex::default(),
    });
    let mut world = World::new(Setting { ask: Some(person), ..Setting::default() });
    let refused = world.tunnel("a.test:443").await.unwrap_err();
    assert!(refused.contains("Why: not today"), "{refused}");
}

struct Absent(Mutex<usize>);

impl egress::Ask for Absent {
    fn ask(&self, _: egress::Attempt) -> futures_util::future::BoxFuture<'static, Answer> {
        *self.0.lock().expect("whole") += 1;
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_ends() {
    let absent = Arc::new(Absent(Mutex::default()));
    let mut world = World::new(Setting { ask: Some(absent.clone()), ..Setting::default() });
    let mut streams: Vec<_> = (0..5).map(|_| world.proxy()).collect();
    for stream in &mut streams {
        stream.write_all(b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n").await.unwrap();
    }
    for stream in &mut streams {
        let answer = read_all(stream).await;
        assert!(answer.contains("did not answer in time"), "{answer}");
    }
    assert_eq!(*absent.0.lock().unwrap(), 1, "one question for the same");

    let mut streams: Vec<_> = (0..20).map(|_| world.proxy()).collect();
    for (index, stream) in streams.iter_mut().enumerate() {
        let text = format!("CONNECT a{index}.test:443 HTTP/1.1\r\nHost: a{index}.test:443\r\n\r\n");
        stream.write_all(text.as_bytes()).await.unwrap();
    }
    let mut too_many = 0;
    for stream in &mut streams {
        too_many += usize::from(read_all(stream).await.contains("too many questions"));
    }
    assert_eq!(too_many, 4);
}

#[tokio::test(start_paused = true)]
async fn slow_heads_hellos_and_greetings_end() {
    let mut world = World::new(rules(&["allow everything to a.test"]));
    for (door, sent) in [
        (Door::HttpProxy, "GET http://a.test/ HTTP/1.1\r\nHost: a.t"),
        (Door::Socks, "\u{5}"),
        (Door::Captured { name: None, port: 443 }, "\u{16}\u{3}"),
        (Door::Captured { name: Some("a.test".to_owned()), port: 80 }, "GET"),
    ] {
        let mut stream = world.stream(door.clone());
        for byte in sent.bytes() {
            stream.write_all(&[byte]).await.unwrap();
            tokio::time::advance(std::time::Duration::from_millis(100)).await;
        }
        let answer = read_all(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{door:?}: {answer}");
    }
    assert!(world.book.text().contains("took too long"));
    // Who says nothing at all is not waited for either.
    assert_eq!(world.said(Door::HttpProxy, "").await, "");
}

#[tokio::test]
async fn a_company_proxy_is_used_with_its_login_and_not_for_the_inside() {
    let mut setting = Setting::default();
    let mut yard = World::new(Setting::default());
    let proxy = yard.place(company_proxy("dXNlcjpwYXNz")).await;
    let place = yard.tls_place("a.test", echo()).await;
    setting.upstream = Some(egress::Upstream {
        host: policy::egress::host::Host::parse(b"127.0.0.1").unwrap(),
        port: proxy,
        login: Some(egress::Login { user: "user".to_owned(), password: "pass".to_owned().into() }),
    });
    setting.is_strict = true;
    let texts = [
        format!("allow everything to a.test port {place}"),
        "allow everything to clear.test".to_owned(),
        "allow everything to everywhere".to_owned(),
        "allow everything to 169.254.169.254".to_owned(),
    ];
    setting.rules = texts.to_vec();
    let mut world = World::new(setting);
    let tunnel = world.tunnel(&format!("a.test:{place}")).await.unwrap();
    let mut roots = rustls::RootCertStore::empty();
    for der in egress::certificates(yard.authority.pem.as_bytes()).unwrap() {
        roots.add(der.into()).unwrap();
    }
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client_config(roots)));
    let mut tls = connector.connect("a.test".try_into().unwrap(), tunnel).await.unwrap();
    tls.write_all(b"ping").await.unwrap();
    let mut back = [0; 4];
    tls.read_exact(&mut back).await.unwrap();

    let text = "GET http://clear.test/x HTTP/1.1\r\nHost: clear.test\r\nConnection: close\r\n\r\n";
    let answer = world.said(Door::HttpProxy, text).await;
    assert!(answer.ends_with("proxied http://clear.test/x"), "{answer}");
    assert_eq!(world.names.asked.lock().unwrap().len(), 0, "the proxy resolves");

    for target in ["169.254.169.254:443", "wiki.corp:443"] {
        world.tunnel(target).await.unwrap_err();
    }
    assert!(!world.book.text().contains("pass"));

    let mut other = World::new(Setting {
        upstream: Some(egress::Upstream {
            host: policy::egress::host::Host::parse(b"127.0.0.1").unwrap(),
            port: proxy,
            login: None,
        }),
        ..rules(&["allow everything to a.test"])
    });
    let refused = other.tunnel("a.test:443").await.unwrap_err();
    assert!(
        refused.contains("the company's proxy did not let it through (it answered 407)"),
        "{refused}"
    );
}

#[tokio::test]
async fn answers_are_framed_anew() {
    let mut world = World::new(Setting::default());
    for (said, expected) in [
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nAlt-Svc: h3\r\n\r\n3;x\r\nabc\r\n0\r\nT: t\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ),
        (
            "HTTP/1.0 200 Fine\r\n\r\nto the end",
            "HTTP/1.1 200 Fine\r\nConnection: close\r\n\r\nto the end",
        ),
        (
            "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n",
            "HTTP/1.1 304 Same\r\nContent-Length: 9\r\nConnection: close\r\n\r\n",
        ),
        (
            "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
            "HTTP/1.1 204 None\r\nConnection: close\r\n\r\n",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\ncut",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 502 "),
        ("HTTP/1.1 200 OK\nContent-Length: 1\n\na\r\n\r\n", "HTTP/1.1 502 "),
        ("", "HTTP/1.1 502 "),
    ] {
        let port = world.place(says(said)).await;
        world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
        let text = format!("GET http://a.test:{port}/ HTTP/1.0\r\nHost: a.test:{port}\r\n\r\n");
        let answer = world.said(Door::HttpProxy, text).await;
        match expected.ends_with("502 ") {
            true => assert!(answer.starts_with(expected), "{said}: {answer}"),
            false => assert_eq!(answer, expected, "{said}"),
        }
    }
}

#[tokio::test]
async fn an_answer_before_the_end_of_a_large_body_arrives() {
    let mut world = World::new(Setting::default());
    let port = world.place(says("HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno")).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut stream = world.proxy();
    let head = format!(
        "POST http://a.test:{port}/ HTTP/1.1\r\nHost: a.test:{port}\r\nContent-Length: 9000000\r\n\r\n"
    );
    let (mut reads, mut writes) = tokio::io::split(&mut stream);
    let send = async {
        writes.write_all(head.as_bytes()).await.unwrap();
        while writes.write_all(&[7; 4096]).await.is_ok() {}
    };
    let mut answer = String::new();
    let receive = async { answer = read_head(&mut reads).await };
    tokio::select! { () = send => {}, () = receive => {} }
    assert!(answer.starts_with("HTTP/1.1 413 Large"), "{answer}");
}

#[tokio::test]
async fn many_bytes_go_both_ways_at_once() {
    const COUNT: usize = 20_000_000;
    let mut world = World::new(Setting::default());
    let port = world.place(echo()).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(&mut tunnel);
    let piece: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let send = async {
        for _ in 0..COUNT / piece.len() {
            writes.write_all(&piece).await.unwrap();
        }
        writes.shutdown().await.unwrap();
    };
    let receive = async {
        let mut all = Vec::new();
        reads.read_to_end(&mut all).await.unwrap();
        all
    };
    let ((), all) = tokio::join!(send, receive);
    assert!(all.len() == COUNT && all.chunks(piece.len()).all(|chunk| chunk == piece));
    let closed = world.book.happened().into_iter().find_map(|happened| match happened {
        Happened::Closed { bytes_up, bytes_down, .. } => Some((bytes_up, bytes_down)),
        _ => None,
    });
    assert_eq!(closed, Some((COUNT as u64, COUNT as u64)));
}

#[tokio::test]
async fn a_place_that_speaks_first_is_heard() {
    let mut world = World::new(Setting::default());
    let place = |mut stream: Wire| {
        async move {
            let _ = stream.write_all(b"220 hello\r\n").await;
            let mut piece = [0; 4];
            let _ = stream.read_exact(&mut piece).await;
            let _ = stream.write_all(&piece).await;
        }
        .boxed()
    };
    let port = world.place(place).await;
    world.gate.set_rules(parsed(&[format!("allow everything to a.test port {port}")]));
    let mut tunnel = world.tunnel(&format!("a.test:{port}")).await.unwrap();
    let mut banner = [0; 11];
    tunnel.read_exact(&mut banner).await.unwrap();
    tunnel.write_all(b"quit").await.unwrap();
    assert_eq!(read_all(&mut tunnel).await, "quit");
}
