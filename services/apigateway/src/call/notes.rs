//! What is written down of a request while it is on its way, for logs. Who writes the logs themselves is `logs`.

use parking_lot::Mutex;

use super::guard::Guarded;

/// The most bytes of a line that holds a body.
const TRACE_MAX: usize = 1024;

/// What is written down of a request while it is on its way.
#[derive(Default)]
pub(crate) struct Notes {
    /// The log of its execution, where somebody wants it.
    pub(crate) log: Option<Mutex<Vec<String>>>,
    /// Whether bodies are written there too.
    pub(crate) traces: bool,
    /// What was said of whether the request may come in.
    pub(crate) guarded: Option<Guarded>,
    /// The status of the integration, and how long it took, in milliseconds.
    pub(crate) integration: Mutex<Option<(u16, i64)>>,
}

impl Notes {
    /// Writes a line of the execution's log, if there is one.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(log) = &self.log {
            log.lock().push(line());
        }
    }

    /// Writes a line that holds what clients and integrations say to each other, where that is wanted: as much of it as API
    /// Gateway writes.
    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        if self.traces {
            self.say(|| cut(line()));
        }
    }
}

fn cut(mut line: String) -> String {
    if line.len() > TRACE_MAX {
        line.truncate(line.floor_char_boundary(TRACE_MAX));
        line.push_str(" [TRUNCATED]");
    }
    line
}
