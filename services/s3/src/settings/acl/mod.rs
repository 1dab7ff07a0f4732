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

pub(crate) use asked::Asked;
pub(crate) use grants::is_public;

impl Setting for api::AccessControlPolicy {
    const KIND: &'static str = "acl";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        grants::check(self)?;
        let is_private = *self == grants::private(bucket.owner);
        if ownership::is_enforced(&**tx, bucket)? && !is_private {
            let message = "The bucket does not allow ACLs";
            return Err(Fault::new("AccessControlListNotSupported", 400, message).into());
        }
        if public_access::of(&**tx, bucket)?.block_public_acls == Some(true) && is_public(self) {
            return Err(errors::access_denied().into());
        }
        Ok(())
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        Ok(grants::private(bucket.owner))
    }
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutBucketAclInput) -> Result<api::PutBucketAclOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let asked = Asked::from(input);
    let wanted = match (asked.list(bucket.owner)?, &input.access_control_policy) {
        (Some(_), Some(_)) => {
            return Err(Fault::new("UnexpectedContent", 400, "This request does not support content").into());
        }
        (Some(list), None) => list,
        (None, Some(list)) => owned(list, &bucket)?,
        (None, None) => {
            let fault =
                Fault::new("MissingSecurityHeader", 400, "Your request was missing a required header");
            return Err(fault.with_element("MissingHeaderName", "x-amz-acl").into());
        }
    };
    setting::put(tx, input, &wanted)
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
    let Some(mut list) = Asked::from(input).list(bucket.owner)? else { return Ok(None) };
    grants::check(&mut list)?;
    if list == grants::private(bucket.owner) {
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
    let list = setting::find::<api::AccessControlPolicy>(reads, bucket)?;
    Ok(list.is_none_or(|list| list == grants::private(bucket.owner)))
}

/// A whole list names the owner, who stays the same.
fn owned(list: &api::AccessControlPolicy, bucket: &Bucket) -> Result<api::AccessControlPolicy, Fault> {
    let Some(named) = list.owner.as_ref().and_then(|owner| owner.id.as_ref()) else {
        return Err(errors::malformed_xml());
    };
    if *named != owner::canonical_id(bucket.owner) {
        return Err(errors::access_denied());
    }
    Ok(api::AccessControlPolicy { grants: list.grants.clone(), owner: Some(owner::shown(bucket.owner)) })
}
