//! What a guest may say, in any order: the host answers with an end at worst.

use super::channels::Connection;
use super::stream::Stream;
use proptest::prelude::*;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::{Door, DoorKind, FromGuest, Half};

/// A message, mostly of those that fit each other.
fn message() -> impl Strategy<Value = FromGuest> {
    let door = Door { kind: DoorKind::Socks, name: None, program: None };
    let channel = 1_u32..4;
    let half = prop_oneof![Just(Half::Write), Just(Half::Both)];
    prop_oneof![
        3 => channel.clone()
            .prop_map(move |channel| FromGuest::Opened { channel, door: door.clone() }),
        6 => (channel.clone(), 0_usize..9_000)
            .prop_map(|(channel, n)| FromGuest::Bytes { channel, bytes: vec![7; n] }),
        2 => (channel.clone(), 0_u32..90_000)
            .prop_map(|(channel, bytes)| FromGuest::Credit { channel, bytes }),
        2 => (channel, half).prop_map(|(channel, half)| FromGuest::Closed { channel, half }),
        1 => (0_u32..3).prop_map(|id| FromGuest::InputCredit { id, bytes: 1 }),
    ]
}

/// What takes connections: it echoes a few and drops the others.
async fn take(mut connections: mpsc::Receiver<Connection>) {
    let mut tasks = JoinSet::new();
    let mut number = 0_usize;
    while let Some(mut connection) = connections.recv().await {
        number += 1;
        if number.is_multiple_of(2) {
            continue;
        }
        tasks.spawn(async move {
            let mut buffer = [0; 5_000];
            while let Ok(bytes) = connection.stream.read(&mut buffer).await
                && bytes > 0
                && connection.stream.write_all(&buffer[..bytes]).await.is_ok()
            {}
        });
    }
    while tasks.join_next().await.is_some() {}
}

fn live(messages: &[FromGuest], raw: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (ours, mut theirs) = UnixStream::pair().expect("sockets");
        let (read, write) = ours.into_split();
        let (taker, connections) = mpsc::channel(wire::CHANNELS_MAX);
        let stream = Arc::new(Stream::new(1 << 20, write, Some(taker)));
        let guest = async {
            for message in messages {
                let frame = wire::encode(message).expect("it fits");
                if theirs.write_all(&frame).await.is_err() {
                    return;
                }
            }
            let _ = theirs.write_all(raw).await;
            let _ = theirs.shutdown().await;
            let _ = theirs.read_to_end(&mut Vec::new()).await;
        };
        let host = async {
            tokio::select! {
                () = stream.read_all(read) => {}
                () = stream.write_rest() => {}
            }
            assert!(stream.ended().is_some(), "the guest is gone");
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(host, take(connections)) } => {}
            () = async { guest.await; std::future::pending().await } => {}
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_guest_says_the_host_lives(
        messages in proptest::collection::vec(message(), 0..120),
        raw in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        live(&messages, &raw);
    }
}
