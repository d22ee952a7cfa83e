//! A guest that breaks the rules of the stream, each in one way. Which one, the test says through a
//! limit of the setup.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use wire::{
    CHANNELS_MAX, Door, DoorKind, FailKind, FromGuest, GENERATION, Half, Output, Reply, ToGuest,
};

pub(crate) fn guest() {
    // SAFETY: the host put the stream at descriptor 0, and nothing else here uses it.
    #[expect(unsafe_code, reason = "names the stream by its number")]
    let mut stream = unsafe { File::from_raw_fd(0) };
    let _ = misbehave(&mut stream);
}

fn misbehave(stream: &mut File) -> std::io::Result<()> {
    let ToGuest::Setup(setup) = hear(stream)? else { return Ok(()) };
    let nonce = setup.nonce;
    let ready = |generation, nonce| FromGuest::Ready { generation, nonce };
    match setup.limits.processes_max {
        1 => return say(stream, &ready(GENERATION, nonce ^ 1)),
        2 => return say(stream, &ready(GENERATION + 1, nonce)),
        3 => return stream.write_all(&[0xff; 64]),
        4 => return say(stream, &ended(1, Reply::Result { json: "{}".into(), more: false })),
        5 => return Ok(()),
        _ => say(stream, &ready(GENERATION, nonce))?,
    }
    let ToGuest::Call { id, .. } = hear(stream)? else { return Ok(()) };
    let output = |bytes| FromGuest::Output { id, output: Output::Stdout(bytes) };
    match setup.limits.processes_max {
        11 => stream.write_all(&[0xff; 64])?,
        12 => stream.write_all(&[3, 0, 0, 0, 0xee, 0xee, 0xee])?,
        13 => say(stream, &ready(GENERATION, nonce))?,
        14 => say(stream, &ended(id + 1, Reply::Result { json: "{}".into(), more: false }))?,
        15 => say(stream, &ended(id, Reply::Result { json: "{}".into(), more: false }))?,
        16 => {
            for _ in 0..64 {
                say(stream, &output(vec![b'x'; 60_000]))?;
            }
        }
        17 => {
            let exited = Reply::Exited { code: 0, timed_out: false, dropped_bytes: 0 };
            say(stream, &ended(id, exited.clone()))?;
            say(stream, &ended(id, exited))?;
        }
        18 => say(stream, &FromGuest::Progress { id, done: 1, total: 0 })?,
        19 => {
            let why = "\u{1b}]52;c;aGk=\u{7}".repeat(9_000);
            say(stream, &ended(id, Reply::Failed { kind: FailKind::Bug, why }))?;
        }
        number => at_the_doors(stream, number, id)?,
    }
    // Stays until the host ends it.
    let mut rest = [0];
    while stream.read(&mut rest)? > 0 {}
    Ok(())
}

fn at_the_doors(stream: &mut File, number: u64, id: u32) -> std::io::Result<()> {
    let door = |name: Option<String>| Door { kind: DoorKind::Socks, name, program: None };
    let opened = |channel| FromGuest::Opened { channel, door: door(None) };
    let bytes = |bytes| FromGuest::Bytes { channel: 1, bytes: vec![0; bytes] };
    let closed = |channel, half| FromGuest::Closed { channel, half };
    let said = match number {
        21 => vec![opened(2)],
        22 => vec![opened(1), opened(1)],
        23 => vec![bytes(1)],
        24 => vec![opened(1), bytes(30_000), bytes(2_769)],
        25 => vec![opened(1), FromGuest::Credit { channel: 1, bytes: u32::MAX }],
        26 => vec![opened(1), closed(1, Half::Write), bytes(1)],
        27 => vec![opened(1), closed(1, Half::Both), closed(1, Half::Write)],
        28 => (1..).take(CHANNELS_MAX + 1).map(opened).collect(),
        29 => vec![FromGuest::Opened { channel: 1, door: door(Some("a".repeat(254))) }],
        30 => vec![FromGuest::InputCredit { id, bytes: 1 }],
        31 => vec![closed(0, Half::Both)],
        // Connections that are opened and closed for ever, and nothing is heard.
        _ => {
            for channel in 1.. {
                say(stream, &opened(channel))?;
                say(stream, &closed(channel, Half::Both))?;
            }
            vec![]
        }
    };
    said.iter().try_for_each(|message| say(stream, message))
}

fn ended(id: u32, reply: Reply) -> FromGuest {
    FromGuest::Ended { id, reply }
}

fn hear(stream: &mut File) -> std::io::Result<ToGuest> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix)?;
    let bytes = wire::frame_length(prefix).map_err(std::io::Error::other)?;
    let mut body = vec![0; bytes];
    stream.read_exact(&mut body)?;
    wire::decode(&body).map_err(std::io::Error::other)
}

fn say(stream: &mut File, message: &FromGuest) -> std::io::Result<()> {
    stream.write_all(&wire::encode(message).map_err(std::io::Error::other)?)
}
