//! Tags of functions and of event source mappings.

use std::collections::BTreeMap;

use api_lambda as api;
use names::Tags;
use service::{Result, Tx, View};
use wire::Fault;

use crate::function;
use crate::functions::named;
use crate::{errors, keys, sources};

/// Tags that AWS would take, or its refusal.
pub(crate) fn checked(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    Tags::from_pairs(tags.clone()).map_err(|error| errors::invalid(error.to_string()))?;
    Ok(tags)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    change(tx, &input.resource, |tags| tags.extend(input.tags.clone()))?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    change(tx, &input.resource, |tags| tags.retain(|key, _| !input.tag_keys.contains(key)))?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &api::ListTagsInput) -> Result<api::ListTagsOutput> {
    let tags = match sources::uuid_of(&input.resource) {
        Some(uuid) => sources::find(&**view, &view.scope(), uuid)?.tags,
        None => function::find(&**view, &named(&view.scope(), &input.resource, None)?)?.tags,
    };
    Ok(api::ListTagsOutput { tags: Some(tags) })
}

/// Changes the tags of a function or of an event source mapping.
fn change(tx: &mut Tx<'_>, resource: &str, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<()> {
    if let Some(uuid) = sources::uuid_of(resource) {
        let mut mapping = sources::find(&**tx, &tx.scope(), uuid)?;
        change(&mut mapping.tags);
        mapping.tags = checked(mapping.tags)?;
        return sources::put(tx, &mapping);
    }
    let name = named(&tx.scope(), resource, None)?;
    let mut function = function::find(&**tx, &name)?;
    change(&mut function.tags);
    function.tags = checked(function.tags)?;
    Ok(tx.put_record(keys::function(&name.scope, &name.name), &function)?)
}
