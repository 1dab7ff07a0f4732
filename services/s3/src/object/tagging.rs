//! GetObjectTagging, PutObjectTagging and DeleteObjectTagging.
//!
//! Tags change without a new version: when an object was modified stays as it is.

use std::collections::BTreeMap;

use api_s3 as api;
use service::{Result, Tx, View};

use super::OfObject;
use super::existing::{Action, Existing};
use super::tags;
use crate::events::{Event, Kind};

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetObjectTaggingInput,
) -> Result<api::GetObjectTaggingOutput> {
    let action = Action { on_object: "GetObjectTagging", on_version: "GetObjectVersionTagging" };
    let object = Existing::of(&**view, view.context, input, action)?;
    let version_id = object.version_id();
    let tags = object.content.tags.into_iter();
    Ok(api::GetObjectTaggingOutput {
        version_id,
        tag_set: tags.map(|(key, value)| api::Tag { key, value }).collect(),
    })
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutObjectTaggingInput,
) -> Result<api::PutObjectTaggingOutput> {
    let action = Action { on_object: "PutObjectTagging", on_version: "PutObjectVersionTagging" };
    let tags = tags::of_set(&input.tagging.tag_set)?;
    Ok(api::PutObjectTaggingOutput { version_id: replace(tx, input, action, (Kind::Tagged, tags))? })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteObjectTaggingInput,
) -> Result<api::DeleteObjectTaggingOutput> {
    let action = Action { on_object: "DeleteObjectTagging", on_version: "DeleteObjectVersionTagging" };
    Ok(api::DeleteObjectTaggingOutput {
        version_id: replace(tx, input, action, (Kind::Untagged, BTreeMap::new()))?,
    })
}

/// Gives an object other tags, tells who wants to know, and gives the id of its version.
fn replace(
    tx: &mut Tx<'_>,
    input: &impl OfObject,
    action: Action,
    (kind, tags): (Kind, BTreeMap<String, String>),
) -> Result<Option<String>> {
    let mut object = Existing::of(&**tx, tx.context, input, action)?;
    object.content.tags = tags;
    let version = object.put(tx)?;
    Event { kind, bucket: &object.bucket, key: input.key(), version: &version }.note(tx)?;
    Ok(object.version_id())
}
