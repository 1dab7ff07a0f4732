//! The object that a request copies from: `trips/2026/berlin.json?versionId=…`, in the encoding of URLs. An access point's ARN
//! has `/object/` before the key.

use std::sync::Arc;

use api_s3 as api;
use percent_encoding::percent_decode_str;
use service::{Context, Result};
use store::Reads;
use wire::Fault;

use crate::access_point::passage;
use crate::bucket::Bucket;
use crate::object::conditions::OfRead;
use crate::object::customer_key::{BringsSourceKey, check_reader};
use crate::object::existing::READ;
use crate::object::get;
use crate::object::version::{Content, Version};
use crate::object::versions::Versions;
use crate::{archive, errors};

/// What a request says of its source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// Its name, or what names an access point.
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version: Option<String>,
}

impl Source {
    /// # Errors
    /// `InvalidArgument`.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let invalid = |message: &str| errors::argument(message, "x-amz-copy-source", text);
        let (path, version) = match text.rsplit_once("?versionId=") {
            Some((path, version)) => (path, Some(version)),
            None => (text, None),
        };
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded.map(String::from).map_err(|_| invalid("Invalid copy source encoding"))
        };
        let path = decoded(path)?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let before_key = if path.starts_with("arn:") { "/object/" } else { "/" };
        let (bucket, key) =
            path.split_once(before_key).ok_or_else(|| invalid("Invalid copy source object key"))?;
        match (bucket, key) {
            ("", _) => Err(invalid("Invalid copy source bucket name")),
            (_, "") => Err(invalid("Invalid copy source object key")),
            _ => Ok(Source {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                version: version.map(decoded).transpose()?,
            }),
        }
    }
}

/// An input that copies.
pub(crate) trait Copies: BringsSourceKey {
    /// # Errors
    /// When it names no object.
    fn source(&self) -> Result<Source, Fault>;
    fn source_owner(&self) -> Option<&str>;
    fn source_condition(&self) -> OfRead<'_>;
}

macro_rules! copies {
    ($($input:ident)*) => {$(
        impl Copies for api::$input {
            fn source(&self) -> Result<Source, Fault> {
                Source::parse(&self.copy_source)
            }

            fn source_owner(&self) -> Option<&str> {
                self.expected_source_bucket_owner.as_deref()
            }

            fn source_condition(&self) -> OfRead<'_> {
                OfRead {
                    is: self.copy_source_if_match.as_deref(),
                    is_not: self.copy_source_if_none_match.as_deref(),
                    changed_since: self.copy_source_if_modified_since,
                    unchanged_since: self.copy_source_if_unmodified_since,
                }
            }
        }
    )*};
}

copies! {
    CopyObjectInput
    UploadPartCopyInput
}

/// An object to be copied.
pub(crate) struct Found {
    bucket: Arc<Bucket>,
    key: String,
    /// The request has named the version.
    is_version: bool,
    /// Its content stands beside it.
    pub(crate) version: Version,
    pub(crate) content: Content,
}

impl Found {
    /// Whether it is the object that a request without a version means there.
    pub(crate) fn is_at(&self, at: &Versions<'_>) -> bool {
        self.bucket.id == at.bucket.id && self.key == at.key && !self.is_version
    }

    /// The version, where its bucket has some.
    pub(crate) fn version_id(&self) -> Option<String> {
        self.bucket.has_versions().then(|| self.version.id_text())
    }
}

/// The object that a request copies from, for who may read it. It may be in any region.
///
/// # Errors
/// Those of a reader, and what says that a condition does not hold.
pub(crate) fn find(reads: &impl Reads, context: &Context, input: &impl Copies) -> Result<Found> {
    let source = input.source()?;
    let (passage, behind) = passage::through(reads, context, &source.bucket)?.unzip();
    let context = &context.through(passage);
    let bucket = Bucket::named(reads, behind.as_ref().unwrap_or(&source.bucket))?;
    if input.source_owner().is_some_and(|owner| owner != bucket.owner.as_str()) {
        return Err(errors::access_denied().into());
    }
    let at = Versions { bucket: &bucket, key: &source.key };
    READ.permit(context, &at, source.version.as_deref())?;
    let version = get::of_reader(reads, &at, source.version.as_deref())?;
    let Some(content) = version.content.clone() else {
        return Err(match source.version {
            None => at.no_such_key().with_header("x-amz-delete-marker", "true").into(),
            Some(_) => errors::invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            )
            .into(),
        });
    };
    check_reader(&content.encryption, input.source_key()?.as_ref())?;
    input.source_condition().check_copy(&version, &content)?;
    archive::check_source(&content, context.now())?;
    Ok(Found { bucket, is_version: source.version.is_some(), key: source.key, version, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_paths() {
        for (text, bucket, key, version) in [
            ("b/k", "b", "k", None),
            ("/b/k", "b", "k", None),
            ("b/a/b//c", "b", "a/b//c", None),
            ("b//k", "b", "/k", None),
            ("b/gr%C3%BC%C3%9Fe%20a+b%3F", "b", "grüße a+b?", None),
            ("b%2Fk", "b", "k", None),
            ("b/k?versionId=abc", "b", "k", Some("abc")),
            ("b/k%3FversionId=abc", "b", "k?versionId=abc", None),
            ("b/k?other=1", "b", "k?other=1", None),
            ("b/k?versionId=", "b", "k", Some("")),
            (
                "arn:aws:s3:r:1:accesspoint/p/object/a/object/b",
                "arn:aws:s3:r:1:accesspoint/p",
                "a/object/b",
                None,
            ),
        ] {
            let expected =
                Source { bucket: bucket.into(), key: key.into(), version: version.map(str::to_owned) };
            assert_eq!(Source::parse(text).unwrap(), expected, "{text}");
        }
        for text in ["", "/", "b", "b/", "/b", "/b/", "//k", "b/%FF", "arn:aws:s3:r:1:accesspoint/p/k"] {
            assert_eq!(Source::parse(text).unwrap_err().code, "InvalidArgument", "{text}");
        }
    }
}
