//! What is behind a method: it is asked, and its answer becomes a response.

use bytes::Bytes;
use serde_json::Value;
use wire::Answer;

use super::content;
use super::mapping::{self, Answered};
use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::template::{self, Choice};
use super::{lambda, respond, service, web};

/// What an integration is sent, unless it is a proxy.
pub(crate) struct Mapped {
    pub(crate) body: Bytes,
    /// `$context.requestOverride`.
    pub(crate) overrides: Value,
}

/// Asks the integration of a call's method. What asks somebody else has its own place on the heap: the future around it is moved
/// whole for every call, also for those that are answered here.
pub(crate) async fn answer(call: &Call) -> Refused<Answer> {
    let method = call.method().ok_or_else(Refusal::internal)?;
    let begun = call.cloud.clock.now().millis();
    let took = |call: &Call, status: u16| {
        let ended = call.cloud.clock.now().millis();
        *call.notes.integration.lock() = Some((status, ended - begun));
    };
    match method.kind() {
        "AWS_PROXY" => {
            let answered = Box::pin(lambda::invoke_proxy(call)).await?;
            took(call, 200);
            lambda::proxied(call, &answered)
        }
        "HTTP_PROXY" => {
            let answered = Box::pin(web::send(call, None)).await?;
            took(call, answered.status);
            respond::passed(call, answered)
        }
        kind => {
            let mapped = mapped(call)?;
            let answered = match kind {
                "MOCK" => mock(call, &mapped)?,
                "HTTP" => Box::pin(web::send(call, Some(&mapped))).await?,
                _ if lambda::is_function(call) => Box::pin(lambda::invoke(call, &mapped)).await?,
                _ => Box::pin(service::call(call, &mapped)).await?,
            };
            took(call, answered.status);
            respond::respond(call, answered)
        }
    }
}

/// The body that an integration gets: passed on, or made by a template.
fn mapped(call: &Call) -> Refused<Mapped> {
    let method = call.method().ok_or_else(Refusal::internal)?;
    let integration = &method.integration;
    let content_type = call.header("content-type");
    let choice =
        template::choose(&method.templates, content_type, integration.passthrough_behavior.as_deref())?;
    let is_binary = call.api.is_binary(content_type.unwrap_or("application/json"));
    let handling = integration.content_handling.as_ref().map(|handling| handling.as_str());
    let body = content::handled(call.visit.body.clone(), handling, is_binary)?;
    let Choice::Map(template) = choice else {
        return Ok(Mapped { body, overrides: Value::Null });
    };
    if is_binary && handling != Some("CONVERT_TO_TEXT") {
        call.notes.say(|| "Execution failed due to configuration error: Unable to transform request".into());
        return Err(Refusal::internal());
    }
    let rendered = template::render(call, template, &body)?;
    call.notes.trace(|| format!("Endpoint request body after transformations: {}", rendered.text));
    Ok(Mapped { body: rendered.text.into(), overrides: rendered.request_override })
}

/// A mock answers with the status that the template says.
fn mock(call: &Call, mapped: &Mapped) -> Refused<Answered> {
    let said: Option<Value> = serde_json::from_slice(&mapped.body).ok();
    let status = said.as_ref().and_then(|said| said.get("statusCode")).and_then(|status| match status {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    let status = status.and_then(|status| u16::try_from(status).ok()).ok_or_else(|| {
        call.notes.say(|| "Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.".into());
        Refusal::internal()
    })?;
    Ok(Answered { status, body: mapped.body.clone(), ..Answered::default() })
}

/// The address of what is behind a method, with the stage's variables.
pub(crate) fn uri(call: &Call) -> String {
    let uri = call.method().and_then(|method| method.integration.uri.as_deref());
    mapping::with_stage_variables(call, uri.unwrap_or_default())
}

/// How long an integration may take.
pub(crate) fn patience(call: &Call) -> std::time::Duration {
    let timeout = call.method().and_then(|method| method.integration.timeout_in_millis);
    let timeout = timeout.unwrap_or(crate::integrations::TIMEOUT_MS);
    std::time::Duration::from_millis(timeout.unsigned_abs().into())
}
