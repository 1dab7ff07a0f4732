//! Objects: what a bucket keeps under its keys, and the operations on them.
//!
//! [`Version`] is the record, [`versions`] knows where it stands and what becomes of older ones. An operation that writes
//! first takes the body in ([`body`]), and then makes it visible in one transaction: whoever reads in between, or when it
//! breaks off, sees what was there before. [`multipart`] has the uploads in parts.

mod acl;
mod attributes;
pub(crate) mod body;
mod conditions;
pub(crate) mod copy;
mod customer_key;
mod delete;
mod delete_many;
mod described;
mod digest;
mod encryption;
pub(crate) mod existing;
pub(crate) mod fate;
pub(crate) mod get;
mod key;
mod legal_hold;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod multipart;
pub(crate) mod parts;
mod properties;
mod put;
mod range;
mod retention;
mod sealed;
mod sums;
mod tagging;
mod tags;
mod update_encryption;
pub(crate) mod version;
pub(crate) mod versions;

use api_s3 as api;
use names::{Arn, Scope};

pub(crate) use acl::{find as list_of, get as acl, put as put_acl};
pub(crate) use attributes::get as attributes;
pub(crate) use copy::copy;
pub(crate) use delete::delete;
pub(crate) use delete_many::delete_many;
pub(crate) use get::{get, head};
pub(crate) use legal_hold::{get as legal_hold, put as put_legal_hold};
pub(crate) use list::{list, list_v2, list_versions};
pub(crate) use lock::hold;
pub(crate) use multipart::{
    abort, complete, copy_part, create, list_parts, list_uploads, swept, upload_part,
};
pub(crate) use properties::Wishes;
pub(crate) use put::put;
pub(crate) use retention::{get as retention, put as put_retention};
pub(crate) use tagging::{delete as delete_tagging, get as tagging, put as put_tagging};
pub(crate) use update_encryption::update as update_encryption;
pub(crate) use version::Version;
pub(crate) use versions::Versions;

use crate::bucket::{self, OfBucket};

/// An input that names an object.
pub(crate) trait OfObject: OfBucket {
    /// The object's key.
    fn key(&self) -> &str;
    /// The version that it means, if it means one.
    fn version_id(&self) -> Option<&str>;
}

macro_rules! of_object {
    ($($input:ident)*) => {$(
        impl OfObject for api::$input {
            fn key(&self) -> &str {
                &self.key
            }

            fn version_id(&self) -> Option<&str> {
                self.version_id.as_deref()
            }
        }
    )*};
}

of_object! {
    DeleteObjectInput
    DeleteObjectTaggingInput
    GetObjectAclInput
    GetObjectAttributesInput
    GetObjectInput
    GetObjectLegalHoldInput
    GetObjectRetentionInput
    GetObjectTaggingInput
    HeadObjectInput
    PutObjectAclInput
    PutObjectLegalHoldInput
    PutObjectRetentionInput
    PutObjectTaggingInput
    RestoreObjectInput
    UpdateObjectEncryptionInput
}

macro_rules! of_new_object {
    ($($input:ident)*) => {$(
        impl OfObject for api::$input {
            fn key(&self) -> &str {
                &self.key
            }

            fn version_id(&self) -> Option<&str> {
                None
            }
        }
    )*};
}

// Whoever writes an object makes a version.
of_new_object! {
    AbortMultipartUploadInput
    CompleteMultipartUploadInput
    CopyObjectInput
    CreateMultipartUploadInput
    ListPartsInput
    PutObjectInput
    UploadPartCopyInput
    UploadPartInput
}

/// The object that an input names, as a resource: `arn:aws:s3:::trips/2026/berlin.json`.
pub(crate) fn resource(scope: &Scope, input: &impl OfObject) -> Vec<Arn> {
    vec![Arn::unowned("s3", scope.region.partition(), format!("{}/{}", input.bucket(), input.key()))]
}

/// All objects of the bucket that an input names.
pub(crate) fn resource_of_all(scope: &Scope, input: &impl OfBucket) -> Vec<Arn> {
    bucket::resource(scope, input)
}
