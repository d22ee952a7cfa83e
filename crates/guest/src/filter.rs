//! The system calls that nothing in a machine may make. A deny-list: the view and the namespaces
//! are the boundary, this takes kernel surface away that ordinary programs do not need.
//!
//! `clone3` answers "not implemented", so that libraries fall back to `clone`, whose flags a filter
//! can see. Foreign architectures, and on x86-64 the x32 numbers, kill the caller.

use crate::init::{At, Refusal};
use crate::lock::Owners;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, sock_filter,
};
use std::collections::BTreeMap;
use wire::System;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

const NEVER: &[i64] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_fsconfig,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_acct,
    libc::SYS_quotactl,
    QUOTACTL_FD,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    libc::SYS_move_pages,
    OPEN_TREE_ATTR,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ustat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_sysfs,
    #[cfg(target_arch = "x86_64")]
    libc::SYS__sysctl,
];

// The same numbers on every architecture since Linux 5.14 and 6.15; the library has no names yet.
const QUOTACTL_FD: i64 = 443;
const OPEN_TREE_ATTR: i64 = 467;

const CLONE_FLAGS: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

const PERSONALITIES: [u64; 3] = [0, 0xffff_ffff, 0x0004_0000];

/// Gives a file away. An ordinary user's machine knows one owner, so all others would fail.
const OWNER_CALLS: &[i64] = &[
    libc::SYS_fchown,
    libc::SYS_fchownat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
];

/// Changes who a process is. No machine may: one of root knows the host's users.
const IDENTITY_CALLS: &[i64] = &[
    libc::SYS_setgroups,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
];

/// What is answered with success and not done where packages can be installed: their programs
/// insist on owners and users that are not there. Whoever asks afterwards is told the truth, so a
/// program that checks whether it gave its rights up sees that it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pretended {
    Nothing,
    /// Identity, and every owner.
    Owners,
    /// Identity, and owners that packages make: `PACKAGE_IDS`.
    PackageOwners,
}

impl Pretended {
    pub(crate) fn of(owners: Owners, system: System) -> Self {
        match (system, owners) {
            (System::ReadOnly, _) => Self::Nothing,
            (System::Layered { .. }, Owners::One) => Self::Owners,
            (System::Layered { .. }, Owners::All) => Self::PackageOwners,
        }
    }

    fn calls(self) -> Vec<i64> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Owners => [OWNER_CALLS, IDENTITY_CALLS].concat(),
            Self::PackageOwners => IDENTITY_CALLS.to_vec(),
        }
    }
}

pub(crate) fn install(pretended: Pretended) -> Result<(), Refusal> {
    Filter::new(pretended)?.install()
}

/// Compiled, and not yet in force.
#[derive(Debug)]
pub(crate) struct Filter(Vec<BpfProgram>);

impl Filter {
    pub(crate) fn new(pretended: Pretended) -> Result<Self, Refusal> {
        programs(pretended).map(Self)
    }

    pub(crate) fn install(&self) -> Result<(), Refusal> {
        self.0.iter().try_for_each(|it| seccompiler::apply_filter(it).at("filter", "apply"))
    }
}

fn programs(pretended: Pretended) -> Result<Vec<BpfProgram>, Refusal> {
    let mut rules = Rules::new();
    add_conditions(&mut rules).at("filter", "rules")?;
    let arch = TargetArch::try_from(std::env::consts::ARCH).at("filter", "architecture")?;
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch);
    let conditions = filter.at("filter", "rules")?;
    let conditions = BpfProgram::try_from(conditions).at("filter", "compile")?;
    let mut all =
        vec![by_number(&pretended.calls()), conditions, families(arch).at("filter", "families")?];
    all.push(protocols(arch).at("filter", "protocols")?);
    if pretended == Pretended::PackageOwners {
        all.push(package_owners(arch).at("filter", "owners")?);
    }
    Ok(all)
}

/// Ids that are given to packages' users as they come, and mean others on every computer.
const PACKAGE_IDS: std::ops::RangeInclusive<u64> = 100..=999;

/// A file that a package gives to a user of its own stays with the machine's one user, who is that
/// user too when asked for. Root's machine could give it away, to some stranger of the host.
fn package_owners(arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut calls = vec![(libc::SYS_fchown, 1), (libc::SYS_fchownat, 2)];
    #[cfg(target_arch = "x86_64")]
    calls.extend([(libc::SYS_chown, 1), (libc::SYS_lchown, 1)]);
    let mut rules = Rules::new();
    for (call, argument) in calls {
        let bound = |op, id: &u64| SeccompCondition::new(argument, Len::Dword, op, *id);
        let both = vec![bound(Op::Ge, PACKAGE_IDS.start())?, bound(Op::Le, PACKAGE_IDS.end())?];
        let mut alternatives = vec![SeccompRule::new(both)?];
        // A group alone is given away by naming root, or nobody at all, as the user.
        for user in [0, u64::from(u32::MAX)] {
            let group = |op, id: &u64| SeccompCondition::new(argument + 1, Len::Dword, op, *id);
            alternatives.push(SeccompRule::new(vec![
                bound(Op::Eq, &user)?,
                group(Op::Ge, PACKAGE_IDS.start())?,
                group(Op::Le, PACKAGE_IDS.end())?,
            ])?);
        }
        rules.insert(call, alternatives);
    }
    let done = SeccompAction::Errno(0);
    BpfProgram::try_from(SeccompFilter::new(rules, SeccompAction::Allow, done, arch)?)
}

/// Sockets that lead to the kernel or the host. The answer is that of a kernel without them: a
/// program that makes users gives up over any other one, as it could not tell an auditor.
fn families(arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    let bits = |number: libc::c_int| u64::from(number.unsigned_abs());
    let known = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK].into_iter();
    let foreign = known.map(|family| SeccompCondition::new(0, Len::Dword, Op::Ne, bits(family)));
    let foreign = SeccompRule::new(foreign.collect::<Result<_, _>>()?)?;
    // What lists the machine's own network cards, of which there are none. To change anything takes
    // a right that no program has.
    let other_tables = SeccompRule::new(vec![
        SeccompCondition::new(0, Len::Dword, Op::Eq, bits(libc::AF_NETLINK))?,
        SeccompCondition::new(2, Len::Dword, Op::Ne, bits(libc::NETLINK_ROUTE))?,
    ])?;
    let rules = of_sockets(vec![foreign, other_tables]);
    let absent = SeccompAction::Errno(libc::EAFNOSUPPORT.unsigned_abs());
    BpfProgram::try_from(SeccompFilter::new(rules, SeccompAction::Allow, absent, arch)?)
}

/// Of the internet only what a machine uses: for any other protocol or type the kernel would load
/// a module of its own (SCTP, DCCP, L2TP, SMC), and be asked things that few have tried.
fn protocols(arch: TargetArch) -> Result<BpfProgram, seccompiler::BackendError> {
    const KNOWN: [libc::c_int; 5] = [
        libc::IPPROTO_IP,
        libc::IPPROTO_TCP,
        libc::IPPROTO_UDP,
        libc::IPPROTO_ICMP,
        libc::IPPROTO_ICMPV6,
    ];
    let bits = |number: libc::c_int| u64::from(number.unsigned_abs());
    let when = |argument, op, value| SeccompCondition::new(argument, Len::Dword, op, value);
    let mut rules = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        // Raw ones are refused by their type.
        for form in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
            let is_it = when(1, Op::MaskedEq(0xf), bits(form))?;
            let mut foreign = vec![when(0, Op::Eq, bits(family))?, is_it];
            for protocol in KNOWN {
                foreign.push(when(2, Op::Ne, bits(protocol))?);
            }
            rules.push(SeccompRule::new(foreign)?);
        }
        // The types from `SOCK_RDM` to 15, which is as many as there can be.
        for bit in [0b0100, 0b1000] {
            let is_odd = when(1, Op::MaskedEq(bit), bit)?;
            rules.push(SeccompRule::new(vec![when(0, Op::Eq, bits(family))?, is_odd])?);
        }
    }
    let absent = SeccompAction::Errno(libc::EPROTONOSUPPORT.unsigned_abs());
    let filter = SeccompFilter::new(of_sockets(rules), SeccompAction::Allow, absent, arch)?;
    BpfProgram::try_from(filter)
}

/// The same for a pair: the kernel makes its sockets before it finds that the family has no pairs.
fn of_sockets(rules: Vec<SeccompRule>) -> Rules {
    Rules::from([(libc::SYS_socketpair, rules.clone()), (libc::SYS_socket, rules)])
}

fn add_conditions(rules: &mut Rules) -> Result<(), seccompiler::BackendError> {
    let when = |argument, length, op, value| SeccompCondition::new(argument, length, op, value);
    let only = |condition| SeccompRule::new(vec![condition]);
    let bits = |flag: libc::c_int| u64::from(flag.unsigned_abs());

    let clone = CLONE_FLAGS
        .iter()
        .map(|&flag| only(when(0, Len::Qword, Op::MaskedEq(bits(flag)), bits(flag))?));
    rules.insert(libc::SYS_clone, clone.collect::<Result<_, _>>()?);

    // Those to the kernel's tables are the same by either name; `families` judges them.
    let raw = SeccompRule::new(vec![
        when(1, Len::Dword, Op::MaskedEq(0xf), bits(libc::SOCK_RAW))?,
        when(0, Len::Dword, Op::Ne, bits(libc::AF_NETLINK))?,
    ])?;
    rules.insert(libc::SYS_socket, vec![raw]);

    // The kernel looks at 32 bits of the request, so these do too.
    let requests = [0x5412, 0x541c].map(|request| only(when(1, Len::Dword, Op::Eq, request)?));
    rules.insert(libc::SYS_ioctl, requests.into_iter().collect::<Result<_, _>>()?);

    let mut nodes = vec![(libc::SYS_mknodat, 2)];
    #[cfg(target_arch = "x86_64")]
    nodes.push((libc::SYS_mknod, 1));
    for (call, argument) in nodes {
        let device = |kind: libc::mode_t| {
            let op = Op::MaskedEq(u64::from(libc::S_IFMT));
            only(when(argument, Len::Dword, op, u64::from(kind))?)
        };
        rules.insert(call, vec![device(libc::S_IFCHR)?, device(libc::S_IFBLK)?]);
    }

    let odd = PERSONALITIES.iter().map(|&value| when(0, Len::Dword, Op::Ne, value));
    let odd = SeccompRule::new(odd.collect::<Result<_, _>>()?)?;
    rules.insert(libc::SYS_personality, vec![odd]);

    let set_mm = only(when(0, Len::Dword, Op::Eq, bits(libc::PR_SET_MM))?)?;
    rules.insert(libc::SYS_prctl, vec![set_mm]);
    Ok(())
}

const LOAD: u16 = 0x20;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;

fn step(code: u16, yes: usize, no: u8, value: u32) -> sock_filter {
    // A jump is over half of the calls at most, and those are some hundred steps.
    sock_filter { code, jt: u8::try_from(yes).unwrap_or(u8::MAX), jf: no, k: value }
}

/// What depends on the number alone. The kernel tries a new filter on every call there is, so this
/// is a search tree: a list takes it half a millisecond, which every start would wait for.
fn by_number(pretended: &[i64]) -> BpfProgram {
    let refused = libc::SECCOMP_RET_ERRNO | libc::EPERM.unsigned_abs();
    let absent = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let number = |&call: &i64| u32::try_from(call).ok();
    let never = NEVER.iter().filter_map(number).map(|call| (call, refused));
    let clone3 = std::iter::once(&libc::SYS_clone3).filter_map(number).map(|call| (call, absent));
    let success = libc::SECCOMP_RET_ERRNO;
    let pretended = pretended.iter().filter_map(number).map(|call| (call, success));
    // What is refused stays refused, whoever pretends.
    let answers: BTreeMap<u32, u32> = pretended.chain(never).chain(clone3).collect();
    let answers: Vec<(u32, u32)> = answers.into_iter().collect();
    // The architecture is checked by the other filter. The x32 calls have that of x86-64, and
    // numbers of their own.
    let mut program = vec![step(LOAD, 0, 0, 0)];
    if cfg!(target_arch = "x86_64") {
        program.push(step(IF_AT_LEAST, 0, 1, 0x4000_0000));
        program.push(step(RETURN, 0, 0, libc::SECCOMP_RET_KILL_PROCESS));
    }
    program.extend(tree(&answers));
    program
}

fn tree(answers: &[(u32, u32)]) -> BpfProgram {
    if answers.len() > 2 {
        let (low, high) = answers.split_at(answers.len() / 2);
        let mut left = tree(low);
        let mut steps = vec![step(IF_AT_LEAST, left.len(), 0, high[0].0)];
        steps.append(&mut left);
        steps.extend(tree(high));
        return steps;
    }
    let mut steps = Vec::new();
    for &(call, answer) in answers {
        steps.extend([step(IF_EQUAL, 0, 1, call), step(RETURN, 0, 0, answer)]);
    }
    steps.push(step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW));
    steps
}

#[cfg(test)]
mod tests {
    use super::{
        IDENTITY_CALLS, IF_AT_LEAST, IF_EQUAL, LOAD, NEVER, OWNER_CALLS, Pretended, RETURN,
        by_number, programs,
    };
    use crate::lock::Owners;
    use wire::System;

    #[test]
    fn the_filters_compile_and_fit_the_kernel() {
        for pretended in [Pretended::Nothing, Pretended::Owners, Pretended::PackageOwners] {
            for program in programs(pretended).expect("the rules are sound") {
                assert!(!program.is_empty() && program.len() < 4096, "{}", program.len());
            }
        }
    }

    #[test]
    fn only_a_machine_that_takes_packages_pretends() {
        let layered = System::Layered { layers: 1 };
        assert!(Pretended::of(Owners::One, System::ReadOnly).calls().is_empty());
        assert_eq!(Pretended::of(Owners::All, layered).calls(), IDENTITY_CALLS);
        let all = Pretended::of(Owners::One, layered).calls();
        let devices = [libc::SYS_mknodat, libc::SYS_chroot, libc::SYS_mount, libc::SYS_fsetxattr];
        assert!(all.iter().all(|call| !NEVER.contains(call) && !devices.contains(call)));
    }

    #[test]
    fn the_tree_answers_as_the_list() {
        tree_answers(&[]);
        tree_answers(&[OWNER_CALLS, IDENTITY_CALLS].concat());
    }

    fn tree_answers(pretended: &[i64]) {
        let program = by_number(pretended);
        let answer = |number: u32| {
            let mut at = 0;
            loop {
                let step = &program[at];
                let jump = |taken| usize::from(if taken { step.jt } else { step.jf });
                at += 1 + match step.code {
                    RETURN => return step.k,
                    LOAD => 0,
                    IF_EQUAL => jump(number == step.k),
                    IF_AT_LEAST => jump(number >= step.k),
                    other => panic!("no step {other}"),
                };
            }
        };
        for number in 0..1024 {
            let expected = match i64::from(number) {
                libc::SYS_clone3 => libc::SECCOMP_RET_ERRNO | 38,
                call if NEVER.contains(&call) => libc::SECCOMP_RET_ERRNO | 1,
                call if pretended.contains(&call) => libc::SECCOMP_RET_ERRNO,
                _ => libc::SECCOMP_RET_ALLOW,
            };
            assert_eq!(answer(number), expected, "{number}");
        }
        if cfg!(target_arch = "x86_64") {
            assert_eq!(answer(0x4000_0027), libc::SECCOMP_RET_KILL_PROCESS);
        }
    }
}
