//! ListBuckets: the buckets of an account in all regions, by their names.

use api_s3 as api;
use service::{Result, View};
use store::{Direction, Reads as _};
use wire::Timestamp;

use super::Bucket;
use crate::{errors, keys, owner};

const OPERATION: &str = "s3:ListBuckets";

pub(crate) fn list(view: &View<'_>, input: &api::ListBucketsInput) -> Result<api::ListBucketsOutput> {
    let account = view.scope().account;
    let (prefix, tokens) = (input.prefix.as_deref().unwrap_or_default(), &view.context.cloud.page_tokens);
    let mut range = keys::owned_by(account).prefix_range();
    range.start = keys::owned(account, prefix).into();
    if let Some(token) = &input.continuation_token {
        let last = tokens.open_within(OPERATION, token, &range);
        let message = "The continuation token provided is incorrect";
        range.start = last.ok_or_else(|| errors::argument(message, "continuation-token", token))?;
    }
    let max = input.max_buckets.map_or(usize::MAX, |max| max as usize);
    let is_told_regions = max != usize::MAX || !prefix.is_empty() || input.bucket_region.is_some();
    let (mut buckets, mut continuation_token) = (Vec::new(), None);
    for entry in view.scan(range, Direction::Forward) {
        let (key, _) = entry?;
        let name = keys::owned_name(&key)?;
        if !name.starts_with(prefix) {
            break;
        }
        let bucket = Bucket::named(&**view, &name)?;
        if input.bucket_region.as_deref().is_some_and(|region| region != bucket.region.as_str()) {
            continue;
        }
        if buckets.len() == max {
            continuation_token = Some(tokens.seal(OPERATION, &key));
            break;
        }
        buckets.push(shown(&bucket, is_told_regions));
    }
    Ok(api::ListBucketsOutput {
        buckets: Some(buckets),
        owner: Some(owner::shown(account)),
        continuation_token,
        prefix: input.prefix.clone(),
    })
}

/// Only who asks for a part of the list is told regions.
fn shown(bucket: &Bucket, with_region: bool) -> api::Bucket {
    api::Bucket {
        name: Some(bucket.name.clone()),
        creation_date: Some(Timestamp(bucket.created_ms)),
        bucket_region: with_region.then(|| bucket.region.to_string()),
        bucket_arn: None,
    }
}
