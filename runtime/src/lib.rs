//! Function environments: sandboxed processes that speak the Lambda Runtime API.
//!
//! [`Runtime`] starts one process for each concurrent request of a function, hands it events, reads its logs, keeps it
//! warm, and kills it when it is late, too big or no longer wanted. It knows nothing of accounts, permissions, stored
//! functions or clients: the Lambda service gives it an unpacked folder and a [`FunctionSpec`].
//!
//! Files, processes, users, IPC and host name are apart where [`Isolation::Namespaces`] is in force; the network is the
//! host's, or one from which only the Runtime API and the cloud can be reached ([`Network`]).

mod environment;
mod error;
mod groups;
mod interpreter;
mod kind;
mod options;
mod pool;
mod report;
mod runtime;
mod sandbox;
mod spec;

pub use environment::logs::{LogSink, LogSource};
pub use error::Error;
pub use interpreter::{Served, runtimes};
pub use kind::{RuntimeKind, UnknownRuntime};
pub use options::{Endpoint, InForce, Isolation, Network, Options};
pub use report::json::SystemLevel;
pub use runtime::Runtime;
pub use sandbox::sandbox_main;
pub use spec::{FunctionSpec, Invocation, Outcome, Piece};

/// The largest event of a synchronous invocation, in bytes: 6 MB, as AWS's quotas say.
pub const PAYLOAD_BYTES_MAX: usize = 6 * 1024 * 1024;

/// The largest answer, in bytes: AWS grants it 100 bytes more, and names this number in its error.
pub const RESPONSE_BYTES_MAX: usize = PAYLOAD_BYTES_MAX + 100;

/// The largest answer that a function streams to somebody who takes it as it comes: 200 MB, as AWS's quotas say.
pub const STREAM_BYTES_MAX: usize = 200 * 1024 * 1024;

/// How much of an invocation's log comes back with its answer (`X-Amz-Log-Result`), in bytes.
pub const LOG_TAIL_BYTES_MAX: usize = 4096;
