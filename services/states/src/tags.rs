//! Tags of state machines and activities.

use api_states as api;
use names::tags::Error;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::{activities, errors, machine, name};

/// How they are tagged.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| {
        let scope = tx.scope();
        Ok((scope, find(&**tx, &scope, arn.as_str())?))
    },
    refusal,
);

fn refusal(error: Error) -> Fault {
    match error {
        Error::TooMany => api::error::too_many_tags(error.to_string()),
        _ => errors::validation(error.to_string()),
    }
}

/// The tags of a request.
pub(crate) fn given(tags: Option<&[api::Tag]>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter()
        .flatten()
        .map(|tag| (tag.key.clone().unwrap_or_default(), tag.value.clone().unwrap_or_default()))
}

/// The ARN of what is there under that ARN.
fn find(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Arn> {
    let found = if name::activity_of(scope, arn).is_ok() {
        activities::find(reads, scope, arn).map(|activity| activities::arn(scope, &activity.name))
    } else {
        let named = name::machine_of(scope, arn)?;
        machine::find(reads, scope, named.name, arn).map(|machine| name::machine(scope, &machine.name))
    };
    found.map_err(|error| match error {
        service::Error::Fault(_) => errors::no_resource(arn).into(),
        of_store => of_store,
    })
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, &input.resource_arn)?;
    TAGGING.add(tx, &scope, &arn, given(Some(&input.tags)))?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, &input.resource_arn)?;
    tags::remove(tx, &scope, &arn, &input.tag_keys)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListTagsForResourceInput,
) -> Result<api::ListTagsForResourceOutput> {
    let scope = view.scope();
    let arn = find(&**view, &scope, &input.resource_arn)?;
    let tags = tags::of(&**view, &scope, &arn)?.into_iter();
    let tags = tags.map(|(key, value)| api::Tag { key: Some(key), value: Some(value) }).collect();
    Ok(api::ListTagsForResourceOutput { tags: Some(tags) })
}
