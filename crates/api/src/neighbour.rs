//! The window's listener: on this computer only, and for processes of this user only.
//!
//! Every user of a computer can reach a loopback port, as nobody but its owner can reach a socket
//! of mode 0600. So each connection is looked up in the system's own table, proc(5) `net/tcp`,
//! which says whose the other end is.

use crate::limits::CONNECTIONS_BYTES_MAX;
use axum::serve::Listener;
use std::io::{self, ErrorKind, Read};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
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
                Ok((stream, peer)) if is_own(peer, self.port) => {
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

/// Whether the other end of a connection from `peer` to our `port` belongs to this user.
fn is_own(peer: SocketAddr, port: u16) -> bool {
    let table = if peer.is_ipv4() { "/proc/self/net/tcp" } else { "/proc/self/net/tcp6" };
    let mut text = String::new();
    let read = std::fs::File::open(table)
        .and_then(|file| file.take(CONNECTIONS_BYTES_MAX).read_to_string(&mut text));
    read.is_ok() && owner(&text, peer.port(), port) == Some(rustix::process::geteuid().as_raw())
}

/// The user at the `from` end of the connection between two ports of this computer.
fn owner(table: &str, from: u16, to: u16) -> Option<u32> {
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next()?, 16).ok();
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, local, remote, _, _, _, _, uid, ..] = fields.as_slice() else { return None };
        let is_it = port(local) == Some(from) && port(remote) == Some(to);
        is_it.then(|| uid.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_the_one_at_the_other_end() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n\
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 9 1\n\
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000 0 8 1\n\
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001 0 7 1\n\
   3: nonsense\n";
        assert_eq!(owner(table, 50_000, 8080), Some(1001));
        assert_eq!(owner(table, 8080, 50_000), Some(1000));
        assert_eq!(owner(table, 50_001, 8080), None);
        assert_eq!(owner("", 1, 2), None);
    }

    #[tokio::test]
    async fn a_connection_of_our_own_is_taken() {
        let mut door = Doorway::bind(0).await.unwrap();
        let address = (Ipv4Addr::LOCALHOST, door.port());
        let (taken, sent) = tokio::join!(door.accept(), TcpStream::connect(address));
        assert_eq!(taken.1, sent.unwrap().local_addr().unwrap());
    }
}
