//! Access control lists of objects, and so whose they are.
//!
//! A list is a record beside the version, and only there where the object is not private or not the bucket's owner's. A
//! bucket that has such an object says so among its settings, so that nobody looks for lists anywhere else.
//!
//! Follows "Access control list (ACL) overview" and "Controlling ownership of objects" in S3's user guide.

use api_s3 as api;
use service::{Context, Result, Tx, View};
use store::{Reads, Transaction};

use super::existing::{Action, Existing};
use super::version::Version;
use super::versions::Versions;
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::keys::Id;
use crate::settings::acl::{self, AsksForList, Parties};
use crate::settings::{ownership, public_access};
use crate::{access, errors, keys, owner, setting};

/// Among the settings of a bucket: some object of it has a list, or had one.
const SETTING: &str = "object-acl";
/// The one list that may be asked for where lists do not count.
const BUCKET_OWNERS: &str = "bucket-owner-full-control";

pub(crate) fn get(view: &View<'_>, input: &api::GetObjectAclInput) -> Result<api::GetObjectAclOutput> {
    let action = Action { on_object: "GetObjectAcl", on_version: "GetObjectVersionAcl" };
    let object = Existing::of(&**view, view.context, input, action)?;
    let list = shown(&**view, &object.bucket, &object.version.id)?;
    Ok(api::GetObjectAclOutput { owner: list.owner, grants: list.grants, ..Default::default() })
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutObjectAclInput) -> Result<api::PutObjectAclOutput> {
    let action = Action { on_object: "PutObjectAcl", on_version: "PutObjectVersionAcl" };
    let object = Existing::of_if(&**tx, tx.context, input, action, &|key| input.asked().condition(key))?;
    let list = wanted(tx, input, &object)?;
    let version = Version { content: Some(object.content.clone()), ..object.version.clone() };
    keep(tx, &object.bucket, &version.id, list.as_ref())?;
    Event { kind: Kind::ListPut, bucket: &object.bucket, key: &input.key, version: &version }.note(tx)?;
    Ok(api::PutObjectAclOutput::default())
}

/// The list that an object is to have from now on; its owner stays the same.
fn wanted(
    tx: &Tx<'_>,
    input: &api::PutObjectAclInput,
    object: &Existing<'_>,
) -> Result<Option<api::AccessControlPolicy>> {
    let bucket_owner = owner::canonical_id(object.bucket.owner);
    let before = shown(&**tx, &object.bucket, &object.version.id)?;
    let owner = before.owner.and_then(|owner| owner.id).unwrap_or_else(|| bucket_owner.clone());
    let parties = Parties { owner: &owner, bucket_owner: &bucket_owner };
    let asked = input.asked();
    let mut list = acl::wanted(&asked, input.access_control_policy.as_ref(), parties)?;
    acl::check(&mut list)?;
    let is_private = list == acl::private(&bucket_owner);
    if ownership::is_enforced(&**tx, &object.bucket)? {
        let is_taken = is_private && asked.canned().is_none_or(|canned| canned == BUCKET_OWNERS);
        // What it had before counts again when ownership is no longer enforced.
        let kept = find(&**tx, &object.bucket, &object.version.id)?;
        return if is_taken { Ok(kept) } else { Err(acl::not_allowed().into()) };
    }
    check_public(&**tx, tx.context, &object.bucket, &list)?;
    Ok(Some(list).filter(|_| !is_private))
}

/// The list that a new object is to have; nothing where it is private and the bucket's owner's.
///
/// # Errors
/// When the bucket takes no such list, or the caller may not ask for one.
pub(crate) fn of_new(
    reads: &impl Reads,
    context: &Context,
    at: &Versions<'_>,
    input: &impl AsksForList,
) -> Result<Option<api::AccessControlPolicy>> {
    let (bucket, asked) = (at.bucket, input.asked());
    let bucket_owner = owner::canonical_id(bucket.owner);
    let writer = owner::of_caller(&context.caller).unwrap_or_else(|| bucket_owner.clone());
    // Almost always.
    if !asked.is_any() && writer == bucket_owner {
        return Ok(None);
    }
    let ownership = ownership::of(reads, bucket)?;
    let is_given = asked.canned() == Some(BUCKET_OWNERS);
    let is_bucket_owners = ownership == api::ObjectOwnership::BucketOwnerEnforced
        || (ownership == api::ObjectOwnership::BucketOwnerPreferred && is_given);
    let owner = if is_bucket_owners { &bucket_owner } else { &writer };
    let private = acl::private(owner);
    let list = asked.list(Parties { owner, bucket_owner: &bucket_owner })?;
    let mut list = list.unwrap_or_else(|| private.clone());
    acl::check(&mut list)?;
    if ownership == api::ObjectOwnership::BucketOwnerEnforced {
        let is_taken = list == private && asked.canned().is_none_or(|canned| canned == BUCKET_OWNERS);
        return if is_taken { Ok(None) } else { Err(acl::not_allowed().into()) };
    }
    check_public(reads, context, bucket, &list)?;
    if asked.is_any() {
        access::permit_list(context, at, &asked)?;
    }
    Ok(Some(list).filter(|list| *list != acl::private(&bucket_owner)))
}

fn check_public(
    reads: &impl Reads,
    context: &Context,
    bucket: &Bucket,
    list: &api::AccessControlPolicy,
) -> Result<()> {
    let is_blocked =
        acl::is_public(list) && public_access::of_request(reads, bucket, &context.caller)?.to_new_lists;
    if is_blocked { Err(errors::access_denied().into()) } else { Ok(()) }
}

/// Gives a version its list; nothing takes away what it has.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    bucket: &Bucket,
    version: &Id,
    list: Option<&api::AccessControlPolicy>,
) -> Result<()> {
    let Some(list) = list else {
        forget(tx, bucket, version);
        return Ok(());
    };
    tx.put(keys::acl(version), wire::keep(list));
    if !has_lists(bucket) {
        let mut bucket = bucket.clone();
        bucket.settings.insert(SETTING.to_owned());
        bucket.put(tx)?;
    }
    Ok(())
}

/// The list of a version goes with it.
pub(crate) fn forget(tx: &mut Transaction, bucket: &Bucket, version: &Id) {
    if has_lists(bucket) {
        tx.delete(keys::acl(version));
    }
}

fn has_lists(bucket: &Bucket) -> bool {
    bucket.settings.contains(SETTING)
}

/// The list of a version; nothing where it is private and the bucket's owner's.
pub(crate) fn find(
    reads: &impl Reads,
    bucket: &Bucket,
    version: &Id,
) -> Result<Option<api::AccessControlPolicy>> {
    if !has_lists(bucket) {
        return Ok(None);
    }
    let bytes = reads.get(&keys::acl(version))?;
    Ok(bytes.map(|bytes| setting::read(&bytes)).transpose()?)
}

/// The list as it counts: where ownership is enforced, everything is the bucket's owner's.
fn shown(reads: &impl Reads, bucket: &Bucket, version: &Id) -> Result<api::AccessControlPolicy> {
    let kept = match ownership::is_enforced(reads, bucket)? {
        true => None,
        false => find(reads, bucket, version)?,
    };
    Ok(kept.unwrap_or_else(|| acl::private(&owner::canonical_id(bucket.owner))))
}

/// Whose the objects of a bucket are, for lists of them.
pub(crate) struct Owners<'a, R> {
    reads: &'a R,
    bucket: &'a Bucket,
    are_apart: bool,
    of_bucket: api::Owner,
}

impl<'a, R: Reads> Owners<'a, R> {
    pub(crate) fn of(reads: &'a R, bucket: &'a Bucket) -> Result<Self> {
        let are_apart = has_lists(bucket) && !ownership::is_enforced(reads, bucket)?;
        Ok(Owners { reads, bucket, are_apart, of_bucket: owner::shown(bucket.owner) })
    }

    /// The owner of a version.
    pub(crate) fn owner(&self, version: &Id) -> Result<api::Owner> {
        let list = if self.are_apart { find(self.reads, self.bucket, version)? } else { None };
        Ok(list.and_then(|list| list.owner).unwrap_or_else(|| self.of_bucket.clone()))
    }
}
