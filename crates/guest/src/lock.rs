//! Locks the guest and, by inheritance, everything it starts: identity, capabilities, limits,
//! Landlock, system calls. Nothing here can be taken back.

use crate::filter::{self, Filter, Pretended};
use crate::init::{At, Refusal};
use crate::limits::OPEN_FILES_USUAL;
use crate::second::{Namespace, Second};
use crate::system;
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, Scope,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};
use std::fs;
use wire::{Limits, System};

/// Whose files the machine's user namespace knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owners {
    /// Those of the user who started the machine. Capabilities are not needed.
    One,
    /// Everybody's, because root started it. Foreign programs keep what reading and writing others'
    /// files needs, which counts only in the view.
    All,
}

/// Becomes user and group 0 of the machine, which for a machine of root is nobody on the host: the
/// kernel's own checks for root, and its exemption from the limit on processes, must not apply.
pub(crate) fn become_first_user() -> Result<Owners, Refusal> {
    let map = fs::read_to_string("/proc/self/uid_map").at("identity", "uid_map")?;
    let extents = map.lines().count();
    if extents > 1 {
        // SAFETY: plain system calls without pointers other than null for an empty list; the guest
        // has one thread.
        #[expect(unsafe_code, reason = "the raw calls change the identity of the only thread")]
        let changed = unsafe {
            libc::setgroups(0, std::ptr::null()) == 0
                && libc::setresgid(0, 0, 0) == 0
                && libc::setresuid(0, 0, 0) == 0
        };
        if !changed {
            return Err::<(), _>(std::io::Error::last_os_error())
                .at("identity", "setresuid")
                .map(|()| Owners::All);
        }
    }
    let ids = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if ids != (0, 0) {
        return Err(Refusal { stage: "identity", why: format!("the guest is {ids:?}") });
    }
    // A change of identity clears it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .at("identity", "signal")?;
    Ok(if extents > 1 { Owners::All } else { Owners::One })
}

/// Returns the second user, if there is one: it shares the limits and paths.
pub(crate) fn down(
    limits: &Limits,
    owners: Owners,
    system: System,
    second: Option<Namespace>,
) -> Result<Option<Second>, Refusal> {
    set_limits(limits)?;
    let kept = match owners {
        Owners::One => CapabilitySet::empty(),
        Owners::All => CapabilitySet::CHOWN | CapabilitySet::DAC_OVERRIDE | CapabilitySet::FOWNER,
    };
    rustix::thread::set_no_new_privs(true).at("privileges", "no_new_privs")?;
    hide()?;
    restrict_paths(system);
    let pretended = Pretended::of(owners, system);
    let second = second.map(|namespace| namespace.serve(pretended)).transpose()?;
    keep_capabilities(kept)?;
    filter::install(pretended)?;
    Ok(second)
}

/// Keeps other processes from looking into this one.
pub(crate) fn hide() -> Result<(), Refusal> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .at("privileges", "dumpable")
}

/// What an administrator of a computer needs to install packages in it. The computer is the
/// machine itself: its kernel is its own. Not among them: other kernels' modules, devices, mounts,
/// the clock, the network's settings.
const IN_OWN_KERNEL: [CapabilitySet; 11] = [
    CapabilitySet::CHOWN,
    CapabilitySet::DAC_OVERRIDE,
    CapabilitySet::FOWNER,
    CapabilitySet::FSETID,
    CapabilitySet::KILL,
    CapabilitySet::SETGID,
    CapabilitySet::SETUID,
    CapabilitySet::SETPCAP,
    CapabilitySet::SETFCAP,
    CapabilitySet::NET_BIND_SERVICE,
    CapabilitySet::AUDIT_WRITE,
];

/// As `down`, in a machine with a kernel of its own. Nothing of the view is kept from being
/// written: all of it is thrown away.
pub(crate) fn down_in_own_kernel(limits: &Limits, filter: &Filter) -> Result<(), Refusal> {
    set_limits(limits)?;
    keep_capabilities(CapabilitySet::from_iter(IN_OWN_KERNEL))?;
    rustix::thread::set_no_new_privs(true).at("privileges", "no_new_privs")?;
    hide()?;
    filter.install()
}

fn set_limits(limits: &Limits) -> Result<(), Refusal> {
    let all = [
        (Resource::Nproc, limits.processes_max),
        (Resource::Fsize, limits.file_bytes_max),
        // With 0 the kernel would still hand a crash to the host's program for such, which may keep
        // it. This value it takes for a crash of that program itself, and drops it.
        (Resource::Core, 1),
        (Resource::Memlock, 64 * 1024),
        (Resource::Msgqueue, 0),
        (Resource::Nice, 0),
        (Resource::Rtprio, 0),
    ];
    all.into_iter().try_for_each(|(resource, value)| bound(resource, value))?;
    // What can be written, and not what addresses are set aside: a WebAssembly memory keeps ten
    // gigabytes of them for itself, and a virtual machine of Java its whole heap's. A program that
    // maps terabytes and writes little, as address sanitizers do, may lift it for itself; a machine
    // that takes all of the computer's memory is ended.
    at_first(Resource::Data, limits.memory_bytes_max, u64::MAX)?;
    at_first(Resource::Nofile, limits.open_files_max.min(OPEN_FILES_USUAL), limits.open_files_max)
}

/// A limit that programs may lift for themselves, up to `most`.
fn at_first(resource: Resource, value: u64, most: u64) -> Result<(), Refusal> {
    let most = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX).min(most);
    let maximum = (most != u64::MAX).then_some(most);
    let limit = Rlimit { current: Some(value.min(most)), maximum };
    rustix::process::setrlimit(resource, limit).at("limits", format!("{resource:?}"))
}

/// The limit of processes alone.
pub(crate) fn bound_processes(limits: &Limits) -> Result<(), Refusal> {
    bound(Resource::Nproc, limits.processes_max)
}

fn bound(resource: Resource, value: u64) -> Result<(), Refusal> {
    let hard = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX).min(value);
    let limit = Rlimit { current: Some(hard), maximum: Some(hard) };
    rustix::process::setrlimit(resource, limit).at("limits", format!("{resource:?}"))
}

/// Drops all others, for good.
pub(crate) fn keep_capabilities(kept: CapabilitySet) -> Result<(), Refusal> {
    rustix::thread::clear_ambient_capability_set().at("privileges", "ambient")?;
    // Numbers that this library does not know yet are dropped as well; the kernel's last one is
    // where it starts to refuse.
    for number in 0..64 {
        if kept.bits() & (1 << number) != 0 {
            continue;
        }
        // SAFETY: prctl with plain numbers.
        #[expect(unsafe_code, reason = "capabilities newer than the library have no name in it")]
        let dropped = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) } == 0;
        if !dropped {
            break;
        }
    }
    let sets =
        CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets).at("privileges", "capabilities")?;
    let now = rustix::thread::capabilities(None).at("privileges", "capabilities")?;
    if now.permitted == kept && now.effective == kept {
        Ok(())
    } else {
        Err(Refusal { stage: "privileges", why: "capabilities are left".into() })
    }
}

/// Second line behind the view: writes only below the writable folders, no signals and no abstract
/// sockets to outside. A kernel without Landlock, or with an older one, gives less of it.
fn restrict_paths(system: System) {
    let _ = try_restrict_paths(system);
}

fn try_restrict_paths(system: System) -> Result<(), landlock::RulesetError> {
    let abi = ABI::V6;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    let writable = ["/folders", "/tmp", "/home", "/run", "/dev"];
    let changed = system::writable(system).iter().copied();
    for path in std::iter::once("/").chain(writable).chain(changed) {
        let Ok(parent) = PathFd::new(path) else { continue };
        let access = if path == "/" { AccessFs::from_read(abi) } else { AccessFs::from_all(abi) };
        rules = rules.add_rule(PathBeneath::new(parent, access))?;
    }
    rules.restrict_self()?;
    Ok(())
}
