//! What goes into an invocation and what comes out of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{RuntimeKind, SystemLevel};

/// One revision of a function, as far as running it is concerned.
#[derive(Debug, Clone)]
pub struct FunctionSpec {
    /// Unique to this code and configuration (account, region, name, revision): environments are shared by it.
    pub key: String,
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub function_name: String,
    /// `$LATEST` or a published version's number.
    pub version: String,
    /// The account that it belongs to, for extensions that ask for it.
    pub account: String,
    /// `AWS_REGION`.
    pub region: String,
    /// The unpacked deployment package: `/var/task`, read-only. Its files must be readable by everyone, as on AWS; the
    /// folder itself is opened to everyone by the runtime when it runs as root.
    pub code_dir: PathBuf,
    /// The folder is somebody's own, which is left as it is: where the runtime runs as root, its owner must have opened it.
    pub is_code_foreign: bool,
    /// The merged layers, `/opt`, if any.
    pub opt_dir: Option<PathBuf>,
    /// `module.function`, or anything for `provided.*`.
    pub handler: String,
    /// Which runtime runs it.
    pub runtime: RuntimeKind,
    /// Memory limit, 128 to 10240 MB.
    pub memory_mb: u32,
    /// Time limit of one invocation.
    pub timeout_ms: u64,
    /// Size of `/tmp`, 512 to 10240 MB.
    pub tmp_mb: u32,
    /// The function's variables, with credentials and `AWS_ENDPOINT_URL` added by the caller.
    pub environment: BTreeMap<String, String>,
    /// `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: String,
    /// From which level on Lambda's own lines are in the log, as JSON. Without it all are, as text.
    pub json_lines: Option<SystemLevel>,
    /// Whether environments are started before anybody calls ([`Runtime::keep`](crate::Runtime::keep)).
    pub starts_ahead: bool,
}

/// One event for a function. The deadline is set by the runtime when the environment takes the event.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The request's id, as the caller of Lambda sees it.
    pub request_id: String,
    /// The event.
    pub payload: Bytes,
    /// The ARN that was invoked (with its qualifier).
    pub function_arn: String,
    /// Decoded `X-Amz-Client-Context`: a JSON text.
    pub client_context: Option<String>,
    /// Cognito identity as a JSON text.
    pub cognito_identity: Option<String>,
    /// `X-Amzn-Trace-Id`.
    pub trace_id: Option<String>,
    /// Takes the answer as it comes, where the function streams it; without it, that is collected.
    pub pieces: Option<mpsc::Sender<Piece>>,
}

/// A part of an answer that the function streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The first: what the function says that the rest is.
    Head {
        /// `Content-Type`.
        content_type: String,
    },
    /// Some of the answer.
    Data(Bytes),
}

/// What became of an invocation. Functions that fail are outcomes too.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The answer, or the error document (`errorType`, `errorMessage`, ...). Nothing when its pieces were taken.
    pub payload: Bytes,
    /// `X-Amz-Function-Error`. AWS's present runtimes report every failure as `Unhandled`.
    pub function_error: Option<&'static str>,
    /// The last [`LOG_TAIL_BYTES_MAX`](crate::LOG_TAIL_BYTES_MAX) bytes of this invocation's log.
    pub log_tail: Vec<u8>,
    /// How long the function took.
    pub duration_ms: f64,
    /// What AWS would bill: initialisation and duration, rounded up.
    pub billed_ms: u64,
    /// The environment's highest memory use seen so far.
    pub max_memory_mb: u32,
    /// How long the environment took to initialise, if this invocation started it.
    pub init_ms: Option<f64>,
    /// The environment that ran it.
    pub environment_id: String,
}
