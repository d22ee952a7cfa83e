//! `/reader connect HOST PORT`: joins its own input and output with a host, through the machine's
//! HTTP proxy. For `ssh`, which knows of proxies only what it is told to run.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::process::ExitCode;

pub(crate) const PROXY_PORT: u16 = 3128;
/// Bytes of what the proxy answers before it passes on.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Joins until either end has closed.
pub fn connect(host: &str, port: &str) -> ExitCode {
    match try_connect(host, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "no connection to {host}:{port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_connect(host: &str, port: &str) -> io::Result<()> {
    let mut proxy = TcpStream::connect((Ipv4Addr::LOCALHOST, PROXY_PORT))?;
    let wanted =
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    write!(proxy, "CONNECT {wanted} HTTP/1.1\r\nHost: {wanted}\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= ANSWER_BYTES_MAX || proxy.read(&mut byte)? == 0 {
            return Err(io::Error::other("the proxy gave no answer"));
        }
        answer.push(byte[0]);
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        return Err(io::Error::other(status.to_owned()));
    }
    let mut from = proxy.try_clone()?;
    let up = std::thread::Builder::new().spawn(move || {
        let _ = pass(&mut io::stdin().lock(), &mut proxy);
        let _ = proxy.shutdown(Shutdown::Write);
    })?;
    let passed = pass(&mut from, &mut io::stdout());
    // What still waits for input ends with this process.
    drop(up);
    passed
}

fn pass(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(&buffer[..bytes])?;
        to.flush()?;
    }
}
