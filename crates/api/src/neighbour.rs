//! The window's listener: on this computer only, and for processes of this user only.
//!
//! Every user of a computer can reach a loopback port, as nobody but its owner can reach a socket
//! of mode 0600. So each connection is looked up in the system's own table, proc(5) `net/tcp`,
//! which says whose the other end is.

use crate::limits::CONNECTIONS_BYTES_MAX;
use axum::serve::Listener;
use std::io::{self, ErrorKind, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpListener, TcpStream};

/// Both loopback addresses at one port. A browser tries either, so nobody else may have one.
#[derive(Debug)]
pub struct Doorway {
    four: TcpListener,
    /// `None` on a computer without IPv6.
    six: Option<TcpListener>,
    port: u16,
}

impl Doorway {
    /// Listens at `port`, or at a free one for 0.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = four.local_addr()?.port();
        let six = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(six) => Some(six),
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
            Err(_) => None,
        };
        Ok(Self { four, six, port })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    async fn take(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.six {
            None => self.four.accept().await,
            Some(six) => tokio::select! {
                taken = self.four.accept() => taken,
                taken = six.accept() => taken,
            },
        }
    }
}

impl Listener for Doorway {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.take().await {
                Ok((stream, peer)) if is_own(&stream, peer) => {
                    // A small answer must not wait for a larger one.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Ok(_) => (),
                // Out of files, most likely: others must end before a new one can begin.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.four.local_addr()
    }
}

/// Whether the other end of a connection belongs to this user.
fn is_own(stream: &TcpStream, peer: SocketAddr) -> bool {
    let Ok(here) = stream.local_addr() else { return false };
    // A program may reach an address of IPv4 through a socket of IPv6: its end is in that table.
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
    let tables = if peer.is_ipv4() { &tables[..] } else { &tables[1..] };
    let uid = tables.iter().find_map(|table| {
        let mut text = String::new();
        let file = std::fs::File::open(table).ok()?;
        file.take(CONNECTIONS_BYTES_MAX).read_to_string(&mut text).ok()?;
        owner(&text, peer, here)
    });
    uid == Some(rustix::process::geteuid().as_raw())
}

/// The user at the `from` end of the connection to `to`. Both whole addresses have to fit: at a
/// port that is ours at one loopback address, somebody else may have another one.
fn owner(table: &str, from: SocketAddr, to: SocketAddr) -> Option<u32> {
    let is_it = |said: &str, end: SocketAddr| {
        parse(said) == Some(SocketAddr::new(end.ip().to_canonical(), end.port()))
    };
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, local, remote, _, _, _, _, uid, ..] = fields.as_slice() else { return None };
        (is_it(local, from) && is_it(remote, to)).then(|| uid.parse().ok())?
    })
}

/// An address as the table has it: each four bytes as one number of this computer, then the port.
fn parse(said: &str) -> Option<SocketAddr> {
    let (digits, port) = said.split_once(':')?;
    let mut bytes = [0; 16];
    let length = digits.len() / 2;
    if !digits.is_ascii() || !matches!(digits.len(), 8 | 32) {
        return None;
    }
    for (word, four) in digits.as_bytes().chunks(8).zip(bytes.chunks_mut(4)) {
        let word = u32::from_str_radix(str::from_utf8(word).ok()?, 16).ok()?;
        four.copy_from_slice(&word.to_ne_bytes());
    }
    let ip = match <[u8; 4]>::try_from(&bytes[..length]) {
        Ok(four) => IpAddr::from(four),
        Err(_) => IpAddr::from(bytes).to_canonical(),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn the_owner_is_the_one_at_the_other_end() {
        let row = |local: &str, remote: &str, uid: u32| {
            format!(
                "   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid} 0 9 1\n"
            )
        };
        const MAPPED: &str = "0000000000000000FFFF00000100007F:C350";
        const SIX: &str = "00000000000000000000000001000000:1F90";
        let table = [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n",
            &row("0100007F:1F90", "00000000:0000", 1000),
            // Another user is at 127.0.0.2 and our port, and at our address and another port.
            &row("0100007F:C350", "0200007F:1F90", 1002),
            &row("0200007F:C350", "0100007F:1F90", 1003),
            &row("0100007F:C351", "0100007F:1F90", 1004),
            &row("0100007F:1F90", "0100007F:C350", 1000),
            &row("0100007F:C350", "0100007F:1F90", 1001),
            "   3: nonsense\n",
            &row("+100007F:C350", "0100007F", 1),
        ]
        .concat();
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (table, from, to, expected) in [
            (table.as_str(), "127.0.0.1:50000", "127.0.0.1:8080", Some(1001)),
            (&table, "127.0.0.1:8080", "127.0.0.1:50000", Some(1000)),
            (&table, "127.0.0.2:50000", "127.0.0.1:8080", Some(1003)),
            (&table, "127.0.0.1:50002", "127.0.0.1:8080", None),
            (&table, "[::1]:50000", "[::1]:8080", None),
            (
                &row(MAPPED, &MAPPED.replace("C350", "1F90"), 7),
                "127.0.0.1:50000",
                "127.0.0.1:8080",
                None,
            ),
            ("", "127.0.0.1:1", "127.0.0.1:2", None),
        ] {
            assert_eq!(owner(table, at(from), at(to)), expected, "{from} {to}");
        }
        let six = ["\n", &row(MAPPED, &MAPPED.replace("C350", "1F90"), 7)].concat();
        assert_eq!(owner(&six, at("127.0.0.1:50000"), at("127.0.0.1:8080")), Some(7));
        let six = ["\n", &row(&SIX.replace("1F90", "C350"), SIX, 8)].concat();
        assert_eq!(owner(&six, at("[::1]:50000"), at("[::1]:8080")), Some(8));
    }

    #[tokio::test]
    async fn a_connection_of_our_own_is_taken() {
        let mut door = Doorway::bind(0).await.unwrap();
        let address = (Ipv4Addr::LOCALHOST, door.port());
        let (taken, sent) = tokio::join!(door.accept(), TcpStream::connect(address));
        assert_eq!(taken.1, sent.unwrap().local_addr().unwrap());
    }

    #[tokio::test]
    async fn a_connection_through_a_socket_of_ipv6_is_taken() {
        let mut door = Doorway::bind(0).await.unwrap();
        if door.six.is_none() {
            return;
        }
        for address in [
            (Ipv4Addr::LOCALHOST.to_ipv6_mapped(), door.port()),
            (Ipv6Addr::LOCALHOST, door.port()),
        ] {
            let (taken, sent) = tokio::join!(door.accept(), TcpStream::connect(address));
            assert_eq!(taken.1.port(), sent.unwrap().local_addr().unwrap().port());
        }
    }
}
