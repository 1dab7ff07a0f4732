//! Change when a received message is visible again, alone and in batches.

use api_sqs as api;
use service::{Result, Tx};
use store::Reads as _;
use store::tuple::Key;

use crate::handle::Handle;
use crate::keys::{self, Id};
use crate::message::Transit;
use crate::queue::{self, Address, Queue};
use crate::{batch, errors, fifo};

/// The longest visibility timeout, in seconds.
const TIMEOUT_MAX: i32 = 43_200;

pub(crate) fn one(
    tx: &mut Tx<'_>,
    input: &api::ChangeMessageVisibilityInput,
) -> Result<api::ChangeMessageVisibilityOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    change(tx, &address, &queue, &input.receipt_handle, input.visibility_timeout)?;
    Ok(api::ChangeMessageVisibilityOutput::default())
}

pub(crate) fn batch(
    tx: &mut Tx<'_>,
    input: &api::ChangeMessageVisibilityBatchInput,
) -> Result<api::ChangeMessageVisibilityBatchOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    batch::check(
        "ChangeMessageVisibilityBatchRequestEntry",
        input.entries.iter().map(|entry| entry.id.as_str()),
    )?;
    let (successful, failed) = batch::each(
        &input.entries,
        |entry| &entry.id,
        |entry| {
            change(
                tx,
                &address,
                &queue,
                &entry.receipt_handle,
                entry.visibility_timeout.unwrap_or_default(),
            )?;
            Ok(api::ChangeMessageVisibilityBatchResultEntry { id: entry.id.clone() })
        },
    )?;
    Ok(api::ChangeMessageVisibilityBatchOutput { successful, failed })
}

fn change(tx: &mut Tx<'_>, address: &Address, queue: &Queue, handle: &str, timeout_s: i32) -> Result<()> {
    if !(0..=TIMEOUT_MAX).contains(&timeout_s) {
        let message = format!(
            "Value {timeout_s} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer \
             between 0 and {TIMEOUT_MAX}."
        );
        return Err(errors::invalid_value(message).into());
    }
    let handle = Handle::open(handle)?;
    let timeout_ms = i64::from(timeout_s) * 1000;
    if address.is_fifo() {
        return fifo::change(tx, queue, &handle, timeout_ms);
    }
    let now_ms = tx.now.millis();
    let not_in_flight = || errors::not_in_flight(&handle.seal());
    let Entry { key, at_ms, transit } = entry(tx, queue, &handle)?.ok_or_else(not_in_flight)?;
    if at_ms <= now_ms {
        return Err(not_in_flight().into());
    }
    let transit = Transit { is_moved: true, ..transit };
    let visible_at_ms = now_ms + timeout_ms;
    transit.check_hidden_until(visible_at_ms, timeout_ms)?;
    tx.delete(key);
    tx.put_compact(keys::index(&queue.contents, visible_at_ms, &handle.message), &transit)?;
    tx.put_record(keys::moved(&queue.contents, &handle.message), &visible_at_ms)?;
    tx.signal(keys::arrival(&queue.contents));
    Ok(())
}

/// The entry of a received message, in the index or in a lane.
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) at_ms: i64,
    pub(crate) transit: Transit,
}

/// The entry of the message that a handle was given for, if that receive is still the last one.
pub(crate) fn entry(tx: &mut Tx<'_>, queue: &Queue, handle: &Handle) -> Result<Option<Entry>> {
    if handle.contents != queue.contents {
        return Ok(None);
    }
    // Another receive's entry may stand there, too.
    let is_of = |entry: &Entry| entry.transit.receives == handle.receives;
    // Where the receive left it, unless its visibility was changed since.
    if let Some(entry) = entry_at(tx, queue, handle.visible_at_ms, &handle.message)? {
        return Ok(Some(entry).filter(is_of));
    }
    let Some(at_ms) = tx.get_record(&keys::moved(&queue.contents, &handle.message))? else { return Ok(None) };
    Ok(entry_at(tx, queue, at_ms, &handle.message)?.filter(is_of))
}

/// The entry of a message at that moment: in the index, or in a lane if it was visible since and was set aside.
fn entry_at(tx: &Tx<'_>, queue: &Queue, at_ms: i64, message: &Id) -> Result<Option<Entry>> {
    let lanes = queue.lanes.iter().map(|tenant| keys::lane(&queue.contents, *tenant, at_ms, message));
    for key in std::iter::once(keys::index(&queue.contents, at_ms, message)).chain(lanes) {
        if let Some(transit) = tx.get_record(&key)? {
            return Ok(Some(Entry { key, at_ms, transit }));
        }
    }
    Ok(None)
}
