//! The system calls that have no safe wrapper, each with the reason why it is sound.

use std::io;
#[cfg(target_os = "linux")]
use std::{ffi::CString, os::unix::ffi::OsStrExt, path::Path};

use nix::unistd::{ForkResult, fork};

/// Runs `child` in a new process, which ends with the status it returns.
#[allow(unsafe_code, reason = "fork is sound here: the launcher has one thread, so no lock can be left held")]
pub(super) fn spawn(child: impl FnOnce() -> i32) -> io::Result<nix::unistd::Pid> {
    // SAFETY: the launcher is single-threaded whenever it calls this.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => std::process::exit(child()),
    }
}

/// Sets or adds mount attributes, for a whole tree of mounts when `recursive`. Linux 5.12.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "mount_setattr has no wrapper")]
pub(super) fn restrict_mount(path: &Path, attributes: u64, recursive: bool) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: both pointers live through the call, and the size is that of the structure.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attr,
            size_of::<libc::mount_attr>(),
        )
    };
    check(result)
}

/// No program executed later can gain a capability. Where it is not permitted any more, there is nothing left to drop.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the bounding set has no wrapper")]
pub(super) fn drop_bounding_set() {
    const CAPABILITIES_MAX: libc::c_ulong = 64;
    for capability in 0..CAPABILITIES_MAX {
        // SAFETY: takes integers only. The kernel refuses numbers that it does not know: the end of its list.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
            return;
        }
    }
}

/// Drops every capability of this process, for good.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "capset has no wrapper")]
pub(super) fn drop_capabilities() -> io::Result<()> {
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let none = [0_u32; 6];
    // SAFETY: version 3 takes a header of two words and two sets of three words each.
    check(unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) })
}

/// Nothing above the standard descriptors survives into the function.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "close_range has no wrapper")]
pub(super) fn close_on_exec_from(first: u32) -> io::Result<()> {
    // SAFETY: takes integers only, and changes a flag without closing anything that is in use.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) })
}

/// Lets this process, and all that it starts, reach no abstract socket and signal no process that is not one of them. Kernels
/// before Linux 6.12 have nothing of the kind, and containers whose rules are older than it permit it nowhere.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "Landlock has no wrapper")]
pub(super) fn leave_others_alone() -> io::Result<()> {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
    const ABSTRACT_SOCKETS_AND_SIGNALS: u64 = 0b11;
    // Of files and ports it holds nothing back.
    let rules = [0, 0, ABSTRACT_SOCKETS_AND_SIGNALS];
    // SAFETY: the call reads as many bytes as it is told, and makes a descriptor.
    let made =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, rules.as_ptr(), size_of_val(&rules), 0) };
    if made < 0 {
        let error = io::Error::last_os_error();
        let is_unknown = [libc::ENOSYS, libc::EOPNOTSUPP, libc::E2BIG, libc::EINVAL, libc::EPERM]
            .iter()
            .any(|unknown| error.raw_os_error() == Some(*unknown));
        return if is_unknown { Ok(()) } else { Err(error) };
    }
    // SAFETY: nobody else knows the descriptor.
    let rules = unsafe { OwnedFd::from_raw_fd(made as RawFd) };
    // SAFETY: takes integers only.
    check(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules.as_raw_fd(), 0) })
}

/// Lets the loopback network of this process's namespace carry something.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "interfaces are set by an ioctl that has no wrapper")]
pub(super) fn raise_loopback(socket: &impl std::os::fd::AsRawFd) -> io::Result<()> {
    // SAFETY: a structure of integers, bytes and pointers that nobody follows, for which zeros are valid.
    let mut interface: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in interface.ifr_name.iter_mut().zip(b"lo") {
        *to = *from as libc::c_char;
    }
    interface.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the call reads that structure alone, which lives through it.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const interface) };
    check(result.into())
}

#[cfg(target_os = "linux")]
fn check(result: libc::c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
