//! A guest that breaks the rules of the stream, each in one way. Which one, the test says through a
//! limit of the setup.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use wire::{FailKind, FromGuest, GENERATION, Output, Reply, ToGuest};

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
        _ => return Ok(()),
    }
    // Stays until the host ends it.
    let mut rest = [0];
    while stream.read(&mut rest)? > 0 {}
    Ok(())
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
