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

#[cfg(target_os = "linux")]
fn check(result: libc::c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
