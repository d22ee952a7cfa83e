//! The window's listener over real connections: who gets an answer, and what every answer carries.

mod canned;
#[path = "canned/socket.rs"]
mod socket;

use api::{Client, ClientError, Phones, Window, WindowAsked};
use canned::Canned;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use tokio::net::UnixListener;

struct Served {
    port: u16,
    dir: tempfile::TempDir,
}

/// An answer: its status, its head in lower case, its body.
type Answered = (u16, String, String);

fn served() -> Served {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let (socket, file) = (dir.path().join("socket"), dir.path().join("window.json"));
    let (ready, listens) = std::sync::mpsc::channel();
    // Ends with the test's process.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be built").block_on(async move {
            let listener = UnixListener::bind(socket).expect("the socket is free");
            let (window, door) = Window::open(file.clone(), None).await.expect("a port is free");
            ready.send(door.port()).expect("the test waits");
            let now = tokio::time::Instant::now();
            let permit = Box::new(|| Ok(()));
            let phones = Phones::open(file.with_extension("phones"), now, permit);
            let served = api::serve_all(listener, (window, door), phones, Canned::new()).await;
            served.expect("it listens on");
        });
    });
    Served { port: listens.recv().expect("it listens"), dir }
}

impl Served {
    fn client(&self) -> Client {
        Client::new(self.dir.path().join("socket"))
    }

    fn host(&self) -> String {
        format!("legwork.localhost:{}", self.port)
    }

    fn ask(&self, first: &str, headers: &[(&str, &str)]) -> Answered {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        let mut sent = format!("{first} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in headers {
            sent += &format!("{name}: {value}\r\n");
        }
        stream.write_all((sent + "\r\n").as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head, then a body");
        (head[9..12].parse().expect("a status"), head.to_lowercase(), body.to_owned())
    }

    async fn cookie(&self) -> String {
        let link = self.client().window(&WindowAsked::default()).await.expect("a link");
        let path = link.url.split_once(&self.host()).expect("it leads to us").1.to_owned();
        let (status, head, _) = self.ask(&format!("GET {path}"), &[("host", &self.host())]);
        assert_eq!(status, 200);
        let cookie = head.split_once("set-cookie: ").expect("a cookie").1;
        assert!(cookie.contains("; httponly; samesite=strict"), "{cookie}");
        cookie.split(';').next().expect("a value").to_owned()
    }
}

#[tokio::test]
async fn only_our_own_page_with_a_pass_is_answered() {
    let served = served();
    let (host, cookie) = (served.host(), served.cookie().await);
    let own = format!("http://{host}");
    let address = format!("127.0.0.1:{}", served.port);
    let terminal = "GET /v1/tasks/aaaabbbb/terminal?columns=80&rows=24";
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let (before, after) =
        (format!("legwork-pass=x; {cookie}"), format!("{cookie}; legwork-pass=x"));
    let cases: [(&str, &str, Headers<'_>, u16); 24] = [
        ("GET /v1/tasks", &host, &[("cookie", &cookie)], 200),
        ("GET /v1/tasks", &host, &[], 401),
        ("GET /v1/tasks", &host, &[("cookie", "legwork-pass=")], 401),
        // Whoever serves at another port of this name can add cookies, but locks nobody out.
        ("GET /v1/tasks", &host, &[("cookie", &before)], 200),
        ("GET /v1/tasks", &host, &[("cookie", &after)], 200),
        ("GET /v1/tasks", &address, &[("cookie", &cookie)], 403),
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("host", "evil.test")], 403),
        ("GET /v1/tasks", "evil.test", &[("cookie", &cookie), ("host", &host)], 403),
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("origin", "\u{e4}")], 403),
        (
            "GET /v1/tasks",
            &host,
            &[("cookie", &cookie), ("origin", &own), ("origin", "http://evil.test")],
            403,
        ),
        (
            "GET /v1/tasks",
            &host,
            &[
                ("cookie", &cookie),
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            403,
        ),
        ("GET /v1/tasks", "evil.test", &[("cookie", &cookie)], 403),
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("origin", "null")], 403),
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("origin", "http://evil.test")], 403),
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("sec-fetch-site", "cross-site")], 403),
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("origin", &own)], 200),
        // A WebSocket needs our own page: any page could open one.
        ("GET /v1/tasks", &host, &[("cookie", &cookie), ("upgrade", "websocket")], 403),
        (terminal, &host, &[("cookie", &cookie), ("origin", &own)], 404),
        (terminal, &host, &[("upgrade", "websocket"), ("origin", &own)], 401),
        ("POST /v1/shut", &host, &[("cookie", &cookie)], 403),
        ("POST /v1/window", &host, &[("cookie", &cookie), ("origin", &own)], 403),
        ("GET /v1/none", &host, &[("cookie", &cookie)], 404),
        ("GET /", &host, &[], 200),
        ("GET /", "evil.test", &[], 403),
    ];
    for (first, host, headers, status) in cases {
        let headers = [&[("host", host)], headers].concat();
        let (got, head, _) = served.ask(first, &headers);
        assert_eq!(got, status, "{first} {headers:?}");
        assert!(head.contains("content-security-policy: default-src 'none'"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        assert!(!head.contains("access-control"), "{head}");
    }
}

#[tokio::test]
async fn a_link_can_lead_to_a_task_and_nowhere_else() {
    let served = served();
    for (to, leads) in [("/tasks/abcd", true), ("//evil.test", false), ("/\"><script>", false)] {
        let asked = WindowAsked { to: Some(to.to_owned()) };
        let link = served.client().window(&asked).await.unwrap();
        let path = link.url.split_once(&served.host()).unwrap().1.to_owned();
        let (_, _, body) = served.ask(&format!("GET {path}"), &[("host", &served.host())]);
        assert_eq!(body.contains(to), leads, "{body}");
    }
}

#[tokio::test]
async fn what_a_task_made_is_served_so_that_it_cant_act() {
    let served = served();
    let (host, cookie) = (served.host(), served.cookie().await);
    let headers = [("host", host.as_str()), ("cookie", &cookie)];
    let (status, head, body) = served.ask("GET /v1/tasks/aaaabbbb/file?path=a/b.html", &headers);
    assert_eq!((status, body.as_str()), (200, "<script>a/b.html</script>"));
    assert!(head.contains("content-security-policy: sandbox; default-src 'none'"), "{head}");
    assert!(head.contains("x-content-type-options: nosniff"), "{head}");
}

#[tokio::test]
async fn programs_at_the_socket_need_no_pass() {
    let served = served();
    served.client().version().await.unwrap();
    assert!(served.client().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_port_there_is_no_link_and_a_reason() {
    let dir = tempfile::tempdir().expect("a folder can be made");
    drop(Canned::new().serve(dir.path().join("socket")));
    let client = Client::new(dir.path().join("socket"));
    let Err(ClientError::Refused(error)) = client.window(&WindowAsked::default()).await else {
        panic!("there is no window")
    };
    assert_eq!(error.code, "window-none");
}
