//! Tags of queues.

use std::collections::BTreeMap;

use api_sqs as api;
use names::Tags;
use service::{Result, Tx, View};
use wire::Fault;

use crate::queue::{self, Queue};
use crate::{errors, keys};

/// Tags that AWS would take, or its refusal.
pub(crate) fn checked(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    Tags::from_pairs(tags.clone()).map_err(|error| errors::invalid_value(error.to_string()))?;
    Ok(tags)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagQueueInput) -> Result<api::TagQueueOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    let mut queue = Queue::clone(&queue);
    if input.tags.is_empty() {
        return Err(errors::missing("Tags").into());
    }
    queue.tags.extend(input.tags.clone());
    queue.tags = checked(queue.tags)?;
    tx.put_record(keys::queue(&address.scope, &address.name), &queue)?;
    Ok(api::TagQueueOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagQueueInput) -> Result<api::UntagQueueOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    let mut queue = Queue::clone(&queue);
    for key in &input.tag_keys {
        queue.tags.remove(key);
    }
    tx.put_record(keys::queue(&address.scope, &address.name), &queue)?;
    Ok(api::UntagQueueOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &api::ListQueueTagsInput) -> Result<api::ListQueueTagsOutput> {
    let (_, queue) = queue::find(&**view, &view.scope(), &input.queue_url)?;
    Ok(api::ListQueueTagsOutput { tags: (!queue.tags.is_empty()).then(|| queue.tags.clone()) })
}
