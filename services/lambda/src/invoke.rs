//! Invocations: at once, or noted for later.

use std::sync::Arc;

use api_lambda as api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use runtime::PAYLOAD_BYTES_MAX;
use service::{Context, Result};
use wire::{Body, Fault};

use crate::event::{self, Event};
use crate::functions::named;
use crate::host::{Call, Host};
use crate::{errors, function, refused};

/// The largest event of an asynchronous invocation, in bytes (AWS's quota).
const EVENT_BYTES_MAX: usize = 1_048_576;
/// The largest client context, as it comes in its header.
const CLIENT_CONTEXT_BYTES_MAX: usize = 3583;

pub(crate) async fn invoke(
    host: Arc<Host>,
    context: Context,
    input: api::InvokeInput,
) -> Result<api::InvokeOutput> {
    refused::refuse(&[
        ("DurableExecutionName", input.durable_execution_name.is_some()),
        ("TenantId", input.tenant_id.is_some()),
    ])?;
    let payload = payload(input.payload)?;
    let name = named(&context.scope(), &input.function_name, input.qualifier.as_deref())?;
    let function = function::choose(&*context.view(), &name, context.random())?;
    match input.invocation_type.as_ref().map(api::InvocationType::as_str) {
        Some("DryRun") => Ok(status(204)),
        Some("Event") => {
            check_event(&payload)?;
            let event = Event::new(&name, &context, payload);
            context.transact(|tx| event::put(tx, &event)).await?;
            Ok(status(202))
        }
        _ => {
            let client_context = client_context(input.client_context.as_deref())?;
            let call = Call { client_context, ..Call::of(&context.caller.request_id, payload) };
            let outcome = host.run(&context, &function, &name, call).await?;
            let wants_tail = input.log_type.as_ref().is_some_and(|kind| kind.as_str() == "Tail");
            Ok(api::InvokeOutput {
                function_error: outcome.function_error.map(str::to_owned),
                log_result: wants_tail.then(|| STANDARD.encode(&outcome.log_tail)),
                payload: Some(outcome.payload),
                executed_version: Some(function.version_text()),
                ..status(200)
            })
        }
    }
}

/// The oldest way to invoke: only for later.
pub(crate) async fn invoke_async(
    context: Context,
    input: api::InvokeAsyncInput,
) -> Result<api::InvokeAsyncOutput> {
    let payload = payload(Some(whole(input.invoke_args).await?))?;
    let name = named(&context.scope(), &input.function_name, None)?;
    function::find(&*context.view(), &name)?;
    check_event(&payload)?;
    let event = Event::new(&name, &context, payload);
    context.transact(|tx| event::put(tx, &event)).await?;
    Ok(api::InvokeAsyncOutput { status: Some(202) })
}

/// What comes in pieces, up to a little more than any event may have.
async fn whole(mut body: Body) -> Result<Bytes, Fault> {
    let mut all = BytesMut::new();
    while let Some(piece) = body.next().await? {
        if all.len() <= PAYLOAD_BYTES_MAX {
            all.extend_from_slice(&piece);
        }
    }
    Ok(all.freeze())
}

fn status(code: i32) -> api::InvokeOutput {
    api::InvokeOutput { status_code: Some(code), ..api::InvokeOutput::default() }
}

fn check_event(payload: &Bytes) -> Result<(), Fault> {
    if payload.len() <= EVENT_BYTES_MAX {
        return Ok(());
    }
    Err(errors::too_large(format!(
        "{} byte payload is too large for the Event invocation type (limit {EVENT_BYTES_MAX} bytes)",
        payload.len()
    )))
}

/// An event is JSON; none at all is an empty object.
pub(crate) fn payload(payload: Option<Bytes>) -> Result<Bytes, Fault> {
    let payload = payload.filter(|payload| !payload.is_empty()).unwrap_or_else(|| Bytes::from_static(b"{}"));
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(errors::too_large(format!(
            "Request must be smaller than {PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation"
        )));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            Err(api::error::invalid_request_content_exception(message))
        }
    }
}

/// What a client says of itself: JSON in base64.
pub(crate) fn client_context(text: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let invalid = || {
        api::error::invalid_request_content_exception(
            "Client context must be a valid Base64-encoded JSON object.",
        )
    };
    let decoded =
        Some(text).filter(|text| text.len() <= CLIENT_CONTEXT_BYTES_MAX).map(|text| STANDARD.decode(text));
    let decoded = decoded.and_then(Result::ok).and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(invalid)?;
    let is_object = serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(&decoded).is_ok();
    if is_object { Ok(Some(decoded)) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::{STANDARD, client_context};
    use base64::Engine as _;

    #[test]
    fn a_client_context_is_an_object_in_base64() {
        let context = |text: &str| client_context(Some(text));
        assert_eq!(client_context(None).unwrap(), None);
        assert_eq!(context("eyJhIjoiw6QifQ==").unwrap().unwrap(), r#"{"a":"ä"}"#);
        let long = STANDARD.encode(format!(r#"{{"a":"{}"}}"#, "x".repeat(3000)));
        for refused in ["string", "", "W10=", "bnVsbA==", "/w==", long.as_str()] {
            assert_eq!(context(refused).unwrap_err().code, "InvalidRequestContentException", "{refused}");
        }
    }
}
