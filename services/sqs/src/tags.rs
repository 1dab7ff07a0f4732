//! Tags of queues.

use api_sqs as api;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Result, Tx, View};

use crate::errors;
use crate::queue::{self, Address};

/// How queues are tagged.
pub(crate) const TAGGING: Tagging =
    Tagging::new(find, |error| errors::invalid_value(error.to_string())).actions("TagQueue", "UntagQueue");

/// The queue of that ARN.
fn find(tx: &Tx<'_>, arn: &Arn) -> Result<(Scope, Arn)> {
    let address = Address::from_arn(arn.as_str()).ok_or_else(errors::no_queue)?;
    address.read(&**tx)?.ok_or_else(errors::no_queue)?;
    Ok((address.scope, address.arn()))
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagQueueInput) -> Result<api::TagQueueOutput> {
    let (address, _) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    if input.tags.is_empty() {
        return Err(errors::missing("Tags").into());
    }
    TAGGING.add(tx, &address.scope, &address.arn(), &input.tags)?;
    Ok(api::TagQueueOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagQueueInput) -> Result<api::UntagQueueOutput> {
    let (address, _) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    tags::remove(tx, &address.scope, &address.arn(), &input.tag_keys)?;
    Ok(api::UntagQueueOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &api::ListQueueTagsInput) -> Result<api::ListQueueTagsOutput> {
    let (address, _) = queue::find(&**view, &view.scope(), &input.queue_url)?;
    let tags = tags::of(&**view, &address.scope, &address.arn())?;
    Ok(api::ListQueueTagsOutput { tags: (!tags.is_empty()).then_some(tags) })
}
