//! Tags of functions.

use std::collections::BTreeMap;

use api_lambda as api;
use names::Tags;
use service::{Result, Tx, View};
use wire::Fault;

use crate::function;
use crate::functions::named;
use crate::{errors, keys};

/// Tags that AWS would take, or its refusal.
pub(crate) fn checked(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Fault> {
    Tags::from_pairs(tags.clone()).map_err(|error| errors::invalid(error.to_string()))?;
    Ok(tags)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let name = named(&tx.scope(), &input.resource, None)?;
    let mut function = function::find(&**tx, &name)?;
    function.tags.extend(input.tags.clone());
    function.tags = checked(function.tags)?;
    tx.put_record(&keys::function(&name.scope, &name.name), &function)?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let name = named(&tx.scope(), &input.resource, None)?;
    let mut function = function::find(&**tx, &name)?;
    input.tag_keys.iter().for_each(|key| drop(function.tags.remove(key)));
    tx.put_record(&keys::function(&name.scope, &name.name), &function)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &api::ListTagsInput) -> Result<api::ListTagsOutput> {
    let name = named(&view.scope(), &input.resource, None)?;
    let function = function::find(&**view, &name)?;
    Ok(api::ListTagsOutput { tags: Some(function.tags) })
}
