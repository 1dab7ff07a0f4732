//! New namespaces, and who the sandbox's users are outside.
//!
//! Inside, the function is user [`FUNCTION_ID`]. Outside, that is the user who runs the server, or, when that is root, an
//! id that owns nothing: root's processes would not be counted against a limit, and could read root's files.

use std::io::{self, Read, Write};

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Gid, Uid, getegid, geteuid, getppid};

use super::system;

/// The function's user and group inside.
pub(super) const FUNCTION_ID: u32 = 993;

/// What [`FUNCTION_ID`] is outside, when the server is root: in a range that Debian and systemd leave alone.
const OUTSIDE_ID: u32 = 60_993;

/// Leaves the host's namespaces; the process namespace begins with the next child. The network stays the host's unless one
/// of its own is wanted.
pub(super) fn enter(has_own_network: bool) -> io::Result<()> {
    let network = if has_own_network { CloneFlags::CLONE_NEWNET } else { CloneFlags::empty() };
    let apart = network
        | CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    let (user, group) = (geteuid(), getegid());
    if user.is_root() { enter_as_root(apart) } else { enter_as_user(apart, user, group) }
}

fn enter_as_user(apart: CloneFlags, user: Uid, group: Gid) -> io::Result<()> {
    unshare(apart).map_err(|error| explain("namespaces are not permitted", error.into()))?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{FUNCTION_ID} {user} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("{FUNCTION_ID} {group} 1"))
}

/// A map of two users may only be written from outside: a helper that stays there does it.
fn enter_as_root(apart: CloneFlags) -> io::Result<()> {
    let (mut left, entered) = io::pipe()?;
    let mut entered = Some(entered);
    let helper = system::spawn(|| {
        drop(entered.take());
        let written = left.read_exact(&mut [0]).and_then(|()| write_maps());
        i32::from(written.is_err())
    })?;
    let unshared = unshare(apart);
    if let (Ok(()), Some(mut entered)) = (unshared, entered) {
        entered.write_all(&[1])?;
    }
    let status = waitpid(helper, None)?;
    unshared.map_err(|error| explain("namespaces are not permitted", error.into()))?;
    match status {
        WaitStatus::Exited(_, 0) => Ok(()),
        _ => Err(io::Error::other("the users of the sandbox could not be mapped")),
    }
}

fn write_maps() -> io::Result<()> {
    let launcher = getppid();
    let map = format!("0 0 1\n{FUNCTION_ID} {OUTSIDE_ID} 1");
    std::fs::write(format!("/proc/{launcher}/uid_map"), &map)?;
    std::fs::write(format!("/proc/{launcher}/gid_map"), &map)
}

/// Puts what was being done before a system error.
pub(super) fn explain(context: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{context}: {error}"))
}
