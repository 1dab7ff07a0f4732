//! HeadBucket and GetBucketLocation: whether a bucket is there, and where.

use api_s3 as api;
use service::{Result, View};

use super::Bucket;

pub(crate) fn head(view: &View<'_>, input: &api::HeadBucketInput) -> Result<api::HeadBucketOutput> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    let is_alias = view.context.caller.passage.as_ref().is_some_and(|passage| passage.is_alias);
    Ok(api::HeadBucketOutput {
        bucket_region: Some(bucket.region.to_string()),
        access_point_alias: Some(is_alias),
        ..Default::default()
    })
}

/// The one question that every region answers for every bucket.
pub(crate) fn location(
    view: &View<'_>,
    input: &api::GetBucketLocationInput,
) -> Result<api::GetBucketLocationOutput> {
    let bucket = Bucket::expected(&**view, input)?;
    // Buckets of us-east-1 have an element without a text.
    let constraint = bucket.constraint.as_deref().unwrap_or_default();
    Ok(api::GetBucketLocationOutput { location_constraint: Some(constraint.into()) })
}
