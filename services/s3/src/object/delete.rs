//! DeleteObject: a bucket that keeps versions gets a delete marker, unless a version is named.

use api_s3 as api;
use service::{Result, Tx};

use super::conditions;
use super::existing::Action;
use super::lock;
use super::version::Version;
use super::versions::{Keeping, Versions};
use crate::bucket::Bucket;
use crate::events::{Event, Kind};

const DELETE: Action = Action { on_object: "DeleteObject", on_version: "DeleteObjectVersion" };

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteObjectInput) -> Result<api::DeleteObjectOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let wish = Wish {
        key: &input.key,
        version: input.version_id.as_deref(),
        is: input.if_match.as_deref(),
        bypass: input.bypass_governance_retention.unwrap_or_default(),
    };
    let Deleted { version_id, is_marker } = one(tx, &bucket, &wish)?;
    Ok(api::DeleteObjectOutput { delete_marker: is_marker.then_some(true), version_id, ..Default::default() })
}

/// What is to be deleted.
pub(crate) struct Wish<'a> {
    pub(crate) key: &'a str,
    pub(crate) version: Option<&'a str>,
    /// The entity tag that it must have.
    pub(crate) is: Option<&'a str>,
    /// Retentions that may be bypassed are.
    pub(crate) bypass: bool,
}

/// What became of it.
pub(crate) struct Deleted {
    /// The version that was removed, or the marker that was made.
    pub(crate) version_id: Option<String>,
    /// Whether that is a delete marker.
    pub(crate) is_marker: bool,
}

/// Deletes an object or a version; what is not there is deleted already.
pub(crate) fn one(tx: &mut Tx<'_>, bucket: &Bucket, wish: &Wish<'_>) -> Result<Deleted> {
    let at = Versions { bucket, key: wish.key };
    DELETE.permit(tx.context, &at, wish.version)?;
    match wish.version {
        Some(id) => a_version(tx, &at, id, wish),
        None => the_object(tx, &at, wish),
    }
}

fn a_version(tx: &mut Tx<'_>, at: &Versions<'_>, id: &str, wish: &Wish<'_>) -> Result<Deleted> {
    let found = at.named(&**tx, id)?;
    let content = found.as_ref().and_then(|version| version.content.as_ref());
    conditions::check_delete(wish.is, content)?;
    content.map(|content| lock::check_removal(tx, at, content, wish.bypass)).transpose()?;
    let is_marker = found.as_ref().is_some_and(|version| version.content.is_none());
    if let Some(version) = found {
        remove(tx, at, &version)?;
    }
    Ok(Deleted { version_id: Some(id.to_owned()), is_marker })
}

fn the_object(tx: &mut Tx<'_>, at: &Versions<'_>, wish: &Wish<'_>) -> Result<Deleted> {
    let shown = at.shown(&**tx)?;
    conditions::check_delete(wish.is, shown.as_ref().and_then(|shown| shown.content.as_ref()))?;
    let keeping = Keeping::of(&**tx, at.bucket)?;
    if keeping == Keeping::Nothing {
        if let Some(shown) = shown {
            remove(tx, at, &shown)?;
        }
        return Ok(Deleted { version_id: None, is_marker: false });
    }
    let marker = at.add(tx, keeping, Version::new(tx, None))?;
    Event { kind: Kind::MarkerCreated, bucket: at.bucket, key: at.key, version: &marker }.note(tx)?;
    Ok(Deleted { version_id: Some(marker.id_text()), is_marker: true })
}

/// Removes a version for good.
fn remove(tx: &mut Tx<'_>, at: &Versions<'_>, version: &Version) -> Result<()> {
    at.remove(tx, version)?;
    Event { kind: Kind::Deleted, bucket: at.bucket, key: at.key, version }.note(tx)
}
