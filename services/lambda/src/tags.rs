//! Tags of functions, of event source mappings and of code signing configs.

use api_lambda as api;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Result, Tx, View};
use store::{Error, Reads, Store, record};

use crate::functions::named;
use crate::{errors, function, keys, signing, sources};

/// How functions and mappings are tagged.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| find(&**tx, &tx.scope(), arn.as_str()),
    |error| errors::invalid(error.to_string()),
);

/// The function or mapping of that ARN.
fn find(reads: &impl Reads, scope: &Scope, resource: &str) -> Result<(Scope, Arn)> {
    if let Some(uuid) = sources::uuid_of(resource) {
        let mapping = sources::find(reads, scope, uuid)?;
        return Ok((mapping.scope, mapping.arn()));
    }
    if signing::parse(resource).is_some() {
        let config = signing::known(reads, resource)?;
        return Ok((config.scope, config.arn()));
    }
    let name = named(scope, resource, None)?;
    if name.qualifier.is_some() {
        let message =
            "Tags on function aliases and versions are not supported. Please specify a function ARN.";
        return Err(errors::invalid(message).into());
    }
    let function = function::find(reads, &name)?;
    Ok((function.scope, function.full_name().arn()))
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let (scope, arn) = find(&**tx, &tx.scope(), &input.resource)?;
    TAGGING.add(tx, &scope, &arn, &input.tags)?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let (scope, arn) = find(&**tx, &tx.scope(), &input.resource)?;
    tags::remove(tx, &scope, &arn, &input.tag_keys)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &api::ListTagsInput) -> Result<api::ListTagsOutput> {
    let (scope, arn) = find(&**view, &view.scope(), &input.resource)?;
    Ok(api::ListTagsOutput { tags: Some(tags::of(&**view, &scope, &arn)?) })
}

/// Takes over the tags that an earlier program had in records.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    tags::take_over(store, "function", keys::all_functions().prefix_range(), |_, function| {
        let name = record::decode::<function::Function>(function)?.full_name();
        Ok(vec![(name.scope, name.arn(), record::decode(function)?)])
    })?;
    tags::take_over(store, "mapping", keys::mappings().prefix_range(), |_, mapping| {
        let known = record::decode::<sources::Mapping>(mapping)?;
        Ok(vec![(known.scope, known.arn(), record::decode(mapping)?)])
    })
}
