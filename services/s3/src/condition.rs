//! What requests are for the condition keys of S3, which come in lower case.
//!
//! Follows "Actions, resources, and condition keys for Amazon S3" in the Service Authorization Reference. Lists have theirs
//! beside them.

use api_s3 as api;
use service::{Caller, Context, SignedBy};
use wire::TimestampFormat;

use crate::object::{self, Versions, Wishes};
use crate::settings::acl::AsksForList;

const TAG_OF_REQUEST: &str = "s3:requestobjecttag/";
const TAG_OF_OBJECT: &str = "s3:existingobjecttag/";

/// How a request was signed. Follows "Amazon S3 Signature Version 4 authentication-specific policy keys".
pub(crate) fn of_caller(caller: &Caller, key: &str) -> Option<String> {
    let signed = caller.signed.as_ref()?;
    let is_link = signed.way == SignedBy::Link;
    match key {
        "s3:authtype" => Some(way(signed.way).to_owned()),
        "s3:signatureversion" => Some(if signed.is_old { "AWS" } else { "AWS4-HMAC-SHA256" }.to_owned()),
        "s3:signatureage" => signed.age_ms.filter(|_| is_link).map(|age| age.to_string()),
        "s3:x-amz-content-sha256" => match &signed.content {
            Some(content) => content.to_str().ok().map(str::to_owned),
            // Links cover nothing of a body.
            None => (is_link && !signed.is_old).then(|| "UNSIGNED-PAYLOAD".to_owned()),
        },
        _ => None,
    }
}

fn way(way: SignedBy) -> &'static str {
    match way {
        SignedBy::Header => "REST-HEADER",
        SignedBy::Link => "REST-QUERY-STRING",
        SignedBy::Form => "POST",
    }
}

/// Of a request that asks for a list.
pub(crate) fn of_list(input: &impl AsksForList, key: &str) -> Option<String> {
    input.asked().condition(key)
}

/// An input that makes an object.
pub(crate) trait Makes: AsksForList + Wishes {
    /// From where it copies.
    fn source(&self) -> Option<&str> {
        None
    }
}

impl Makes for api::PutObjectInput {}
impl Makes for api::CreateMultipartUploadInput {}
impl Makes for api::CopyObjectInput {
    fn source(&self) -> Option<&str> {
        Some(&self.copy_source)
    }
}

/// Of a request that makes an object.
pub(crate) fn of_new(input: &impl Makes, key: &str) -> Option<String> {
    let text = |text: &str| Some(text.to_owned());
    if let Some(name) = key.strip_prefix(TAG_OF_REQUEST) {
        return tag_in(input.tagging()?, name);
    }
    match key {
        "s3:x-amz-copy-source" => input.source().and_then(text),
        "s3:x-amz-server-side-encryption" => input.encryption().ok()?.kind,
        "s3:x-amz-server-side-encryption-aws-kms-key-id" => input.encryption().ok()?.key,
        "s3:x-amz-storage-class" => input.storage_class().map(|class| class.as_str()).and_then(text),
        "s3:object-lock-mode" => input.lock().mode,
        "s3:object-lock-retain-until-date" => {
            input.lock().until.map(|until| until.format(TimestampFormat::DateTime))
        }
        "s3:object-lock-legal-hold" => input.lock().is_held.map(|is_held| object::hold(is_held).to_owned()),
        key => of_list(input, key),
    }
}

/// The value of a tag in a header, whatever the case of its key.
fn tag_in(header: &str, name: &str) -> Option<String> {
    let mut tags = form_urlencoded::parse(header.as_bytes());
    tags.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
}

/// Of a request that is about an object, in the version that it names or else the newest.
pub(crate) fn of_existing(
    context: &Context,
    at: &Versions<'_>,
    version: Option<&str>,
    key: &str,
) -> Option<String> {
    if key == "s3:versionid" {
        return version.map(str::to_owned);
    }
    let name = key.strip_prefix(TAG_OF_OBJECT)?;
    let snapshot = context.cloud.store.snapshot();
    let found = match version {
        None => at.newest(&snapshot),
        Some(id) => at.named(&snapshot, id),
    };
    let content = found.ok()??.content?;
    let mut tags = content.tags.into_iter();
    tags.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_say_what_they_ask_for() {
        let input = api::PutObjectInput {
            acl: Some("public-read".into()),
            grant_read_acp: Some("uri=\"x\"".into()),
            tagging: Some("Team=blue&n=1".into()),
            storage_class: Some("GLACIER".into()),
            server_side_encryption: Some("aws:kms".into()),
            ..Default::default()
        };
        for (key, expected) in [
            ("s3:x-amz-acl", Some("public-read")),
            ("s3:x-amz-grant-read-acp", Some("uri=\"x\"")),
            ("s3:x-amz-grant-read", None),
            ("s3:requestobjecttag/team", Some("blue")),
            ("s3:requestobjecttag/other", None),
            ("s3:x-amz-storage-class", Some("GLACIER")),
            ("s3:x-amz-server-side-encryption", Some("aws:kms")),
            ("s3:x-amz-copy-source", None),
            ("s3:prefix", None),
        ] {
            assert_eq!(of_new(&input, key).as_deref(), expected, "{key}");
        }
    }
}
