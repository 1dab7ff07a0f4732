//! Change when a received message is visible again, alone and in batches.

use api_sqs as api;
use service::{Result, Tx};
use store::Reads as _;
use store::tuple::Key;

use crate::handle::Handle;
use crate::message::Transit;
use crate::queue::{self, Address, Queue};
use crate::{batch, errors, fifo, keys};

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
    let Entry { index, at_ms, transit } = entry(tx, queue, &handle)?.ok_or_else(not_in_flight)?;
    if at_ms <= now_ms {
        return Err(not_in_flight().into());
    }
    let transit = Transit { is_moved: true, ..transit };
    let visible_at_ms = now_ms + timeout_ms;
    transit.check_hidden_until(visible_at_ms, timeout_ms)?;
    tx.delete(index);
    tx.put_compact(keys::index(&queue.contents, visible_at_ms, &handle.message), &transit)?;
    tx.put_record(keys::moved(&queue.contents, &handle.message), &visible_at_ms)?;
    tx.signal(keys::arrival(&queue.contents));
    Ok(())
}

/// Where the index entry of a received message stands.
pub(crate) struct Entry {
    pub(crate) index: Key,
    pub(crate) at_ms: i64,
    pub(crate) transit: Transit,
}

/// The index entry of the message that a handle was given for, if that receive is still the last one.
pub(crate) fn entry(tx: &mut Tx<'_>, queue: &Queue, handle: &Handle) -> Result<Option<Entry>> {
    if handle.contents != queue.contents {
        return Ok(None);
    }
    let at = |at_ms| keys::index(&queue.contents, at_ms, &handle.message);
    // Another receive's entry may stand there, too.
    let is_of = |transit: &Transit| transit.receives == handle.receives;
    // Where the receive left it, unless its visibility was changed since.
    let (index, at_ms) = (at(handle.visible_at_ms), handle.visible_at_ms);
    if let Some(transit) = tx.get_record::<Transit>(&index)? {
        return Ok(Some(transit).filter(is_of).map(|transit| Entry { index, at_ms, transit }));
    }
    let Some(at_ms) = tx.get_record(&keys::moved(&queue.contents, &handle.message))? else { return Ok(None) };
    let index = at(at_ms);
    Ok(tx.get_record(&index)?.filter(is_of).map(|transit| Entry { index, at_ms, transit }))
}
