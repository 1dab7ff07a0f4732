//! Functions behind routes: as proxies, which describe an answer, and with mapped messages.

use ::service::Context;
use api_lambda as lambda;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::call::Call;
use super::integrate::Answered;
use super::plan::Integration;
use super::refusal::Refusal;
use crate::integrations::function_in;

/// The parameter that says whether a function is waited for.
pub(crate) const INVOCATION_TYPE: &str = "integration.request.header.x-amz-invocation-type";

/// What a function gave back, and whether that is an error.
struct Outcome {
    payload: Bytes,
    is_failure: bool,
}

async fn run(context: &Context, function: &str, payload: Bytes, is_event: bool) -> Result<Outcome, Refusal> {
    let input = lambda::InvokeInput {
        function_name: function.to_owned(),
        payload: Some(payload),
        invocation_type: is_event.then(|| "Event".into()),
        ..lambda::InvokeInput::default()
    };
    let output = context.call::<lambda::Invoke>(input).await;
    let output = output.map_err(|fault| Refusal::failure(fault.to_string()))?;
    Ok(Outcome { payload: output.payload.unwrap_or_default(), is_failure: output.function_error.is_some() })
}

/// What a function answers that does not fail.
async fn invoke(context: &Context, function: &str, payload: Bytes) -> Result<Bytes, Refusal> {
    let outcome = run(context, function, payload, false).await?;
    match outcome.is_failure {
        true => Err(Refusal::failure("the function failed")),
        false => Ok(outcome.payload),
    }
}

/// What the function of an authorizer answers. One that fails with this word says that the client must say who it is.
pub(crate) async fn judge(context: &Context, function: &str, question: Bytes) -> Result<Bytes, Refusal> {
    let broken = |reason: String| Refusal::new(500, "Internal server error", reason);
    let outcome = run(context, function, question, false).await.map_err(|refusal| broken(refusal.reason))?;
    match outcome.is_failure {
        true if message_of(&outcome.payload) == "Unauthorized" => {
            Err(Refusal::new(401, "Unauthorized", "the authorizer does not know the client"))
        }
        true => Err(broken("the authorizer's function failed".to_owned())),
        false => Ok(outcome.payload),
    }
}

/// The message of a function's error.
fn message_of(payload: &[u8]) -> String {
    let said: Value = serde_json::from_slice(payload).unwrap_or_default();
    said["errorMessage"].as_str().unwrap_or_default().to_owned()
}

/// The function of an integration, and whoever calls it.
fn target(call: &Call, integration: &Integration) -> (Context, String) {
    let document = &integration.document;
    let context = call.context_for(document.credentials_arn.as_deref());
    (context, call.with_stage_variables(function_in(&document.uri)))
}

/// Has the function see the event as it is, and takes what it describes.
pub(crate) async fn proxied(call: &Call, integration: &Integration) -> Result<Answered, Refusal> {
    let (context, function) = target(call, integration);
    let payload = invoke(&context, &function, call.event().to_string().into()).await?;
    let malformed = || Refusal::failure("the function's answer has another form than it should have");
    let Ok(Value::Object(mut described)) = serde_json::from_slice(&payload) else { return Err(malformed()) };
    described.entry("statusCode").or_insert_with(|| json!(200));
    let answer = http_events::described(&described).ok_or_else(malformed)?;
    let body = answer.body.whole().unwrap_or_default();
    Ok(Answered { status: answer.status, headers: answer.headers, body })
}

/// Has the function see a mapped message, and takes what it answers.
pub(crate) async fn mapped(
    call: &Call,
    integration: &Integration,
    payload: Bytes,
) -> Result<Answered, Refusal> {
    let (context, function) = target(call, integration);
    let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
    let outcome = run(&context, &function, payload, is_event(call, integration)).await?;
    // Functions that fail have an answer as well, by which a response is selected.
    let status = if outcome.is_failure { 500 } else { 200 };
    Ok(Answered { status, headers: HeaderMap::new(), body: outcome.payload })
}

/// Nobody waits for the function: a parameter says so.
fn is_event(call: &Call, integration: &Integration) -> bool {
    let set = integration.parameters.iter().find(|(to, _)| to.eq_ignore_ascii_case(INVOCATION_TYPE));
    let said = set.and_then(|(_, source)| source.value(call, None));
    said.is_some_and(|said| said.eq_ignore_ascii_case("event"))
}
