//! DeleteBucket: only an empty bucket goes, and its name is free at once.

use api_s3 as api;
use service::{Result, Tx};
use store::{Direction, Reads as _};
use wire::Fault;

use super::Bucket;
use crate::{SWEEPER, keys};

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteBucketInput) -> Result<api::DeleteBucketOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    if tx.scan(keys::objects(&bucket.id).prefix_range(), Direction::Forward).next().transpose()?.is_some() {
        let fault = Fault::new("BucketNotEmpty", 409, "The bucket you tried to delete is not empty");
        return Err(fault.with_element("BucketName", bucket.name.clone()).into());
    }
    tx.delete(keys::bucket(&bucket.name));
    tx.delete(keys::owned(bucket.owner, &bucket.name));
    SWEEPER.put(tx, &keys::settings(&bucket.id));
    Ok(api::DeleteBucketOutput::default())
}
