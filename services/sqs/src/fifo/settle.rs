//! What becomes of a message that was received from a FIFO queue: it is deleted, or visible again at another moment.

use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::Slot;
use super::group::Group;
use crate::errors;
use crate::handle::Handle;
use crate::keys;
use crate::message::Body;
use crate::queue::Queue;

/// Deletes a message. One that is gone stays gone; a receive whose time is over has no say any more.
pub(crate) fn delete(tx: &mut Tx<'_>, queue: &Queue, handle: &Handle) -> Result<()> {
    let Some(Received { group, sequence, slot }) = find(tx, queue, handle)? else { return Ok(()) };
    if !slot.is_of(handle, tx.now.millis()) {
        return Err(expired(handle).into());
    }
    group.delete(tx, sequence, &slot.message);
    group.settle(tx)
}

/// Makes a message visible so many milliseconds from now.
pub(crate) fn change(tx: &mut Tx<'_>, queue: &Queue, handle: &Handle, timeout_ms: i64) -> Result<()> {
    let now_ms = tx.now.millis();
    let received = find(tx, queue, handle)?.filter(|received| received.slot.is_of(handle, now_ms));
    let Received { group, sequence, slot } = received.ok_or_else(|| errors::not_in_flight(&handle.seal()))?;
    let visible_at_ms = now_ms + timeout_ms;
    slot.transit.check_hidden_until(visible_at_ms, timeout_ms)?;
    group.put(tx, sequence, &Slot { visible_at_ms, ..slot })?;
    group.settle(tx)
}

/// A message that was received.
pub(super) struct Received {
    pub(super) group: Group,
    pub(super) sequence: u64,
    pub(super) slot: Slot,
}

/// The message of a handle, if it is still in the queue.
pub(super) fn find(tx: &Tx<'_>, queue: &Queue, handle: &Handle) -> Result<Option<Received>> {
    if handle.contents != queue.contents {
        return Ok(None);
    }
    let body = tx.get_record::<Body>(&keys::body(&queue.contents, &handle.message))?;
    let Some(Body { group: Some(name), sequence: Some(sequence), .. }) = body else { return Ok(None) };
    let group = Group::open(tx, &queue.contents, &name)?;
    Ok(group.get(tx, sequence)?.map(|slot| Received { group, sequence, slot }))
}

impl Slot {
    /// Whether the receive that a handle was given for is the last one, and its time not over.
    pub(super) fn is_of(&self, handle: &Handle, now_ms: i64) -> bool {
        self.transit.receives == handle.receives && self.is_in_flight(now_ms)
    }
}

fn expired(handle: &Handle) -> Fault {
    errors::invalid_value(format!(
        "Value {} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.",
        handle.seal()
    ))
}
