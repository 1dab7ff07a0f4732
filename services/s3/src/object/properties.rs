//! What a new object has beside its bytes: as its writer wants it, or else as its bucket has it.

use std::collections::BTreeMap;

use api_s3 as api;
use serde::{Deserialize, Serialize};
use service::{Context, Result};
use store::Reads;
use store::blobs::Blob;
use wire::{Fault, Timestamp};

use super::customer_key::BringsKey;
use super::described::Describes;
use super::fate::Fate;
use super::version::{Checksum, Content, Described, Encryption, Retention, STANDARD};
use super::{encryption, lock, tags};
use crate::bucket::Bucket;

/// Classes that objects here can have.
const CLASSES: [&str; 8] = [
    STANDARD,
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "GLACIER_IR",
    "DEEP_ARCHIVE",
];

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Properties {
    /// As the model calls it; nothing for `STANDARD`.
    pub(crate) storage_class: Option<String>,
    pub(crate) described: Described,
    pub(crate) encryption: Encryption,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) retention: Option<Retention>,
    /// Whether it is held, if its writer says so.
    pub(crate) is_held: Option<bool>,
}

/// The bytes of a new object, as its record has them.
pub(crate) struct Bytes {
    pub(crate) size: u64,
    pub(crate) digest: [u8; 16],
    pub(crate) parts: Option<u32>,
    pub(crate) blob: Option<Blob>,
    pub(crate) checksum: Option<Checksum>,
}

impl Properties {
    /// Those that the input of a writer asks for.
    ///
    /// # Errors
    /// When its bucket cannot have such an object.
    pub(crate) fn of_new(
        reads: &impl Reads,
        context: &Context,
        bucket: &Bucket,
        input: &impl Wishes,
        now: Timestamp,
    ) -> Result<Self> {
        let (retention, is_held) = lock::of_new(reads, bucket, &input.lock(), now)?;
        Ok(Properties {
            storage_class: storage_class(input.storage_class())?,
            described: input.described()?,
            encryption: encryption::of_new(reads, context, bucket, &input.encryption()?)?,
            tags: tags::of_header(input.tagging())?,
            retention,
            is_held,
        })
    }

    /// An object that has them.
    pub(crate) fn of(self, bytes: Bytes) -> Content {
        let Bytes { size, digest, parts, blob, checksum } = bytes;
        let Properties { storage_class, described, encryption, tags, retention, is_held } = self;
        Content {
            size,
            digest,
            parts,
            blob,
            checksum,
            storage_class,
            described,
            encryption,
            tags,
            retention,
            is_held,
            fate: Fate::default(),
        }
    }
}

/// An input that makes an object, with what it asks for.
pub(crate) trait Wishes: Describes + BringsKey {
    fn storage_class(&self) -> Option<&api::StorageClass>;
    /// # Errors
    /// When the key that it brings is none.
    fn encryption(&self) -> Result<encryption::Wish, Fault>;
    fn tagging(&self) -> Option<&str>;
    fn lock(&self) -> lock::Wish;
}

macro_rules! wishes {
    ($($input:ident)*) => {$(
        impl Wishes for api::$input {
            fn storage_class(&self) -> Option<&api::StorageClass> {
                self.storage_class.as_ref()
            }

            fn encryption(&self) -> Result<encryption::Wish, Fault> {
                Ok(encryption::Wish {
                    kind: self.server_side_encryption.as_ref().map(|kind| kind.as_str().to_owned()),
                    key: self.ssekms_key_id.clone(),
                    has_bucket_key: self.bucket_key_enabled,
                    customers: self.customer_key()?,
                })
            }

            fn tagging(&self) -> Option<&str> {
                self.tagging.as_deref()
            }

            fn lock(&self) -> lock::Wish {
                lock::Wish {
                    mode: self.object_lock_mode.as_ref().map(|mode| mode.as_str().to_owned()),
                    until: self.object_lock_retain_until_date,
                    is_held: self.object_lock_legal_hold_status.as_ref().map(|status| status.as_str() == "ON"),
                }
            }
        }
    )*};
}

wishes! {
    CopyObjectInput
    CreateMultipartUploadInput
    PutObjectInput
}

/// A class as it is kept.
///
/// # Errors
/// `InvalidStorageClass`.
pub(crate) fn storage_class(wanted: Option<&api::StorageClass>) -> Result<Option<String>, Fault> {
    let class = wanted.map_or(STANDARD, api::StorageClass::as_str);
    if !CLASSES.contains(&class) {
        let fault = Fault::new("InvalidStorageClass", 400, "The storage class you specified is not valid");
        return Err(fault.with_element("StorageClassRequested", class));
    }
    Ok((class != STANDARD).then(|| class.to_owned()))
}

/// A class as lists show it.
pub(crate) fn shown_class(kept: Option<&str>) -> api::StorageClass {
    kept.unwrap_or(STANDARD).into()
}
