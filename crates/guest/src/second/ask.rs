//! `su`, `sudo` and their kin, as a program in a machine meets them: ask the second user's process
//! for a program, pass signals on, and end as it does. Root needs nobody: it is there already.

use super::asked::{Asked, Run, parse};
use super::inits::{self, Wish};
use super::{ENVIRONMENT, PROGRAMS, SOCKET, Told, Wanted};
use crate::limits::{PASSWD_BYTES_MAX, SECOND_BYTES_MAX};
use crate::signals;
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Mode, OFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, Signal};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What whoever asked is sent, and the program is sent for it.
const PASSED_ON: [i32; 6] =
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
    home: PathBuf,
    shell: PathBuf,
}

/// The life of a program that is called `name`, until what it was asked for has ended.
pub fn become_user(name: &str, args: &[OsString]) -> ExitCode {
    let asked = match wish(name, args) {
        Wish::Run(asked) => asked,
        Wish::Nothing => return ExitCode::SUCCESS,
        Wish::LeaveIt => {
            leave_it_to(name, args);
            let _ = writeln!(io::stderr(), "{name}: this machine has no such program of its own");
            return ExitCode::FAILURE;
        }
        Wish::Impossible(why) => {
            let _ = writeln!(io::stderr(), "{name}: {why}");
            return ExitCode::FAILURE;
        }
    };
    if asked.background && !is_left_behind() {
        return ExitCode::SUCCESS;
    }
    match run(&asked) {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            let _ = writeln!(io::stderr(), "{name}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn wish(name: &str, args: &[OsString]) -> Wish {
    let is_root = rustix::process::geteuid().is_root();
    match name {
        "service" | "systemctl" if !is_root => Wish::LeaveIt,
        "service" => inits::service(args, &inits::scripts()),
        "systemctl" => inits::systemctl(args, &inits::scripts()),
        _ => match (inits::owner(name), systems_own(name)) {
            (Some(owner), Some(program)) if is_root => {
                let argv = std::iter::once(program.into()).chain(args.iter().cloned()).collect();
                Wish::Run(super::asked::asked(owner.into(), Run::Program(argv)))
            }
            (Some(_), _) => Wish::LeaveIt,
            (None, own) => match (parse(name, args), own) {
                (Ok(asked), _) => Wish::Run(asked),
                (Err(_), Some(_)) => Wish::LeaveIt,
                (Err(why), None) => Wish::Impossible(why),
            },
        },
    }
}

/// In the copy of this process that goes on. Without one, all goes on here.
fn is_left_behind() -> bool {
    // SAFETY: this process has one thread, so the child may use all that it could.
    #[expect(unsafe_code, reason = "whoever called does not wait for what is asked for")]
    let forked = unsafe { libc::fork() };
    forked <= 0
}

/// Becomes the system's own program of that name, if there is one: it may know more.
fn leave_it_to(name: &str, args: &[OsString]) {
    if let Some(program) = systems_own(name) {
        #[expect(clippy::disallowed_methods, reason = "becomes what was meant")]
        let mut command = Command::new(program);
        let _ = command.args(args).exec();
    }
}

fn systems_own(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "looks where its caller looked")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder != Path::new(PROGRAMS));
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn run(asked: &Asked) -> io::Result<u8> {
    let user = find(asked.user.as_bytes())?;
    if let Run::Nothing = asked.run {
        return Ok(0);
    }
    let (program, argv) = argv(asked, &user);
    let environment = environment(asked, &user);
    let home = (asked.login && user.home.is_dir()).then_some(&user.home);
    let folder = asked.folder.as_ref().or(home).map_or(Path::new("."), PathBuf::as_path);
    let own = rustix::process::geteuid().as_raw();
    if user.uid == own {
        std::env::set_current_dir(folder)?;
        #[expect(clippy::disallowed_methods, reason = "becomes what it was asked for")]
        let mut command = Command::new(program);
        command.arg0(&argv[0]).args(&argv[1..]).env_clear().envs(environment);
        return Err(command.exec());
    }
    if own != 0 {
        return Err(io::Error::other("only root can become somebody else"));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(folder, flags, Mode::empty())?;
    let bytes = |text: OsString| text.into_vec();
    let umask = rustix::process::umask(Mode::empty());
    let wanted = Wanted {
        uid: user.uid,
        gid: user.gid,
        program: bytes(program),
        argv: argv.into_iter().map(bytes).collect(),
        environment: environment.into_iter().map(|(n, v)| (bytes(n), bytes(v))).collect(),
        umask: umask.as_raw_mode(),
        group: rustix::process::getpgrp().as_raw_pid(),
    };
    let signals = signals::descriptor(&PASSED_ON)?;
    let mut server = send(&wanted, &folder)?;
    follow(&mut server, &signals, &user)
}

/// What is executed, and what it is told that it is called, with its arguments. The search for it
/// is the other side's, along the same PATH.
fn argv(asked: &Asked, user: &User) -> (OsString, Vec<OsString>) {
    match &asked.run {
        Run::Nothing => (OsString::new(), Vec::new()),
        Run::Program(argv) => (argv.first().cloned().unwrap_or_default(), argv.clone()),
        Run::Shell(shell, args) => {
            let own =
                if user.shell.as_os_str().is_empty() { Path::new("/bin/sh") } else { &user.shell };
            let shell = shell.clone().unwrap_or_else(|| own.as_os_str().to_owned());
            let mut name = shell.clone();
            if asked.login {
                // Such a name is what makes a shell one of a login.
                name = OsString::from("-");
                name.push(Path::new(&shell).file_name().unwrap_or(&shell));
            }
            (shell, std::iter::once(name).chain(args.iter().cloned()).collect())
        }
    }
}

/// What every program of the machine is given, and the terminal's name.
fn of_all() -> Vec<(OsString, OsString)> {
    let all = fs::read(ENVIRONMENT).unwrap_or_default();
    let pairs = all.split(|&b| b == 0).filter_map(|pair| {
        let at = pair.iter().position(|&b| b == b'=')?;
        let part = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        Some((part(&pair[..at]), part(&pair[at + 1..])))
    });
    #[expect(clippy::disallowed_methods, reason = "it is the caller's terminal")]
    let term = std::env::var_os("TERM").map(|term| (OsString::from("TERM"), term));
    pairs.filter(|(name, _)| term.is_none() || name != "TERM").chain(term.clone()).collect()
}

/// The caller's, which leads through the machine's doors, and whose it is now. A login knows
/// nothing of its caller.
fn environment(asked: &Asked, user: &User) -> Vec<(OsString, OsString)> {
    let own = [
        ("HOME", user.home.as_os_str()),
        ("USER", OsStr::new(&user.name)),
        ("LOGNAME", OsStr::new(&user.name)),
        ("SHELL", user.shell.as_os_str()),
    ];
    let given = if asked.login { of_all() } else { std::env::vars_os().collect() };
    let kept = given.into_iter().filter(|(name, _)| own.iter().all(|(known, _)| name != known));
    let own = own.map(|(name, value)| (OsString::from(name), value.to_owned()));
    kept.chain(own).chain(asked.environment.iter().cloned()).collect()
}

fn find(wanted: &[u8]) -> io::Result<User> {
    let mut text = Vec::new();
    File::open("/etc/passwd")?.take(PASSWD_BYTES_MAX).read_to_end(&mut text)?;
    let number = std::str::from_utf8(wanted).ok();
    let number = number.and_then(|text| text.trim_start_matches('#').parse::<u32>().ok());
    let users: Vec<User> = text.split(|&b| b == b'\n').filter_map(user).collect();
    let named = users.iter().find(|user| user.name.as_bytes() == wanted);
    let named = named.or_else(|| users.iter().find(|user| Some(user.uid) == number)).cloned();
    let bare = number.map(|uid| User {
        name: uid.to_string(),
        uid,
        gid: uid,
        home: "/".into(),
        shell: "/bin/sh".into(),
    });
    named.or(bare).ok_or_else(|| {
        io::Error::other(format!("there is no user {:?}", String::from_utf8_lossy(wanted)))
    })
}

fn user(line: &[u8]) -> Option<User> {
    let fields: Vec<&[u8]> = line.split(|&b| b == b':').collect();
    let [name, _, uid, gid, _, home, shell] = fields[..] else { return None };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    Some(User {
        name: text(name)?.to_owned(),
        uid: text(uid)?.parse().ok()?,
        gid: text(gid)?.parse().ok()?,
        home: path(home),
        shell: path(shell),
    })
}

fn send(wanted: &Wanted, folder: &OwnedFd) -> io::Result<UnixStream> {
    let frame = wire::encode(wanted).map_err(io::Error::other)?;
    if frame.len() > SECOND_BYTES_MAX {
        return Err(io::Error::from_raw_os_error(libc::E2BIG));
    }
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => io::Error::other(
            "this machine has no second user (any more); it has one where packages can be \
             installed, until everything in it is killed",
        ),
        _ => error,
    };
    let mut server = UnixStream::connect(SOCKET).map_err(gone)?;
    let null = fs::File::options().read(true).write(true).open("/dev/null")?;
    let [input, output, errors] = [0, 1, 2].map(|number| {
        let is_open = rustix::io::fcntl_getfd(borrow(number)).is_ok();
        if is_open { borrow(number) } else { null.as_fd() }
    });
    let files = [input, output, errors, folder.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    rights.push(SendAncillaryMessage::ScmRights(&files));
    let (prefix, body) = frame.split_at(4);
    sendmsg(&server, &[IoSlice::new(prefix)], &mut rights, SendFlags::NOSIGNAL)?;
    server.write_all(body)?;
    Ok(server)
}

fn borrow(number: i32) -> std::os::fd::BorrowedFd<'static> {
    // SAFETY: the three standard descriptors are nobody's to close here; one that is not open is
    // found out by the call that looks.
    #[expect(unsafe_code, reason = "stdin, stdout and stderr as whoever started this left them")]
    unsafe {
        std::os::fd::BorrowedFd::borrow_raw(number)
    }
}

/// Passes signals on until the program has ended. One that comes before it is known which program
/// that is waits until then.
fn follow(server: &mut UnixStream, signals: &OwnedFd, user: &User) -> io::Result<u8> {
    let mut program = None;
    loop {
        let mut fds = [PollFd::new(&*server, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
        let heard = if program.is_some() { &mut fds[..] } else { &mut fds[..1] };
        match rustix::event::poll(heard, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let (told, signalled) = (!fds[0].revents().is_empty(), !fds[1].revents().is_empty());
        if let Some(program) = program.filter(|_| signalled) {
            pass_on(signals, program)?;
        }
        if !told {
            continue;
        }
        match hear(server)? {
            Told::Refused(why) => return Err(io::Error::other(why)),
            Told::Ended(code) => return Ok(code),
            Told::Started { pid, uid, group } => {
                program = Pid::from_raw(pid).map(|pid| (pid, group));
                if uid != user.uid {
                    let name = find(uid.to_string().as_bytes()).map(|user| user.name);
                    let name = name.unwrap_or_else(|_| uid.to_string());
                    let _ = writeln!(
                        io::stderr(),
                        "this machine's second user is {name} already; {} is the same",
                        user.name
                    );
                }
            }
        }
    }
}

/// What the terminal sends goes to the whole group, and needs nobody to pass it on.
fn pass_on(signals: &OwnedFd, (pid, group): (Pid, bool)) -> io::Result<()> {
    let mut info = [0; 128];
    rustix::io::read(signals, &mut info)?;
    let number = i32::from_ne_bytes([info[0], info[1], info[2], info[3]]);
    let is_terminals = matches!(number, libc::SIGINT | libc::SIGQUIT);
    if let Some(signal) = Signal::from_named_raw(number).filter(|_| !(group && is_terminals)) {
        let _ = rustix::process::kill_process(pid, signal);
    }
    Ok(())
}

fn hear(server: &mut UnixStream) -> io::Result<Told> {
    let mut prefix = [0; 4];
    server.read_exact(&mut prefix)?;
    let bytes = wire::frame_length(prefix).map_err(io::Error::other)?;
    let mut body = vec![0; bytes];
    server.read_exact(&mut body)?;
    wire::decode(&body).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::user;

    #[test]
    fn a_line_of_passwd_is_a_user() {
        let line = b"postgres:x:105:106:PostgreSQL,,,:/var/lib/postgresql:/bin/bash";
        let found = user(line).expect("whole");
        assert_eq!((found.name.as_str(), found.uid, found.gid), ("postgres", 105, 106));
        assert_eq!(found.home.to_str(), Some("/var/lib/postgresql"));
        for line in [&b""[..], b"a:x:b:1::/:/", b"a:x:1:1:/:/", b"\xff:x:1:1::/:/"] {
            assert_eq!(user(line), None);
        }
    }
}
