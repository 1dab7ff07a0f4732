//! A log event's record.

use serde::{Deserialize, Serialize};

/// What an event takes beside its message, in bytes (PutLogEvents).
const EVENT_BYTES: usize = 26;

/// A log event; its moment is in its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) message: String,
    pub(crate) ingested_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_event: Event);

/// What a message counts for.
pub(crate) fn size_bytes(message: &str) -> usize {
    message.len() + EVENT_BYTES
}
