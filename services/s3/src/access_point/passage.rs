//! Which requests come through an access point: by its ARN or its alias in a bucket's place, or by its host, which has the
//! account behind its name.
//!
//! Such a request goes on with the name of the bucket. Follows "Using Amazon S3 access points for general purpose buckets" and
//! "Access point compatibility" in S3's user guide.

use std::sync::Arc;

use names::{Account, Arn, Scope};
use service::{Context, Passage, PrincipalKind, Result};
use store::Reads;
use wire::rest::Labels;
use wire::{Fault, OperationFacts};

use super::name::ALIAS_SUFFIX;
use super::{AccessPoint, name_in, no_such};
use crate::bucket::Bucket;
use crate::{errors, keys};

const BUCKET: &str = "Bucket";

/// What can be done through an access point.
const OPERATIONS: [&str; 33] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjects",
    "GetBucketAcl",
    "GetBucketCors",
    "GetBucketLocation",
    "GetBucketNotificationConfiguration",
    "GetBucketPolicy",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "HeadBucket",
    "HeadObject",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "RestoreObject",
    "UploadPart",
    "UploadPartCopy",
];

/// How something in a bucket's place names an access point.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    Arn(Arn),
    Alias(&'a str),
    /// A bucket may be called so too.
    Host(&'a str, Account),
}

impl<'a> Named<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if text.starts_with("arn:") {
            return text.parse().ok().filter(|arn| name_in(arn).is_some()).map(Named::Arn);
        }
        if text.ends_with(ALIAS_SUFFIX) {
            return Some(Named::Alias(text));
        }
        let (name, account) = text.rsplit_once('-')?;
        Some(Named::Host(name, account.parse().ok()?))
    }

    /// The access point; none where the text names something else.
    fn find(&self, reads: &impl Reads, context: &Context, text: &str) -> Result<Option<Arc<AccessPoint>>> {
        match self {
            Named::Arn(arn) => {
                let missing = || no_such(name_in(arn).unwrap_or_default());
                Ok(Some(AccessPoint::of_arn(reads, arn)?.ok_or_else(missing)?))
            }
            Named::Alias(alias) => match of_alias(reads, alias)? {
                Some(arn) => AccessPoint::of_arn(reads, &arn),
                None => Ok(None),
            },
            Named::Host(name, account) => {
                let bucket = reads.get_shared::<Bucket>(&keys::bucket(text))?;
                let scope = Scope::new(*account, context.scope().region);
                if bucket.is_some() { Ok(None) } else { AccessPoint::find(reads, &scope, name) }
            }
        }
    }
}

/// The ARN of the access point that has an alias.
fn of_alias(reads: &impl Reads, alias: &str) -> Result<Option<Arn>> {
    let kept = reads.get(&keys::alias(alias))?;
    Ok(kept.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok()))
}

/// The name of the bucket behind what stands in a bucket's place, where only its ARN or its alias can stand.
pub(crate) fn bucket_behind(reads: &impl Reads, text: &str) -> Result<Option<String>> {
    let arn = match Named::read(text) {
        Some(Named::Arn(arn)) => Some(arn),
        Some(Named::Alias(alias)) => of_alias(reads, alias)?,
        Some(Named::Host(..)) | None => None,
    };
    let Some(arn) = arn else { return Ok(None) };
    Ok(AccessPoint::of_arn(reads, &arn)?.map(|point| point.bucket.clone()))
}

/// What a request goes through whose path has this in a bucket's place, and the bucket behind it.
///
/// # Errors
/// When there is no such access point, or it does not let in requests of this kind.
pub(crate) fn through(
    reads: &impl Reads,
    context: &Context,
    text: &str,
) -> Result<Option<(Passage, String)>> {
    let Some(named) = Named::read(text) else { return Ok(None) };
    let Some(point) = named.find(reads, context, text)? else { return Ok(None) };
    let bucket = reads.get_shared::<Bucket>(&keys::bucket(&point.bucket))?;
    let is_others = bucket.is_some_and(|bucket| bucket.owner != point.bucket_owner);
    let is_unknown = context.caller.principal.kind == PrincipalKind::Anonymous;
    // Nothing comes from a virtual network here.
    if is_others || is_unknown || point.vpc.is_some() {
        return Err(errors::access_denied().into());
    }
    let passage = Passage {
        arn: point.arn(),
        is_alias: matches!(named, Named::Alias(_)),
        conditions: vec![
            ("s3:dataaccesspointarn", point.arn().to_string()),
            ("s3:dataaccesspointaccount", point.owner.to_string()),
            ("s3:accesspointnetworkorigin", point.origin().to_owned()),
        ],
        seen,
    };
    Ok(Some((passage, point.bucket.clone())))
}

/// `arn:aws:s3:::trips/2026` is `…:accesspoint/berlin/object/2026`; a bucket is the access point itself.
fn seen(point: &Arn, resource: &Arn) -> Arn {
    match (resource.resource().split_once('/'), point.scope()) {
        (Some((_, key)), Some(scope)) => {
            Arn::in_scope("s3", &scope, format_args!("{}/object/{key}", point.resource()))
        }
        _ => point.clone(),
    }
}

/// What a request goes through, and its path behind that.
///
/// # Errors
/// When it cannot go that way.
pub(crate) fn of(
    context: &Context,
    operation: &'static OperationFacts,
    labels: &Labels,
) -> Result<Option<(Passage, Labels)>, Fault> {
    let Some(text) = labels.get(BUCKET) else { return Ok(None) };
    // What is still to be made goes through nothing.
    if Named::read(text).is_none() || operation.name == "CreateBucket" {
        return Ok(None);
    }
    let found = through(&context.cloud.store.snapshot(), context, text);
    match found.map_err(service::Error::into_fault)? {
        Some(_) if !OPERATIONS.contains(&operation.name) => Err(not_through(operation)),
        found => Ok(found.map(|(passage, bucket)| (passage, labels.clone().with(BUCKET, bucket)))),
    }
}

fn not_through(operation: &OperationFacts) -> Fault {
    Fault::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
        .with_element("Method", operation.http.method)
        .with_element("ResourceType", "ACCESSPOINT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buckets_place_may_name_an_access_point() {
        let arn = "arn:aws:s3:us-east-1:000000000000:accesspoint/trips";
        assert_eq!(Named::read(arn), Some(Named::Arn(arn.parse().unwrap())));
        assert_eq!(Named::read("trips-abc-s3alias"), Some(Named::Alias("trips-abc-s3alias")));
        assert_eq!(Named::read("my-trips-000000000000"), Some(Named::Host("my-trips", Account::ZERO)));
        for text in ["trips", "trips-2026", "arn:aws:s3:::trips", "arn:", "trips-00000000000a", ""] {
            assert_eq!(Named::read(text), None, "{text}");
        }
    }

    #[test]
    fn objects_are_seen_behind_their_access_point() {
        let point: Arn = "arn:aws:s3:us-east-1:000000000000:accesspoint/trips".parse().unwrap();
        for (resource, expected) in [
            ("arn:aws:s3:::b", "arn:aws:s3:us-east-1:000000000000:accesspoint/trips"),
            ("arn:aws:s3:::b/a//k", "arn:aws:s3:us-east-1:000000000000:accesspoint/trips/object/a//k"),
        ] {
            assert_eq!(seen(&point, &resource.parse().unwrap()).as_str(), expected);
        }
    }
}
