//! A second address of the machine's only network card.
//!
//! The C library resolves a name for a program only where the machine has an address of its kind
//! beside 127.0.0.1 (`AI_ADDRCONFIG`, glibc 2.36, `check_pf.c`; seen 2026-11-22). Our names lead to
//! this machine, and it would take them for useless.

use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;

/// What `/etc/hosts` calls `machine`.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
/// A name of its own for it, as a card's first address has the plain one.
const CARD: &[u8] = b"lo:1";

/// Needs the right over the machine's own network, which goes with the locks.
pub(super) fn add() -> std::io::Result<()> {
    let (family, kind) = (AddressFamily::INET, SocketType::DGRAM);
    let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    // SAFETY: the structures are plain numbers, and zeroes are valid for them; the kernel reads the
    // request and keeps no pointer to it.
    #[expect(unsafe_code, reason = "no safe interface to the addresses of a network card")]
    unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(CARD) {
            *to = from.cast_signed();
        }
        let mut address: libc::sockaddr_in = std::mem::zeroed();
        address.sin_family = family.as_raw();
        address.sin_addr.s_addr = u32::from(ADDRESS).to_be();
        request.ifr_ifru.ifru_addr =
            std::mem::transmute::<libc::sockaddr_in, libc::sockaddr>(address);
        if libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFADDR, &raw const request) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}
