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

/// What a function gave back, and whether that is an error.
struct Outcome {
    payload: Bytes,
    is_failure: bool,
}

async fn run(context: &Context, function: &str, payload: Bytes) -> Result<Outcome, Refusal> {
    let input = lambda::InvokeInput {
        function_name: function.to_owned(),
        payload: Some(payload),
        ..lambda::InvokeInput::default()
    };
    let output = context.call::<lambda::Invoke>(input).await;
    let output = output.map_err(|fault| Refusal::failure(fault.to_string()))?;
    Ok(Outcome { payload: output.payload.unwrap_or_default(), is_failure: output.function_error.is_some() })
}

/// What a function answers that does not fail.
pub(crate) async fn invoke(context: &Context, function: &str, payload: Bytes) -> Result<Bytes, Refusal> {
    let outcome = run(context, function, payload).await?;
    match outcome.is_failure {
        true => Err(Refusal::failure("the function failed")),
        false => Ok(outcome.payload),
    }
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
    let outcome = run(&context, &function, payload).await?;
    // Functions that fail have an answer as well, by which a response is selected.
    let status = if outcome.is_failure { 500 } else { 200 };
    Ok(Answered { status, headers: HeaderMap::new(), body: outcome.payload })
}
