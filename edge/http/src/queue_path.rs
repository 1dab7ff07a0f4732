//! Addresses of queues that stand in the path: `POST /000000000000/trips` with `Action=SendMessage`.
//!
//! That is how old clients and plain `curl` speak the query protocol of SQS; its model only knows the parameter `QueueUrl`.

use bytes::Bytes;
use http::request::Parts;
use wire::Protocol;

use crate::identify::Target;

/// The form with the parameter that the path stands for; nothing when there is nothing to add.
pub(crate) fn form(target: &Target<'_>, parts: &Parts, body: &Bytes) -> Option<Bytes> {
    let path = parts.uri.path();
    let is_queue = target.protocol == Protocol::AwsQuery
        && target.service.facts().name == "sqs"
        && path.trim_matches('/').split('/').count() == 2;
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let mut pairs = form_urlencoded::parse(body).chain(form_urlencoded::parse(query));
    if !is_queue || pairs.any(|(name, _)| name == "QueueUrl") {
        return None;
    }
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("QueueUrl", path).finish();
    let mut whole = body.to_vec();
    if !whole.is_empty() {
        whole.push(b'&');
    }
    whole.extend_from_slice(form.as_bytes());
    Some(whole.into())
}
