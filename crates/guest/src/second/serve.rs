//! The processes in the second user's namespace. One stays as long as the machine, and only keeps
//! another one there: that one starts what programs ask for, and ends with all that a call leaves
//! behind. So nothing that it has heard lives on to the next call. It can do nothing that programs
//! can't, except to be there: what it is sent needs no judgement, only bounds.

use super::{Told, Wanted};
use crate::limits::{SECOND_ANSWER_WAIT, SECOND_BYTES_MAX};
use crate::signals;
use crate::stream::close_from;
use rustix::event::{PollFd, PollFlags};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg, sockopt,
};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, WaitStatus};
use std::ffi::{CString, OsStr};
use std::io::{self, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// stdin, stdout, stderr and the folder.
const FILES: usize = 4;

/// Lives until the machine ends.
pub(super) fn serve(listener: UnixListener, uids: OwnedFd, gids: OwnedFd) -> ! {
    // Who ends is nobody's to take leave of here.
    set_child_signal(libc::SIG_IGN);
    signals::unblock();
    // Nothing of the guest may be open in what is started: not the stream to the host above all.
    if keep_only([listener.into(), uids, gids]).is_err() {
        leave(2);
    }
    let [listener, uids, gids] = kept();
    let listener = UnixListener::from(listener);
    loop {
        wait_for_asker(&listener);
        // SAFETY: this process has one thread, so the child may use all that it could.
        #[expect(unsafe_code, reason = "one process for each call in which somebody asks")]
        match unsafe { libc::fork() } {
            -1 => {
                let why = io::Error::last_os_error().to_string();
                if let Ok((mut asker, _)) = listener.accept() {
                    tell(&mut asker, &Told::Refused(why));
                }
            }
            0 => answer(&listener, &uids, &gids),
            // Returns when it is gone; nobody's status is kept.
            child => {
                let _ = rustix::process::waitpid(Pid::from_raw(child), WaitOptions::empty());
            }
        }
    }
}

/// The listener itself never blocks: it is the guest's too, which drops who still waits.
fn wait_for_asker(listener: &UnixListener) {
    let mut fds = [PollFd::new(listener, PollFlags::IN)];
    while let Err(rustix::io::Errno::INTR) = rustix::event::poll(&mut fds, None) {}
}

/// Lives until the call ends, with all that was asked of it.
fn answer(listener: &UnixListener, uids: &OwnedFd, gids: &OwnedFd) -> ! {
    // The maps are written once: one before this one may have done it.
    let mut user = own_name();
    loop {
        wait_for_asker(listener);
        let Ok((mut asker, _)) = listener.accept() else { continue };
        let Ok((wanted, files)) = receive(&mut asker) else { continue };
        // Numbers that nobody can have would use the maps up.
        let is_nobody = [wanted.uid, wanted.gid].contains(&u32::MAX) || wanted.uid == 0;
        if user.is_none() && !is_nobody {
            let named = name(uids, wanted.uid).and_then(|()| name(gids, wanted.gid));
            if let Err(error) = named {
                tell(&mut asker, &Told::Refused(error.to_string()));
                continue;
            }
            user = Some(wanted.uid);
        }
        let Some(user) = user else {
            tell(&mut asker, &Told::Refused("there is no such user".to_owned()));
            continue;
        };
        // SAFETY: this process has one thread, so the child may use all that it could.
        #[expect(unsafe_code, reason = "one process for each program that runs")]
        match unsafe { libc::fork() } {
            -1 => tell(&mut asker, &Told::Refused(io::Error::last_os_error().to_string())),
            0 => run(asker, &wanted, files, user),
            _ => {}
        }
    }
}

/// What the map calls this process, if it was written.
fn own_name() -> Option<u32> {
    let map = std::fs::read_to_string("/proc/self/uid_map").ok()?;
    map.split_whitespace().next()?.parse().ok()
}

/// Puts these where `kept` finds them, and closes all else.
fn keep_only(files: [OwnedFd; 3]) -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty())?;
    // Above what they are put over: none may be closed before it was copied.
    let high = files.map(|file| rustix::io::fcntl_dupfd_cloexec(&file, 64));
    for (number, file) in (3..).zip(high) {
        copy_to(file?.as_raw_fd(), number, libc::O_CLOEXEC)?;
    }
    for number in 0..3 {
        copy_to(null.as_raw_fd(), number, 0)?;
    }
    std::mem::forget(null);
    close_from(6)
}

fn kept() -> [OwnedFd; 3] {
    use std::os::fd::FromRawFd;
    // SAFETY: `keep_only` has put them there, and nothing else of this process knows them.
    #[expect(unsafe_code, reason = "takes ownership of descriptors by number")]
    [3, 4, 5].map(|number| unsafe { OwnedFd::from_raw_fd(number) })
}

fn copy_to(from: i32, to: i32, flags: i32) -> io::Result<()> {
    // SAFETY: numbers only; what had the number `to` has no owner in this process that lives on.
    #[expect(unsafe_code, reason = "puts a descriptor over another one")]
    let copied = unsafe { libc::dup3(from, to, flags) };
    if copied < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The map has one line: the machine's user 0 is called this.
fn name(map: &OwnedFd, id: u32) -> io::Result<()> {
    rustix::io::write(map, format!("{id} 0 1\n").as_bytes())?;
    Ok(())
}

fn receive(asker: &mut UnixStream) -> io::Result<(Wanted, Vec<OwnedFd>)> {
    sockopt::set_socket_timeout(&*asker, sockopt::Timeout::Recv, Some(SECOND_ANSWER_WAIT))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let mut prefix = [0; 4];
    let mut parts = [IoSliceMut::new(&mut prefix)];
    let got = recvmsg(&*asker, &mut parts, &mut rights, RecvFlags::CMSG_CLOEXEC)?;
    let files: Vec<OwnedFd> = rights
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(files) => Some(files),
            _ => None,
        })
        .flatten()
        .collect();
    let bytes = wire::frame_length(prefix).map_err(io::Error::other)?;
    let is_odd = got.flags.contains(ReturnFlags::CTRUNC) || files.len() != FILES;
    if got.bytes != prefix.len() || bytes > SECOND_BYTES_MAX || is_odd {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    let mut body = vec![0; bytes];
    asker.read_exact(&mut body)?;
    Ok((wire::decode(&body).map_err(io::Error::other)?, files))
}

fn tell(asker: &mut UnixStream, told: &Told) {
    if let Ok(frame) = wire::encode(told) {
        let _ = asker.write_all(&frame);
    }
}

/// The life of one program: it ends with whoever asked for it, whose end is its code.
fn run(mut asker: UnixStream, wanted: &Wanted, files: Vec<OwnedFd>, uid: u32) -> ! {
    set_child_signal(libc::SIG_DFL);
    let group = rustix::process::setpgid(None, Pid::from_raw(wanted.group)).is_ok();
    match start(wanted, files) {
        Err(error) => tell(&mut asker, &Told::Refused(error.to_string())),
        Ok(pid) => {
            tell(&mut asker, &Told::Started { pid: pid.as_raw_pid(), uid, group });
            let code = wait(pid, &asker);
            tell(&mut asker, &Told::Ended(code));
        }
    }
    leave(0)
}

fn start(wanted: &Wanted, files: Vec<OwnedFd>) -> io::Result<Pid> {
    let Ok([input, output, errors, folder]) = <[OwnedFd; FILES]>::try_from(files) else {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    };
    let all = [&wanted.program[..], &wanted.argv.concat()].concat();
    let (Some((name, args)), Ok(_)) = (wanted.argv.split_first(), CString::new(all)) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    rustix::process::fchdir(&folder)?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(wanted.umask & 0o777));
    let pairs = wanted.environment.iter();
    let pairs = pairs.map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value)));
    #[expect(clippy::disallowed_methods, reason = "this is where such programs start")]
    let mut command = Command::new(OsStr::from_bytes(&wanted.program));
    command
        .arg0(OsStr::from_bytes(name))
        .args(args.iter().map(|arg| OsStr::from_bytes(arg)))
        .env_clear()
        .envs(pairs)
        .stdin(input)
        .stdout(output)
        .stderr(errors);
    // A group of its own where the asker's is out of reach.
    if rustix::process::getpgrp().as_raw_pid() != wanted.group {
        command.process_group(0);
    }
    Ok(Pid::from_child(&command.spawn()?))
}

/// Until the program ends; it is killed when nobody waits for it any more.
fn wait(pid: Pid, asker: &UnixStream) -> u8 {
    if let Ok(own) = rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        let mut fds = [PollFd::new(&own, PollFlags::IN), PollFd::new(asker, PollFlags::IN)];
        while let Err(rustix::io::Errno::INTR) = rustix::event::poll(&mut fds, None) {}
        if fds[0].revents().is_empty() {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }
    match rustix::process::waitpid(Some(pid), WaitOptions::empty()) {
        Ok(Some((_, status))) => code(status),
        Ok(None) | Err(_) => u8::MAX,
    }
}

fn code(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|s| 128 + s));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

fn set_child_signal(how: libc::sighandler_t) {
    // SAFETY: no handler, one of the two fixed answers.
    #[expect(unsafe_code, reason = "no safe interface to what a signal does")]
    unsafe {
        libc::signal(libc::SIGCHLD, how);
    }
}

pub(super) fn leave(code: i32) -> ! {
    // SAFETY: ends the process at once, without the guest's exit handlers.
    #[expect(unsafe_code, reason = "a copy of the guest must not run the guest's exit handlers")]
    unsafe {
        libc::_exit(code)
    }
}
