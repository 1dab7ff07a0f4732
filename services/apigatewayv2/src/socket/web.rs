//! Servers of the web behind routes.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use outgoing::Address;

use super::call::Call;
use super::integrate::Answered;
use super::plan::Integration;
use super::refusal::Refusal;
use super::talk::MESSAGE_BYTES_MAX;
use crate::call::mapping::encoded;

/// Sends a message on, and takes what the server answers. Whoever asks does not wait for ever.
pub(crate) async fn ask(call: &Call, integration: &Integration, body: Bytes) -> Result<Answered, Refusal> {
    let document = &integration.document;
    let Mapped { headers, query, mut uri } = mapped(call, integration, of_client(call));
    for (name, value) in query {
        let between = if uri.contains('?') { '&' } else { '?' };
        uri = format!("{uri}{between}{}={}", encoded(&name), encoded(&value));
    }
    let address = Address::parse(&uri).ok_or_else(|| Refusal::failure("the URI is no address"))?;
    let method = document.method.as_deref().filter(|method| *method != "ANY").unwrap_or("POST");
    let method = method.parse::<Method>().map_err(|_| Refusal::failure("the integration has no method"))?;
    let web = &call.cloud.outside.web;
    let sent = web.send_up_to(MESSAGE_BYTES_MAX, method, &address, headers, body, Duration::MAX).await;
    match sent {
        Ok((answer, true)) => {
            Ok(Answered { status: answer.status.as_u16(), headers: answer.headers, body: answer.body })
        }
        Ok((_, false)) => Err(Refusal::failure("the answer is too long, or broke off")),
        Err(error) => Err(Refusal::failure(error.to_string())),
    }
}

/// What an integration maps, by where it goes.
pub(crate) struct Mapped {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    /// The integration's URI with what stands for its variables.
    pub(crate) uri: String,
}

/// Headers, query and URI with what the integration maps into them.
pub(crate) fn mapped(call: &Call, integration: &Integration, headers: HeaderMap) -> Mapped {
    let uri = call.with_stage_variables(&integration.document.uri);
    let mut mapped = Mapped { headers, query: Vec::new(), uri };
    for (to, source) in &integration.parameters {
        let Some((kind, name)) = to.strip_prefix("integration.request.").and_then(|to| to.split_once('.'))
        else {
            continue;
        };
        let Some(value) = source.value(call, None) else { continue };
        match kind {
            "path" => mapped.uri = mapped.uri.replace(&format!("{{{name}}}"), &encoded(&value)),
            "querystring" => mapped.query.push((name.to_owned(), value)),
            _ => {
                let value = HeaderValue::from_bytes(value.as_bytes()).ok();
                mapped.headers.extend(name.parse::<HeaderName>().ok().zip(value));
            }
        }
    }
    mapped
}

/// What the request that begins a connection has, without what belongs to that connection.
fn of_client(call: &Call) -> HeaderMap {
    let mut headers = call.headers.clone();
    for name in [HOST, CONTENT_LENGTH, UPGRADE, http::header::CONNECTION] {
        headers.remove(name);
    }
    let of_protocol: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("sec-websocket-")).cloned().collect();
    of_protocol.iter().for_each(|name| drop(headers.remove(name)));
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    headers
}
