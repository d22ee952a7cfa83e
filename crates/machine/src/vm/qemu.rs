//! Starts QEMU, itself locked in by `bwrap`.
//!
//! QEMU reads what a hostile guest writes, so it counts as hostile too. It runs as a user who owns
//! nothing, without network, sees its own program and libraries, and has only descriptors of what
//! the machine is made of: the image and the folders read-only, its scratch disk, the template's
//! memory, which nobody can write, and three sockets. Its own filter of system calls is on.

use super::hardware::{Hardware, Speed};
use crate::limits::SHARES_DISK_BYTES;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, PipeReader};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use wire::{VM_DISK_ROOT, VM_DISK_SCRATCH, VM_DISK_SHARES, VM_PORT};

/// The programs that a VM takes.
#[derive(Debug, Clone)]
pub struct VmPrograms {
    pub bwrap: PathBuf,
    pub qemu: PathBuf,
    /// Makes the scratch disk of a template.
    pub mke2fs: PathBuf,
}

/// What a machine is made of, as opened files.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Whose folder it is made for, by which others can find what was left of it.
    pub(crate) place: PathBuf,
    pub(crate) memory: OwnedFd,
    pub(crate) root: File,
    pub(crate) scratch: File,
    pub(crate) shares: File,
    pub(crate) from: From,
}

/// Where the machine begins.
#[derive(Debug)]
pub(crate) enum From {
    /// At its first instruction.
    Cold { kernel: File, initramfs: File },
    /// Where a template fell asleep. Its state is loaded through the monitor.
    Template,
}

/// What was started, and our ends of what leads to it.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) stream: UnixStream,
    pub(crate) monitor: UnixStream,
    /// Where `bwrap` writes which process QEMU is.
    pub(crate) facts: PipeReader,
    /// What `bwrap`, QEMU and the guest's kernel complain about.
    pub(crate) diagnostics: PipeReader,
}

// The numbers under which QEMU finds its descriptors. Its first three are the stream, the monitor
// and the diagnostics.
const MEMORY: RawFd = 10;
const ROOT: RawFd = 11;
const SCRATCH: RawFd = 12;
const SHARES: RawFd = 13;
const CONSOLE: RawFd = 14;
const FACTS: RawFd = 15;
const KERNEL: RawFd = 16;
const INITRAMFS: RawFd = 17;

/// Where root's descriptors are moved first, so that none is overwritten by another.
const ABOVE: RawFd = 64;

/// The id that owns nothing, for machines of root.
const NOBODY: u32 = 2_147_480_000;
const NOBODY_IN_SMALL_RANGES: u32 = 65_534;

/// No line of the kernel unless it dies; a panic ends the machine. The rest saves time: the kernel
/// in the machine protects nobody from the programs in it, the machine does.
const KERNEL_LINE: &str = "console=ttyS0 quiet loglevel=1 panic=-1 rdinit=/init \
     random.trust_cpu=on no_timer_check tsc=reliable mitigations=off audit=0 lsm= psi=0 \
     cgroup_disable=memory nowatchdog rcupdate.rcu_expedited=1";

/// All that the emulator knows, without what makes the kernel walk more tables and execute more.
const EMULATED: &str = "max,-la57,-smap,-smep,-pku";

pub(crate) fn start(
    programs: &VmPrograms,
    hardware: &Hardware,
    parts: Parts,
) -> io::Result<Started> {
    let (stream, stream_end) = UnixStream::pair()?;
    let (monitor, monitor_end) = UnixStream::pair()?;
    let (facts, facts_end) = io::pipe()?;
    let (diagnostics, diagnostics_end) = io::pipe()?;
    let arguments = arguments(programs, hardware, &parts);
    let console = diagnostics_end.try_clone()?;
    let mut passed: Vec<(OwnedFd, RawFd)> = vec![
        (parts.memory, MEMORY),
        (parts.root.into(), ROOT),
        (parts.scratch.into(), SCRATCH),
        (parts.shares.into(), SHARES),
        (console.into(), CONSOLE),
        (facts_end.into(), FACTS),
    ];
    match parts.from {
        From::Cold { kernel, initramfs } => {
            passed.push((kernel.into(), KERNEL));
            passed.push((initramfs.into(), INITRAMFS));
        }
        From::Template => {}
    }
    let mut moved = Vec::new();
    for (fd, number) in passed {
        moved.push((rustix::io::fcntl_dupfd_cloexec(&fd, ABOVE)?, number));
    }
    let identity = identity(hardware)?;
    #[expect(clippy::disallowed_methods, reason = "this is where machines start")]
    let mut command = std::process::Command::new(&programs.bwrap);
    command
        .args(arguments)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(stream_end)))
        .stdout(Stdio::from(OwnedFd::from(monitor_end)))
        .stderr(diagnostics_end);
    let prepare = move || {
        for (fd, number) in &moved {
            put(fd.as_raw_fd(), *number)?;
        }
        identity.as_ref().map_or(Ok(()), Identity::become_it)
    };
    #[expect(
        unsafe_code,
        reason = "descriptors get their numbers, and the identity changes, there"
    )]
    // SAFETY: between fork and exec the closure makes system calls on numbers it owns, allocates
    // nothing and takes no lock.
    unsafe {
        command.pre_exec(prepare);
    }
    let child = command.process_group(0).spawn()?;
    Ok(Started { child, stream, monitor, facts, diagnostics })
}

fn put(fd: RawFd, number: RawFd) -> io::Result<()> {
    // SAFETY: plain numbers; nothing in the child owns `number`.
    #[expect(unsafe_code, reason = "the safe interface takes an owner for the new number")]
    let done = unsafe { libc::dup2(fd, number) };
    if done == number { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Who QEMU is when root starts it.
#[derive(Debug)]
struct Identity {
    id: u32,
    /// The group that may use the virtualisation of the processor.
    group: Option<u32>,
}

impl Identity {
    fn become_it(&self) -> io::Result<()> {
        let groups = self.group.as_slice();
        // SAFETY: plain system calls in a process of one thread; the list outlives the call.
        #[expect(unsafe_code, reason = "the identity of the child, before it runs QEMU")]
        let done = unsafe {
            libc::setgroups(groups.len(), groups.as_ptr()) == 0
                && libc::setresgid(self.id, self.id, self.id) == 0
                && libc::setresuid(self.id, self.id, self.id) == 0
        };
        if done { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

fn identity(hardware: &Hardware) -> io::Result<Option<Identity>> {
    use std::os::unix::fs::MetadataExt;
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let knows = |id: u64| {
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        map.lines().any(|line| {
            let mut fields = line.split_whitespace().map_while(|f| f.parse::<u64>().ok());
            let (Some(start), Some(count)) = (fields.next(), fields.nth(1)) else { return false };
            (start..start.saturating_add(count)).contains(&id)
        })
    };
    let id = if knows(u64::from(NOBODY)) { NOBODY } else { NOBODY_IN_SMALL_RANGES };
    let group = match hardware.speed {
        Speed::Hardware => Some(fs::metadata(super::hardware::KVM)?.gid()),
        Speed::Emulated => None,
    };
    Ok(Some(Identity { id, group }))
}

fn arguments(programs: &VmPrograms, hardware: &Hardware, parts: &Parts) -> Vec<OsString> {
    let mut args = Arguments::default();
    args.add(["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"]);
    args.add(["--unshare-uts", "--unshare-cgroup-try", "--uid", "65534", "--gid", "65534"]);
    args.add(["--hostname", "qemu", "--as-pid-1", "--die-with-parent", "--new-session"]);
    args.add(["--clearenv", "--cap-drop", "ALL", "--info-fd", &FACTS.to_string()]);
    args.three("--setenv", "LEGWORK_PLACE", &parts.place);
    for path in ["/usr/lib", "/usr/lib64", "/usr/share/qemu", "/usr/share/seabios"] {
        args.add(["--ro-bind-try", path, path]);
    }
    for name in ["/lib", "/lib64"] {
        match fs::read_link(name) {
            Ok(target) => args.three("--symlink", target, name),
            Err(_) => args.three("--ro-bind-try", name, name),
        }
    }
    args.three("--ro-bind", &programs.qemu, "/qemu");
    args.add(["--proc", "/proc"]);
    if hardware.speed == Speed::Hardware {
        args.add(["--dev-bind", super::hardware::KVM, super::hardware::KVM]);
    }
    args.add(["--", "/qemu"]);
    machine(&mut args, hardware, &parts.from);
    args.0
}

/// The machine itself. The devices must be the same, in the same order, in a template and in what
/// is made of it.
fn machine(args: &mut Arguments, hardware: &Hardware, from: &From) {
    let size = hardware.memory_bytes.to_string();
    args.add(["-L", "/usr/share/qemu", "-L", "/usr/share/seabios"]);
    args.add(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]);
    args.add(["-name", "machine", "-sandbox"]);
    args.add(["on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]);
    args.add(["-M", "q35,memory-backend=memory,usb=off,vmport=off,smbus=off,sata=off,hpet=off"]);
    let (cpu, accel) = match hardware.speed {
        Speed::Hardware => ("host", "kvm"),
        Speed::Emulated => (EMULATED, "tcg,tb-size=256"),
    };
    args.add(["-cpu", cpu, "-accel", accel, "-smp", &hardware.processors.to_string()]);
    args.add(["-m", &format!("size={}M", hardware.memory_bytes >> 20)]);
    let share = if matches!(from, From::Cold { .. }) { "on" } else { "off" };
    let memory = format!(
        "memory-backend-file,id=memory,size={size},mem-path=/proc/self/fd/{MEMORY},share={share}"
    );
    args.add(["-object", &memory]);
    for (name, fd, writable) in [
        (VM_DISK_ROOT, ROOT, false),
        (VM_DISK_SCRATCH, SCRATCH, true),
        (VM_DISK_SHARES, SHARES, false),
    ] {
        args.add(["-add-fd", &format!("fd={fd},set={fd}")]);
        let how = if writable { "read-only=off,discard=unmap" } else { "read-only=on" };
        let file = format!("driver=file,filename=/dev/fdset/{fd},node-name={name},{how}");
        args.add(["-blockdev", &format!("{file},locking=off")]);
        args.add(["-device", &format!("virtio-blk-pci,drive={name},serial={name}")]);
    }
    args.add(["-device", "virtio-serial-pci", "-chardev", "socket,id=stream,fd=0"]);
    args.add(["-device", &format!("virtserialport,chardev=stream,name={VM_PORT}")]);
    args.add(["-add-fd", &format!("fd={CONSOLE},set={CONSOLE}")]);
    args.add(["-chardev", &format!("file,id=console,path=/dev/fdset/{CONSOLE},append=on")]);
    args.add(["-device", "isa-serial,chardev=console"]);
    args.add(["-chardev", "socket,id=monitor,fd=1", "-mon", "chardev=monitor,mode=control"]);
    match from {
        From::Cold { .. } => {
            args.add(["-kernel", &format!("/proc/self/fd/{KERNEL}")]);
            args.add(["-initrd", &format!("/proc/self/fd/{INITRAMFS}")]);
            args.add(["-append", &kernel_line(hardware)]);
        }
        From::Template => args.add(["-incoming", "defer"]),
    }
}

/// A kernel that is emulated on a busy computer measures how fast the processor counts while it is
/// interrupted all the time, and its clock runs wrong ever after. Another clock needs no measuring.
fn kernel_line(hardware: &Hardware) -> String {
    match hardware.speed {
        Speed::Hardware => format!("{KERNEL_LINE} -- vm"),
        Speed::Emulated => format!("{KERNEL_LINE} clocksource=acpi_pm -- vm"),
    }
}

/// What of all this makes a template unfit for another version of Legwork.
pub(crate) fn shape(hardware: &Hardware) -> String {
    let mut args = Arguments::default();
    machine(&mut args, hardware, &From::Template);
    let words: Vec<_> = args.0.iter().map(|word| word.to_string_lossy()).collect();
    format!("{} {} {SHARES_DISK_BYTES}", words.join(" "), kernel_line(hardware))
}

#[derive(Debug, Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<const N: usize>(&mut self, args: [&str; N]) {
        self.0.extend(args.map(OsString::from));
    }

    fn three(&mut self, how: &str, from: impl AsRef<OsStr>, to: impl AsRef<Path>) {
        self.0.extend([how.into(), from.as_ref().into(), to.as_ref().into()]);
    }
}
