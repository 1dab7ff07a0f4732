//! Servers of the web behind methods.

use http::{HeaderMap, HeaderName, Method, header};
use outgoing::{Address, Error};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::content::BODY_MAX;
use super::integration::{Mapped, patience, uri};
use super::mapping::{self, Answered, set_header};
use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::template;

/// Headers that belong to one connection, or that the service makes itself.
static OWN: [HeaderName; 12] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("x-forwarded-host"),
];

/// What is sent: mapped parameters by where they go.
pub(crate) struct Parameters {
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) path: Vec<(String, String)>,
}

/// The parameters of the request to an integration: those that the client sent, for a proxy, and those that are mapped.
pub(crate) fn parameters(call: &Call, mapped: Option<&Mapped>) -> Parameters {
    let mut made = match mapped {
        Some(_) => Parameters { headers: HeaderMap::new(), query: Vec::new(), path: Vec::new() },
        None => Parameters {
            headers: call.all_headers().clone(),
            query: call.query.clone(),
            path: call.variables().to_vec(),
        },
    };
    let sources = call.method().and_then(|method| method.integration.request_parameters.as_ref());
    for (name, source) in sources.into_iter().flatten() {
        let Some(value) = mapping::value(call, source, None) else { continue };
        let place = name.strip_prefix("integration.request.").and_then(|name| name.split_once('.'));
        if let Some((place, name)) = place {
            made.set(place, name, value);
        }
    }
    for place in ["header", "querystring", "path"] {
        let overrides = mapped.map(|mapped| &mapped.overrides);
        for (name, value) in overrides.into_iter().flat_map(|overrides| template::overrides(overrides, place))
        {
            made.set(place, name, value);
        }
    }
    made
}

impl Parameters {
    fn set(&mut self, place: &str, name: &str, value: String) {
        let put = |pairs: &mut Vec<(String, String)>| {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name.to_owned(), value.clone()));
        };
        match place {
            "header" | "multivalueheader" => set_header(&mut self.headers, name, &value),
            "querystring" => put(&mut self.query),
            "multivaluequerystring" => {
                self.query.retain(|(known, _)| known != name);
                self.query.extend(value.split(',').map(|value| (name.to_owned(), value.to_owned())));
            }
            "path" => put(&mut self.path),
            _ => {}
        }
    }

    /// An address with what stands for its variables, and with the query.
    pub(crate) fn address(&self, uri: &str) -> String {
        let mut address = uri.to_owned();
        for (name, value) in &self.path {
            for form in [format!("{{{name}}}"), format!("{{{name}+}}")] {
                address = address.replace(&form, &in_path(value));
            }
        }
        if self.query.is_empty() {
            return address;
        }
        let query: String =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}{query}")
    }
}

/// What ends a path, or cannot stand in one.
const NO_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A value as it stands in a path: what a client or a template wrote as an escape stays one.
fn in_path(value: &str) -> String {
    let is_escape =
        |part: &str| part.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    let mut parts = value.split('%');
    let mut made: String =
        parts.next().into_iter().flat_map(|part| utf8_percent_encode(part, NO_PATH)).collect();
    for part in parts {
        made.push_str(if is_escape(part) { "%" } else { "%25" });
        made.extend(utf8_percent_encode(part, NO_PATH));
    }
    made
}

/// Sends a request to the server behind a method, and waits for the answer.
pub(crate) async fn send(call: &Call, mapped: Option<&Mapped>) -> Refused<Answered> {
    let method = call.method().ok_or_else(Refusal::internal)?;
    let Parameters { mut headers, query, path } = parameters(call, mapped);
    for name in &OWN {
        headers.remove(name);
    }
    if call.identity.signer.is_some() {
        without_signature(&mut headers);
    }
    if !headers.contains_key(header::USER_AGENT) || mapped.is_some() {
        set_header(&mut headers, "user-agent", &format!("AmazonAPIGateway_{}", call.api_id));
    }
    set_header(&mut headers, "x-amzn-apigateway-api-id", &call.api_id);
    if mapped.is_some() && !headers.contains_key(header::CONTENT_TYPE) {
        set_header(&mut headers, "content-type", call.header("content-type").unwrap_or("application/json"));
    }
    let address = Parameters { headers: HeaderMap::new(), query, path }.address(&uri(call));
    let to = Address::parse(&address).ok_or_else(|| {
        call.notes.say(|| "Execution failed due to configuration error: Invalid endpoint address".into());
        Refusal::internal()
    })?;
    set_header(&mut headers, "host", &authority(&address));
    let verb = method.integration.http_method.as_deref().unwrap_or("GET");
    let verb = if verb == "ANY" {
        call.visit.method.clone()
    } else {
        Method::from_bytes(verb.as_bytes()).map_err(|_| Refusal::internal())?
    };
    let body = mapped.map_or_else(|| call.visit.body.clone(), |mapped| mapped.body.clone());
    call.notes.say(|| format!("Sending request to {address}"));
    let sent = call.cloud.outside.web.send_up_to(BODY_MAX, verb, &to, headers, body, patience(call)).await;
    let (answer, is_whole) = sent.map_err(|error| failed(call, &error))?;
    if !is_whole {
        return Err(Refusal::bad_gateway());
    }
    Ok(Answered { status: answer.status.as_u16(), headers: answer.headers, body: answer.body, failure: None })
}

/// Takes away how a client signed: it was for this API alone.
fn without_signature(headers: &mut HeaderMap) {
    for name in ["authorization", "x-amz-security-token"] {
        headers.remove(name);
    }
}

fn failed(call: &Call, error: &Error) -> Box<Refusal> {
    call.notes.say(|| format!("Execution failed due to an integration error: {error}"));
    match error {
        Error::Late(_) => Refusal::late(),
        Error::Broken(_) => Refusal::new("INTEGRATION_FAILURE", "Internal server error"),
    }
}

/// The host and port of an address.
fn authority(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_within_the_path() {
        for (value, wanted) in [
            ("a/b", "http://x/a/b/c?q=1"),
            ("a%2Fb", "http://x/a%2Fb/c?q=1"),
            ("a?b#c d", "http://x/a%3Fb%23c%20d/c?q=1"),
            ("100%", "http://x/100%25/c?q=1"),
            ("%é{id}", "http://x/%25%C3%A9%7Bid%7D/c?q=1"),
        ] {
            let path = vec![("id".to_owned(), value.to_owned())];
            let query = vec![("q".to_owned(), "1".to_owned())];
            let made = Parameters { headers: HeaderMap::new(), query, path };
            assert_eq!(made.address("http://x/{id}/c"), wanted, "{value}");
        }
    }
}
