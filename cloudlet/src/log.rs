//! Logs: readable on a terminal, JSON otherwise.
//!
//! Spans of the layers (`cloudlet::layer=trace`, in builds for development) become lines when they end.
//!
//! Every request is a line, so the JSON is written straight into the line: through tracing-subscriber's own JSON a line
//! takes four times as long, which is a twentieth of a whole request.

mod out;

use std::cell::RefCell;
use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::{FmtSpan, FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{self, FmtContext, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};
use wire::{Timestamp, TimestampFormat};

use self::out::Out;

/// What a line takes at once, so that most are allocated once.
const TYPICAL_BYTES: usize = 640;
/// How much a thread holds back while it has requests to serve.
const HELD_BYTES_MAX: usize = 16 * 1024;

/// Starts logging to standard error.
pub(crate) fn start(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("log {filter:?}"))?;
    let lines = fmt::layer().with_span_events(FmtSpan::CLOSE);
    if io::stderr().is_terminal() {
        begin(lines.with_writer(io::stderr).compact().with_target(false), filter);
    } else {
        let out = Out::open(io::stderr())?;
        begin(lines.with_writer(Lines(OUT.get_or_init(|| out))).event_format(JsonLines), filter);
        // A panic is a line like every other, and waits for no reader either.
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic)));
    }
    Ok(())
}

/// Has events written as lines, and nothing else: a filter in front of all is the cheapest.
#[cfg(not(feature = "console"))]
fn begin(lines: impl Layer<Registry> + Send + Sync, filter: EnvFilter) {
    tracing_subscriber::registry().with(lines).with(filter).init();
}

/// Has events written as lines, and tells tokio-console, which wants to know more, of tasks and what they wait for.
#[cfg(feature = "console")]
fn begin(lines: impl Layer<Registry> + Send + Sync, filter: EnvFilter) {
    let lines = lines.with_filter(filter);
    tracing_subscriber::registry().with(lines).with(console_subscriber::spawn()).init();
}

/// Where lines go.
static OUT: OnceLock<Out> = OnceLock::new();

thread_local! {
    /// Lines that wait until their thread rests; nothing on threads that never said that they do.
    static HELD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// A thread that serves requests is about to wait for more: what it logged goes out, many lines in one write.
pub(crate) fn thread_rests() {
    let outcome = HELD.with_borrow_mut(|held| match (held.as_mut(), OUT.get()) {
        (Some(lines), Some(out)) => write_held(out, lines, false),
        (None, Some(_)) => {
            *held = Some(Vec::new());
            Ok(())
        }
        (_, None) => Ok(()),
    });
    // There is nobody to tell that the log is gone.
    let _ = outcome;
}

fn write_held(out: &'static Out, lines: &mut Vec<u8>, is_last_warning: bool) -> io::Result<()> {
    let outcome = if lines.is_empty() { Ok(()) } else { out.write(lines, is_last_warning) };
    lines.clear();
    outcome
}

/// Writes lines without a lock: requests do not wait for each other's.
struct Lines(&'static Out);

/// Writes a line.
struct Line {
    out: &'static Out,
    /// Warnings do not wait: they may be the last words.
    is_warning: bool,
}

impl MakeWriter<'_> for Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line { out: self.0, is_warning: true }
    }

    fn make_writer_for(&self, metadata: &Metadata<'_>) -> Line {
        Line { out: self.0, is_warning: *metadata.level() <= Level::WARN }
    }
}

impl io::Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        HELD.with_borrow_mut(|held| {
            let Some(lines) = held else { return self.out.write(line, self.is_warning).map(|()| line.len()) };
            lines.extend_from_slice(line);
            if self.is_warning || lines.len() >= HELD_BYTES_MAX {
                write_held(self.out, lines, self.is_warning)?;
            }
            Ok(line.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An event as one line: `timestamp`, `level` and `target`, the `span` that ended, if it tells of one, then its own fields.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let metadata = event.metadata();
        let mut fields = Fields::begin(*metadata.level(), metadata.target());
        if metadata.is_span() {
            fields.add(&[",\"span\":\"", metadata.name(), "\""]);
        }
        event.record(&mut fields);
        fields.add(&["}\n"]);
        line.write_str(&fields.0)
    }
}

/// The line that says how many others were dropped.
fn notice(dropped: u64) -> String {
    let mut fields = Fields::begin(Level::WARN, module_path!());
    let dropped = dropped.to_string();
    fields.add(&[",\"message\":\"nobody read the log: lines were dropped\",\"dropped\":", &dropped, "}\n"]);
    fields.0
}

thread_local! {
    /// The last second that was written, and its text: `2006-01-02T15:04:05`.
    static SECOND: RefCell<(u64, String)> = RefCell::default();
}

/// Appends the time of now, in microseconds.
fn push_now(text: &mut String) {
    // Before 1970 all moments are one.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, written)| {
        if *second != now.as_secs() || written.is_empty() {
            let whole = Timestamp::from_secs(i64::try_from(now.as_secs()).unwrap_or_default());
            *written = whole.format(TimestampFormat::DateTime).trim_end_matches('Z').to_owned();
            *second = now.as_secs();
        }
        text.push_str(written);
    });
    // A digit too many, so that zeros lead; it makes room for the point.
    let mut digits = itoa::Buffer::new();
    let micros = digits.format(1_000_000 + now.subsec_micros());
    text.push('.');
    text.push_str(&micros[1..]);
    text.push('Z');
}

/// Writes each field behind the ones before it.
struct Fields(String);

impl Fields {
    /// Of a line of now.
    fn begin(level: Level, target: &str) -> Self {
        let mut fields = Fields(String::with_capacity(TYPICAL_BYTES));
        fields.add(&["{\"timestamp\":\""]);
        push_now(&mut fields.0);
        fields.add(&["\",\"level\":\"", level.as_str(), "\",\"target\":\"", target, "\""]);
        fields
    }

    fn add(&mut self, pieces: &[&str]) {
        pieces.iter().for_each(|piece| self.0.push_str(piece));
    }

    /// Names of fields are identifiers: nothing in them needs an escape.
    fn plain(&mut self, field: &Field, value: &str) {
        self.add(&[",\"", field.name(), "\":", value]);
    }

    fn text(&mut self, field: &Field, value: &str) {
        if !wire::is_plain_in_json(value) {
            self.plain(field, &serde_json::Value::from(value).to_string());
        } else {
            self.add(&[",\"", field.name(), "\":\"", value, "\""]);
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.plain(field, &serde_json::Value::from(value).to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, itoa::Buffer::new().format(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, itoa::Buffer::new().format(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, if value { "true" } else { "false" });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

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
