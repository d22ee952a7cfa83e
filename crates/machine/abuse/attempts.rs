//! The attempts. Each is a few system calls; what the kernel answers is the result.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::FromRawFd;

/// Makes one attempt; `with` is its argument where it has one.
pub(crate) fn attempt(name: &str, with: &str) -> String {
    match name {
        "call" => call(with),
        "socket" => socket(with),
        "pair" => pair(with),
        "lo_down" => lo_down(),
        "clone" => clone(with),
        "ioctl" => ioctl(with),
        "abstract" => abstract_socket(with),
        "connect" => connect(with),
        "datagram" => datagram(with),
        "listen" => said(std::net::TcpListener::bind(with).map(drop)),
        "hold" => hold(with),
        "unix" => said(std::os::unix::net::UnixStream::connect(with).map(drop)),
        "setcap" => set_capability(with),
        "descriptors" => open_descriptors(),
        "forks" => forks(),
        "threads" => threads(),
        "files" => count(|| File::open("/dev/null")),
        "terminals" => count(|| File::options().read(true).write(true).open("/dev/ptmx")),
        "watchers" => count(|| descriptor(raw(libc::SYS_inotify_init1, &[0]))),
        "memory" => memory(),
        "deep" => deep(),
        other => format!("no attempt is called {other}"),
    }
}

fn said(result: io::Result<()>) -> String {
    match result {
        Ok(()) => "allowed".into(),
        Err(error) => name_of(&error),
    }
}

fn name_of(error: &io::Error) -> String {
    let names = [
        (libc::EPERM, "EPERM"),
        (libc::EAFNOSUPPORT, "EAFNOSUPPORT"),
        (libc::EPROTONOSUPPORT, "EPROTONOSUPPORT"),
        (libc::EACCES, "EACCES"),
        (libc::ENOSYS, "ENOSYS"),
        (libc::ENOSPC, "ENOSPC"),
        (libc::ENOENT, "ENOENT"),
        (libc::ENOMEM, "ENOMEM"),
        (libc::EMFILE, "EMFILE"),
        (libc::EAGAIN, "EAGAIN"),
        (libc::ECONNREFUSED, "ECONNREFUSED"),
        (libc::ENETUNREACH, "ENETUNREACH"),
        (libc::EROFS, "EROFS"),
        (libc::EADDRINUSE, "EADDRINUSE"),
    ];
    let number = error.raw_os_error();
    let known = names.iter().find(|(errno, _)| Some(*errno) == number);
    known.map_or_else(|| error.to_string(), |(_, name)| (*name).to_owned())
}

fn raw(number: libc::c_long, args: &[libc::c_long]) -> io::Result<libc::c_long> {
    let arg = |n: usize| args.get(n).copied().unwrap_or(0);
    // SAFETY: the attempts pass numbers and null, or pointers that outlive the call; what a
    // successful one breaks is this process alone.
    #[expect(unsafe_code, reason = "makes system calls that no library offers")]
    let result = unsafe { libc::syscall(number, arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn descriptor(result: io::Result<libc::c_long>) -> io::Result<File> {
    let number = i32::try_from(result?).map_err(io::Error::other)?;
    // SAFETY: the kernel just made this descriptor for the caller.
    #[expect(unsafe_code, reason = "takes ownership of a new descriptor")]
    Ok(unsafe { File::from_raw_fd(number) })
}

/// A system call by name, with arguments that reach its first check of privilege.
fn call(name: &str) -> String {
    let user = libc::c_long::from(libc::CLONE_NEWUSER);
    let zeros = [0_u64; 32];
    let buffer = zeros.as_ptr() as libc::c_long;
    let table: &[(&str, libc::c_long, &[libc::c_long])] = &[
        ("unshare", libc::SYS_unshare, &[user]),
        ("setns", libc::SYS_setns, &[0, user]),
        ("clone3", libc::SYS_clone3, &[buffer, 88]),
        ("mount", libc::SYS_mount, &[0, buffer, 0, 0x1000, 0]),
        ("umount", libc::SYS_umount2, &[buffer, 2]),
        ("fsopen", libc::SYS_fsopen, &[buffer, 0]),
        ("open_tree", libc::SYS_open_tree, &[-100, buffer, 1]),
        ("move_mount", libc::SYS_move_mount, &[-100, buffer, -100, buffer, 0]),
        ("mount_setattr", libc::SYS_mount_setattr, &[-100, buffer, 0, buffer, 32]),
        ("chroot", libc::SYS_chroot, &[buffer]),
        ("pivot_root", libc::SYS_pivot_root, &[buffer, buffer]),
        ("open_by_handle", libc::SYS_open_by_handle_at, &[-100, buffer, 0]),
        ("name_to_handle", libc::SYS_name_to_handle_at, &[-100, buffer, buffer, buffer, 0]),
        ("ptrace", libc::SYS_ptrace, &[0, 0, 0, 0]),
        ("process_vm_readv", libc::SYS_process_vm_readv, &[1, buffer, 1, buffer, 1, 0]),
        ("process_vm_writev", libc::SYS_process_vm_writev, &[1, buffer, 1, buffer, 1, 0]),
        ("pidfd_getfd", libc::SYS_pidfd_getfd, &[0, 0, 0]),
        ("kcmp", libc::SYS_kcmp, &[1, 1, 0, 0, 0]),
        ("io_uring_setup", libc::SYS_io_uring_setup, &[1, buffer]),
        ("bpf", libc::SYS_bpf, &[0, buffer, 32]),
        ("perf_event_open", libc::SYS_perf_event_open, &[buffer, 0, -1, -1, 0]),
        ("userfaultfd", libc::SYS_userfaultfd, &[1]),
        ("keyctl", libc::SYS_keyctl, &[0, -3, 0]),
        ("add_key", libc::SYS_add_key, &[buffer, buffer, buffer, 0, -3]),
        ("request_key", libc::SYS_request_key, &[buffer, buffer, buffer, -3]),
        ("clock_settime", libc::SYS_clock_settime, &[0, buffer]),
        ("settimeofday", libc::SYS_settimeofday, &[buffer, 0]),
        ("reboot", libc::SYS_reboot, &[0xfee1_dead, 672_274_793, 0x0123_4567, 0]),
        ("sethostname", libc::SYS_sethostname, &[buffer, 1]),
        ("swapon", libc::SYS_swapon, &[buffer, 0]),
        ("acct", libc::SYS_acct, &[0]),
        ("syslog", libc::SYS_syslog, &[3, buffer, 100]),
        ("init_module", libc::SYS_init_module, &[buffer, 0, buffer]),
        ("kexec_load", libc::SYS_kexec_load, &[0, 0, 0, 0]),
        ("iopl", libc::SYS_iopl, &[3]),
        ("personality", libc::SYS_personality, &[0x0040_0001]),
        ("prctl_set_mm", libc::SYS_prctl, &[35, 0, 0, 0, 0]),
        ("char_device", libc::SYS_mknod, &[c"/tmp/c".as_ptr() as i64, 0o020_666, 0x0103]),
        ("block_device", libc::SYS_mknod, &[c"/tmp/b".as_ptr() as i64, 0o060_666, 0xfe00]),
        ("whiteout", libc::SYS_mknod, &[c"/tmp/w".as_ptr() as i64, 0o020_666, 0]),
        ("x32", 0x4000_0000 + libc::SYS_getpid, &[]),
    ];
    if name == "i386" {
        return in_child(|| {
            // SAFETY: getpid of the 32-bit architecture; it takes and writes nothing.
            #[expect(unsafe_code, reason = "the other architecture's way into the kernel")]
            unsafe {
                std::arch::asm!("int 0x80", inlateout("rax") 20_u64 => _);
            }
            "allowed".into()
        });
    }
    let found = table.iter().find(|(known, ..)| *known == name);
    match found.map(|(_, number, args)| (*number, args.to_vec())).or_else(|| more(name, buffer)) {
        Some((number, args)) => in_child(|| said(raw(number, &args).map(drop))),
        None => format!("no call is called {name}"),
    }
}

/// Those that ordinary programs do not miss either.
fn more(name: &str, buffer: libc::c_long) -> Option<(libc::c_long, Vec<libc::c_long>)> {
    static PRIORITY: [u32; 4] = [1; 4];
    let one = PRIORITY.as_ptr() as libc::c_long;
    let table: &[(&str, libc::c_long, &[libc::c_long])] = &[
        ("fanotify_init", libc::SYS_fanotify_init, &[0, 0]),
        ("process_madvise", libc::SYS_process_madvise, &[0, buffer, 1, 21, 0]),
        ("io_uring_enter", libc::SYS_io_uring_enter, &[0, 1, 1, 0, 0, 0]),
        ("io_uring_register", libc::SYS_io_uring_register, &[0, 0, buffer, 1]),
        ("finit_module", libc::SYS_finit_module, &[0, buffer, 0]),
        ("delete_module", libc::SYS_delete_module, &[buffer, 0]),
        ("kexec_file_load", libc::SYS_kexec_file_load, &[0, 0, 0, 0, 0]),
        ("quotactl", libc::SYS_quotactl, &[0x0080_0002, buffer, 0, buffer]),
        ("fspick", libc::SYS_fspick, &[-100, buffer, 0]),
        ("fsconfig", libc::SYS_fsconfig, &[0, 0, buffer, buffer, 0]),
        ("fsmount", libc::SYS_fsmount, &[0, 0, 0]),
        ("vhangup", libc::SYS_vhangup, &[]),
        ("move_pages", libc::SYS_move_pages, &[1, 0, 0, 0, 0, 0]),
        ("real_time", libc::SYS_sched_setscheduler, &[0, 1, one]),
        ("nicer", libc::SYS_setpriority, &[0, 0, -5]),
        ("time_namespace", libc::SYS_unshare, &[0x80]),
    ];
    let found = table.iter().find(|(known, ..)| *known == name);
    found.map(|(_, number, args)| (*number, args.to_vec()))
}

/// Makes the attempt in a child, because the answer may be its death.
fn in_child(attempt: impl FnOnce() -> String) -> String {
    let Ok((mut read, mut write)) = io::pipe() else { return "no pipe".into() };
    // SAFETY: this program has one thread.
    #[expect(unsafe_code, reason = "a child that may be killed")]
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(read);
        let _ = io::Write::write_all(&mut write, attempt().as_bytes());
        std::process::exit(0);
    }
    drop(write);
    let mut answer = String::new();
    let _ = io::Read::read_to_string(&mut read, &mut answer);
    if answer.is_empty() { "killed".into() } else { answer }
}

fn socket(kind: &str) -> String {
    match arguments(kind) {
        Some(arguments) => said(raw(libc::SYS_socket, &arguments).map(drop)),
        None => format!("no socket is called {kind}"),
    }
}

fn pair(kind: &str) -> String {
    let mut ends = [0_i32; 2];
    match arguments(kind) {
        Some([family, form, protocol]) => {
            let ends = ends.as_mut_ptr() as i64;
            said(raw(libc::SYS_socketpair, &[family, form, protocol, ends]).map(drop))
        }
        None => format!("no socket is called {kind}"),
    }
}

/// Family, type and protocol.
fn arguments(kind: &str) -> Option<[i64; 3]> {
    let protocol = match kind {
        "diag" => libc::NETLINK_SOCK_DIAG,
        "audit" => libc::NETLINK_AUDIT,
        "udp" => libc::IPPROTO_UDP,
        "sctp" | "sctp6" => libc::IPPROTO_SCTP,
        "dccp" => libc::IPPROTO_DCCP,
        // IPPROTO_SMC and IPPROTO_L2TP of linux/in.h
        "smc" => 256,
        "l2tp" => 115,
        _ => 0,
    };
    let (family, form) = match kind {
        "packet" => (libc::AF_PACKET, libc::SOCK_RAW),
        "route" | "diag" | "audit" => (libc::AF_NETLINK, libc::SOCK_RAW),
        "vsock" => (libc::AF_VSOCK, libc::SOCK_STREAM),
        "alg" => (libc::AF_ALG, libc::SOCK_SEQPACKET),
        "bluetooth" => (libc::AF_BLUETOOTH, libc::SOCK_RAW),
        "raw" => (libc::AF_INET, libc::SOCK_RAW),
        "tcp" | "sctp" | "smc" => (libc::AF_INET, libc::SOCK_STREAM),
        "sctp6" => (libc::AF_INET6, libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC),
        "udp" | "l2tp" => (libc::AF_INET, libc::SOCK_DGRAM),
        // The type alone leads to it too.
        "dccp" => (libc::AF_INET, libc::SOCK_DCCP),
        "type6" => (libc::AF_INET6, libc::SOCK_DCCP | libc::SOCK_NONBLOCK),
        "unix" => (libc::AF_UNIX, libc::SOCK_STREAM),
        _ => return None,
    };
    Some([family.into(), form.into(), protocol.into()])
}

/// Asks the kernel to take the only network card down, as the right to would let it.
fn lo_down() -> String {
    let family = i64::from(libc::AF_NETLINK);
    let form = i64::from(libc::SOCK_RAW);
    let Ok(socket) = raw(libc::SYS_socket, &[family, form, 0]) else { return "no socket".into() };
    // A header (32 bytes, a new link, with an answer), and a card: number 1, and not up.
    let words: [u32; 8] = [32, 5 << 16 | u32::from(libc::RTM_NEWLINK), 1, 0, 0, 1, 0, 1];
    let request: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let mut answer = [0_u8; 64];
    let sent = raw(libc::SYS_sendto, &[socket, request.as_ptr() as i64, 32, 0, 0, 0]);
    let heard = raw(libc::SYS_recvfrom, &[socket, answer.as_mut_ptr() as i64, 64, 0, 0, 0]);
    let error = answer[16..20].first_chunk().map(|bytes| i32::from_ne_bytes(*bytes));
    match (sent, heard, error) {
        (Ok(_), Ok(_), Some(0)) => "allowed".into(),
        (Ok(_), Ok(_), Some(error)) => name_of(&io::Error::from_raw_os_error(-error)),
        (Err(error), ..) | (_, Err(error), _) => name_of(&error),
        _ => "no answer".into(),
    }
}

fn clone(flag: &str) -> String {
    let flag = match flag {
        "user" => libc::CLONE_NEWUSER,
        "mount" => libc::CLONE_NEWNS,
        "net" => libc::CLONE_NEWNET,
        other => return format!("no namespace is called {other}"),
    };
    in_child(|| match raw(libc::SYS_clone, &[i64::from(flag | libc::SIGCHLD)]) {
        Ok(0) => std::process::exit(0),
        result => said(result.map(drop)),
    })
}

/// On a terminal of its own, where the kernel would otherwise allow it.
fn ioctl(request: &str) -> String {
    let request = match request {
        "sti" => 0x5412,
        "sti_high" => 0x1_0000_5412,
        "linux" => 0x541c,
        other => return format!("no request is called {other}"),
    };
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/ptmx") else {
        return "no terminal".into();
    };
    let number = std::os::fd::AsRawFd::as_raw_fd(&terminal);
    let letter = b"x";
    said(raw(libc::SYS_ioctl, &[number.into(), request, letter.as_ptr() as i64]).map(drop))
}

fn abstract_socket(name: &str) -> String {
    use std::os::linux::net::SocketAddrExt;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name);
    let connect = |address| std::os::unix::net::UnixStream::connect_addr(&address).map(drop);
    said(address.and_then(connect))
}

fn connect(address: &str) -> String {
    let Ok(address) = address.parse() else { return "no address".into() };
    let wait = std::time::Duration::from_secs(3);
    said(std::net::TcpStream::connect_timeout(&address, wait).map(drop))
}

fn datagram(address: &str) -> String {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0");
    said(socket.and_then(|socket| socket.send_to(b"x", address)).map(drop))
}

fn set_capability(path: &str) -> String {
    let (Ok(path), value) = (CString::new(path), [1_u8, 0, 0, 2, 0xff, 0xff, 0xff, 0xff]) else {
        return "no path".into();
    };
    let mut bytes = value.to_vec();
    bytes.resize(20, 0);
    let name = c"security.capability";
    let args = [path.as_ptr() as i64, name.as_ptr() as i64, bytes.as_ptr() as i64, 20, 0];
    said(raw(libc::SYS_setxattr, &args).map(drop))
}

/// Is heard at a socket, says nothing, and stays.
fn hold(path: &str) -> String {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_held) => loop {
            std::thread::park();
        },
        Err(error) => name_of(&error),
    }
}

/// The descriptors that a program finds open.
fn open_descriptors() -> String {
    let open = |n: &i64| raw(libc::SYS_fcntl, &[*n, libc::F_GETFD.into()]).is_ok();
    let numbers: Vec<String> = (0..1024).filter(open).map(|n| n.to_string()).collect();
    numbers.join(" ")
}

fn forks() -> String {
    let mut count = 0;
    loop {
        // SAFETY: this program has one thread; the child only waits.
        #[expect(unsafe_code, reason = "the attempt itself")]
        let child = unsafe { libc::fork() };
        match child {
            // Whoever waits for the end of the output must not wait for these.
            0 => {
                drop(descriptor(Ok(1)));
                loop {
                    std::thread::park();
                }
            }
            child if child < 0 || count > 5_000 => return count.to_string(),
            _ => count += 1,
        }
    }
}

fn threads() -> String {
    let mut count = 0;
    while count < 5_000 {
        let thread = std::thread::Builder::new().stack_size(64 * 1024);
        if thread
            .spawn(|| {
                loop {
                    std::thread::park();
                }
            })
            .is_err()
        {
            break;
        }
        count += 1;
    }
    // Ends the other threads too.
    let _ = io::Write::write_all(&mut io::stdout(), format!("{count}\n").as_bytes());
    std::process::exit(0)
}

fn count<T>(mut open: impl FnMut() -> io::Result<T>) -> String {
    let mut held = Vec::new();
    loop {
        match open() {
            Ok(one) => held.push(one),
            Err(error) => return format!("{} {}", held.len(), name_of(&error)),
        }
        if held.len() > 100_000 {
            return "no limit".into();
        }
    }
}

fn memory() -> String {
    let mut taken = 0_u64;
    loop {
        let mut block: Vec<u8> = Vec::new();
        if block.try_reserve_exact(16 << 20).is_err() {
            return format!("{taken} MiB");
        }
        block.resize(16 << 20, 1);
        std::mem::forget(block);
        taken += 16;
        if taken > 1 << 20 {
            return "no limit".into();
        }
    }
}

/// Folders in folders until no path can name the last one.
fn deep() -> String {
    for depth in 0..2_000 {
        if std::fs::create_dir("deeper").and_then(|()| std::env::set_current_dir("deeper")).is_err()
        {
            return depth.to_string();
        }
    }
    "2000".into()
}
