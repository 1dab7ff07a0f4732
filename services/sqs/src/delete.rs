//! Delete messages by receipt handle, alone and in batches.

use api_sqs as api;
use service::{Result, Tx};

use crate::handle::Handle;
use crate::queue::{self, Address, Queue};
use crate::{batch, fifo, keys, visibility};

pub(crate) fn one(tx: &mut Tx<'_>, input: &api::DeleteMessageInput) -> Result<api::DeleteMessageOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    delete(tx, &address, &queue, &input.receipt_handle)?;
    Ok(api::DeleteMessageOutput::default())
}

pub(crate) fn batch(
    tx: &mut Tx<'_>,
    input: &api::DeleteMessageBatchInput,
) -> Result<api::DeleteMessageBatchOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    batch::check("DeleteMessageBatchRequestEntry", input.entries.iter().map(|entry| entry.id.as_str()))?;
    let (successful, failed) = batch::each(
        &input.entries,
        |entry| &entry.id,
        |entry| {
            delete(tx, &address, &queue, &entry.receipt_handle)?;
            Ok(api::DeleteMessageBatchResultEntry { id: entry.id.clone() })
        },
    )?;
    Ok(api::DeleteMessageBatchOutput { successful, failed })
}

/// Deletes a message. A handle of an earlier receive, or of a message that is gone, changes nothing and succeeds.
fn delete(tx: &mut Tx<'_>, address: &Address, queue: &Queue, handle: &str) -> Result<()> {
    let handle = Handle::open(handle)?;
    if address.is_fifo() {
        return fifo::delete(tx, queue, &handle);
    }
    let Some(entry) = visibility::entry(tx, queue, &handle)? else { return Ok(()) };
    tx.delete(entry.key);
    tx.delete(keys::body(&queue.contents, &handle.message));
    if entry.transit.is_moved {
        tx.delete(keys::moved(&queue.contents, &handle.message));
    }
    Ok(())
}
