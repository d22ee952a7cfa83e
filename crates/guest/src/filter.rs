//! The system calls that nothing in a machine may make. A deny-list: the view and the namespaces are
//! the boundary, this takes kernel surface away that ordinary programs do not need.
//!
//! `clone3` answers "not implemented", so that libraries fall back to `clone`, whose flags a filter
//! can see. Foreign architectures, and on x86-64 the x32 numbers, kill the caller.

use crate::init::{At, Refusal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

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

pub(crate) fn install() -> Result<(), Refusal> {
    for program in programs()? {
        seccompiler::apply_filter(&program).at("filter", "apply")?;
    }
    Ok(())
}

fn programs() -> Result<Vec<BpfProgram>, Refusal> {
    let mut rules: Rules = NEVER.iter().map(|&call| (call, Vec::new())).collect();
    add_conditions(&mut rules).at("filter", "rules")?;
    let refused = compile(rules, libc::EPERM)?;
    let absent = compile(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)?;
    let mut programs = vec![refused, absent];
    if cfg!(target_arch = "x86_64") {
        programs.push(no_x32());
    }
    Ok(programs)
}

fn add_conditions(rules: &mut Rules) -> Result<(), seccompiler::BackendError> {
    let when = |argument, length, op, value| SeccompCondition::new(argument, length, op, value);
    let only = |condition| SeccompRule::new(vec![condition]);
    let bits = |flag: libc::c_int| u64::from(flag.unsigned_abs());

    let clone = CLONE_FLAGS
        .iter()
        .map(|&flag| only(when(0, Len::Qword, Op::MaskedEq(bits(flag)), bits(flag))?));
    rules.insert(libc::SYS_clone, clone.collect::<Result<_, _>>()?);

    let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
    let foreign = families.iter().map(|&family| when(0, Len::Dword, Op::Ne, bits(family)));
    let foreign = SeccompRule::new(foreign.collect::<Result<_, _>>()?)?;
    let raw = only(when(1, Len::Dword, Op::MaskedEq(0xf), bits(libc::SOCK_RAW))?)?;
    rules.insert(libc::SYS_socket, vec![foreign, raw]);

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

fn compile(rules: Rules, errno: libc::c_int) -> Result<BpfProgram, Refusal> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).at("filter", "architecture")?;
    let errno = SeccompAction::Errno(errno.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, errno, arch);
    BpfProgram::try_from(filter.at("filter", "rules")?).at("filter", "compile")
}

/// The x32 calls have the architecture of x86-64 and numbers of their own.
fn no_x32() -> BpfProgram {
    let step = |code, jt, jf, k| seccompiler::sock_filter { code, jt, jf, k };
    vec![
        step(0x20, 0, 0, 0),           // load the number
        step(0x35, 0, 1, 0x4000_0000), // at least the first x32 one?
        step(0x06, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        step(0x06, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_filters_compile_and_fit_the_kernel() {
        for program in super::programs().expect("the rules are sound") {
            assert!(!program.is_empty() && program.len() < 4096, "{}", program.len());
        }
    }
}
