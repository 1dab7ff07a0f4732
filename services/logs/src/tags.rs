//! Tags of log groups, by ARN and, as older clients have it, by name.

use std::collections::BTreeMap;

use api_logs as api;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Result, Tx, View};
use store::Reads;

use crate::{errors, group};

/// How log groups are tagged.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| {
        let scope = tx.scope();
        Ok((scope, find(&**tx, &scope, group::in_arn(&scope, arn.as_str())?)?))
    },
    |error| errors::invalid(error.to_string()),
);

/// The ARN of the group of that name, if there is one.
fn find(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Arn> {
    Ok(group::arn(scope, &group::find(reads, scope, name)?.name))
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let name = group::in_arn(&tx.scope(), &input.resource_arn)?;
    add(tx, name, &input.tags)?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let name = group::in_arn(&tx.scope(), &input.resource_arn)?;
    remove(tx, name, &input.tag_keys)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListTagsForResourceInput,
) -> Result<api::ListTagsForResourceOutput> {
    let tags = of(view, group::in_arn(&view.scope(), &input.resource_arn)?)?;
    Ok(api::ListTagsForResourceOutput { tags: Some(tags) })
}

pub(crate) fn tag_group(tx: &mut Tx<'_>, input: &api::TagLogGroupInput) -> Result<api::TagLogGroupOutput> {
    add(tx, &input.log_group_name, &input.tags)?;
    Ok(api::TagLogGroupOutput::default())
}

pub(crate) fn untag_group(
    tx: &mut Tx<'_>,
    input: &api::UntagLogGroupInput,
) -> Result<api::UntagLogGroupOutput> {
    remove(tx, &input.log_group_name, &input.tags)?;
    Ok(api::UntagLogGroupOutput::default())
}

pub(crate) fn list_group(
    view: &View<'_>,
    input: &api::ListTagsLogGroupInput,
) -> Result<api::ListTagsLogGroupOutput> {
    Ok(api::ListTagsLogGroupOutput { tags: Some(of(view, &input.log_group_name)?) })
}

fn add(tx: &mut Tx<'_>, name: &str, tags: &BTreeMap<String, String>) -> Result<()> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, name)?;
    TAGGING.add(tx, &scope, &arn, tags)
}

fn remove(tx: &mut Tx<'_>, name: &str, keys: &[String]) -> Result<()> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, name)?;
    tags::remove(tx, &scope, &arn, keys)
}

fn of(view: &View<'_>, name: &str) -> Result<BTreeMap<String, String>> {
    let scope = view.scope();
    tags::of(&**view, &scope, &find(&**view, &scope, name)?)
}

/// The resource of a tagging call.
pub(crate) fn resource(_: &Scope, arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
