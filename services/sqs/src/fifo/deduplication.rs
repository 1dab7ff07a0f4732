//! What was sent within the last five minutes, so that the same message sent again is none.

use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::Reads as _;

use super::REMEMBERED_MS;
use crate::keys::{self, Id};
use crate::queue::Queue;

/// What is forgotten at once, at most: more than one memory comes with each send.
const FORGOTTEN_AT_ONCE: usize = 4;

/// A send that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) message: Id,
    pub(super) sequence: u64,
    /// Until when it counts, in milliseconds.
    until_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_fifo_sent: Sent);

/// Where a send is remembered.
pub(super) struct Key {
    contents: Id,
    key: store::tuple::Key,
}

impl Key {
    /// The place for a message of that group with that deduplication id: the queue's, or the group's own.
    pub(super) fn new(queue: &Queue, group: &str, deduplication: &str) -> Self {
        let is_of_group =
            queue.attributes.get("DeduplicationScope").is_some_and(|scope| scope == "messageGroup");
        let key = keys::sent(&queue.contents, if is_of_group { group } else { "" }, deduplication);
        Key { contents: queue.contents, key }
    }

    /// The send that is remembered here.
    pub(super) fn find(&self, tx: &Tx<'_>) -> Result<Option<Sent>> {
        let sent: Option<Sent> = tx.get_record(&self.key)?;
        Ok(sent.filter(|sent| sent.until_ms > tx.now.millis()))
    }

    /// Remembers a send.
    pub(super) fn remember(&self, tx: &mut Tx<'_>, message: &Id, sequence: u64) -> Result<()> {
        let until_ms = tx.now.millis() + REMEMBERED_MS;
        let sent = Sent { message: *message, sequence, until_ms };
        tx.put_record(&self.key, &sent)?;
        forget_later(tx, &self.contents, until_ms, &self.key)
    }
}

/// Has the record at `key` deleted some time after that moment, and deletes what is due.
pub(super) fn forget_later(tx: &mut Tx<'_>, contents: &Id, until_ms: i64, key: &[u8]) -> Result<()> {
    tx.put(keys::memory(contents, until_ms, key), store::Bytes::new());
    let now_ms = tx.now.millis();
    let range = keys::memories(contents).prefix_range();
    let oldest = tx.scan_head(range).take(FORGOTTEN_AT_ONCE).collect::<Result<Vec<_>, _>>()?;
    for (memory, _) in oldest {
        let (due_ms, key) = keys::memory_of(&memory)?;
        if due_ms > now_ms {
            break;
        }
        // It may have been remembered anew since then; that has a later memory of its own.
        let is_due = tx.get_record::<Until>(&key)?.is_none_or(|record| record.until_ms <= now_ms);
        if is_due {
            tx.delete(&*key);
        }
        tx.delete(&*memory);
    }
    Ok(())
}

/// What all that is remembered has in common.
#[derive(Deserialize)]
struct Until {
    until_ms: i64,
}
