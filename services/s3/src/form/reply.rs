//! What a browser hears whose form was taken.

use api_s3 as api;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, LOCATION};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::{Context, Form};
use wire::{Answer, Body, Operation as _, Protocol};

use crate::host;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The answer that the form asks for.
pub(super) fn of_upload(
    context: &Context,
    form: &Form,
    bucket: &str,
    key: &str,
    output: &api::PutObjectOutput,
) -> Answer {
    let (facts, caller) = (api::PutObject::FACTS, &context.caller);
    let mut answer = wire::write_output(Protocol::RestXml, &api::FACTS, facts, output, &caller.request_id);
    let etag = output.e_tag.as_deref().unwrap_or_default();
    let redirect = form.field("success_action_redirect").or_else(|| form.field("redirect"));
    if let Some(redirect) = redirect.filter(|redirect| redirect.contains("://")) {
        let separator = if redirect.contains('?') { '&' } else { '?' };
        let (bucket, key, etag) = (encode(bucket), encode(key), encode(etag));
        lead(&mut answer, &format!("{redirect}{separator}bucket={bucket}&key={key}&etag={etag}"));
        answer.status = 303;
        return answer;
    }
    let location = location(&caller.endpoint, bucket, key);
    lead(&mut answer, &location);
    answer.status = match form.field("success_action_status") {
        Some("200") => 200,
        Some("201") => {
            answer.body = Body::from(document(&location, bucket, key, etag));
            answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            201
        }
        _ => 204,
    };
    answer
}

fn lead(answer: &mut Answer, location: &str) {
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers.insert(LOCATION, location);
    }
}

/// The object's address under the host to which the form went.
fn location(endpoint: &str, bucket: &str, key: &str) -> String {
    let host = endpoint.split("://").last().unwrap_or_default().split(':').next().unwrap_or_default();
    let is_in_host = host::address(host).is_some_and(|address| address.resource.is_some());
    let bucket = if is_in_host { String::new() } else { format!("{bucket}/") };
    format!("{endpoint}/{bucket}{}", encode(key))
}

fn document(location: &str, bucket: &str, key: &str, etag: &str) -> String {
    let elements = [("Location", location), ("Bucket", bucket), ("Key", key), ("ETag", etag)];
    let elements = elements.map(|(name, text)| format!("<{name}>{}</{name}>", escape(text)));
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>{}</PostResponse>", elements.concat())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}
