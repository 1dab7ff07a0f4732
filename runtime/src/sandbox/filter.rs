//! The system calls that functions may not make: what could change the host, look into other processes, open a new
//! sandbox with more rights than this one, or lead past its network.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

/// Refused with `EPERM`.
const DENIED: &[libc::c_long] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_nfsservctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];

/// Refused with `ENOSYS`, so that libraries take their older way: `clone3` hides its flags from a filter, and
/// `io_uring` makes calls that no filter sees.
const ABSENT: &[libc::c_long] =
    &[libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[libc::c_long] =
    &[libc::SYS_ioperm, libc::SYS_iopl, libc::SYS_kexec_file_load, libc::SYS_modify_ldt, libc::SYS_uselib];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[libc::c_long] = &[];

/// x86-64 has a second table of the same calls (x32), at numbers with this bit.
#[cfg(target_arch = "x86_64")]
const TWIN_BIT: libc::c_long = 0x4000_0000;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Installs the filter in this process and all that it starts. Needs `no_new_privs`.
pub(super) fn install() -> io::Result<()> {
    let mut denied: Rules = DENIED.iter().chain(DENIED_HERE).map(|call| (*call, Vec::new())).collect();
    denied.insert(libc::SYS_clone, new_namespaces()?);
    apply(with_twins(denied), libc::EPERM)?;
    apply(with_twins(Rules::from([(libc::SYS_socket, vec![other_families()?])])), libc::EAFNOSUPPORT)?;
    apply(with_twins(ABSENT.iter().map(|call| (*call, Vec::new())).collect()), libc::ENOSYS)
}

/// `clone` that asks for any new namespace.
fn new_namespaces() -> io::Result<Vec<SeccompRule>> {
    let flags = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
    ];
    flags
        .into_iter()
        .map(|flag| {
            let flag = u64::from(flag.cast_unsigned());
            let asked = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)
                .map_err(other)?;
            SeccompRule::new(vec![asked]).map_err(other)
        })
        .collect()
}

/// Sockets of any family but these: others lead past a network namespace, such as those to a virtual machine's host, or are
/// for hardware.
fn other_families() -> io::Result<SeccompRule> {
    let known = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    let others = known.map(|family| {
        let family = u64::from(family.cast_unsigned());
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family).map_err(other)
    });
    SeccompRule::new(others.into_iter().collect::<io::Result<_>>()?).map_err(other)
}

#[cfg(target_arch = "x86_64")]
fn with_twins(mut rules: Rules) -> Rules {
    let twins: Vec<_> = rules.iter().map(|(call, rule)| (call | TWIN_BIT, rule.clone())).collect();
    rules.extend(twins);
    rules
}

#[cfg(not(target_arch = "x86_64"))]
fn with_twins(rules: Rules) -> Rules {
    rules
}

fn apply(rules: Rules, errno: i32) -> io::Result<()> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(other)?;
    let refuse = SeccompAction::Errno(errno.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).map_err(other)?;
    let program: BpfProgram = filter.try_into().map_err(other)?;
    seccompiler::apply_filter(&program).map_err(other)
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
