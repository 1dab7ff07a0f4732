//! DeleteBucket: only an empty bucket goes, and its name is free at once. Uploads that are in progress do not hold it.

use api_s3 as api;
use service::{Result, Tx};
use store::tuple::Key;
use store::{Direction, Reads as _};
use wire::Fault;

use super::Bucket;
use crate::{SWEEPER, keys};

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteBucketInput) -> Result<api::DeleteBucketOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let holds = |kind: Key| tx.scan(kind.prefix_range(), Direction::Forward).next().transpose();
    if holds(keys::objects(&bucket.id))?.or(holds(keys::versions(&bucket.id))?).is_some() {
        let fault = Fault::new("BucketNotEmpty", 409, "The bucket you tried to delete is not empty");
        return Err(fault.with_element("BucketName", bucket.name.clone()).into());
    }
    if holds(keys::attached_to(&bucket.name))?.is_some() {
        let message = "The bucket you tried to delete has access points attached. Delete your access points before deleting \
                       your bucket.";
        let fault = Fault::new("BucketHasAccessPointsAttached", 400, message);
        return Err(fault.with_element("BucketName", bucket.name.clone()).into());
    }
    tx.delete(keys::bucket(&bucket.name));
    tx.delete(keys::owned(bucket.owner, &bucket.name));
    SWEEPER.put(tx, &keys::settings(&bucket.id));
    SWEEPER.put(tx, &keys::uploads(&bucket.id));
    Ok(api::DeleteBucketOutput::default())
}
