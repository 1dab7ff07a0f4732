//! Whose buckets are, and what their policies say of who may use them; `lists` asks access control lists.

mod lists;

use api_s3 as api;
use names::{Account, Arn};
use serde_json::{Value, json};
use service::{Denial, PrincipalKind, Result};
use store::{Reads as _, Snapshot};
use wire::Fault;

use crate::access_point::AccessPoint;
use crate::bucket::Bucket;
use crate::settings::{policy, public_access};
use crate::{errors, keys, setting};

pub(crate) use lists::{listed, permit_list};

/// Actions, by IAM's names, that a policy can allow others than the owner.
pub(crate) const SHARED: &[&str] = &[
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "DeleteBucket",
    "DeleteBucketWebsite",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
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
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "GetObjectVersionTagging",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "ListMultipartUploadParts",
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
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "PutReplicationConfiguration",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
    "RestoreObject",
    "UpdateObjectEncryption",
    // Operations, which ask for the actions that their inputs mean.
    "DeleteObjects",
    "HeadObject",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
];

/// Actions that make buckets, of which nobody's policy is asked.
pub(crate) const MAKING: &[&str] = &["CreateBucket"];

pub(crate) fn policy_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<String>> {
    if let Some(point) = AccessPoint::of_arn(snapshot, arn)? {
        let Some(text) = point.policy.clone() else { return Ok(None) };
        let is_restricted = public_access::of_point(snapshot, &point)?.to_policies;
        return Ok(Some(as_it_counts(text, is_restricted, (&point.arn(), point.owner))));
    }
    let Some(bucket) = bucket_of(snapshot, arn)? else { return Ok(None) };
    let policy = setting::find::<api::GetBucketPolicyOutput>(snapshot, &bucket)?;
    let Some(text) = policy.and_then(|policy| policy.policy) else { return Ok(None) };
    let is_restricted = public_access::of(snapshot, &bucket)?.to_policies;
    Ok(Some(as_it_counts(text, is_restricted, (&bucket.arn(), bucket.owner))))
}

/// A policy of something, which has an owner.
fn as_it_counts(text: String, is_restricted: bool, of: (&Arn, Account)) -> String {
    if is_restricted && policy::is_public(&text) { restricted(&text, of) } else { text }
}

/// A public policy where public buckets are restricted: it still counts for the owner's account and for services of AWS.
fn restricted(text: &str, (arn, owner): (&Arn, Account)) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let deny = |condition: Value| {
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn.as_str(), format!("{arn}/*")],
               "Condition": condition})
    };
    let others = json!({"StringNotEquals": {"aws:PrincipalAccount": owner.as_str()},
                        "Bool": {"aws:PrincipalIsAWSService": "false"}});
    let unknown = json!({"StringEquals": {"aws:PrincipalType": "Anonymous"}});
    let statements = match document["Statement"].take() {
        Value::Array(statements) => statements,
        statement => vec![statement],
    };
    let denied = [deny(others), deny(unknown)];
    document["Statement"] = statements.into_iter().chain(denied).collect();
    document.to_string()
}

pub(crate) fn owner_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<Account>> {
    match arn.account() {
        None => Ok(bucket_of(snapshot, arn)?.map(|bucket| bucket.owner)),
        owner => Ok(owner),
    }
}

/// S3 tells strangers nothing.
pub(crate) fn refused(denial: &Denial<'_>) -> Fault {
    if denial.caller.principal.kind == PrincipalKind::Anonymous {
        return errors::access_denied();
    }
    Fault { message: denial.message(denial.action), ..errors::access_denied() }
}

/// The bucket that an ARN is of, or the object of; none for those of access points, which have an account.
fn bucket_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<std::sync::Arc<Bucket>>> {
    if !arn.account_text().is_empty() {
        return Ok(None);
    }
    let name = arn.resource().split('/').next().unwrap_or_default();
    Ok(snapshot.get_shared(&keys::bucket(name))?)
}
