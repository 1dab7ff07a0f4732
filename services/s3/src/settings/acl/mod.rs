//! The access control list of a bucket: canned, by headers, or whole.

mod asked;
mod grants;

use api_s3 as api;
use service::{Result, Tx};
use store::Reads;
use wire::Fault;

use super::{ownership, public_access};
use crate::bucket::Bucket;
use crate::setting::{self, Setting};
use crate::{errors, owner};

pub(crate) use asked::{Asked, AsksForList};
pub(crate) use grants::{Grantee, Parties, check, is_public, private};

impl Setting for api::AccessControlPolicy {
    const KIND: &'static str = "acl";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        check(self)?;
        let is_private = *self == private(&owner::canonical_id(bucket.owner));
        if ownership::is_enforced(&**tx, bucket)? && !is_private {
            return Err(not_allowed().into());
        }
        if public_access::of(&**tx, bucket)?.to_new_lists && is_public(self) {
            return Err(errors::access_denied().into());
        }
        Ok(())
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        Ok(private(&owner::canonical_id(bucket.owner)))
    }
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutBucketAclInput) -> Result<api::PutBucketAclOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let asked = input.asked();
    if asked.canned().is_some() && ownership::is_enforced(&**tx, &bucket)? {
        return Err(not_allowed().into());
    }
    let owner = owner::canonical_id(bucket.owner);
    let parties = Parties { owner: &owner, bucket_owner: &owner };
    let wanted = wanted(&asked, input.access_control_policy.as_ref(), parties)?;
    setting::put(tx, input, &wanted)
}

/// The list that a request brings, by its headers or whole.
///
/// # Errors
/// When it does both or neither, or names another owner.
pub(crate) fn wanted(
    asked: &Asked<'_>,
    whole: Option<&api::AccessControlPolicy>,
    parties: Parties<'_>,
) -> Result<api::AccessControlPolicy, Fault> {
    match (asked.list(parties)?, whole) {
        (Some(_), Some(_)) => {
            Err(Fault::new("UnexpectedContent", 400, "This request does not support content"))
        }
        (Some(list), None) => Ok(list),
        (None, Some(list)) => owned(list, parties.owner),
        (None, None) => {
            let fault =
                Fault::new("MissingSecurityHeader", 400, "Your request was missing a required header");
            Err(fault.with_element("MissingHeaderName", "x-amz-acl"))
        }
    }
}

/// Lists do not count where ownership is enforced.
pub(crate) fn not_allowed() -> Fault {
    Fault::new("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
}

/// The list of a bucket.
pub(crate) fn of(reads: &impl Reads, bucket: &Bucket) -> Result<api::AccessControlPolicy> {
    let list = setting::find(reads, bucket)?;
    Ok(list.unwrap_or_else(|| private(&owner::canonical_id(bucket.owner))))
}

pub(crate) fn shown(setting: api::AccessControlPolicy) -> api::GetBucketAclOutput {
    api::GetBucketAclOutput { owner: setting.owner, grants: setting.grants }
}

/// What a new bucket is asked to have; nothing, where it has what every bucket has. Its doors to the public are closed.
pub(crate) fn of_new(
    input: &api::CreateBucketInput,
    bucket: &Bucket,
    controls: &api::OwnershipControls,
) -> Result<Option<api::AccessControlPolicy>, Fault> {
    let owner = owner::canonical_id(bucket.owner);
    let parties = Parties { owner: &owner, bucket_owner: &owner };
    let Some(mut list) = input.asked().list(parties)? else { return Ok(None) };
    check(&mut list)?;
    if list == private(&owner) {
        return Ok(None);
    }
    if ownership::enforces(controls) {
        return Err(ownership::acls_are_off());
    }
    if is_public(&list) {
        let message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
        return Err(Fault::new("InvalidBucketAclWithBlockPublicAccessError", 400, message));
    }
    Ok(Some(list))
}

/// Whether a bucket's list lets nobody in but its owner.
pub(crate) fn is_private(reads: &impl Reads, bucket: &Bucket) -> Result<bool> {
    Ok(of(reads, bucket)? == private(&owner::canonical_id(bucket.owner)))
}

/// A whole list names the owner, who stays the same.
fn owned(list: &api::AccessControlPolicy, owner: &str) -> Result<api::AccessControlPolicy, Fault> {
    let Some(named) = list.owner.as_ref().and_then(|owner| owner.id.as_ref()) else {
        return Err(errors::malformed_xml());
    };
    if named != owner {
        return Err(errors::access_denied());
    }
    Ok(grants::list(owner, list.grants.clone().unwrap_or_default()))
}
