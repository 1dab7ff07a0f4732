//! Operations called by their names, with neutral documents: by who learns only at run time what it is to call, as a task of a
//! state machine or an integration of an API.
//!
//! Such a call goes a client's way without HTTP: the model is checked, the authoriser is asked for whoever the context is
//! ([`Context::in_role`]), and the call is counted and logged. What a client of AWS adds by itself is added here: tokens that
//! make a request idempotent. It never carries streams: payloads come and go whole, and operations whose payload is a stream of
//! events are refused.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use wire::{Body, Document, Fault, Neutral, OperationFacts, Spelling};

use crate::directory::{carry_out, encode};
use crate::record::Record;
use crate::{Context, Directory, Service, not_built};

/// The code of the refusal to gather a payload beyond the caller's limit.
pub const PAYLOAD_TOO_LARGE: &str = "PayloadTooLarge";

/// What is called, and how its caller wants the answer.
#[derive(Clone, Copy, Debug)]
pub struct ByName<'a> {
    /// The service, as its facts are called: `sqs`.
    pub service: &'a str,
    /// The operation, as the API has it: `SendMessage`.
    pub operation: &'a str,
    /// How the documents are spelt.
    pub spelling: Spelling,
    /// The largest payload that is gathered of an answer that streams.
    pub payload_bytes_max: usize,
}

impl Context {
    /// Calls an operation by its name, as whoever this context is of, and returns when it is durable. An error has AWS's code
    /// and message; what is not built answers `NotImplemented`, by name.
    ///
    /// # Errors
    /// What the operation answers.
    pub async fn call_by_name(&self, call: &ByName<'_>, input: Document) -> Result<Document, Fault> {
        self.cloud.directory().call_by_name(self, call, input).await
    }
}

impl Directory {
    async fn call_by_name(
        &self,
        context: &Context,
        call: &ByName<'_>,
        input: Document,
    ) -> Result<Document, Fault> {
        let service = self.service(call.service).ok_or_else(|| not_built(call.service, call.operation))?;
        let operation = service.facts().operation(call.operation);
        let operation = operation.ok_or_else(|| not_built(call.service, call.operation))?;
        let begun = Instant::now();
        let outcome = answer(context, service, operation, call, input).await;
        let outcome = outcome.map_err(|fault| service.worded(fault));
        let (status, code) = match &outcome {
            Ok(_) => (operation.http.status, None),
            Err(fault) => (fault.status, Some(fault.code.clone())),
        };
        let (caller, service, status) = (&*context.caller, service.facts(), Some(status));
        Record { caller, service, operation, status, code, took: begun.elapsed() }
            .keep(&context.cloud.metrics);
        outcome
    }
}

async fn answer(
    context: &Context,
    service: &Service,
    operation: &'static OperationFacts,
    call: &ByName<'_>,
    input: Document,
) -> Result<Document, Fault> {
    let handler = service.handler(operation.name);
    let handler = handler.ok_or_else(|| (service.absent)(service.facts(), operation))?;
    if [operation.input, operation.output].into_iter().flatten().any(wire::Shape::has_events) {
        return Err(not_built(call.service, &format!("a call of {} for a document", operation.name)));
    }
    let (context, input) = through(context, service, operation, input)?;
    let input = handler.read_document(with_tokens(&context, operation, input), call.spelling)?;
    let output = carry_out(&context, service, handler, input).await?;
    let Neutral { mut document, streams } = wire::write_document(operation, encode(&*output), call.spelling);
    if let (Some((name, body)), Document::Map(map)) = (streams, &mut document) {
        map.insert(name, Document::Blob(gathered(body, call.payload_bytes_max).await?));
    }
    Ok(document)
}

/// What the input names may be the way to something else, as in requests of clients.
fn through(
    context: &Context,
    service: &Service,
    operation: &'static OperationFacts,
    input: Document,
) -> Result<(Context, Document), Fault> {
    let (Some(passage_of), Some(shape)) = (service.passage_of, operation.input) else {
        return Ok((context.clone(), input));
    };
    Ok(match passage_of(context, operation, &wire::labels_of(shape, &input))? {
        Some((passage, labels)) => (context.through(Some(passage)), wire::with_labels(shape, input, &labels)),
        None => (context.clone(), input),
    })
}

/// The input, which may be nothing, with a token for each that its caller left to its client.
fn with_tokens(context: &Context, operation: &OperationFacts, mut input: Document) -> Document {
    if input == Document::Null {
        input = Document::Map(BTreeMap::new());
    }
    if let (Document::Map(map), Some(shape)) = (&mut input, operation.input) {
        for member in shape.members().iter().filter(|member| member.idempotency_token) {
            let names = [Spelling::Model, Spelling::Capital].map(|spelling| spelling.name(member));
            if !names.iter().any(|name| map.get(name).is_some_and(|value| *value != Document::Null)) {
                map.insert(member.name.to_owned(), Document::String(context.random().uuid()));
            }
        }
    }
    input
}

/// All of a payload, if it is not too much.
async fn gathered(mut body: Body, bytes_max: usize) -> Result<Bytes, Fault> {
    let too_large = || {
        let message = format!("The payload of the answer is larger than {bytes_max} bytes.");
        Fault::new(PAYLOAD_TOO_LARGE, 413, message)
    };
    if body.length().is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let mut whole = BytesMut::new();
    while let Some(piece) = body.next().await? {
        if whole.len() + piece.len() > bytes_max {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

#[cfg(test)]
mod tests;
