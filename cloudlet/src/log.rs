//! Logs: readable on a terminal, JSON otherwise.
//!
//! Every request is a line, so the JSON is written straight into the line: through tracing-subscriber's own JSON a line
//! takes four times as long, which is a twentieth of a whole request.

use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::registry::LookupSpan;

/// Starts logging to standard error.
pub(crate) fn start(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("log {filter:?}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    if io::stderr().is_terminal() {
        builder.with_writer(io::stderr).compact().with_target(false).init();
    } else {
        // Without a lock: each line is one write, and requests do not wait for each other's.
        let lines = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        builder.with_writer(Arc::new(lines)).event_format(JsonLines).init();
    }
    Ok(())
}

/// An event as one line: `timestamp`, `level` and `target`, then its own fields.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        let metadata = event.metadata();
        line.write_str("\",\"level\":\"")?;
        line.write_str(metadata.level().as_str())?;
        line.write_str("\",\"target\":\"")?;
        line.write_str(metadata.target())?;
        line.write_char('"')?;
        let mut fields = Fields { line, outcome: Ok(()) };
        event.record(&mut fields);
        fields.outcome?;
        fields.line.write_str("}\n")
    }
}

/// Writes each field behind the ones before it.
struct Fields<'a> {
    line: Writer<'a>,
    outcome: fmt::Result,
}

impl Fields<'_> {
    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        if self.outcome.is_ok() {
            // Names of fields are identifiers: nothing in them needs an escape.
            self.outcome = write!(self.line, ",\"{}\":{value}", field.name());
        }
    }

    fn text(&mut self, field: &Field, value: &str) {
        let needs_escape = value.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
        match (needs_escape, &self.outcome) {
            (_, Err(_)) => {}
            (true, _) => self.plain(field, serde_json::Value::from(value)),
            (false, _) => self.outcome = self.quoted(field.name(), value),
        }
    }

    fn quoted(&mut self, name: &str, value: &str) -> fmt::Result {
        for piece in [",\"", name, "\":\"", value, "\""] {
            self.line.write_str(piece)?;
        }
        Ok(())
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.plain(field, serde_json::Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_event_is_one_json_object() {
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber =
            tracing_subscriber::fmt().event_format(JsonLines).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            let code: Option<&str> = None;
            let error = io::Error::other("no \"disk\"\n");
            tracing::info!(service = "sqs", status = 200, code, wide = "a\\b", ratio = f64::NAN, "serving");
            tracing::error!(%error, is_open = true, took = -1);
        });
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["message"], "serving");
        assert_eq!(lines[0]["service"], "sqs");
        assert_eq!(lines[0]["status"], 200);
        assert_eq!(lines[0]["wide"], "a\\b");
        assert!(lines[0].get("code").is_none() && lines[0]["ratio"].is_null());
        assert_eq!(lines[1]["level"], "ERROR");
        assert_eq!(lines[1]["error"], "no \"disk\"\n");
        assert_eq!(lines[1]["took"], -1);
        assert!(lines[1]["timestamp"].as_str().unwrap().ends_with('Z'));
    }
}
