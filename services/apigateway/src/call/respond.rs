//! What an integration answered, as the response of its method: selected, mapped, converted.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use serde_json::Value;
use wire::{Answer, Body};

use super::compiled::{Method, Response, Templates};
use super::content;
use super::mapping::{self, Answered, set_header};
use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::template;

/// The response that an answer selects.
fn select<'a>(method: &'a Method, answered: &Answered) -> Option<&'a Response> {
    let is_function = answered.failure.is_some() || answered.status == 0;
    let text = match &answered.failure {
        Some(failure) => failure.clone(),
        None if is_function => String::new(),
        None => answered.status.to_string(),
    };
    let matches = |response: &&Response| {
        let pattern = response.selection.as_ref();
        pattern.is_some_and(|pattern| !text.is_empty() && pattern.is_match(&text).unwrap_or(false))
    };
    let chosen = method.responses.iter().find(matches);
    chosen.or_else(|| method.responses.iter().find(|response| response.is_default))
}

/// Maps an answer to the response that it selects.
pub(crate) fn respond(call: &Call, answered: Answered) -> Refused<Answer> {
    let method = call.method().ok_or_else(Refusal::internal)?;
    let response = select(method, &answered).ok_or_else(|| {
        call.notes.say(|| "Execution failed due to configuration error: No match for output mapping and no default output mapping configured".into());
        Refusal::internal()
    })?;
    let integration_type = answered.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let handling = response.facts.content_handling.as_ref().map(|handling| handling.as_str());
    let is_binary = integration_type.is_some_and(|kind| call.api.is_binary(kind));
    let mut headers = HeaderMap::new();
    let mut status = response.facts.status_code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(200);
    let mut body = answered.body.clone();
    match response_template(call, &response.templates, integration_type) {
        Some((kind, template)) => {
            let text = match (is_binary, handling) {
                (true, Some("CONVERT_TO_TEXT")) => content::base64(&body).into(),
                _ => body,
            };
            let rendered = template::render(call, template, &text)?;
            body = Bytes::from(rendered.text);
            set_header(&mut headers, "content-type", kind);
            template::set_headers(&mut headers, &rendered.response_override);
            status = overridden(&rendered.response_override).unwrap_or(status);
            if handling == Some("CONVERT_TO_BINARY") {
                body = content::handled(body, handling, false)?;
            }
        }
        None => {
            // A mock has no body of its own.
            body = if method.kind() == "MOCK" { Bytes::new() } else { body };
            let kind = integration_type.filter(|_| is_binary).unwrap_or("application/json");
            set_header(&mut headers, "content-type", kind);
            body = content::handled(body, handling, is_binary)?;
        }
    }
    for (name, source) in response.facts.response_parameters.iter().flatten() {
        let Some((_, name)) = name.split_once("header.") else { continue };
        if let Some(value) = mapping::value(call, source, Some(&answered)) {
            set_header(&mut headers, name, &value);
        }
    }
    Ok(made(call, status, headers, body))
}

/// The template for what the client accepts, for the answer's own type, or the first.
fn response_template<'a>(
    call: &Call,
    templates: &'a Templates,
    integration_type: Option<&str>,
) -> Option<(&'a str, &'a std::result::Result<templates::Template, String>)> {
    let plain = |kind: &str| kind.split([';', ',']).next().unwrap_or_default().trim().to_owned();
    let wanted =
        [call.header("accept").map(plain), integration_type.map(plain), Some("application/json".into())];
    let found = wanted.into_iter().flatten().find_map(|kind| templates.get_key_value(&kind));
    found.or_else(|| templates.iter().next()).map(|(kind, template)| (kind.as_str(), template))
}

/// The status that a template assigned.
fn overridden(overrides: &Value) -> Option<u16> {
    match overrides.get("status")? {
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// An answer of the web, as it is.
pub(crate) fn passed(call: &Call, answered: Answered) -> Refused<Answer> {
    let Answered { status, mut headers, body, .. } = answered;
    let length = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
    for name in length {
        headers.remove(name);
    }
    for (name, rename) in &RENAMED {
        if let Some(value) = headers.remove(name) {
            headers.insert(rename, value);
        }
    }
    Ok(made(call, status, headers, body))
}

/// Headers of an integration that the service has for itself.
static RENAMED: [(HeaderName, HeaderName); 3] = [
    (header::DATE, HeaderName::from_static("x-amzn-remapped-date")),
    (header::SERVER, HeaderName::from_static("x-amzn-remapped-server")),
    (header::WWW_AUTHENTICATE, HeaderName::from_static("x-amzn-remapped-www-authenticate")),
];

/// The answer, compressed where it may be.
pub(crate) fn made(call: &Call, status: u16, mut headers: HeaderMap, body: Bytes) -> Answer {
    let body = content::packed(call, &mut headers, body);
    Answer { status, headers, body: Body::from(body) }
}
