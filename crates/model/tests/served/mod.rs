//! A server on loopback that does exactly what a test says, also what no server should.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is done with one request.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<Vec<u8>>,
    pub(crate) then: Then,
}

/// What follows the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The connection stays, for another request.
    Keep,
    Close,
    /// Nothing more comes, and the connection stays open.
    Hang,
}

/// A running server.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Seen>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: String,
    /// The connection it came on, counted from 0.
    pub(crate) connection: usize,
}

/// How long a connection may wait for a test.
const PATIENCE: Duration = Duration::from_secs(20);

impl Served {
    /// Answers requests with these, in order, and the last one again and again.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().take(50).enumerate() {
                let Ok(stream) = stream else { return };
                let (answers, seen) = (answers.clone(), Arc::clone(&seen));
                std::thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(PATIENCE));
                    let _ = stream.set_nodelay(true);
                    serve(stream, &answers, &seen, connection);
                });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.requests.lock().expect("no panic").clone()
    }
}

/// Reads requests from a stream and answers them.
pub(crate) fn serve(
    mut stream: impl Read + Write,
    answers: &[Answer],
    seen: &Mutex<Vec<Seen>>,
    connection: usize,
) -> Option<()> {
    loop {
        let request = request(&mut stream, connection)?;
        let index = {
            let mut all = seen.lock().expect("no panic");
            all.push(request);
            all.len() - 1
        };
        let answer = &answers[index.min(answers.len() - 1)];
        for bytes in &answer.bytes {
            stream.write_all(bytes).ok()?;
            stream.flush().ok()?;
        }
        match answer.then {
            Then::Keep => {}
            Then::Close => return None,
            Then::Hang => {
                // Until the client gives up.
                let _ = stream.read(&mut [0; 1]);
                return None;
            }
        }
    }
}

fn request(stream: &mut impl Read, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 65536];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at + 4;
        }
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|it| it.trim().parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
    }
    Some(Seen { head, body: String::from_utf8_lossy(&bytes[end..]).into_owned(), connection })
}

/// An answer with a length.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    Answer { bytes: vec![head.into_bytes(), body.to_vec()], then: Then::Keep }
}

/// An answer in chunks, which ends well.
pub(crate) fn chunked(kind: &str, pieces: &[&[u8]]) -> Answer {
    let mut answer = cut(kind, pieces);
    answer.bytes.push(b"0\r\n\r\n".to_vec());
    answer.then = Then::Keep;
    answer
}

/// An answer in chunks without their end.
pub(crate) fn cut(kind: &str, pieces: &[&[u8]]) -> Answer {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut bytes = vec![head.into_bytes()];
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        bytes.push(chunk);
    }
    Answer { bytes, then: Then::Close }
}
