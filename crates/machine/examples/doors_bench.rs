//! Measures what the doors of a machine carry and cost, and a hundred idle machines; prints JSON.
//!
//! Argument: the guest program. Throughput is of one connection, from a program in the machine to
//! this one and back; latency is of one small question and its answer.

use machine::{Connections, Jail, JailSpec};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::{Doors, Exec, Limits, Request};

const BULK_BYTES: u64 = 1 << 30;
const ROUNDS: u32 = 2_000;
const JAILS: usize = 100;
const IDLE_CONNECTIONS: usize = 1_000;

#[expect(clippy::disallowed_methods, reason = "this program does nothing but measure time")]
fn now() -> Instant {
    Instant::now()
}

fn spec(dir: &Path, guest: PathBuf) -> JailSpec {
    let limits = Limits {
        processes_max: 128,
        memory_bytes_max: 2 << 30,
        file_bytes_max: 1 << 30,
        open_files_max: 4096,
        output_bytes_max: 1 << 20,
    };
    JailSpec {
        dir: dir.to_owned(),
        guest,
        shares: vec![],
        limits,
        bwrap: "/usr/bin/bwrap".into(),
        doors: Some(Doors::default()),
        environment: vec![],
        root: machine::system::Root::Host,
        system: machine::system::System::ReadOnly,
        programs: Vec::new(),
        files: Vec::new(),
    }
}

fn bash(script: &str) -> Request {
    let argv = ["/bin/bash", "-c", script].map(String::from).into();
    Request::Exec(Exec::new(argv, "/tmp", 120_000))
}

async fn up(jail: &Jail, connections: &mut Connections) -> f64 {
    let script =
        format!("exec 3<>/dev/tcp/127.0.0.1/3128; exec head -c {BULK_BYTES} /dev/zero >&3");
    let take = async {
        let mut stream = connections.next().await.expect("it dials").stream;
        let begin = now();
        let mut buffer = vec![0; 256 * 1024];
        let mut all = 0;
        while let Ok(bytes) = stream.read(&mut buffer).await
            && bytes > 0
        {
            all += bytes;
        }
        all as f64 / begin.elapsed().as_secs_f64() / 1e6
    };
    tokio::join!(jail.call(bash(&script), |_| {}), take).1
}

async fn down(jail: &Jail, connections: &mut Connections) -> f64 {
    let script = "exec 3<>/dev/tcp/127.0.0.1/3128; exec cat <&3 >/dev/null";
    let give = async {
        let mut stream = connections.next().await.expect("it dials").stream;
        let buffer = vec![0; 256 * 1024];
        let begin = now();
        let mut all = 0;
        while all < BULK_BYTES {
            stream.write_all(&buffer).await.expect("it listens");
            all += buffer.len() as u64;
        }
        stream.shutdown().await.expect("it listens");
        let _ = stream.read(&mut [0]).await;
        all as f64 / begin.elapsed().as_secs_f64() / 1e6
    };
    tokio::join!(jail.call(bash(script), |_| {}), give).1
}

/// Microseconds from a line of the host's to the program's answer: there and back.
async fn question(jail: &Jail, connections: &mut Connections) -> f64 {
    let script = "exec 3<>/dev/tcp/127.0.0.1/3128; exec cat <&3 >&3";
    let ask = async {
        let mut stream = connections.next().await.expect("it dials").stream;
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begin = now();
            stream.write_all(b"x").await.expect("it listens");
            stream.read_u8().await.expect("it answers");
            times.push(begin.elapsed().as_secs_f64() * 1e6);
        }
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    tokio::join!(jail.call(bash(script), |_| {}), ask).1
}

/// Microseconds of a new connection, with the search for its program, until it is closed again.
async fn opening(jail: &Jail, connections: &mut Connections) -> f64 {
    let script = format!(
        "for i in $(seq {ROUNDS}); do exec 3<>/dev/tcp/127.0.0.1/3128; read -r x <&3; exec 3>&-; done"
    );
    let take = async {
        let mut begin = now();
        for round in 0..ROUNDS {
            let connection = connections.next().await.expect("it dials");
            assert!(connection.door.program.is_some(), "bash waits for an answer");
            if round == 0 {
                begin = now();
            }
        }
        begin.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS - 1)
    };
    tokio::join!(jail.call(bash(&script), |_| {}), take).1
}

/// Seconds of processor that this program and the guests have used.
fn processor() -> f64 {
    let mut ticks = 0.0;
    for entry in std::fs::read_dir("/proc").expect("there").flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if let Some((head, tail)) = stat.rsplit_once(") ")
            && (head.ends_with("(doors_bench") || head.ends_with("(legwork-guest"))
        {
            let field = |n: usize| tail.split(' ').nth(n).and_then(|t| t.parse::<f64>().ok());
            ticks += field(11).unwrap_or(0.0) + field(12).unwrap_or(0.0);
        }
    }
    // USER_HZ, on every architecture that we know.
    ticks / 100.0
}

/// Kilobytes of all processes with this name, and how often they were given the processor.
fn weigh(name: &str) -> (u64, u64, u64) {
    let mut total = (0, 0, 0);
    for entry in std::fs::read_dir("/proc").expect("there").flatten() {
        let read =
            |file: &str| std::fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        if read("comm").trim() != name {
            continue;
        }
        let number = |text: &str, key: &str| -> u64 {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        let status = read("status");
        total.0 += number(&read("smaps_rollup"), "Pss:");
        total.1 += number(&status, "voluntary_ctxt_switches:");
        total.2 += 1;
    }
    total
}

/// Kilobytes with the share of each that is shared, and wakings in five seconds: the guests', this
/// program's.
async fn idle(dir: &Path, guest: &Path) -> (u64, u64, u64, u64) {
    let mut jails = Vec::new();
    for number in 0..JAILS {
        let dir = dir.join(format!("idle{number}"));
        std::fs::create_dir(&dir).expect("room");
        jails.push(Jail::start(&spec(&dir, guest.to_owned())).await.expect("it starts"));
    }
    let own = || weigh("doors_bench");
    let (before, own_before) = (weigh("legwork-guest"), own());
    std::thread::sleep(Duration::from_secs(5));
    let (after, own_after) = (weigh("legwork-guest"), own());
    let bwrap = weigh("bwrap");
    assert!(after.2 >= JAILS as u64);
    for jail in &jails {
        jail.stop().await;
    }
    (after.0, bwrap.0, after.1 - before.1, own_after.1 - own_before.1)
}

/// Kilobytes that a thousand idle connections add to this program and to the guest.
async fn many(jail: &Jail, connections: &mut Connections) -> (i64, i64) {
    let pss = |name: &str| i64::try_from(weigh(name).0).unwrap_or(0);
    let before = (pss("doors_bench"), pss("legwork-guest"));
    let script = format!(
        "ulimit -n 4096; for i in $(seq {IDLE_CONNECTIONS}); do exec {{fd}}<>/dev/tcp/127.0.0.1/3128; \
         done; read -r x <&10"
    );
    let hold = async {
        let mut held = Vec::new();
        while held.len() < IDLE_CONNECTIONS {
            held.push(connections.next().await.expect("it dials"));
        }
        (pss("doors_bench") - before.0, pss("legwork-guest") - before.1)
    };
    tokio::join!(jail.call(bash(&script), |_| {}), hold).1
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let guest: PathBuf = std::env::args().nth(1).expect("the guest program").into();
    let dir = tempfile::tempdir_in("/var/tmp").expect("a folder to work in");
    let task = dir.path().join("task");
    std::fs::create_dir(&task).expect("room");
    let jail = Jail::start(&spec(&task, guest.clone())).await.expect("a machine can be made here");
    let mut connections = jail.connections().expect("it has doors");
    let start = processor();
    let up = up(&jail, &mut connections).await;
    let middle = processor();
    let down = down(&jail, &mut connections).await;
    // What it would be on a computer that does nothing else, bounded by the processor.
    let (up_cpu, down_cpu) = (middle - start, processor() - middle);
    let question = question(&jail, &mut connections).await;
    let opening = opening(&jail, &mut connections).await;
    let (host_kb, guest_kb) = many(&jail, &mut connections).await;
    jail.stop().await;
    let (guests_kb, bwraps_kb, guests_woken, own_woken) = idle(dir.path(), &guest).await;
    let line = format!(
        "{{\"up_mb_s\":{up:.0},\"down_mb_s\":{down:.0},\"up_cpu_s_per_gib\":{up_cpu:.2},\
         \"down_cpu_s_per_gib\":{down_cpu:.2},\"question_us\":{question:.0},\
         \"open_us\":{opening:.0},\"thousand_idle_host_kb\":{host_kb},\
         \"thousand_idle_guest_kb\":{guest_kb},\"hundred_jails_guests_kb\":{guests_kb},\
         \"hundred_jails_bwraps_kb\":{bwraps_kb},\"guests_woken_in_5s\":{guests_woken},\
         \"host_woken_in_5s\":{own_woken}}}\n"
    );
    std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes()).expect("stdout is open");
}
