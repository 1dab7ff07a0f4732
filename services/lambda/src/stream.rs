//! Answers that come piece by piece: InvokeWithResponseStream, and what function URLs need for it.

use std::sync::Arc;

use api_lambda as api;
use api_lambda::schema::INVOKE_WITH_RESPONSE_STREAM_RESPONSE_EVENT;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use runtime::{Outcome, Piece};
use service::{Context, Result};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wire::{Body, Fault, Protocol, event_stream};

use crate::function::{self, Function};
use crate::functions::named;
use crate::host::{Call, Host};
use crate::invoke::{client_context, payload};
use crate::name::Name;
use crate::refused;

/// Pieces that may wait for the client.
const PIECES_MAX: usize = 4;

/// How a function began to answer.
pub(crate) enum Begun {
    /// It streams.
    Streaming { content_type: String, rest: Rest },
    /// It has answered at once, or failed.
    Ended(Outcome),
}

/// What is still to come of an answer.
pub(crate) struct Rest {
    pieces: mpsc::Receiver<Piece>,
    run: JoinHandle<Result<Outcome>>,
}

impl Rest {
    /// The next piece; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.pieces.recv().await? {
                Piece::Data(data) if !data.is_empty() => return Some(data),
                Piece::Data(_) | Piece::Head { .. } => {}
            }
        }
    }

    /// What became of it.
    pub(crate) async fn outcome(self) -> Result<Outcome> {
        self.run.await.map_err(|panic| Fault::new("ServiceException", 500, panic.to_string()))?
    }
}

/// Calls a function, and waits until it begins to answer. It goes on when nobody takes what it answers.
pub(crate) async fn begin(
    host: Arc<Host>,
    context: Context,
    function: Function,
    name: Name,
    call: Call,
) -> Result<Begun> {
    let (sender, mut pieces) = mpsc::channel(PIECES_MAX);
    let call = Call { pieces: Some(sender), ..call };
    let run = tokio::spawn(async move { host.run(&context, &function, &name, call).await });
    match pieces.recv().await {
        Some(Piece::Head { content_type }) => {
            Ok(Begun::Streaming { content_type, rest: Rest { pieces, run } })
        }
        _ => Ok(Begun::Ended(Rest { pieces, run }.outcome().await?)),
    }
}

pub(crate) async fn invoke(
    host: Arc<Host>,
    context: Context,
    input: api::InvokeWithResponseStreamInput,
) -> Result<api::InvokeWithResponseStreamOutput> {
    refused::refuse(&[("TenantId", input.tenant_id.is_some())])?;
    let payload = payload(input.payload)?;
    let name = named(&context.scope(), &input.function_name, input.qualifier.as_deref())?;
    let function = function::choose(&*context.view(), &name, context.random())?;
    if input.invocation_type.as_ref().is_some_and(|kind| kind.as_str() == "DryRun") {
        let status_code = Some(204);
        return Ok(api::InvokeWithResponseStreamOutput { status_code, ..Default::default() });
    }
    let client_context = client_context(input.client_context.as_deref())?;
    let call = Call { client_context, ..Call::of(&context.caller.request_id, payload) };
    let wants_tail = input.log_type.as_ref().is_some_and(|kind| kind.as_str() == "Tail");
    let executed_version = Some(function.version_text());
    let begun = begin(host, context, function, name, call).await?;
    Ok(api::InvokeWithResponseStreamOutput {
        status_code: Some(200),
        executed_version,
        event_stream: events(begun, wants_tail),
        response_stream_content_type: Some(event_stream::CONTENT_TYPE.to_owned()),
    })
}

/// What is still to be told.
enum Telling {
    Rest(Rest),
    Outcome(Outcome),
    Nothing,
}

/// The answer as events: its pieces, and how it ended.
fn events(begun: Begun, wants_tail: bool) -> Body {
    let telling = match begun {
        Begun::Streaming { rest, .. } => Telling::Rest(rest),
        Begun::Ended(outcome) => Telling::Outcome(outcome),
    };
    let events = stream::unfold(telling, move |telling| async move {
        let (told, next) = match telling {
            Telling::Rest(mut rest) => match rest.next().await {
                Some(data) => (chunk(data), Telling::Rest(rest)),
                None => (ended(rest.outcome().await, wants_tail), Telling::Nothing),
            },
            Telling::Outcome(mut outcome)
                if outcome.function_error.is_none() && !outcome.payload.is_empty() =>
            {
                (chunk(std::mem::take(&mut outcome.payload)), Telling::Outcome(outcome))
            }
            Telling::Outcome(outcome) => (ended(Ok(outcome), wants_tail), Telling::Nothing),
            Telling::Nothing => return None,
        };
        Some((told, next))
    });
    Body::stream(None, events)
}

fn chunk(data: Bytes) -> Result<Bytes, Fault> {
    frame(&api::InvokeWithResponseStreamResponseEvent::PayloadChunk(api::InvokeResponseStreamUpdate {
        payload: Some(data),
    }))
}

fn ended(outcome: Result<Outcome>, wants_tail: bool) -> Result<Bytes, Fault> {
    let outcome = outcome.map_err(service::Error::into_fault)?;
    let details = |_| String::from_utf8_lossy(&outcome.payload).into_owned();
    let complete = api::InvokeWithResponseStreamCompleteEvent {
        error_code: outcome.function_error.map(str::to_owned),
        error_details: outcome.function_error.map(details),
        log_result: wants_tail.then(|| STANDARD.encode(&outcome.log_tail)),
    };
    frame(&api::InvokeWithResponseStreamResponseEvent::InvokeComplete(complete))
}

fn frame(event: &api::InvokeWithResponseStreamResponseEvent) -> Result<Bytes, Fault> {
    let broken = || Fault::new("ServiceException", 500, "The event could not be written.");
    let frame = event_stream::event(Protocol::RestJson1, &INVOKE_WITH_RESPONSE_STREAM_RESPONSE_EVENT, event);
    frame.and_then(|frame| frame.encode().ok()).ok_or_else(broken)
}
