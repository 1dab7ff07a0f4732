//! What the fields of a form say of the object that it uploads.

use api_s3 as api;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::HeaderMap;
use service::Form;
use wire::rest::Router;
use wire::{Fault, Message, Operation as _, Protocol, Timestamp, TimestampFormat};

use crate::errors;

const META: &str = "x-amz-meta-";
const RETAIN_UNTIL: &str = "x-amz-object-lock-retain-until-date";

/// The input, but for the file and where it goes.
///
/// # Errors
/// For tags and dates that are none.
pub(super) fn of(form: &Form) -> Result<api::PutObjectInput, Fault> {
    let given = |name: &str| form.field(name).filter(|value| !value.is_empty());
    let text = |name: &str| given(name).map(str::to_owned);
    Ok(api::PutObjectInput {
        acl: given("acl").map(Into::into),
        cache_control: text("cache-control"),
        content_disposition: text("content-disposition"),
        content_encoding: text("content-encoding"),
        content_type: text("content-type"),
        expires: text("expires"),
        metadata: Some(metadata(form)),
        object_lock_legal_hold_status: given("x-amz-object-lock-legal-hold").map(Into::into),
        object_lock_mode: given("x-amz-object-lock-mode").map(Into::into),
        object_lock_retain_until_date: given(RETAIN_UNTIL).map(date).transpose()?,
        server_side_encryption: given("x-amz-server-side-encryption").map(Into::into),
        sse_customer_algorithm: text("x-amz-server-side-encryption-customer-algorithm"),
        sse_customer_key: text("x-amz-server-side-encryption-customer-key"),
        sse_customer_key_md5: text("x-amz-server-side-encryption-customer-key-MD5"),
        ssekms_key_id: text("x-amz-server-side-encryption-aws-kms-key-id"),
        storage_class: given("x-amz-storage-class").map(Into::into),
        tagging: given("tagging").map(tagging).transpose()?,
        website_redirect_location: text("x-amz-website-redirect-location"),
        ..Default::default()
    })
}

fn metadata(form: &Form) -> std::collections::BTreeMap<String, String> {
    let is_meta = |name: &str| name.get(..META.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(META));
    let fields = form.fields.iter().filter(|(name, _)| is_meta(name));
    fields.map(|(name, value)| (name[META.len()..].to_ascii_lowercase(), value.clone())).collect()
}

fn date(text: &str) -> Result<Timestamp, Fault> {
    Timestamp::parse(text, TimestampFormat::DateTime).ok_or_else(|| {
        errors::argument("The retain until date must be provided in ISO 8601 format", RETAIN_UNTIL, text)
    })
}

/// Tags, which a form has as XML and a header as a query string.
fn tagging(xml: &str) -> Result<String, Fault> {
    let (headers, body) = (HeaderMap::new(), Bytes::copy_from_slice(xml.as_bytes()));
    let (method, path, query) = ("PUT", "/bucket/key", Some("tagging"));
    // As if it were the body of PutObjectTagging.
    let router = Router::new(std::slice::from_ref(api::PutObjectTagging::FACTS));
    let route = router.find(method, path, query, &headers).ok_or_else(errors::malformed_xml)?;
    let labels = &route.labels;
    let message = Message { method, path, query, headers: &headers, body: &body, stream: None, labels };
    let input: api::PutObjectTaggingInput =
        wire::read_input(Protocol::RestXml, &api::FACTS, route.operation, &message)?;
    let tags = input.tagging.tag_set.iter().map(|tag| (&tag.key, &tag.value));
    Ok(Serializer::new(String::new()).extend_pairs(tags).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_xml_as_anywhere_else() {
        let xml = "<Tagging><TagSet><Tag><Key>a b</Key><Value>\u{fc}&amp;</Value></Tag><Tag><Key>n</Key><Value>1</Value></Tag>\
                   </TagSet></Tagging>";
        assert_eq!(tagging(xml).unwrap(), "a+b=%C3%BC%26&n=1");
        for wrong in ["a=b", "<Tagging>", "<Tagging/>x"] {
            assert!(tagging(wrong).is_err(), "{wrong}");
        }
    }
}
