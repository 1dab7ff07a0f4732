//! Tables of metadata, which no bucket has: S3 Tables is not here.

use service::{Result, View};

use crate::bucket::{Bucket, OfBucket};

/// There is none to be shown, changed or deleted.
pub(crate) fn missing<O>(view: &View<'_>, input: &impl OfBucket) -> Result<O> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    let message = "The metadata configuration was not found";
    Err(bucket.has_no("MetadataConfigurationNotFound", message).into())
}
