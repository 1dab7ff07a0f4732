//! What extensions hear of an environment: lines of the function and of themselves, and events of the platform.
//!
//! See AWS's pages "Lambda Telemetry API" and "Lambda Logs API". Until the environment has initialised, everything is kept for those
//! who subscribe; after that, only what somebody has subscribed to. Nobody here waits for an extension: what one does not
//! take is dropped, and it is told how much.

pub(super) mod api;
mod delivery;
mod subscription;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::network::Way;
use crate::report::json::{Line, now};
use delivery::Subscriber;
use subscription::Subscription;

/// What is kept for subscribers that are still to come.
const BACKLOG_BYTES_MAX: usize = 1024 * 1024;

/// Whom something is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Platform,
    Function,
    Extension,
}

impl Source {
    const ALL: [Self; 3] = [Self::Platform, Self::Function, Self::Extension];

    fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// Something to tell.
#[derive(Debug, Clone)]
pub(super) struct Event {
    source: Source,
    kind: &'static str,
    text: Arc<str>,
}

impl Event {
    fn new(source: Source, kind: &'static str, record: &Value) -> Self {
        Self {
            source,
            kind,
            text: json!({ "time": now(), "type": kind, "record": record }).to_string().into(),
        }
    }
}

/// An environment's subscriptions.
pub(crate) struct Telemetry {
    state: Mutex<State>,
    /// Whether anything need be told at all.
    is_wanted: AtomicBool,
    /// How `sandbox.localdomain` is reached.
    way: Arc<Way>,
    /// Lines of the function that are objects are told as such.
    is_json: bool,
}

struct State {
    subscribers: Vec<Arc<Subscriber>>,
    backlog: Vec<Event>,
    backlog_bytes: usize,
    is_open: bool,
}

impl Telemetry {
    pub(super) fn new(way: Way, is_json: bool) -> Self {
        let state = State { subscribers: Vec::new(), backlog: Vec::new(), backlog_bytes: 0, is_open: true };
        Self { state: Mutex::new(state), is_wanted: AtomicBool::new(true), way: Arc::new(way), is_json }
    }

    /// Nobody subscribes any more.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.is_open = false;
        state.backlog = Vec::new();
        self.is_wanted.store(!state.subscribers.is_empty(), Ordering::Relaxed);
    }

    /// Tells of an event of the platform, which is made only where somebody wants to know.
    pub(crate) fn tell(&self, line: impl FnOnce() -> Line) {
        if self.is_wanted.load(Ordering::Relaxed) {
            let line = line();
            self.put(Event::new(Source::Platform, line.kind, &line.record));
        }
    }

    /// Tells of a line that a process wrote.
    pub(crate) fn tell_line(&self, source: Source, line: &[u8]) {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return;
        }
        let text = String::from_utf8_lossy(line);
        let object =
            serde_json::from_str(&text).ok().filter(|value: &Value| self.is_json && value.is_object());
        let record = object.unwrap_or_else(|| Value::from(text.into_owned()));
        self.put(Event::new(source, source.name(), &record));
    }

    fn put(&self, event: Event) {
        let mut state = self.state.lock();
        for subscriber in &state.subscribers {
            subscriber.put(&event);
        }
        if state.is_open && state.backlog_bytes < BACKLOG_BYTES_MAX {
            state.backlog_bytes += event.text.len();
            state.backlog.push(event);
        }
    }

    /// Adds a subscriber, who hears of what has been before; none where it is too late. One that subscribes again gives its
    /// first subscription up.
    fn subscribe(&self, name: &str, wish: Subscription) -> Option<Arc<Subscriber>> {
        let mut state = self.state.lock();
        if !state.is_open {
            return None;
        }
        let subscriber = Arc::new(Subscriber::new(name.to_owned(), wish, self.way.clone()));
        for event in &state.backlog {
            subscriber.put(event);
        }
        state.subscribers.retain(|other| {
            let stays = other.name != name;
            if !stays {
                other.end();
            }
            stays
        });
        state.subscribers.push(subscriber.clone());
        Some(subscriber)
    }

    /// From here on everything is told at once.
    pub(crate) fn hurry(&self) {
        self.state.lock().subscribers.iter().for_each(|subscriber| subscriber.hurry());
    }

    /// Nobody is told anything more.
    pub(crate) fn end(&self) {
        self.state.lock().subscribers.drain(..).for_each(|subscriber| subscriber.end());
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.end();
    }
}
