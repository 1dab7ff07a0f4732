//! Functions behind methods: as proxies, and with mapped requests.

use ::service::Context;
use api_lambda as lambda;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};
use wire::Answer;

use super::integration::{Mapped, patience, uri};
use super::mapping::{Answered, set_header, with_stage_variables};
use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::{content, respond, template};

/// Whether what is behind a method is a function.
pub(crate) fn is_function(call: &Call) -> bool {
    uri(call).split(':').nth(4) == Some("lambda")
}

/// The function in `arn:aws:apigateway:…:lambda:path/2015-03-31/functions/{ARN}/invocations`.
pub(crate) fn function_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("/functions/")?;
    rest.strip_suffix("/invocations").filter(|name| !name.is_empty())
}

/// Acts for the API, or in the role that the integration names.
pub(crate) fn context(call: &Call) -> Context {
    let trace = call.visit.trace(call.at_ms);
    let context = call.cloud.context_of("apigateway", call.scope).traced(Some(trace));
    let credentials = call.method().and_then(|method| method.integration.credentials.as_deref());
    let role = credentials.map(|role| with_stage_variables(call, role)).and_then(|role| role.parse().ok());
    match role {
        Some(role) => context.in_role(&role, "BackplaneAssumeRoleSession"),
        None => match source(call).parse() {
            Ok(source) => context.for_source(source),
            Err(_) => context,
        },
    }
}

/// The method as functions' policies name it.
fn source(call: &Call) -> String {
    let region = call.scope.region;
    let verb = call.method().map_or("", |method| if method.verb == "ANY" { "*" } else { &method.verb });
    let path = call.resource_path();
    format!(
        "arn:{}:execute-api:{region}:{}:{}/{}/{verb}{path}",
        region.partition(),
        call.scope.account,
        call.api_id,
        call.stage_name()
    )
}

/// What a function gave back: its payload, and whether that is an error.
pub(crate) struct Outcome {
    payload: Bytes,
    is_failure: bool,
}

/// Runs a function, and waits for it.
pub(crate) async fn run(
    call: &Call,
    context: Context,
    function: &str,
    payload: Bytes,
    is_event: bool,
) -> Refused<Outcome> {
    let input = lambda::InvokeInput {
        function_name: function.to_owned(),
        payload: Some(payload),
        invocation_type: is_event.then(|| "Event".into()),
        ..lambda::InvokeInput::default()
    };
    let invoked = tokio::time::timeout(patience(call), context.call::<lambda::Invoke>(input)).await;
    let invoked = invoked.map_err(|_| {
        call.notes.say(|| "Execution failed due to a timeout error".into());
        Refusal::late()
    })?;
    let output = invoked.map_err(|fault| {
        call.notes.say(|| format!("Execution failed due to configuration error: {}", fault.message));
        tracing::warn!(%fault, api = call.api_id, request_id = &*call.visit.request_id, "a function was not run");
        Refusal::internal()
    })?;
    Ok(Outcome { payload: output.payload.unwrap_or_default(), is_failure: output.function_error.is_some() })
}

/// Runs the function behind a proxy.
pub(crate) async fn invoke_proxy(call: &Call) -> Refused<Outcome> {
    let uri = uri(call);
    let function = function_of(&uri).ok_or_else(Refusal::internal)?;
    let event = Bytes::from(call.event(&call.visit.body).to_string());
    run(call, context(call), function, event, false).await
}

/// The answer that a function behind a proxy describes.
pub(crate) fn proxied(call: &Call, outcome: &Outcome) -> Refused<Answer> {
    let malformed = || {
        call.notes
            .say(|| "Execution failed due to configuration error: Malformed Lambda proxy response".into());
        Refusal::bad_gateway()
    };
    if outcome.is_failure {
        call.notes.say(|| "Lambda execution failed with status 200 due to customer function error".into());
        return Err(Refusal::bad_gateway());
    }
    let described: Value = serde_json::from_slice(&outcome.payload).map_err(|_| malformed())?;
    let described = described.as_object().ok_or_else(malformed)?;
    let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    if described.keys().any(|key| !known.contains(&key.as_str())) {
        return Err(malformed());
    }
    let status = status_of(described.get("statusCode")).ok_or_else(malformed)?;
    let headers = headers_of(described).ok_or_else(malformed)?;
    let body = body_of(call, described).ok_or_else(malformed)?;
    Ok(respond::made(call, status, headers, body))
}

fn status_of(status: Option<&Value>) -> Option<u16> {
    let status = match status {
        None | Some(Value::Null) => return Some(200),
        Some(Value::Number(number)) => number.as_u64()?,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(_) => return None,
    };
    u16::try_from(status).ok().filter(|status| (100..600).contains(status))
}

/// Values of both kinds of headers; those with several come after the others.
fn headers_of(described: &Map<String, Value>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    for (name, value) in entries(described, "headers")? {
        if !value.is_null() {
            set_header(&mut headers, name, &text(value)?);
        }
    }
    for (name, values) in entries(described, "multiValueHeaders")? {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.remove(&name);
        for value in values.as_array()? {
            headers.append(name.clone(), HeaderValue::from_str(&text(value)?).ok()?);
        }
    }
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        headers.remove(name);
    }
    Some(headers)
}

/// The entries of an object that may be missing.
fn entries<'a>(described: &'a Map<String, Value>, name: &str) -> Option<Vec<(&'a String, &'a Value)>> {
    match described.get(name) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Object(entries)) => Some(entries.iter().collect()),
        Some(_) => None,
    }
}

fn body_of(call: &Call, described: &Map<String, Value>) -> Option<Bytes> {
    let text = match described.get("body") {
        None | Some(Value::Null) => return Some(Bytes::new()),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return None,
    };
    let is_encoded = described.get("isBase64Encoded") == Some(&Value::Bool(true));
    match is_encoded && content::accepts_binary(call) {
        true => STANDARD.decode(text).ok().map(Bytes::from),
        false => Some(text.into()),
    }
}

/// Runs a function with a mapped request.
pub(crate) async fn invoke(call: &Call, mapped: &Mapped) -> Refused<Answered> {
    let uri = uri(call);
    let function = function_of(&uri).ok_or_else(Refusal::internal)?;
    let method = call.method().ok_or_else(Refusal::internal)?;
    let set = method.integration.request_parameters.iter().flatten();
    let mapped_headers = set.filter_map(|(name, source)| {
        let name = name.strip_prefix("integration.request.header.")?;
        Some((name.to_owned(), super::mapping::value(call, source, None)?))
    });
    let mut headers: Vec<(String, String)> = mapped_headers.collect();
    headers.extend(
        template::overrides(&mapped.overrides, "header").map(|(name, value)| (name.to_owned(), value)),
    );
    let is_event = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("x-amz-invocation-type") && value.eq_ignore_ascii_case("event")
    });
    let payload = if mapped.body.is_empty() { Bytes::from_static(b"{}") } else { mapped.body.clone() };
    let outcome = run(call, context(call), function, payload, is_event).await?;
    let failure = outcome.is_failure.then(|| message_of(&outcome.payload));
    call.notes.trace(|| {
        format!(
            "Endpoint response body before transformations: {}",
            String::from_utf8_lossy(&outcome.payload)
        )
    });
    Ok(Answered { status: 0, headers: HeaderMap::new(), body: outcome.payload, failure })
}

/// The message of a function's error.
fn message_of(payload: &[u8]) -> String {
    let payload: Value = serde_json::from_slice(payload).unwrap_or_default();
    payload["errorMessage"].as_str().unwrap_or_default().to_owned()
}

impl Outcome {
    /// The payload of a function that did not fail.
    pub(crate) fn payload(&self) -> Option<&Bytes> {
        (!self.is_failure).then_some(&self.payload)
    }

    /// The message of one that failed.
    pub(crate) fn failure(&self) -> String {
        message_of(&self.payload)
    }
}
