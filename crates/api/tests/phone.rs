//! The listener for phones over real connections: what a phone may ask for, and who waits for whom.

mod canned;

use api::{Client, PhoneSpec, Phones, Window};
use canned::Canned;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use tokio::net::UnixListener;

struct Served {
    address: SocketAddr,
    dir: tempfile::TempDir,
}

/// Phones that speak without TLS, at a port of this computer.
async fn served() -> Served {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let (socket, file) = (dir.path().join("socket"), dir.path().join("window.json"));
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = free.local_addr().expect("it has an address");
    drop(free);
    let spec = PhoneSpec {
        address,
        name: None,
        is_plain: true,
        certificate: None,
        dir: dir.path().to_owned(),
    };
    let (ready, listens) = tokio::sync::oneshot::channel();
    // Ends with the test's process.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be built").block_on(async move {
            let listener = UnixListener::bind(socket).expect("the socket is free");
            let window = Window::open(file.clone(), None).await.expect("a port is free");
            let now = tokio::time::Instant::now();
            let phones = Phones::open(file.with_extension("phones"), now, Box::new(|| Ok(())));
            let told = phones.clone();
            let wish = async move {
                told.want(Some(spec)).await;
                ready.send(()).expect("the test waits");
                std::future::pending::<()>().await;
            };
            tokio::select! {
                served = api::serve_all(listener, window, phones, Canned::new()) => {
                    served.expect("it listens on");
                }
                () = wish => (),
            }
        });
    });
    listens.await.expect("it listens");
    Served { address, dir }
}

impl Served {
    async fn code(&self) -> String {
        let client = Client::new(self.dir.path().join("socket"));
        let link = client.phone_link().await.expect("phones are listened to");
        link.url.split_once('#').expect("a code").1.to_owned()
    }

    /// The status, the head in lower case and the body of an answer.
    fn ask(&self, path: &str, cookie: &str, body: &Value) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream
            .write_all(self.request(path, cookie, &body.to_string()).as_bytes())
            .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head, then a body");
        (head[9..12].parse().expect("a status"), head.to_lowercase(), body.to_owned())
    }

    fn request(&self, path: &str, cookie: &str, body: &str) -> String {
        let (host, length) = (self.address, body.len());
        format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\n\
             connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    async fn paired(&self) -> String {
        let body = json!({ "code": self.code().await, "name": "mine" });
        let (status, head, body) = self.ask("/v1/pair", "", &body);
        assert_eq!(status, 204, "{body}");
        let cookie = head.split_once("set-cookie: ").expect("a cookie").1;
        cookie.split(';').next().expect("a value").to_owned()
    }
}

#[tokio::test]
async fn what_a_lost_phone_must_not_do_is_refused() {
    let served = served().await;
    let cookie = served.paired().await;
    let create = |request: &str, folder: &str| {
        let folders = json!([{ "path": folder, "access": "write" }]);
        served.ask("/v1/tasks", &cookie, &json!({ "request": request, "folders": folders }))
    };
    let (status, _, body) = create("all keys", "/home/ann/.ssh");
    assert_eq!(status, 403, "{body}");
    let (status, _, body) = create("remember this", "/home/ann/Receipts");
    assert_eq!(status, 201, "{body}");
    let id = serde_json::from_str::<Value>(&body).expect("a task")["id"].clone();
    let task = format!("/v1/tasks/{}", id.as_str().expect("an id"));
    let apply = |ticks: &[&str]| {
        let selection = json!({ "paths": [], "ticks": ticks });
        let (status, _, body) =
            served.ask(&format!("{task}/apply"), &cookie, &json!({ "selection": selection }));
        (status, body)
    };
    let (status, body) = apply(&["Receipts/run.sh"]);
    assert!(status == 403 && body.contains("could act later"), "{status} {body}");
    let (status, body) = apply(&[]);
    assert!(!body.contains("phone"), "{status} {body}");
    for (question, answer, is_refused) in
        [("3", "yes", true), ("3", "no", false), ("n1", "always", true), ("n1", "once", false)]
    {
        let asked = json!({ "question": question, "answer": answer });
        let (status, _, body) = served.ask(&format!("{task}/answers"), &cookie, &asked);
        assert_eq!(status == 403, is_refused, "{question} {answer}: {body}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_may_send_little() {
    let served = served().await;
    let name = "x".repeat(8 * 1024);
    let (status, _, body) = served.ask("/v1/pair", "", &json!({ "code": "a", "name": name }));
    assert_eq!(status, 400, "{body}");
    // What is announced is not waited for where it is too much.
    let mut stream = TcpStream::connect(served.address).expect("it listens");
    let request = served.request("/v1/pair", "", "").replace("length: 0", "length: 30000000");
    stream.write_all(request.as_bytes()).expect("it reads");
    let _ = stream.write_all(&[b'x'; 64 * 1024]);
    let mut answer = vec![];
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
}
