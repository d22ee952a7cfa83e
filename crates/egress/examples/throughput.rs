//! Measures the door: what it adds to a small request, what it carries, what it weighs.
//!
//! `throughput [CONNECTIONS]`; prints one line of JSON. Machine and places are on loopback, in the
//! same process and runtime as the gate; the direct connection beside it is measured the same way.

use egress::{Audit, Door, Gate, GateSpec, Origin, Record, Resolve};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use policy::egress::Rules;
use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const REQUESTS: usize = 2000;
const BYTES: usize = 4 << 30;
const PIECE: usize = 256 * 1024;

struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, _: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        async move { Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]) }.boxed()
    }
}

struct Nobody;

impl Audit for Nobody {
    fn record(&self, _: Record) {}
}

type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Done<()> {
    let connections = std::env::args().nth(1).map_or(Ok(1000), |text| text.parse())?;
    let mut tasks = JoinSet::new();
    let place = listen(&mut tasks, |stream| async move {
        serve(stream).await.ok();
    })
    .await?;
    let text = format!("allow everything to a.test port {place}");
    let gate = Gate::new(GateSpec {
        rules: Rules::new(vec![text.parse()?]),
        bytes_max: None,
        upstream: None,
        authorities: Vec::new(),
        secrets: Vec::new(),
        resolver: Arc::new(Loopback),
        ask: None,
        audit: Arc::new(Nobody),
        also_public: vec!["127.0.0.0/8".parse()?],
    })?;
    let door = listen(&mut tasks, move |stream| {
        let gate = gate.clone();
        async move { gate.serve(Origin { door: Door::HttpProxy, program: None }, stream).await }
    })
    .await?;
    let through = |tunnel: bool| async move {
        let mut stream = TcpStream::connect(("127.0.0.1", door)).await?;
        stream.set_nodelay(true)?;
        if tunnel {
            let asked = format!("CONNECT a.test:{place} HTTP/1.1\r\nHost: a.test:{place}\r\n\r\n");
            stream.write_all(asked.as_bytes()).await?;
            head(&mut stream).await?;
        }
        Done::Ok(stream)
    };
    let direct = || async move { Done::Ok(TcpStream::connect(("127.0.0.1", place)).await?) };

    let idle_kib = weigh(connections, || through(true)).await?;
    let fresh = rounds(&direct, "/", place).await?;
    let fresh_through =
        rounds(&|| through(false), &format!("http://a.test:{place}/"), place).await?;
    let mut kept = direct().await?;
    let kept_direct = latency(&mut kept, "/", place).await?;
    let mut kept = through(false).await?;
    let kept_through = latency(&mut kept, &format!("http://a.test:{place}/"), place).await?;
    let down_direct = rate(direct().await?).await?;
    let down = rate(through(true).await?).await?;
    writeln!(
        io::stdout(),
        "{{\"idle_connections\":{connections},\"idle_kib\":{idle_kib},\
         \"fresh_request_us\":{{\"direct\":{fresh},\"door\":{fresh_through}}},\
         \"kept_request_us\":{{\"direct\":{kept_direct},\"door\":{kept_through}}},\
         \"mb_per_s\":{{\"direct\":{down_direct},\"door\":{down}}}}}"
    )?;
    tasks.abort_all();
    Ok(())
}

async fn listen<F, S>(tasks: &mut JoinSet<()>, serve: F) -> Done<u16>
where
    F: Fn(TcpStream) -> S + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tasks.spawn(async move {
        let mut served = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            // A place or program without it would measure its own delays.
            let _ = stream.set_nodelay(true);
            served.spawn(serve(stream));
            while served.try_join_next().is_some() {}
        }
    });
    Ok(port)
}

/// Answers requests; `BULK` is answered with many bytes.
async fn serve(mut stream: TcpStream) -> Done<()> {
    loop {
        let asked = head(&mut stream).await?;
        if asked.starts_with(b"BULK") {
            let piece = vec![7; PIECE];
            for _ in 0..BYTES / PIECE {
                stream.write_all(&piece).await?;
            }
            return Ok(());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await?;
    }
}

async fn head(stream: &mut TcpStream) -> Done<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("ended".into());
        }
    }
    Ok(bytes)
}

#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
fn now() -> Instant {
    Instant::now()
}

/// Median of requests on one connection, in microseconds.
async fn latency(stream: &mut TcpStream, target: &str, place: u16) -> Done<u128> {
    let text = format!("GET {target} HTTP/1.1\r\nHost: a.test:{place}\r\n\r\n");
    let mut took = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let started = now();
        stream.write_all(text.as_bytes()).await?;
        head(stream).await?;
        took.push(started.elapsed().as_micros());
    }
    took.sort_unstable();
    Ok(took[REQUESTS / 2])
}

/// Median of requests on a connection of their own, in microseconds.
async fn rounds<F, C>(connect: &F, target: &str, place: u16) -> Done<u128>
where
    F: Fn() -> C,
    C: Future<Output = Done<TcpStream>>,
{
    let text = format!("GET {target} HTTP/1.1\r\nHost: a.test:{place}\r\n\r\n");
    let mut took = Vec::with_capacity(REQUESTS / 4);
    for _ in 0..REQUESTS / 4 {
        let started = now();
        let mut stream = connect().await?;
        stream.write_all(text.as_bytes()).await?;
        head(&mut stream).await?;
        took.push(started.elapsed().as_micros());
    }
    took.sort_unstable();
    Ok(took[took.len() / 2])
}

/// Megabytes in a second, from the place to the machine.
async fn rate(mut stream: TcpStream) -> Done<u128> {
    let started = now();
    stream.write_all(b"BULK\r\n\r\n").await?;
    let mut piece = vec![0; PIECE];
    let mut all = 0;
    while all < BYTES {
        match stream.read(&mut piece).await? {
            0 => return Err("ended".into()),
            count => all += count,
        }
    }
    Ok(BYTES as u128 / started.elapsed().as_micros().max(1))
}

/// KiB that the process grows by with so many connections through the door that rest.
async fn weigh<F, C>(connections: usize, connect: F) -> Done<u64>
where
    F: Fn() -> C,
    C: Future<Output = Done<TcpStream>>,
{
    // What is there once, such as buffers of threads, does not belong to a connection.
    let mut first = connect().await?;
    exchange(&mut first).await?;
    let before = resident_kib()?;
    let mut resting = Vec::with_capacity(connections);
    for _ in 0..connections {
        let mut stream = connect().await?;
        exchange(&mut stream).await?;
        resting.push(stream);
    }
    Ok(resident_kib()?.saturating_sub(before))
}

/// One request in the tunnel, so that it is spliced.
async fn exchange(stream: &mut TcpStream) -> Done<()> {
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
    head(stream).await?;
    Ok(())
}

fn resident_kib() -> Done<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.ok_or("no VmRSS")?.trim().trim_end_matches(" kB").parse()?)
}
