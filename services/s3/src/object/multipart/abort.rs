//! AbortMultipartUpload, and what becomes of uploads whose bucket is deleted: their parts are swept.

use api_s3 as api;
use service::{Result, Tx};
use store::Transaction;

use super::upload;
use crate::keys;
use crate::object::parts::Part;
use crate::{SWEEPER, errors};

pub(crate) fn abort(
    tx: &mut Tx<'_>,
    input: &api::AbortMultipartUploadInput,
) -> Result<api::AbortMultipartUploadOutput> {
    if input.if_match_initiated_time.is_some() {
        let header = "x-amz-if-match-initiated-time";
        return Err(errors::not_implemented().with_element("Header", header).into());
    }
    let found = upload::find(&**tx, tx.context, input)?;
    tx.delete(keys::upload(&found.bucket.id, &input.key, &found.id));
    SWEEPER.put(tx, &keys::parts_of_upload(&found.id));
    Ok(api::AbortMultipartUploadOutput::default())
}

/// What goes with a record that the sweeper deletes: with an upload its parts, with a part its bytes.
pub(crate) fn swept(tx: &mut Transaction, key: &[u8], value: &[u8]) -> Result<()> {
    match keys::kind(key)?.as_str() {
        keys::UPLOAD => SWEEPER.put(tx, &keys::parts_of_upload(&keys::read_upload(key)?.1)),
        keys::PART => store::record::decode::<Part>(value)?.blob.release(tx),
        _ => {}
    }
    Ok(())
}
