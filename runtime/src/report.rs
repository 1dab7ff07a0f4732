//! The lines that Lambda itself writes into a function's log, and the error documents that it makes up when a function
//! could not answer for itself. Worded as AWS words them.

pub(crate) mod json;

use bytes::Bytes;
use serde_json::json;

use crate::{FunctionSpec, RuntimeKind};

/// How a function's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It exited with this status.
    Status(i32),
    /// A signal ended it.
    Signal(i32),
}

impl Exit {
    /// `exit status 1`, `signal: killed`: the words of Go's `os/exec`, which AWS's supervisor uses.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Status(status) => format!("exit status {status}"),
            Self::Signal(signal) => format!("signal: {}", signal_name(signal)),
        }
    }
}

fn signal_name(signal: i32) -> String {
    match signal {
        libc::SIGHUP => "hangup".to_owned(),
        libc::SIGINT => "interrupt".to_owned(),
        libc::SIGQUIT => "quit".to_owned(),
        libc::SIGILL => "illegal instruction".to_owned(),
        libc::SIGTRAP => "trace/breakpoint trap".to_owned(),
        libc::SIGABRT => "aborted".to_owned(),
        libc::SIGBUS => "bus error".to_owned(),
        libc::SIGFPE => "floating point exception".to_owned(),
        libc::SIGKILL => "killed".to_owned(),
        libc::SIGSEGV => "segmentation fault".to_owned(),
        libc::SIGPIPE => "broken pipe".to_owned(),
        libc::SIGALRM => "alarm clock".to_owned(),
        libc::SIGTERM => "terminated".to_owned(),
        libc::SIGXFSZ => "file size limit exceeded".to_owned(),
        other => format!("signal {other}"),
    }
}

/// A failure that Lambda reports in the function's place.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// `errorType`.
    pub(crate) kind: String,
    /// The error document.
    pub(crate) payload: Bytes,
}

impl Fault {
    fn new(kind: &str, message: &str) -> Self {
        let payload = json!({ "errorType": kind, "errorMessage": message }).to_string();
        Self { kind: kind.to_owned(), payload: payload.into() }
    }

    pub(crate) fn timed_out(request_id: &str, timeout_ms: u64) -> Self {
        let message =
            format!("RequestId: {request_id} Error: Task timed out after {} seconds", seconds(timeout_ms));
        Self::new("Sandbox.Timedout", &message)
    }

    pub(crate) fn exited(request_id: &str, exit: Exit) -> Self {
        let reason = match exit {
            Exit::Status(0) => "Runtime exited without providing a reason".to_owned(),
            other => format!("Runtime exited with error: {}", other.describe()),
        };
        Self::new("Runtime.ExitError", &format!("RequestId: {request_id} Error: {reason}"))
    }

    /// An extension crashed, or said that it cannot go on.
    pub(crate) fn extension(request_id: &str, kind: &str, reason: &str) -> Self {
        Self::new(kind, &format!("RequestId: {request_id} Error: {reason}"))
    }

    /// No `bootstrap`, or one that cannot be executed.
    pub(crate) fn invalid_entrypoint(request_id: &str, reason: &str) -> Self {
        Self::new("Runtime.InvalidEntrypoint", &format!("RequestId: {request_id} Error: {reason}"))
    }

    /// A streamed answer that broke off while its process lives on.
    pub(crate) fn truncated(request_id: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: Response truncated");
        Self::new("Runtime.TruncatedResponse", &message)
    }

    pub(crate) fn response_too_large(limit: usize) -> Self {
        let message = format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
        Self::new("Function.ResponseSizeTooLarge", &message)
    }

    /// What the function posted itself: `kind` is the header's, if it sent one. An initialisation error was made before
    /// there was a request: it gets its id.
    pub(crate) fn posted(kind: &str, body: Bytes, request_id: &str) -> Self {
        let named = |kind: &str| if kind.is_empty() { "Unhandled" } else { kind }.to_owned();
        let Ok(serde_json::Value::Object(mut document)) = serde_json::from_slice(&body) else {
            return Self { kind: named(kind), payload: body };
        };
        let told = document.get("errorType").and_then(serde_json::Value::as_str).unwrap_or_default();
        let kind = named(if kind.is_empty() { told } else { kind });
        if document.get("requestId").is_some_and(|id| id == "") {
            document.insert("requestId".to_owned(), request_id.into());
            return Self { kind, payload: serde_json::Value::Object(document).to_string().into() };
        }
        Self { kind, payload: body }
    }
}

/// `3000` as `3.00`.
fn seconds(ms: u64) -> String {
    format!("{}.{:02}", ms / 1000, ms % 1000 / 10)
}

pub(crate) fn init_start(kind: RuntimeKind, region: &str) -> String {
    let label = kind.version_label();
    let digest: String = label.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "INIT_START Runtime Version: {label}\tRuntime Version ARN: arn:aws:lambda:{region}::runtime:{digest:0<64}"
    )
}

pub(crate) fn init_report(init_ms: f64, phase: &str, status: &str, error_kind: &str) -> String {
    let kind = if error_kind.is_empty() { String::new() } else { format!("\tError Type: {error_kind}") };
    format!("INIT_REPORT Init Duration: {init_ms:.2} ms\tPhase: {phase}\tStatus: {status}{kind}")
}

/// Where an extension is when the environment has initialised, or has failed to.
pub(crate) fn extension(name: &str, state: &str, events: &[&str]) -> String {
    format!("EXTENSION\tName: {name}\tState: {state}\tEvents: [{}]", events.join(", "))
}

/// An extension that may not start.
pub(crate) fn extension_not_started(name: &str, why: &str) -> String {
    format!("{}\tError Type: {why}", extension(name, "LaunchError", &[]))
}

/// An extension listens: to logs, or to telemetry.
pub(crate) fn subscription(api: &str, name: &str, types: &[&str]) -> String {
    format!("{api}\tName: {name}\tState: Subscribed\tTypes: [{}]", types.join(", "))
}

pub(crate) fn start(request_id: &str, version: &str) -> String {
    format!("START RequestId: {request_id} Version: {version}")
}

pub(crate) fn end(request_id: &str) -> String {
    format!("END RequestId: {request_id}")
}

pub(crate) fn timed_out(at: &str, request_id: &str, timeout_ms: u64) -> String {
    format!("{at} {request_id} Task timed out after {} seconds", seconds(timeout_ms))
}

/// The figures of a `REPORT` line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) duration_ms: f64,
    pub(crate) init_ms: Option<f64>,
    pub(crate) max_memory_mb: u32,
}

impl Figures {
    /// Initialisation is billed since August 2025.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a duration is never negative"
    )]
    pub(crate) fn billed_ms(&self) -> u64 {
        (self.duration_ms + self.init_ms.unwrap_or(0.0)).ceil().max(1.0) as u64
    }

    /// `status`: empty, `timeout`, or `error` with the error's type.
    pub(crate) fn line(
        &self,
        request_id: &str,
        spec: &FunctionSpec,
        status: &str,
        error_kind: &str,
    ) -> String {
        let mut line = format!(
            "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.duration_ms,
            self.billed_ms(),
            spec.memory_mb,
            self.max_memory_mb,
        );
        if let Some(init_ms) = self.init_ms {
            line.push_str(&format!("Init Duration: {init_ms:.2} ms\t"));
        }
        if !status.is_empty() {
            line.push_str(&format!("Status: {status}"));
        }
        if !error_kind.is_empty() {
            line.push_str(&format!("\tError Type: {error_kind}"));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_worded_as_aws_words_them() {
        let text = |exit| String::from_utf8(Fault::exited("r-1", exit).payload.to_vec()).unwrap();
        assert!(
            text(Exit::Status(1)).contains("RequestId: r-1 Error: Runtime exited with error: exit status 1")
        );
        assert!(text(Exit::Signal(9)).contains("Runtime exited with error: signal: killed"));
        assert!(text(Exit::Status(0)).contains("Runtime exited without providing a reason"));
    }

    #[test]
    fn an_initialisation_error_gets_the_id_of_the_request_that_met_it() {
        let fault = Fault::posted("X", r#"{"errorType":"X","requestId":""}"#.into(), "r-2");
        let document: serde_json::Value = serde_json::from_slice(&fault.payload).unwrap();
        assert_eq!(document["requestId"], "r-2");
        assert_eq!(&Fault::posted("X", "not json".into(), "r-2").payload[..], b"not json");
    }

    #[test]
    fn durations_are_rounded_as_aws_rounds_them() {
        assert_eq!(seconds(3000), "3.00");
        assert_eq!(seconds(1250), "1.25");
        let figures = Figures { duration_ms: 1.01, init_ms: Some(100.5), max_memory_mb: 40 };
        assert_eq!(figures.billed_ms(), 102);
        assert_eq!(Figures { duration_ms: 0.0, init_ms: None, max_memory_mb: 1 }.billed_ms(), 1);
    }
}
