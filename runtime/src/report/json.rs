//! Lambda's own lines as JSON, for functions whose log format is that: what the text says, under the names of Lambda's
//! Telemetry API, from a level on.

use std::time::SystemTime;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::Figures;
use crate::FunctionSpec;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SystemLevel {
    /// Everything.
    Debug,
    /// Starts and reports.
    Info,
    /// What went wrong.
    Warn,
}

/// One line.
pub(crate) struct Line {
    pub(crate) level: SystemLevel,
    pub(crate) kind: &'static str,
    pub(crate) record: Value,
}

impl Line {
    pub(crate) fn text(&self) -> String {
        json!({ "time": now(), "type": self.kind, "record": self.record }).to_string()
    }
}

pub(crate) fn now() -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from(SystemTime::now()).format(format).unwrap_or_default()
}

fn initialization(spec: &FunctionSpec) -> &'static str {
    if spec.starts_ahead { "provisioned-concurrency" } else { "on-demand" }
}

pub(crate) fn init_start(spec: &FunctionSpec) -> Line {
    let record = json!({
        "initializationType": initialization(spec),
        "phase": "init",
        "runtimeVersion": spec.runtime.version_label(),
        "functionName": spec.function_name,
        "functionVersion": spec.version,
    });
    Line { level: SystemLevel::Info, kind: "platform.initStart", record }
}

/// What became of an initialisation: `status` is empty where it has succeeded.
pub(crate) fn init_runtime_done(spec: &FunctionSpec, phase: &str, status: &str, error_kind: &str) -> Line {
    let record = init_record(spec, phase, status, error_kind);
    Line { level: SystemLevel::Debug, kind: "platform.initRuntimeDone", record }
}

/// Likewise, with its figures.
pub(crate) fn init_report(
    spec: &FunctionSpec,
    init_ms: f64,
    phase: &str,
    status: &str,
    error_kind: &str,
) -> Line {
    let mut record = init_record(spec, phase, status, error_kind);
    record["metrics"] = json!({ "durationMs": rounded(init_ms) });
    Line { level: SystemLevel::Warn, kind: "platform.initReport", record }
}

fn init_record(spec: &FunctionSpec, phase: &str, status: &str, error_kind: &str) -> Value {
    let mut record = json!({
        "initializationType": initialization(spec),
        "phase": phase,
        "status": or_success(status),
    });
    if !error_kind.is_empty() {
        record["errorType"] = error_kind.into();
    }
    record
}

pub(crate) fn extension(name: &str, state: &str, events: &[&str]) -> Line {
    let record = json!({ "name": name, "state": state, "events": events });
    Line { level: SystemLevel::Info, kind: "platform.extension", record }
}

pub(crate) fn extension_not_started(name: &str, why: &str) -> Line {
    let record = json!({ "name": name, "state": "LaunchError", "events": [], "errorType": why });
    Line { level: SystemLevel::Info, kind: "platform.extension", record }
}

pub(crate) fn telemetry_subscription(name: &str, types: &[&str]) -> Line {
    let record = json!({ "name": name, "state": "Subscribed", "types": types });
    Line { level: SystemLevel::Info, kind: "platform.telemetrySubscription", record }
}

pub(crate) fn logs_subscription(name: &str, types: &[&str]) -> Line {
    let record = json!({ "name": name, "state": "Subscribed", "types": types });
    Line { level: SystemLevel::Info, kind: "platform.logsSubscription", record }
}

/// What only the older Logs API tells.
pub(crate) fn end(request_id: &str) -> Line {
    Line { level: SystemLevel::Info, kind: "platform.end", record: json!({ "requestId": request_id }) }
}

pub(crate) fn start(request_id: &str, spec: &FunctionSpec) -> Line {
    let record = json!({ "requestId": request_id, "version": spec.version });
    Line { level: SystemLevel::Info, kind: "platform.start", record }
}

/// `status` is empty where the function has done its work.
pub(crate) fn runtime_done(request_id: &str, duration_ms: f64, status: &str) -> Line {
    let record = json!({
        "requestId": request_id,
        "status": or_success(status),
        "metrics": { "durationMs": rounded(duration_ms) },
    });
    let level = if status.is_empty() { SystemLevel::Debug } else { SystemLevel::Warn };
    Line { level, kind: "platform.runtimeDone", record }
}

pub(crate) fn report(
    figures: &Figures,
    request_id: &str,
    spec: &FunctionSpec,
    status: &str,
    error_kind: &str,
) -> Line {
    let mut metrics = json!({
        "durationMs": rounded(figures.duration_ms),
        "billedDurationMs": figures.billed_ms(),
        "memorySizeMB": spec.memory_mb,
        "maxMemoryUsedMB": figures.max_memory_mb,
    });
    if let Some(init_ms) = figures.init_ms {
        metrics["initDurationMs"] = json!(rounded(init_ms));
    }
    let mut record = json!({ "requestId": request_id, "metrics": metrics, "status": or_success(status) });
    if !error_kind.is_empty() {
        record["errorType"] = error_kind.into();
    }
    let level = if status.is_empty() { SystemLevel::Info } else { SystemLevel::Warn };
    Line { level, kind: "platform.report", record }
}

fn or_success(status: &str) -> &str {
    if status.is_empty() { "success" } else { status }
}

/// To thousandths.
fn rounded(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_a_moment() {
        let line = runtime_done("r-1", 1.23456, "timeout");
        assert_eq!(line.level, SystemLevel::Warn);
        let value: Value = serde_json::from_str(&line.text()).unwrap();
        assert_eq!(value["type"], "platform.runtimeDone");
        assert_eq!(
            value["record"],
            json!({ "requestId": "r-1", "status": "timeout", "metrics": { "durationMs": 1.235 } })
        );
        let time = value["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    }
}
