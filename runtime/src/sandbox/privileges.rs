//! Giving up every privilege inside the sandbox, with no way back.

use std::io;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};

use super::namespaces::FUNCTION_ID;
use super::system;

/// Becomes the function's user without capabilities, out of reach of others' sockets and processes, unreadable to the function, and dying with the launcher. The last
/// two come last: a change of user undoes them.
pub(super) fn drop_all() -> io::Result<()> {
    if geteuid().is_root() {
        setgroups(&[])?;
        setgid(Gid::from_raw(FUNCTION_ID))?;
        // The bounding set needs the privilege that the change of user takes away.
        system::drop_bounding_set();
        setuid(Uid::from_raw(FUNCTION_ID))?;
    }
    system::drop_bounding_set();
    system::drop_capabilities()?;
    prctl::set_no_new_privs()?;
    system::leave_others_alone()?;
    prctl::set_dumpable(false)?;
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    Ok(())
}
