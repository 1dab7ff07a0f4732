//! Whose buckets are, and what their policies say of who may use them.
//!
//! Never here: access control lists, and `RestrictPublicBuckets`, neither of which decides anything yet.

use api_s3 as api;
use names::{Account, Arn};
use service::{Denial, PrincipalKind, Result};
use store::{Reads as _, Snapshot};
use wire::Fault;

use crate::bucket::Bucket;
use crate::{errors, keys, setting};

/// Actions, by IAM's names, that a policy can allow others than the owner.
pub(crate) const SHARED: &[&str] = &[
    "DeleteBucket",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketVersions",
    "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration",
    "PutLifecycleConfiguration",
    "PutMetricsConfiguration",
    "PutReplicationConfiguration",
];

/// Actions that make buckets, of which nobody's policy is asked.
pub(crate) const MAKING: &[&str] = &["CreateBucket"];

pub(crate) fn policy_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<String>> {
    let Some(bucket) = bucket_of(snapshot, arn)? else { return Ok(None) };
    let policy = setting::find::<api::GetBucketPolicyOutput>(snapshot, &bucket)?;
    Ok(policy.and_then(|policy| policy.policy))
}

pub(crate) fn owner_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<Account>> {
    Ok(bucket_of(snapshot, arn)?.map(|bucket| bucket.owner))
}

/// S3 tells strangers nothing.
pub(crate) fn refused(denial: &Denial<'_>) -> Fault {
    if denial.caller.principal.kind == PrincipalKind::Anonymous {
        return errors::access_denied();
    }
    Fault { message: denial.message(denial.action), ..errors::access_denied() }
}

/// The bucket that an ARN is of, or the object of.
fn bucket_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<std::sync::Arc<Bucket>>> {
    let name = arn.resource().split('/').next().unwrap_or_default();
    Ok(snapshot.get_shared(&keys::bucket(name))?)
}
