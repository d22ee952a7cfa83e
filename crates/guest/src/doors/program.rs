//! Which program is behind a connection. A courtesy for who is asked about it: what cannot be found
//! quickly is left unclear.

use crate::limits::{PROGRAM_FILES_MAX, PROGRAM_PROCESSES_MAX};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::fs;
use std::net::{SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::path::Path;
use wire::Program;

/// Asks the kernel about sockets. The table in /proc would be all connections of the computer, most
/// of them others'.
#[derive(Debug)]
pub(crate) struct Search {
    sockets: Option<OwnedFd>,
    /// Who it was the last time, and so probably is again.
    last: Option<u32>,
}

const REQUEST_BYTES: u32 = 72;
const BY_FAMILY: u16 = 20;
const INODE_AT: usize = 84;

impl Search {
    /// Before the guest is locked: nobody opens such a socket after.
    pub(crate) fn open() -> Self {
        let protocol = Some(rustix::net::netlink::SOCK_DIAG);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let kind = SocketType::DGRAM;
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, kind, flags, protocol);
        Self { sockets: socket.ok(), last: None }
    }

    /// The program whose socket is `its`, connected with `ours`.
    pub(crate) fn find(&mut self, its: SocketAddr, ours: SocketAddr) -> Option<Program> {
        let (SocketAddr::V4(its), SocketAddr::V4(ours)) = (its, ours) else { return None };
        let inode = self.inode(its, ours)?;
        let wanted = format!("socket:[{inode}]");
        let mut files = 0;
        let last = self.last.filter(|pid| holds(*pid, &wanted, &mut files));
        let pid = last.or_else(|| {
            let entries = fs::read_dir("/proc").ok()?.flatten();
            let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
            // The guest itself is 1.
            pids.filter(|pid| *pid != 1)
                .take(PROGRAM_PROCESSES_MAX)
                .find(|pid| holds(*pid, &wanted, &mut files))
        })?;
        self.last = Some(pid);
        let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
        let name = String::from_utf8_lossy(&name).trim_end().to_owned();
        Some(Program { pid, name })
    }

    fn inode(&self, its: SocketAddrV4, ours: SocketAddrV4) -> Option<u32> {
        let socket = self.sockets.as_ref()?;
        // struct nlmsghdr, then struct inet_diag_req_v2 of linux/inet_diag.h.
        let mut request = Vec::with_capacity(REQUEST_BYTES as usize);
        request.extend(REQUEST_BYTES.to_ne_bytes());
        request.extend(BY_FAMILY.to_ne_bytes());
        request.extend(1_u16.to_ne_bytes());
        request.extend([0; 8]);
        let (family, protocol) = (2, 6);
        request.extend([family, protocol, 0, 0]);
        request.extend(u32::MAX.to_ne_bytes());
        request.extend(its.port().to_be_bytes());
        request.extend(ours.port().to_be_bytes());
        for address in [its, ours] {
            request.extend(address.ip().octets());
            request.extend([0; 12]);
        }
        request.extend([0; 4]);
        request.extend([0xff; 8]);
        let mut answer = [0; 512];
        rustix::net::send(socket, &request, SendFlags::DONTWAIT).ok()?;
        let (bytes, _) =
            rustix::net::recv(socket, answer.as_mut_slice(), RecvFlags::DONTWAIT).ok()?;
        let answer = &answer[..bytes];
        let kind = u16::from_ne_bytes(*answer.get(4..)?.first_chunk()?);
        let inode = u32::from_ne_bytes(*answer.get(INODE_AT..)?.first_chunk()?);
        (kind == BY_FAMILY && inode != 0).then_some(inode)
    }
}

fn holds(pid: u32, wanted: &str, files: &mut usize) -> bool {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    for entry in entries.flatten() {
        *files += 1;
        if *files > PROGRAM_FILES_MAX {
            return false;
        }
        if fs::read_link(entry.path()).is_ok_and(|link| link == Path::new(wanted)) {
            return true;
        }
    }
    false
}
