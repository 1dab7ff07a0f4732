//! The launcher: a fresh, single-threaded process that becomes a function's environment.
//!
//! The program runs itself again as `<program> __sandbox`. That process reads a [`Plan`] from its standard input, sets
//! the sandbox up and starts the function. Nothing of this happens in the threaded server, and none of the function's
//! variables are ever in the launcher's own environment (`LD_PRELOAD` would run the function's code outside).
//!
//! Standard input stays open as a lifeline, on which [`Order`]s come: when the server closes it, or dies in any way, the
//! function is killed. It is a socket, on which sockets of the sandbox's own network go to the server.
//! Standard output carries [`Report`]s to the server; standard error is the function's log.

mod children;
#[cfg(target_os = "linux")]
mod filter;
mod launch;
#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod privileges;
mod system;
#[cfg(target_os = "linux")]
mod view;

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

/// The hidden first argument that makes the program a launcher.
pub(crate) const ARGUMENT: &str = "__sandbox";

/// A plan is a few kilobytes (variables are limited to 4 KB by Lambda); more is a mistake.
pub(crate) const PLAN_BYTES_MAX: u32 = 1024 * 1024;

/// What the launcher is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The sandbox; `None`: a plain process.
    pub(crate) view: Option<View>,
    /// The network of its own that the sandbox has; `None`: the host's.
    pub(crate) network: Option<Network>,
    /// What to run once inside; `None` only tries whether the sandbox can be set up.
    pub(crate) command: Option<Command>,
    /// What runs beside it, and before it: the function waits for its order then.
    pub(crate) extensions: Option<Extensions>,
    pub(crate) limits: Limits,
}

/// A network with nothing in it but ways to the server: sockets of these ports, which are the server's from the start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Network {
    /// Of the Runtime API.
    pub(crate) api: u16,
    /// Of the cloud.
    pub(crate) endpoint: u16,
}

/// The sockets of such a network in the order in which the launcher hands them over: two that listen, and one for names.
pub(crate) const NETWORK_SOCKETS: usize = 3;

/// The function's process, in terms of the files that it sees.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Command {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) folder: PathBuf,
}

/// External extensions, in the same terms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Extensions {
    pub(crate) commands: Vec<Command>,
    /// The host's named pipe that takes what they write.
    pub(crate) log: PathBuf,
}

/// What the server tells the launcher through the lifeline, a byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Order {
    /// The function may start.
    Start = b'S',
    /// It is asked to end.
    Terminate = b'T',
    /// It is killed.
    Kill = b'K',
    /// A socket of the sandbox's network is wanted, to reach what listens there.
    Socket = b'C',
}

/// The host's folders that a sandboxed function sees, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View {
    /// An empty folder to build the new root on.
    pub(crate) mount_point: PathBuf,
    /// `/var/task`; `None` when only trying.
    pub(crate) code_dir: Option<PathBuf>,
    /// Its path was looked at: a link in it has come since, and is not followed.
    pub(crate) is_code_foreign: bool,
    /// `/opt`.
    pub(crate) opt_dir: Option<PathBuf>,
    /// `/var/runtime`.
    pub(crate) runtime_dir: PathBuf,
    /// Interpreters outside `/usr`: shown read-only where they are.
    pub(crate) shown: Vec<PathBuf>,
    /// Size of `/tmp`.
    pub(crate) tmp_mb: u32,
    /// What `sandbox.localdomain` is: an address of the loopback network that no other environment has.
    pub(crate) sandbox: Ipv4Addr,
    /// Names are asked for at the sandbox's own address, not at the host's servers.
    pub(crate) has_own_names: bool,
}

/// Resource limits of the function's processes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// `RLIMIT_DATA`: the backstop behind the watch on resident memory.
    pub(crate) data_bytes: u64,
    /// `RLIMIT_FSIZE`.
    pub(crate) file_bytes: u64,
    /// `RLIMIT_NOFILE`.
    pub(crate) files: u64,
    /// `RLIMIT_NPROC`, where users are counted for each sandbox.
    pub(crate) processes: u64,
}

/// What the launcher tells the server, a JSON line each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The sandbox stands (answer to a plan without a command).
    Ready,
    /// The sandbox could not be set up.
    SetUpFailed(String),
    /// The function's program could not be executed.
    ExecFailed(String),
    /// The function's process exited.
    Exited(i32),
    /// The function's process was ended by a signal.
    Signaled(i32),
    /// Likewise those of extensions.
    ExtensionExited(i32),
    ExtensionSignaled(i32),
    /// An extension's program could not be executed.
    ExtensionFailed(String),
}

/// Becomes the launcher when the arguments (the program's name first) say so; the program calls this first in `main`,
/// before it starts any thread. `None`: these arguments are not for the launcher.
pub fn sandbox_main(arguments: &[OsString]) -> Option<ExitCode> {
    (arguments.len() == 2 && arguments[1] == ARGUMENT).then(launch::run)
}
