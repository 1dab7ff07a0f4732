//! Receives that are tried again, with the same id, because their answer was lost: they get the same messages.

use api_sqs as api;
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::receive::handle_of;
use super::settle::{Received, find};
use super::{REMEMBERED_MS, Slot, check_label, deduplication};
use crate::handle::Handle;
use crate::keys;
use crate::message::Body;
use crate::queue::Queue;
use crate::receive::{Wish, write};

/// A receive that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Attempt {
    /// The handles that it gave.
    handles: Vec<String>,
    /// Until when it counts, in milliseconds.
    until_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_fifo_attempt: Attempt);

/// Refuses what is no id of an attempt.
pub(crate) fn check(id: &str) -> Result<(), Fault> {
    check_label("ReceiveRequestAttemptId", id)
}

/// What an earlier receive with the same id gave, hidden anew for its whole time; none when some of it was deleted,
/// changed or visible since, or there was no such receive.
pub(super) fn again(tx: &mut Tx<'_>, queue: &Queue, wish: &Wish) -> Result<Option<Vec<api::Message>>> {
    let Some(id) = &wish.attempt else { return Ok(None) };
    let now_ms = tx.now.millis();
    let attempt = tx.get_record::<Attempt>(&keys::attempt(&queue.contents, id))?;
    let Some(attempt) = attempt.filter(|attempt| attempt.until_ms > now_ms) else { return Ok(None) };
    let mut handles = Vec::new();
    for text in &attempt.handles {
        let handle = Handle::open(text)?;
        if find(tx, queue, &handle)?.is_none_or(|received| !received.slot.is_of(&handle, now_ms)) {
            return Ok(None);
        }
        handles.push(handle);
    }
    let mut messages = Vec::new();
    for handle in &handles {
        messages.extend(give_again(tx, queue, wish, handle)?);
    }
    Ok(Some(messages))
}

fn give_again(tx: &mut Tx<'_>, queue: &Queue, wish: &Wish, handle: &Handle) -> Result<Option<api::Message>> {
    let Some(Received { group, sequence, slot }) = find(tx, queue, handle)? else { return Ok(None) };
    let Some(body) = tx.get_record::<Body>(&keys::body(&queue.contents, &slot.message))? else {
        return Ok(None);
    };
    let slot = Slot { visible_at_ms: tx.now.millis() + wish.visibility_ms(queue), ..slot };
    group.put(tx, sequence, &slot)?;
    group.settle(tx)?;
    Ok(Some(write(wish, &handle_of(queue, &slot), &slot.transit, body)))
}

/// Remembers what a receive gives, if it has an id and gives something.
pub(super) fn remember(tx: &mut Tx<'_>, queue: &Queue, wish: &Wish, messages: &[api::Message]) -> Result<()> {
    let Some(id) = wish.attempt.as_ref().filter(|_| !messages.is_empty()) else { return Ok(()) };
    let handles = messages.iter().filter_map(|message| message.receipt_handle.clone()).collect();
    let until_ms = tx.now.millis() + REMEMBERED_MS;
    let key = keys::attempt(&queue.contents, id);
    tx.put_record(&key, &Attempt { handles, until_ms })?;
    deduplication::forget_later(tx, &queue.contents, until_ms, &key)
}
