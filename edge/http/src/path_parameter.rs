//! Parameters that stand in the path: `POST /000000000000/trips` with `Action=SendMessage`.
//!
//! That is how old clients and plain `curl` speak the query protocol to a resource's own address, which the model knows
//! only as a parameter. Which paths those are, a service says (`Service::path_parameter`).

use bytes::Bytes;
use http::request::Parts;
use wire::Protocol;

use crate::identify::Target;

/// The form with the parameter that the path stands for; nothing when there is nothing to add.
pub(crate) fn form(target: &Target<'_>, parts: &Parts, body: &Bytes) -> Option<Bytes> {
    if target.protocol != Protocol::AwsQuery {
        return None;
    }
    let path = parts.uri.path();
    let parameter = target.service.parameter_of(path)?;
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let mut pairs = form_urlencoded::parse(body).chain(form_urlencoded::parse(query));
    if pairs.any(|(name, _)| name == parameter) {
        return None;
    }
    let form = form_urlencoded::Serializer::new(String::new()).append_pair(parameter, path).finish();
    let mut whole = body.to_vec();
    if !whole.is_empty() {
        whole.push(b'&');
    }
    whole.extend_from_slice(form.as_bytes());
    Some(whole.into())
}
