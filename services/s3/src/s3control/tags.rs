//! Tags of access points, and of buckets by this way.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_s3::{Tag, Tagging as OfBucket};
use api_s3control as api;
use names::tags::Error;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Context, Result, Tx, View};
use store::Reads;
use wire::Fault;

use super::scope_of;
use crate::access_point::AccessPoint;
use crate::bucket::Bucket;
use crate::{errors, keys, setting};

/// How access points are tagged.
pub(super) const TAGGING: Tagging = Tagging::new(find_point, refusal);

fn find_point(tx: &Tx<'_>, arn: &Arn) -> Result<(Scope, Arn)> {
    if arn.account_text().is_empty() {
        return Err(service::not_built("s3", "Tagging buckets through another service").into());
    }
    let point = point(&**tx, arn)?;
    Ok((point.scope(), point.arn()))
}

/// The access point of that very ARN: the guard was asked about it as it was written.
fn point(reads: &impl Reads, arn: &Arn) -> Result<Arc<AccessPoint>> {
    let point = AccessPoint::of_arn(reads, arn)?.filter(|point| point.arn() == *arn);
    Ok(point.ok_or_else(missing)?)
}

fn refusal(error: Error) -> Fault {
    let message = match error {
        Error::TooMany => "You can't have more than 50 tags on a resource.",
        Error::DuplicateKey { .. } => {
            "There are duplicate tag keys in your request. Remove the duplicate tag keys and try again."
        }
        Error::ReservedPrefix { .. } => {
            "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. Remove \"aws:\" from \
             your tag keys and try again."
        }
        _ => {
            "This request contains a tag key or value that isn't valid. Valid characters include the following: \
             [a-zA-Z+-=._:/]. Tag keys can contain up to 128 characters. Tag values can contain up to 256 characters."
        }
    };
    Fault::new("InvalidTag", 400, message)
}

fn missing() -> Fault {
    Fault::new("NoSuchResource", 404, "The specified resource doesn't exist.")
}

/// Keys and values of a request's tags.
pub(super) fn pairs(tags: &[api::Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()))
}

/// What has tags.
enum Resource {
    Point(Scope, Arn),
    Bucket(Arc<Bucket>),
}

impl Resource {
    fn find(reads: &impl Reads, context: &Context, account: &str, arn: &str) -> Result<Self> {
        let scope = scope_of(context, account)?;
        let arn: Arn = arn.parse().map_err(|_| missing())?;
        if !arn.account_text().is_empty() {
            let point = Some(point(reads, &arn)?).filter(|point| point.scope() == scope);
            return Ok(point.map(|point| Resource::Point(scope, point.arn())).ok_or_else(missing)?);
        }
        let bucket = reads.get_shared::<Bucket>(&keys::bucket(arn.resource()))?;
        let bucket = bucket.filter(|bucket| bucket.arn() == arn).ok_or_else(missing)?;
        if bucket.owner != scope.account {
            return Err(errors::access_denied().into());
        }
        bucket.check_region(context)?;
        Ok(Resource::Bucket(bucket))
    }

    fn tags(&self, reads: &impl Reads) -> Result<BTreeMap<String, String>> {
        let bucket = match self {
            Resource::Point(scope, arn) => return tags::of(reads, scope, arn),
            Resource::Bucket(bucket) => bucket,
        };
        let setting: Option<OfBucket> = setting::find(reads, bucket)?;
        let set = setting.map(|setting| setting.tag_set).unwrap_or_default();
        Ok(set.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }
}

/// Gives a bucket these tags and no others; where there are none, it has no such setting.
fn set(tx: &mut Tx<'_>, bucket: Arc<Bucket>, tags: BTreeMap<String, String>) -> Result<()> {
    if tags.len() > names::tags::COUNT_MAX {
        return Err(refusal(Error::TooMany).into());
    }
    let mut bucket = Arc::unwrap_or_clone(bucket);
    if tags.is_empty() {
        return setting::remove::<OfBucket>(tx, &mut bucket);
    }
    let tag_set = tags.into_iter().map(|(key, value)| Tag { key, value }).collect();
    setting::set(tx, &mut bucket, &OfBucket { tag_set })
}

pub(super) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let resource = Resource::find(&**tx, tx.context, &input.account_id, &input.resource_arn)?;
    match resource {
        Resource::Point(scope, arn) => TAGGING.add(tx, &scope, &arn, pairs(&input.tags))?,
        Resource::Bucket(_) => {
            let mut tags = resource.tags(&**tx)?;
            tags.extend(TAGGING.checked(pairs(&input.tags))?);
            if let Resource::Bucket(bucket) = resource {
                set(tx, bucket, tags)?;
            }
        }
    }
    Ok(api::TagResourceOutput::default())
}

pub(super) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let resource = Resource::find(&**tx, tx.context, &input.account_id, &input.resource_arn)?;
    let mut tags = resource.tags(&**tx)?;
    match resource {
        Resource::Point(scope, arn) => tags::remove(tx, &scope, &arn, &input.tag_keys)?,
        Resource::Bucket(bucket) => {
            tags.retain(|key, _| !input.tag_keys.contains(key));
            set(tx, bucket, tags)?;
        }
    }
    Ok(api::UntagResourceOutput::default())
}

pub(super) fn list(
    view: &View<'_>,
    input: &api::ListTagsForResourceInput,
) -> Result<api::ListTagsForResourceOutput> {
    let resource = Resource::find(&**view, view.context, &input.account_id, &input.resource_arn)?;
    let tags = resource.tags(&**view)?.into_iter().map(|(key, value)| api::Tag { key, value }).collect();
    Ok(api::ListTagsForResourceOutput { tags: Some(tags) })
}
