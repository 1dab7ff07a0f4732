//! A function's log: what its processes write, line by line, and the lines of Lambda itself between them.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::net::unix::pipe::Receiver;

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

/// The reading end of an environment's log.
pub(crate) struct Logs {
    pipe: Receiver,
    lines: Mutex<Lines>,
    sink: Arc<dyn LogSink>,
    source: LogSource,
}

#[derive(Default)]
struct Lines {
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    /// The end of the present invocation's log.
    tail: Vec<u8>,
}

impl Logs {
    pub(crate) fn new(pipe: OwnedFd, sink: Arc<dyn LogSink>, source: LogSource) -> io::Result<Self> {
        Ok(Self { pipe: Receiver::from_owned_fd(pipe)?, lines: Mutex::default(), sink, source })
    }

    /// Reads until every writer is gone.
    pub(crate) async fn pump(&self) {
        while let Ok(()) = self.pipe.readable().await {
            match self.read_available(|buffer| self.pipe.try_read(buffer)) {
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
        let _ = self.read_available(|buffer| Ok(nix::unistd::read(&self.pipe, buffer)?));
        let mut lines = self.lines.lock();
        self.end_partial(&mut lines);
        self.put(&mut lines.tail, line.as_bytes());
    }

    /// Likewise a line that is JSON, if it matters enough.
    pub(crate) fn add_json(&self, from: SystemLevel, line: &Line) {
        if line.level >= from {
            self.add(&line.text());
        }
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

    fn read_available(&self, read: impl Fn(&mut [u8]) -> io::Result<usize>) -> io::Result<Progress> {
        let mut lines = self.lines.lock();
        let mut buffer = [0; 16 * 1024];
        for _ in 0..READS_MAX {
            match read(&mut buffer) {
                Ok(0) => {
                    self.end_partial(&mut lines);
                    return Ok(Progress::Ended);
                }
                Ok(count) => self.take_in(&mut lines, &buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Empty),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Progress::More)
    }

    fn take_in(&self, lines: &mut Lines, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            lines.partial.extend_from_slice(text);
            if ended || lines.partial.len() >= LINE_BYTES_MAX {
                self.put_partial(lines);
            }
        }
    }

    fn end_partial(&self, lines: &mut Lines) {
        if !lines.partial.is_empty() {
            self.put_partial(lines);
        }
    }

    fn put_partial(&self, lines: &mut Lines) {
        let line = std::mem::take(&mut lines.partial);
        self.put(&mut lines.tail, &line);
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

enum Progress {
    Empty,
    More,
    Ended,
}
