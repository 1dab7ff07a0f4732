//! An upload in parts that is in progress: its record, and the one way from a request to the upload that it names.

use std::sync::Arc;

use api_s3 as api;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use service::{Context, Result};
use store::Reads;
use wire::Fault;

use super::checksum::Kind;
use crate::bucket::Bucket;
use crate::keys::{self, Id};
use crate::object::OfObject;
use crate::object::properties::Properties;

/// An upload, without its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) initiated_ms: i64,
    /// Who began it: an account as S3 calls it, or the ARN of one of its identities.
    pub(crate) initiator: String,
    /// The checksum that its client chose, if it chose one.
    pub(crate) checksum: Option<Kind>,
    /// Of the object that it becomes.
    pub(crate) properties: Properties,
    /// The object's access control list, as [`wire::keep`] writes it, where it has one.
    #[serde(default)]
    pub(crate) list: Option<Vec<u8>>,
}

#[cfg(test)]
layouts::stays!(stored_upload: Upload);

/// An input that names an upload.
pub(crate) trait OfUpload: OfObject {
    fn upload_id(&self) -> &str;
}

macro_rules! of_upload {
    ($($input:ident)*) => {$(
        impl OfUpload for api::$input {
            fn upload_id(&self) -> &str {
                &self.upload_id
            }
        }
    )*};
}

of_upload! {
    AbortMultipartUploadInput
    CompleteMultipartUploadInput
    ListPartsInput
    UploadPartCopyInput
    UploadPartInput
}

/// An upload with where it stands.
pub(crate) struct Found {
    pub(crate) bucket: Arc<Bucket>,
    pub(crate) id: Id,
    pub(crate) upload: Upload,
}

/// The upload that an input names.
///
/// # Errors
/// `NoSuchUpload`, and those of its bucket.
pub(crate) fn find(reads: &impl Reads, context: &Context, input: &impl OfUpload) -> Result<Found> {
    let bucket = Bucket::of(reads, context, input)?;
    let id = read_id(input.upload_id()).ok_or_else(|| no_such_upload(input))?;
    let upload = reads.get_record(&keys::upload(&bucket.id, input.key(), &id))?;
    Ok(Found { bucket, id, upload: upload.ok_or_else(|| no_such_upload(input))? })
}

pub(crate) fn no_such_upload(input: &impl OfUpload) -> Fault {
    let message = "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been \
                   aborted or completed.";
    api::error::no_such_upload(message).with_element("UploadId", input.upload_id())
}

/// An id as clients call it.
pub(crate) fn id_text(id: &Id) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

/// The id in a text of [`id_text`].
pub(crate) fn read_id(text: &str) -> Option<Id> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
