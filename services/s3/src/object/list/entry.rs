//! What a list shows of a version, read without what it does not show.

use api_s3 as api;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use service::Result;
use wire::Timestamp;

use crate::object::fate::Fate;
use crate::object::sums;
use crate::object::version::{self, STANDARD, Version};

/// A version under its key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) version: Version<Glance>,
}

/// What a list shows of a content. Its fields are those of `Content`, in their order.
#[derive(Debug, Deserialize)]
pub(super) struct Glance {
    size: u64,
    digest: [u8; 16],
    parts: Option<u32>,
    _blob: IgnoredAny,
    checksum: Option<GlanceOfChecksum>,
    storage_class: Option<String>,
    _described: IgnoredAny,
    _encryption: IgnoredAny,
    _tags: IgnoredAny,
    _retention: IgnoredAny,
    _is_held: IgnoredAny,
    #[serde(default)]
    fate: Fate,
}

/// Whether a list is asked for what becomes of archived objects.
pub(super) fn tells_restore(asked: Option<&[api::OptionalObjectAttributes]>) -> bool {
    asked.unwrap_or_default().iter().any(|attribute| attribute.as_str() == "RestoreStatus")
}

/// What a list shows of a checksum.
#[derive(Debug, Deserialize)]
struct GlanceOfChecksum {
    algorithm: String,
    _value: IgnoredAny,
    is_composite: bool,
}

impl Entry {
    pub(super) fn read(key: String, record: &Bytes) -> Result<Self> {
        Ok(Entry { key, version: store::record::decode(record)? })
    }

    /// To the second, as S3 shows it everywhere.
    pub(super) fn modified(&self) -> Timestamp {
        Timestamp(self.version.modified_ms.div_euclid(1000) * 1000)
    }
}

impl Glance {
    pub(super) fn etag(&self) -> String {
        version::etag(&self.digest, self.parts)
    }

    pub(super) fn size(&self) -> Option<i64> {
        i64::try_from(self.size).ok()
    }

    pub(super) fn storage_class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or(STANDARD)
    }

    pub(super) fn checksum_algorithm(&self) -> Option<Vec<api::ChecksumAlgorithm>> {
        self.checksum.as_ref().map(|checksum| vec![checksum.algorithm.as_str().into()])
    }

    /// Whether an archived object is being brought back, and until when it is there; for who asks.
    pub(super) fn restore_status(&self) -> Option<api::RestoreStatus> {
        let restore = self.fate.restore.as_ref()?;
        Some(api::RestoreStatus {
            is_restore_in_progress: Some(restore.until_ms.is_none()),
            restore_expiry_date: restore.until_ms.map(Timestamp),
        })
    }

    pub(super) fn checksum_type(&self) -> Option<api::ChecksumType> {
        self.checksum.as_ref().map(|checksum| sums::type_of(checksum.is_composite))
    }
}

#[cfg(test)]
mod tests {
    use checksums::Algorithm;

    use super::*;
    use crate::object::version::{Checksum, Content, Described, Encryption, Retention};

    #[test]
    fn a_glance_is_of_the_record_itself() {
        let described = Described { content_type: Some("text/plain".into()), ..Described::default() };
        let content = Content {
            size: 7,
            digest: [0xab; 16],
            parts: Some(3),
            blob: None,
            checksum: Some(Checksum {
                is_composite: true,
                ..Checksum::of_whole(Algorithm::Sha1, vec![200; 20])
            }),
            storage_class: Some("GLACIER".into()),
            described: Described { metadata: [("a".into(), "b".into())].into(), ..described },
            encryption: Encryption::Kms { kind: "aws:kms".into(), key: None, has_bucket_key: true },
            tags: [("team".into(), "blue".into())].into(),
            retention: Some(Retention { is_compliance: true, until_ms: 5 }),
            is_held: Some(true),
            fate: Fate::default(),
        };
        let etag = content.etag();
        let version =
            Version { id: [9; 16], number: 5, is_null: false, modified_ms: 1999, content: Some(content) };
        let bytes = store::record::encode_compact(&version).unwrap();
        let entry = Entry::read("k".into(), &bytes.into()).unwrap();
        assert_eq!((entry.version.id_text(), entry.modified()), (version.id_text(), Timestamp(1000)));
        let glance = entry.version.content.unwrap();
        assert_eq!((glance.etag(), glance.size(), glance.storage_class()), (etag, Some(7), "GLACIER"));
        assert_eq!(glance.checksum_algorithm(), Some(vec!["SHA1".into()]));
        assert_eq!(glance.checksum_type(), Some("COMPOSITE".into()));
    }
}
