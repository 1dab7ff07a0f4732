//! DeleteAccessPoint: with its alias, its policy and its tags; the bucket stays as it is.

use api_s3control as api;
use service::{Result, Tx, tags};

use super::find;
use crate::keys;

pub(super) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteAccessPointInput,
) -> Result<api::DeleteAccessPointOutput> {
    let point = find(&**tx, tx.context, &input.account_id, &input.name)?;
    tx.delete(keys::access_point(&point.scope(), &point.name));
    tx.delete(keys::alias(&point.alias));
    // Another account's of the same name may hold the bucket.
    if point.owner == point.bucket_owner {
        tx.delete(keys::attached(&point.bucket, &point.name));
    }
    tags::forget(tx, &point.scope(), &point.arn());
    Ok(api::DeleteAccessPointOutput::default())
}
