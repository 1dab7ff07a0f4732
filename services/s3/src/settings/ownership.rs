//! Who owns objects that others write, and so whether access control lists count.

use api_s3 as api;
use service::{Result, Tx};
use store::Reads;
use wire::Fault;

use super::acl;
use crate::bucket::Bucket;
use crate::errors;
use crate::setting::{self, Setting};

impl Setting for api::OwnershipControls {
    const KIND: &'static str = "ownership";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        let [rule] = self.rules.as_slice() else { return Err(errors::malformed_xml().into()) };
        if rule.object_ownership == api::ObjectOwnership::BucketOwnerEnforced
            && !acl::is_private(&**tx, bucket)?
        {
            return Err(acls_are_off().into());
        }
        Ok(())
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        let message = "The bucket ownership controls were not found";
        Err(bucket.has_no("OwnershipControlsNotFoundError", message))
    }
}

pub(crate) fn shown(setting: api::OwnershipControls) -> api::GetBucketOwnershipControlsOutput {
    api::GetBucketOwnershipControlsOutput { ownership_controls: Some(setting) }
}

/// What a new bucket has that asks for it, or for nothing.
///
/// # Errors
/// For what is no ownership.
pub(crate) fn of_new(asked: Option<&api::ObjectOwnership>) -> Result<api::OwnershipControls, Fault> {
    let object_ownership = match asked {
        Some(api::ObjectOwnership::Unknown(text)) => {
            let message = format!("Invalid x-amz-object-ownership header: {text}");
            return Err(errors::argument(message, "x-amz-object-ownership", text));
        }
        Some(asked) => asked.clone(),
        None => api::ObjectOwnership::BucketOwnerEnforced,
    };
    Ok(api::OwnershipControls { rules: vec![api::OwnershipControlsRule { object_ownership }] })
}

/// Whether access control lists say nothing in a bucket. Without controls they count.
pub(crate) fn is_enforced(reads: &impl Reads, bucket: &Bucket) -> Result<bool> {
    Ok(setting::find(reads, bucket)?.is_some_and(|controls| enforces(&controls)))
}

/// Whose what others write in a bucket is; without controls, theirs.
pub(crate) fn of(reads: &impl Reads, bucket: &Bucket) -> Result<api::ObjectOwnership> {
    let controls: Option<api::OwnershipControls> = setting::find(reads, bucket)?;
    let rule = controls.and_then(|controls| controls.rules.into_iter().next());
    Ok(rule.map_or(api::ObjectOwnership::ObjectWriter, |rule| rule.object_ownership))
}

pub(crate) fn enforces(controls: &api::OwnershipControls) -> bool {
    controls.rules.iter().any(|rule| rule.object_ownership == api::ObjectOwnership::BucketOwnerEnforced)
}

pub(crate) fn acls_are_off() -> Fault {
    let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    Fault::new("InvalidBucketAclWithObjectOwnership", 400, message)
}
