//! A function's log: what its processes write, line by line, and the lines of Lambda itself between them.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::unix::pipe::Receiver;

use super::telemetry::{Source, Telemetry};
use crate::report::json::Line;
use crate::{LOG_TAIL_BYTES_MAX, SystemLevel};

/// CloudWatch's largest event; a longer line is cut into several.
const LINE_BYTES_MAX: usize = 256 * 1024;

/// How often the pipe is read before others get their turn: a function may write faster than it is read.
const READS_MAX: usize = 64;

/// Where lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSource {
    /// [`FunctionSpec::key`](crate::FunctionSpec::key).
    pub function_key: String,
    /// The environment.
    pub environment_id: String,
    /// The function's log group.
    pub log_group: String,
    /// The environment's log stream: `2026/01/31/[$LATEST]<environment id>`.
    pub log_stream: String,
}

/// Receives log lines, in order for each environment. Called on the runtime's own tasks: it must not block.
pub trait LogSink: Send + Sync + 'static {
    /// One line without its line end; not necessarily UTF-8.
    fn line(&self, source: &LogSource, line: &[u8]);
}

/// The reading ends of an environment's log: what the function writes, and what its extensions do.
pub(crate) struct Logs {
    function: Receiver,
    extensions: Option<Receiver>,
    lines: Mutex<Lines>,
    sink: Arc<dyn LogSink>,
    source: LogSource,
    telemetry: Arc<Telemetry>,
}

#[derive(Default)]
struct Lines {
    /// Beginnings of lines whose ends have not come yet: the function's, and the extensions'.
    partial: [Vec<u8>; 2],
    /// The end of the present invocation's log.
    tail: Vec<u8>,
}

impl Logs {
    pub(crate) fn new(
        function: OwnedFd,
        extensions: Option<Receiver>,
        sink: Arc<dyn LogSink>,
        source: LogSource,
        telemetry: Arc<Telemetry>,
    ) -> io::Result<Self> {
        let function = Receiver::from_owned_fd(function)?;
        Ok(Self { function, extensions, lines: Mutex::default(), sink, source, telemetry })
    }

    /// Reads until every writer is gone.
    pub(crate) async fn pump(&self) {
        match &self.extensions {
            None => self.pump_one(Source::Function, &self.function).await,
            Some(extensions) => {
                let function = self.pump_one(Source::Function, &self.function);
                tokio::join!(function, self.pump_one(Source::Extension, extensions));
            }
        }
    }

    async fn pump_one(&self, from: Source, pipe: &Receiver) {
        while let Ok(()) = pipe.readable().await {
            match self.read_available(from, |buffer| pipe.try_read(buffer)) {
                Ok(Progress::Empty) => {}
                Ok(Progress::More) => tokio::task::yield_now().await,
                Ok(Progress::Ended) => return,
                Err(error) => {
                    return tracing::warn!("the log of {} broke off: {error}", self.source.function_key);
                }
            }
        }
    }

    /// Takes in what was written before now, and then adds a line of Lambda's.
    pub(crate) fn add(&self, line: &str) {
        // Asks the system, not the event loop, which may not have heard yet. An error comes back at the pump, which
        // reports it.
        let _ =
            self.read_available(Source::Function, |buffer| Ok(nix::unistd::read(&self.function, buffer)?));
        if let Some(extensions) = &self.extensions {
            let _ =
                self.read_available(Source::Extension, |buffer| Ok(nix::unistd::read(extensions, buffer)?));
        }
        let mut lines = self.lines.lock();
        self.end_partial(Source::Function, &mut lines);
        self.end_partial(Source::Extension, &mut lines);
        self.put(&mut lines.tail, line.as_bytes());
    }

    /// Adds a line of Lambda's in one of its forms, as JSON only if it matters enough, and tells who has subscribed to such.
    pub(crate) fn tell(&self, json_from: Option<SystemLevel>, text: Option<&str>, line: impl Fn() -> Line) {
        match (json_from, text) {
            (Some(level), _) => {
                let line = line();
                if line.level >= level {
                    self.add(&line.text());
                }
            }
            (None, Some(text)) => self.add(text),
            (None, None) => {}
        }
        self.telemetry.tell(line);
    }

    /// Tells only those who have subscribed.
    pub(crate) fn tell_subscribers(&self, line: impl FnOnce() -> Line) {
        self.telemetry.tell(line);
    }

    /// Starts a new invocation's tail.
    pub(crate) fn begin(&self) {
        self.lines.lock().tail.clear();
    }

    /// The end of the log since [`begin`](Self::begin).
    pub(crate) fn tail(&self) -> Vec<u8> {
        let lines = self.lines.lock();
        lines.tail[lines.tail.len().saturating_sub(LOG_TAIL_BYTES_MAX)..].to_vec()
    }

    fn read_available(
        &self,
        from: Source,
        read: impl Fn(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<Progress> {
        let mut lines = self.lines.lock();
        let mut buffer = [0; 16 * 1024];
        for _ in 0..READS_MAX {
            match read(&mut buffer) {
                Ok(0) => {
                    self.end_partial(from, &mut lines);
                    return Ok(Progress::Ended);
                }
                Ok(count) => self.take_in(from, &mut lines, &buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Empty),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Progress::More)
    }

    fn take_in(&self, from: Source, lines: &mut Lines, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            let partial = lines.partial_of(from);
            partial.extend_from_slice(text);
            if ended || partial.len() >= LINE_BYTES_MAX {
                self.put_partial(from, lines);
            }
        }
    }

    fn end_partial(&self, from: Source, lines: &mut Lines) {
        if !lines.partial_of(from).is_empty() {
            self.put_partial(from, lines);
        }
    }

    fn put_partial(&self, from: Source, lines: &mut Lines) {
        let line = std::mem::take(lines.partial_of(from));
        self.put(&mut lines.tail, &line);
        self.telemetry.tell_line(from, &line);
    }

    fn put(&self, tail: &mut Vec<u8>, line: &[u8]) {
        tail.extend_from_slice(line);
        tail.push(b'\n');
        if tail.len() > 4 * LOG_TAIL_BYTES_MAX {
            tail.drain(..tail.len() - LOG_TAIL_BYTES_MAX);
        }
        self.sink.line(&self.source, line);
    }
}

impl Lines {
    fn partial_of(&mut self, from: Source) -> &mut Vec<u8> {
        &mut self.partial[usize::from(from == Source::Extension)]
    }
}

enum Progress {
    Empty,
    More,
    Ended,
}
