//! The record of a version: an object with its description and where its bytes are, or a delete marker.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checksums::Algorithm;
use serde::{Deserialize, Serialize};
use service::Tx;
use store::blobs::Blob;

use super::customer_key::Recognition;
use super::fate::Fate;
use crate::keys::Id;

/// What the version is called that a bucket without versions has.
pub(crate) const NULL: &str = "null";
/// The class of storage that most objects have.
pub(crate) const STANDARD: &str = "STANDARD";

/// A version of what is under a key. It is stored without the names of its fields, which are only ever added, and at the end.
/// Who needs little of a content reads only that (`list::entry`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version<C = Content> {
    /// Names it and what belongs to it alone.
    pub(crate) id: Id,
    /// Its place among the versions of its key: newer ones have greater numbers.
    pub(crate) number: u64,
    /// Made while its bucket did not keep versions; there is one of them at most.
    pub(crate) is_null: bool,
    pub(crate) modified_ms: i64,
    /// Nothing: the object is deleted.
    pub(crate) content: Option<C>,
}

#[cfg(test)]
layouts::stays!(stored_version: compact Version);

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) size: u64,
    /// MD5 of the bytes, or of the digests of the parts.
    pub(crate) digest: [u8; 16],
    /// How many parts it was uploaded in; they stand in a record of their own.
    pub(crate) parts: Option<u32>,
    /// The bytes, unless they are in parts; nothing where there are none.
    pub(crate) blob: Option<Blob>,
    pub(crate) checksum: Option<Checksum>,
    /// As the model calls it; nothing for `STANDARD`.
    pub(crate) storage_class: Option<String>,
    pub(crate) described: Described,
    pub(crate) encryption: Encryption,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) retention: Option<Retention>,
    /// Whether it is held, if anybody ever said so.
    pub(crate) is_held: Option<bool>,
    /// What became of it since.
    #[serde(default)]
    pub(crate) fate: Fate,
}

/// A checksum that its client chose, or the one that S3 takes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    /// As the model calls it: `CRC64NVME`.
    pub(crate) algorithm: String,
    pub(crate) value: Vec<u8>,
    /// Of the checksums of the parts, and not of the whole.
    pub(crate) is_composite: bool,
}

/// What clients say of an object and get to hear again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Described {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) expires: Option<String>,
    pub(crate) redirect: Option<String>,
    /// The names without `x-amz-meta-`.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// By whose keys it is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Encryption {
    /// By S3's own.
    #[default]
    S3,
    /// By one of KMS.
    Kms {
        /// `aws:kms` or `aws:kms:dsse`.
        kind: String,
        key: Option<String>,
        has_bucket_key: bool,
    },
    /// By one that its customer brings with each request. Its blobs are [sealed](super::sealed).
    Customer(Recognition),
}

/// Until when it cannot be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Retention {
    /// Nobody at all may, until then; else those may who are permitted to bypass it.
    pub(crate) is_compliance: bool,
    pub(crate) until_ms: i64,
}

impl Version {
    /// Under which id its parts stand, if it has some.
    pub(crate) fn parts_id(&self) -> Id {
        self.content.as_ref().and_then(|content| content.fate.parts).unwrap_or(self.id)
    }

    /// A new one, which gets its place when it is added.
    pub(crate) fn new(tx: &Tx<'_>, content: Option<Content>) -> Self {
        Version { id: tx.random().bytes(), number: 0, is_null: false, modified_ms: tx.now.millis(), content }
    }

    /// The number and the id in a text of [`Version::id_text`], but for the null version's.
    pub(crate) fn read_id(text: &str) -> Option<(u64, Id)> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (number, id) = bytes.split_first_chunk()?;
        Some((u64::from_be_bytes(*number), id.try_into().ok()?))
    }
}

impl<C> Version<C> {
    /// As clients call it.
    pub(crate) fn id_text(&self) -> String {
        if self.is_null {
            return NULL.to_owned();
        }
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..].copy_from_slice(&self.id);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl Content {
    /// An object of so many bytes, of which nothing else is said.
    #[cfg(test)]
    pub(crate) fn of_test(size: u64) -> Self {
        Content {
            size,
            digest: [0; 16],
            parts: None,
            blob: None,
            checksum: None,
            storage_class: None,
            described: Described::default(),
            encryption: Encryption::S3,
            tags: BTreeMap::new(),
            retention: None,
            is_held: None,
            fate: Fate::default(),
        }
    }

    /// `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, or with the number of parts behind it.
    pub(crate) fn etag(&self) -> String {
        etag(&self.digest, self.parts)
    }

    /// The class of storage, as the model calls it.
    pub(crate) fn class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or(STANDARD)
    }
}

/// The entity tag of an object with that digest, uploaded in so many parts.
pub(crate) fn etag(digest: &[u8; 16], parts: Option<u32>) -> String {
    let digest = hex::encode(digest);
    match parts {
        Some(count) => format!("\"{digest}-{count}\""),
        None => format!("\"{digest}\""),
    }
}

impl Retention {
    /// As the model calls it.
    pub(crate) fn mode(&self) -> &'static str {
        if self.is_compliance { "COMPLIANCE" } else { "GOVERNANCE" }
    }
}

impl Checksum {
    pub(crate) fn of_whole(algorithm: Algorithm, value: Vec<u8>) -> Self {
        Checksum { algorithm: algorithm.name().to_owned(), value, is_composite: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_where_a_version_stands() {
        let version: Version =
            Version { id: [7; 16], number: 1 << 60, is_null: false, modified_ms: 5, content: None };
        let text = version.id_text();
        assert_eq!((text.len(), Version::read_id(&text)), (32, Some((1 << 60, [7; 16]))));
        assert_eq!(Version { is_null: true, ..version }.id_text(), "null");
        for text in ["", "null", "x", &"x".repeat(33), "ä", &text[1..]] {
            assert_eq!(Version::read_id(text), None, "{text}");
        }
    }
}
