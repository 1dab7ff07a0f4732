//! Tags of log groups, by ARN and, as older clients have it, by name.

use std::collections::BTreeMap;

use api_logs as api;
use names::{Arn, Scope, Tags};
use service::{Result, Tx, View};
use wire::Fault;

use crate::{errors, group, keys};

/// Tags that AWS would take, or its refusal.
pub(crate) fn checked(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    Tags::from_pairs(tags.clone()).map_err(|error| errors::invalid(error.to_string()))?;
    Ok(tags)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let name = group::in_arn(&tx.scope(), &input.resource_arn)?;
    change(tx, name, |tags| tags.extend(input.tags.clone()))?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let name = group::in_arn(&tx.scope(), &input.resource_arn)?;
    change(tx, name, |tags| tags.retain(|key, _| !input.tag_keys.contains(key)))?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListTagsForResourceInput,
) -> Result<api::ListTagsForResourceOutput> {
    let group = group::find(&**view, &view.scope(), group::in_arn(&view.scope(), &input.resource_arn)?)?;
    Ok(api::ListTagsForResourceOutput { tags: Some(group.tags) })
}

pub(crate) fn tag_group(tx: &mut Tx<'_>, input: &api::TagLogGroupInput) -> Result<api::TagLogGroupOutput> {
    change(tx, &input.log_group_name, |tags| tags.extend(input.tags.clone()))?;
    Ok(api::TagLogGroupOutput::default())
}

pub(crate) fn untag_group(
    tx: &mut Tx<'_>,
    input: &api::UntagLogGroupInput,
) -> Result<api::UntagLogGroupOutput> {
    change(tx, &input.log_group_name, |tags| tags.retain(|key, _| !input.tags.contains(key)))?;
    Ok(api::UntagLogGroupOutput::default())
}

pub(crate) fn list_group(
    view: &View<'_>,
    input: &api::ListTagsLogGroupInput,
) -> Result<api::ListTagsLogGroupOutput> {
    let group = group::find(&**view, &view.scope(), &input.log_group_name)?;
    Ok(api::ListTagsLogGroupOutput { tags: Some(group.tags) })
}

fn change(tx: &mut Tx<'_>, name: &str, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<()> {
    let scope: Scope = tx.scope();
    let mut group = group::find(&**tx, &scope, name)?;
    change(&mut group.tags);
    group.tags = checked(group.tags)?;
    Ok(tx.put_record(keys::group(&scope, name), &group)?)
}

/// The resource of a tagging call.
pub(crate) fn resource(_: &Scope, arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
