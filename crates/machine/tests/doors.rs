//! A machine's doors: what programs reach through them, with a host that plays all of the world.

#[path = "yard/mod.rs"]
mod yard;

use machine::{ChannelStream, Connections, Jail};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{Door, DoorKind, Doors};
use yard::{Yard, call, sh, shell};

/// A certificate that nobody checks here.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\nTEdXSw==\n-----END CERTIFICATE-----\n";

fn doors() -> Option<Doors> {
    Some(Doors { ports: vec![22], authority: Some(AUTHORITY.into()) })
}

async fn open_yard() -> (Yard, Arc<Jail>, Connections) {
    let mut yard = Yard::new();
    yard.spec.doors = doors();
    yard.spec.environment = vec![("FROM_HOST".into(), "yes".into())];
    let jail = Arc::new(yard.start().await);
    let connections = jail.connections().expect("it has doors, and nobody took them");
    assert!(jail.connections().is_none(), "once");
    (yard, jail, connections)
}

/// The first line of what a program sends.
async fn line(stream: &mut ChannelStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.push(stream.read_u8().await.expect("a line"));
    }
    String::from_utf8(line).expect("text").trim_end().to_owned()
}

fn named(door: &Door) -> String {
    let kind = match door.kind {
        DoorKind::HttpProxy => "http".to_owned(),
        DoorKind::Socks => "socks".to_owned(),
        DoorKind::Captured { port } => format!("captured {port}"),
    };
    let program = door.program.as_ref().map_or("?", |program| &program.name);
    format!("{kind} {} {program}", door.name.as_deref().unwrap_or("-"))
}

/// Tells whoever connects which door it was, after a line of theirs.
async fn tell_doors(mut connections: Connections) {
    let mut tasks = JoinSet::new();
    while let Some(mut connection) = connections.next().await {
        tasks.spawn(async move {
            let asked = line(&mut connection.stream).await;
            let text = format!("{}: {asked}\n", named(&connection.door));
            connection.stream.write_all(text.as_bytes()).await.expect("it listens");
            connection.stream.shutdown().await.expect("it listens");
            let mut rest = Vec::new();
            let _ = connection.stream.read_to_end(&mut rest).await;
        });
    }
}

#[tokio::test]
async fn programs_reach_the_host_through_the_doors_only() {
    let (_yard, jail, connections) = open_yard().await;
    let mut tasks = JoinSet::new();
    tasks.spawn(tell_doors(connections));
    let say = |to: &str| format!("exec 3<>/dev/tcp/{to}; echo hello >&3; cat <&3");
    let cases = [
        ("127.0.0.1/3128", "http - bash: hello\n"),
        ("127.0.0.1/1080", "socks - bash: hello\n"),
        ("example.com/80", "captured 80 example.com bash: hello\n"),
        ("EXAMPLE.org/443", "captured 443 example.org bash: hello\n"),
        ("git.example.test/22", "captured 22 git.example.test bash: hello\n"),
        ("intranet/80", "captured 80 intranet bash: hello\n"),
    ];
    for (to, want) in cases {
        let answer = shell(&jail, &format!("exec bash -c '{}'", say(to))).await;
        assert_eq!(answer.text, want, "{to}");
    }
    for nowhere in
        ["example.com/25", "127.0.0.1/81", "192.0.2.1/80", "127.0.0.1/80", "127.1.9.9/443"]
    {
        let answer = shell(&jail, &format!("exec timeout 5 bash -c '{}'", say(nowhere))).await;
        assert_ne!(answer.code(), 124, "{nowhere}: {answer:?}");
        assert!(!answer.text.contains("captured"), "{nowhere}: {answer:?}");
    }
    jail.stop().await;
}

/// What captures is there for programs that know a name, and else in nobody's way.
#[tokio::test]
async fn a_server_may_listen_where_it_is_known_to_listen() {
    let (_yard, jail, connections) = open_yard().await;
    let mut tasks = JoinSet::new();
    tasks.spawn(tell_doors(connections));
    let listen = "for at in 0.0.0.0:80 127.0.0.1:443 '[::]:22' 127.0.0.1:25; do \
                  /folders/tools/abuse listen $at; done";
    let free = "allowed\n".repeat(4);
    assert_eq!(shell(&jail, listen).await.text, free);
    let dial = "bash -c 'exec 3<>/dev/tcp/example.com/80; echo hello >&3; cat <&3'";
    let both = shell(&jail, &format!("{dial}; {listen}")).await.text;
    let taken = "EADDRINUSE\nEADDRINUSE\nEADDRINUSE\nallowed\n";
    assert_eq!(both, format!("captured 80 example.com bash: hello\n{taken}"));
    // Nobody is left who knows the name's address.
    assert_eq!(shell(&jail, listen).await.text, free);
    assert_eq!(shell(&jail, dial).await.text, "captured 80 example.com bash: hello\n");
    jail.stop().await;
}

#[tokio::test]
async fn programs_are_told_of_the_doors_and_whom_to_trust() {
    let (_yard, jail, _connections) = open_yard().await;
    let script = "echo $HTTPS_PROXY $https_proxy $ALL_PROXY $NO_PROXY $NODE_USE_ENV_PROXY $FROM_HOST; \
                  tail -n 2 $SSL_CERT_FILE; ls -l $CURL_CA_BUNDLE | cut -c1-10; \
                  echo x >> $PIP_CERT; getent ahostsv4 example.com | head -1; \
                  getent ahostsv6 example.com; getent hosts localhost | head -1";
    let answer = shell(&jail, script).await;
    for want in [
        "http://127.0.0.1:3128 http://127.0.0.1:3128 socks5h://127.0.0.1:1080 \
         localhost,127.0.0.1,127.0.1.1,::1,machine 1 yes\n",
        "TEdXSw==\n-----END CERTIFICATE-----\n",
        "-rw-r--r--\n",
        "Read-only file system",
        "127.1.0.1",
        "localhost",
    ] {
        assert!(answer.text.contains(want), "{want}: {}", answer.text);
    }
    jail.stop().await;
}

#[tokio::test]
async fn without_doors_nothing_listens_and_nothing_is_told() {
    let yard = Yard::new();
    let jail = yard.start().await;
    assert!(jail.connections().is_none());
    let script = "env | grep -ci -e proxy -e cert; cat /proc/net/tcp /proc/net/udp | grep -c :; \
                  ls /etc/legwork; bash -c 'exec 3<>/dev/tcp/127.0.0.1/3128'";
    let answer = shell(&jail, script).await;
    assert!(answer.text.starts_with("0\n0\n"), "{}", answer.text);
    assert!(answer.text.contains("refused"), "{}", answer.text);
    jail.stop().await;
}

#[tokio::test]
async fn a_megabyte_passes_whole_both_ways_and_ends_are_heard() {
    let (_yard, jail, mut connections) = open_yard().await;
    let bytes: usize = 5_000_000;
    let script = format!(
        "exec 3<>/dev/tcp/example.com/80; head -c {bytes} /dev/zero | tr '\\\\0' a >&3 & \
         head -c {bytes} <&3 | cksum; wait; echo end >&3; cat <&3"
    );
    let script = format!("exec bash -c \"{script}\"");
    let host = async {
        let connection = connections.next().await.expect("it dials");
        let (mut read, mut write) = tokio::io::split(connection.stream);
        let send = async {
            write.write_all(&vec![b'b'; bytes]).await.expect("it listens");
            write
        };
        let take = async {
            let mut all = vec![0; bytes];
            read.read_exact(&mut all).await.expect("it sends");
            assert!(all.iter().all(|byte| *byte == b'a'));
            let mut end = [0; 4];
            read.read_exact(&mut end).await.expect("it sends");
            assert_eq!(&end, b"end\n");
            read
        };
        let (mut write, mut read) = tokio::join!(send, take);
        write.write_all(b"bye\n").await.expect("it listens");
        write.shutdown().await.expect("it listens");
        let mut rest = Vec::new();
        read.read_to_end(&mut rest).await.expect("it closes");
        assert!(rest.is_empty());
    };
    let (answer, ()) = tokio::join!(shell(&jail, &script), host);
    let sum = shell(&jail, &format!("head -c {bytes} /dev/zero | tr '\\0' b | cksum")).await;
    assert_eq!(answer.text, format!("{}bye\n", sum.text));
    jail.stop().await;
}

#[tokio::test]
async fn who_does_not_read_stalls_only_itself() {
    let (_yard, jail, mut connections) = open_yard().await;
    let flood = "exec bash -c 'exec 3<>/dev/tcp/example.com/80; exec cat /dev/zero >&3'";
    let flooding = {
        let jail = Arc::clone(&jail);
        let mut tasks = JoinSet::new();
        for _ in 0..3 {
            let jail = Arc::clone(&jail);
            tasks.spawn(async move { call(&jail, sh(flood, 60_000)).await });
        }
        tasks
    };
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(connections.next().await.expect("it dials"));
    }
    // Nobody reads what comes; calls and other connections go on.
    for number in 0..50 {
        assert_eq!(shell(&jail, &format!("echo {number}")).await.text, format!("{number}\n"));
    }
    let ask = shell(&jail, "exec bash -c 'exec 3<>/dev/tcp/example.org/80; echo hi >&3; cat <&3'");
    let answer = async {
        let mut connection = connections.next().await.expect("it dials");
        assert_eq!(line(&mut connection.stream).await, "hi");
        connection.stream.write_all(b"there\n").await.expect("it listens");
    };
    let (asked, ()) = tokio::join!(ask, answer);
    assert_eq!(asked.text, "there\n");
    // Closing them ends the programs that flood.
    drop(held);
    for answer in flooding.join_all().await {
        assert_ne!(answer.code(), 0);
    }
    jail.stop().await;
}

#[tokio::test]
async fn what_is_dropped_is_closed_and_its_place_is_free_again() {
    let (_yard, jail, mut connections) = open_yard().await;
    // More than a machine may have at once, one after the other.
    let script = "exec bash -c 'for i in $(seq 1700); do exec 3<>/dev/tcp/127.0.0.1/3128; \
                  read -r x <&3; exec 3>&-; done; echo done'";
    let drops = async { while connections.next().await.is_some() {} };
    let answer = tokio::select! {
        answer = shell(&jail, script) => answer,
        () = drops => panic!("the machine ended: {:?}", jail.ended()),
    };
    assert_eq!(answer.text, "done\n");
    drop(connections);
    // Nobody takes connections any more: they are closed, and the machine lives.
    let answer =
        shell(&jail, "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/3128; cat <&3; echo end'").await;
    assert_eq!(answer.text, "end\n");
    jail.stop().await;
}

/// Answers as a web server would, and as a proxy that lets everything through, and keeps the head
/// of each request.
async fn answer_http(mut connections: Connections, heads: mpsc::Sender<String>) {
    let mut tasks = JoinSet::new();
    while let Some(mut connection) = connections.next().await {
        let heads = heads.clone();
        tasks.spawn(async move {
            let mut head =
                named(&connection.door).rsplit_once(' ').expect("a program").0.to_owned();
            loop {
                let line = line(&mut connection.stream).await;
                head = format!("{head}|{line}");
                if line.is_empty() || line.starts_with("SSH-") {
                    break;
                }
            }
            let is_tunnel = head.contains("|CONNECT ");
            heads.send(head).await.expect("the test listens");
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n";
            let tunnel = "HTTP/1.1 200 OK\r\n\r\nthrough\n";
            let answer = if is_tunnel { tunnel } else { answer };
            connection.stream.write_all(answer.as_bytes()).await.expect("it listens");
            connection.stream.shutdown().await.expect("it listens");
            let _ = connection.stream.read_to_end(&mut Vec::new()).await;
        });
    }
}

#[tokio::test]
async fn common_programs_find_their_way() {
    let (_yard, jail, connections) = open_yard().await;
    let (sender, mut heads) = mpsc::channel(64);
    let mut tasks = JoinSet::new();
    tasks.spawn(answer_http(connections, sender));
    let python = "python3 -c 'import urllib.request as u; \
                  print(u.urlopen(\"http://example.com/p\").read().decode().strip())'";
    let cases = [
        (
            "/usr/bin/curl",
            "curl -sS http://example.com/a",
            "http -|GET http://example.com/a HTTP/1.1",
            "hi",
        ),
        (
            "/usr/bin/curl",
            "env -i curl -sS http://example.com/b",
            "captured 80 example.com|GET /b HTTP/1.1",
            "hi",
        ),
        ("/usr/bin/python3", python, "http -|GET http://example.com/p HTTP/1.1", "hi"),
        (
            "/usr/bin/python3",
            &format!("env -u http_proxy -u HTTP_PROXY {python}"),
            "captured 80 example.com|GET /p HTTP/1.1",
            "hi",
        ),
        (
            "/bin/sh",
            "/reader connect git.example.test 22 < /dev/null",
            "http -|CONNECT git.example.test:22 HTTP/1.1",
            "through",
        ),
        (
            "/usr/bin/ssh",
            "eval $GIT_SSH_COMMAND -F none git@example.com true; echo",
            "http -|CONNECT example.com:22 HTTP/1.1",
            "",
        ),
        (
            "/usr/bin/ssh",
            "ssh -F none git@example.org; echo",
            "captured 22 example.org|SSH-2.0",
            "",
        ),
    ];
    for (program, script, head, want) in cases {
        if !std::path::Path::new(program).exists() {
            continue;
        }
        let answer = shell(&jail, script).await;
        assert!(answer.text.contains(want), "{script}: {}", answer.text);
        let heard = heads.recv().await.expect("it came");
        assert!(heard.starts_with(head), "{script}: {heard}");
    }
    jail.stop().await;
}

#[test]
fn all_of_it_as_an_ordinary_user() {
    yard::again_as_an_ordinary_user("all_of_it_as_an_ordinary_user");
}
