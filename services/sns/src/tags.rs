//! Tags of topics.

use api_sns as api;
use names::tags::Error;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::topics::Topic;
use crate::{errors, keys};

/// How topics are tagged.
pub(crate) const TAGGING: Tagging = Tagging::new(|tx, arn| find(&**tx, arn.as_str()), refusal);

fn refusal(error: Error) -> Fault {
    match error {
        Error::TooMany => api::error::tag_limit_exceeded_exception(
            "Could not complete request: tag quota of per resource exceeded",
        ),
        Error::DuplicateKey { .. } => errors::invalid("Duplicated keys are not allowed."),
        other => errors::invalid(format_args!("Tags Reason: {other}")),
    }
}

/// Keys and values of a request's tags.
pub(crate) fn pairs(tags: &[api::Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()))
}

/// The topic of that ARN; other resources of SNS have no tags.
fn find(reads: &impl Reads, arn: &str) -> Result<(Scope, Arn)> {
    let key = keys::topic(arn).ok_or_else(|| errors::invalid_arn("ResourceArn", arn))?;
    let missing = || api::error::resource_not_found_exception("Resource does not exist");
    let topic: Topic = reads.get_record(&key)?.ok_or_else(missing)?;
    Ok((topic.scope, topic.arn()))
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let (scope, arn) = find(&**tx, &input.resource_arn)?;
    TAGGING.add(tx, &scope, &arn, pairs(&input.tags))?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let (scope, arn) = find(&**tx, &input.resource_arn)?;
    tags::remove(tx, &scope, &arn, &input.tag_keys)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListTagsForResourceInput,
) -> Result<api::ListTagsForResourceOutput> {
    let (scope, arn) = find(&**view, &input.resource_arn)?;
    let tags = tags::of(&**view, &scope, &arn)?;
    let tags = tags.into_iter().map(|(key, value)| api::Tag { key, value }).collect();
    Ok(api::ListTagsForResourceOutput { tags: Some(tags) })
}
