//! Tags of topics.

use std::collections::BTreeMap;

use api_sns as api;
use names::Tags;
use names::tags::Error;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::topics::Topic;
use crate::{errors, keys};

/// Tags that AWS would take, or its refusal.
pub(crate) fn checked(tags: &[api::Tag]) -> Result<BTreeMap<String, String>, Fault> {
    let pairs = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
    Ok(Tags::from_pairs(pairs).map_err(refusal)?.into())
}

fn refusal(error: Error) -> Fault {
    match error {
        Error::TooMany => api::error::tag_limit_exceeded_exception(
            "Could not complete request: tag quota of per resource exceeded",
        ),
        Error::DuplicateKey { .. } => errors::invalid("Duplicated keys are not allowed."),
        other => errors::invalid(format_args!("Tags Reason: {other}")),
    }
}

/// The topic of that ARN; other resources of SNS have no tags.
fn find(reads: &impl Reads, arn: &str) -> Result<Topic> {
    let key = keys::topic(arn).ok_or_else(|| errors::invalid_arn("ResourceArn", arn))?;
    let missing = || api::error::resource_not_found_exception("Resource does not exist");
    Ok(reads.get_record(&key)?.ok_or_else(missing)?)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let mut topic = find(&**tx, &input.resource_arn)?;
    topic.tags.extend(checked(&input.tags)?);
    Tags::from_pairs(topic.tags.clone()).map_err(refusal)?;
    tx.put_record(keys::topics(&topic.scope).str(&topic.name), &topic)?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let mut topic = find(&**tx, &input.resource_arn)?;
    topic.tags.retain(|key, _| !input.tag_keys.contains(key));
    tx.put_record(keys::topics(&topic.scope).str(&topic.name), &topic)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListTagsForResourceInput,
) -> Result<api::ListTagsForResourceOutput> {
    let tags = find(&**view, &input.resource_arn)?.tags;
    let tags = tags.into_iter().map(|(key, value)| api::Tag { key, value }).collect();
    Ok(api::ListTagsForResourceOutput { tags: Some(tags) })
}
