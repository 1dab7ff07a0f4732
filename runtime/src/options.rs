//! How a [`Runtime`](crate::Runtime) is configured, and what it says about the isolation it reached.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::LogSink;

/// How functions are kept apart from the host and from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Namespaces where the system permits them, else plain processes.
    #[default]
    Auto,
    /// Namespaces (user, mount, pid, ipc, uts, cgroup), a read-only view of the host's libraries, no capabilities, a
    /// system call filter, resource limits. Where not permitted, invocations fail with [`Error::Sandbox`](crate::Error).
    Namespaces,
    /// Plain processes with resource limits: code that is trusted as much as the user who runs it.
    Plain,
}

/// Which network functions have.
#[derive(Debug, Clone, Default)]
pub enum Network {
    /// The host's.
    #[default]
    Host,
    /// One of its own for each environment, from which only the cloud can be reached. It takes [`Isolation::Namespaces`]; where
    /// that is not permitted, invocations fail with [`Error::Sandbox`](crate::Error).
    None(Endpoint),
}

/// The cloud, as functions reach it that have no other network.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its port.
    pub port: u16,
    /// Takes their connections. They do not block, and belong to no event loop.
    pub visitors: mpsc::Sender<std::net::TcpStream>,
}

/// The isolation that functions really get, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// [`Isolation::Namespaces`] or [`Isolation::Plain`]; never `Auto`.
    pub isolation: Isolation,
    /// One sentence for people: what it means, and why it is not more.
    pub reason: String,
}

/// What a [`Runtime`](crate::Runtime) is told at its start. `Options::new` fills in AWS's customs.
#[derive(Clone)]
pub struct Options {
    /// A work folder of the runtime's own: bootstraps, mount point, scratch. Made when missing.
    pub root: PathBuf,
    /// Which isolation is wanted.
    pub isolation: Isolation,
    /// Which network functions have.
    pub network: Network,
    /// The program that is run as `<launcher> __sandbox`, whose `main` calls [`sandbox_main`](crate::sandbox_main)
    /// first. `None`: this program itself.
    pub launcher: Option<PathBuf>,
    /// A folder of interpreters, a folder for each: `nodejs22.x/bin/node`. They go before those of the PATH.
    pub packs: Option<PathBuf>,
    /// An interpreter of another version of the language is accepted when the exact one is missing.
    pub interpreter_fallback: bool,
    /// Idle environments are ended after this time.
    pub idle_time_max: Duration,
    /// Environments that have no event for this time are frozen until they have one.
    pub freeze_after: Duration,
    /// Environments at once, of all functions together. An idle one makes room for one that is needed.
    pub environments_max: usize,
    /// Environments at once that the system has room for. Where that is less than `environments_max`, invocations wait for
    /// their turn instead of failing halfway.
    pub room: usize,
    /// How long a function may take to initialise before its own timeout starts to count (AWS: 10 s).
    pub init_time_max: Duration,
    /// Receives every log line of every function.
    pub logs: Arc<dyn LogSink>,
}

impl Options {
    /// Where functions reach the cloud that have no other network.
    pub(crate) fn endpoint(&self) -> Option<&Endpoint> {
        match &self.network {
            Network::Host => None,
            Network::None(endpoint) => Some(endpoint),
        }
    }

    /// AWS's customs: 10 minutes warm, 1000 environments, 10 s to initialise, exact interpreters.
    pub fn new(root: impl Into<PathBuf>, logs: Arc<dyn LogSink>) -> Self {
        Self {
            root: root.into(),
            isolation: Isolation::Auto,
            network: Network::Host,
            launcher: None,
            packs: None,
            interpreter_fallback: false,
            idle_time_max: Duration::from_secs(600),
            freeze_after: Duration::from_millis(100),
            environments_max: 1000,
            room: usize::MAX,
            init_time_max: Duration::from_secs(10),
            logs,
        }
    }
}
