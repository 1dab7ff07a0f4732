//! A replica: made, or made as its source is now.

use api_s3 as api;
use service::{Result, Tx};

use super::rules::Destination;
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::object::copy::copy_blob;
use crate::object::fate::{Fate, Replication};
use crate::object::version::{Content, Encryption, STANDARD, Version};
use crate::object::versions::{Keeping, Versions};
use crate::object::{lock, parts};
use crate::setting::Setting as _;

/// Brings a version to where it is to be. False when that cannot have it.
pub(super) fn bring(
    tx: &mut Tx<'_>,
    to: &Destination,
    source: &Version,
    target: &Versions<'_>,
) -> Result<bool> {
    if Keeping::of(&**tx, target.bucket)? != Keeping::Versions || !can_lock(source, target.bucket) {
        return Ok(false);
    }
    match target.at(&**tx, source.number, &source.id)? {
        Some(replica) => follow(tx, source, replica, target)?,
        None => make(tx, to, source, target)?,
    }
    Ok(true)
}

/// What is locked goes only where there are locks.
fn can_lock(source: &Version, target: &Bucket) -> bool {
    let is_locked = |content: &Content| content.retention.is_some() || content.is_held.is_some();
    !source.content.as_ref().is_some_and(is_locked)
        || target.settings.contains(api::ObjectLockConfiguration::KIND)
}

fn make(tx: &mut Tx<'_>, to: &Destination, source: &Version, target: &Versions<'_>) -> Result<()> {
    let mut replica = Version { content: None, ..source.clone() };
    let mut kind = Kind::MarkerCreated;
    if let Some(content) = &source.content {
        kind = Kind::Put;
        replica.content = Some(copy(tx, to, source, content, target.bucket)?);
    }
    target.insert(tx, &replica)?;
    note(tx, target, kind, &replica)
}

fn copy(
    tx: &mut Tx<'_>,
    to: &Destination,
    source: &Version,
    content: &Content,
    bucket: &Bucket,
) -> Result<Content> {
    let mut copy = content.clone();
    copy.fate = Fate { replication: Some(Replication::Replica), ..Fate::default() };
    if let Some(blob) = &content.blob {
        copy.blob = Some(copy_blob(tx, blob)?);
    }
    if content.parts.is_some() {
        let id = tx.random().bytes();
        let mut copies = parts::of(&**tx, &source.parts_id())?;
        for part in &mut copies {
            part.blob = copy_blob(tx, &part.blob)?;
        }
        parts::put(tx, &id, &copies)?;
        copy.fate.parts = Some(id);
    }
    if let Some(class) = &to.storage_class {
        copy.storage_class = Some(class.clone()).filter(|class| class != STANDARD);
    }
    if let (Encryption::Kms { key, .. }, Some(wanted)) = (&mut copy.encryption, &to.key) {
        *key = Some(wanted.clone());
    }
    if copy.retention.is_none() {
        (copy.retention, _) = lock::of_new(&**tx, bucket, &lock::Wish::default(), tx.now)?;
    }
    Ok(copy)
}

/// What may change about a version, changes about its replica.
fn follow(tx: &mut Tx<'_>, source: &Version, mut replica: Version, target: &Versions<'_>) -> Result<()> {
    let (Some(from), Some(content)) = (&source.content, &mut replica.content) else { return Ok(()) };
    let before = content.tags.clone();
    content.tags.clone_from(&from.tags);
    content.is_held = from.is_held;
    if from.retention.is_some() {
        content.retention.clone_from(&from.retention);
    }
    let kind = if from.tags.is_empty() { Kind::Untagged } else { Kind::Tagged };
    target.rewrite(tx, &replica)?;
    if before == from.tags { Ok(()) } else { note(tx, target, kind, &replica) }
}

fn note(tx: &mut Tx<'_>, at: &Versions<'_>, kind: Kind<'_>, version: &Version) -> Result<()> {
    Event { kind, bucket: at.bucket, key: at.key, version }.note(tx)
}
