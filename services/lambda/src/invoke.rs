//! Invocations: at once, or noted for later.

use std::sync::Arc;

use api_lambda as api;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use service::{Context, Result};
use wire::Fault;

use crate::event::{self, Event};
use crate::functions::named;
use crate::host::Host;
use crate::{function, refused};

/// The largest event of an asynchronous invocation, in bytes (AWS's quota).
const EVENT_BYTES_MAX: usize = 1_048_576;

pub(crate) async fn invoke(
    host: Arc<Host>,
    context: Context,
    input: api::InvokeInput,
) -> Result<api::InvokeOutput> {
    refused::refuse(&[
        ("ClientContext", input.client_context.is_some()),
        ("DurableExecutionName", input.durable_execution_name.is_some()),
        ("TenantId", input.tenant_id.is_some()),
    ])?;
    let name = named(&context.scope(), &input.function_name, input.qualifier.as_deref())?;
    let function = function::choose(&*context.view(), &name, context.random())?;
    let payload = payload(input.payload)?;
    match input.invocation_type.as_ref().map(api::InvocationType::as_str) {
        Some("DryRun") => Ok(status(204)),
        Some("Event") => {
            if payload.len() > EVENT_BYTES_MAX {
                let message = format!(
                    "{} byte payload is too large for the Event invocation type (limit {EVENT_BYTES_MAX} bytes)",
                    payload.len()
                );
                return Err(api::error::request_too_large_exception(message).into());
            }
            let event = Event::new(&name, &context, payload);
            context.transact(|tx| event::put(tx, &event)).await?;
            Ok(status(202))
        }
        _ => {
            let outcome = host.run(&context, &function, &name, &context.caller.request_id, payload).await?;
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

fn status(code: i32) -> api::InvokeOutput {
    api::InvokeOutput { status_code: Some(code), ..api::InvokeOutput::default() }
}

/// An event is JSON; none at all is an empty object.
fn payload(payload: Option<Bytes>) -> Result<Bytes, Fault> {
    let payload = payload.filter(|payload| !payload.is_empty()).unwrap_or_else(|| Bytes::from_static(b"{}"));
    match serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            Err(api::error::invalid_request_content_exception(message))
        }
    }
}
