//! Operations called by their names, with neutral documents: by who learns only at run time what it is to call, as a task of a
//! state machine or an integration of an API.
//!
//! Such a call goes a client's way without HTTP: the model is checked, the authoriser is asked for whoever the context is
//! ([`Context::in_role`]), and the call is counted and logged. What a client of AWS adds by itself is added here: tokens that
//! make a request idempotent. It never carries streams: payloads come and go whole, and operations whose payload is a stream of
//! events are refused.

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;
use wire::{Body, Document, Fault, Neutral, OperationFacts, Spelling};

use crate::directory::{carry_out, encode, take_part};
use crate::operation::Input;
use crate::record::Record;
use crate::{Context, Directory, Effect, Error, Handler, Service, Tx, not_built, whole_payload};

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
        let (service, operation) = self.cloud.directory().named(call)?;
        let begun = Instant::now();
        let outcome = answer(self, service, operation, call, input).await;
        let outcome = outcome.map_err(|fault| service.worded(fault));
        keep(self, service, operation, outcome.as_ref().err(), begun);
        outcome
    }
}

impl Tx<'_> {
    /// The same as a part of this transaction, as [`Tx::call`] does it: for operations whose [`Effect`] is a transaction.
    ///
    /// # Errors
    /// What the operation answers, or the store's own error, which fails this transaction too.
    pub fn call_by_name(
        &mut self,
        context: &Context,
        call: &ByName<'_>,
        input: Document,
    ) -> crate::Result<Document> {
        let (service, operation) = context.cloud.directory().named(call)?;
        let begun = Instant::now();
        let entered = entered(context, service, operation, call, input).map_err(Error::from);
        let outcome = entered.and_then(|(context, handler, input)| {
            let output = self.part_of(&context, |tx| take_part(tx, service, handler, &*input))?;
            Ok(wire::write_document(operation, encode(&*output), call.spelling).document)
        });
        let outcome = outcome.map_err(|error| match error {
            Error::Fault(fault) => service.worded(fault).into(),
            store @ Error::Store(_) => store,
        });
        match &outcome {
            Ok(_) => keep(context, service, operation, None, begun),
            Err(Error::Fault(fault)) => keep(context, service, operation, Some(fault), begun),
            // It fails the whole transaction, whose own record says so.
            Err(Error::Store(_)) => {}
        }
        outcome
    }
}

impl Directory {
    /// What an operation changes. One that is not there changes nothing.
    #[must_use]
    pub fn effect(&self, service: &str, operation: &str) -> Effect {
        let handler = self.service(service).and_then(|service| service.handler(operation));
        handler.map_or(Effect::None, Handler::effect)
    }

    /// Why an input cannot be read at all, whatever its values.
    #[must_use]
    pub fn unreadable(
        &self,
        service: &str,
        operation: &'static OperationFacts,
        input: Document,
        spelling: Spelling,
    ) -> Option<Fault> {
        let handler = self.service(service)?.handler(operation.name)?;
        let fault = handler.read_document(input, spelling).err()?;
        (fault.code == "SerializationException" && fault.facts.is_none()).then_some(fault)
    }

    fn named(&self, call: &ByName<'_>) -> Result<(&Service, &'static OperationFacts), Fault> {
        let service = self.service(call.service).ok_or_else(|| not_built(call.service, call.operation))?;
        let operation = service.facts().operation(call.operation);
        Ok((service, operation.ok_or_else(|| not_built(call.service, call.operation))?))
    }
}

/// Keeps the record of a call.
fn keep(
    context: &Context,
    service: &Service,
    operation: &'static OperationFacts,
    refused: Option<&Fault>,
    begun: Instant,
) {
    let status = Some(refused.map_or(operation.http.status, |fault| fault.status));
    let (caller, service, code) =
        (&*context.caller, service.facts(), refused.map(|fault| fault.code.clone()));
    Record { caller, service, operation, status, code, took: begun.elapsed() }.keep(&context.cloud.metrics);
}

async fn answer(
    context: &Context,
    service: &Service,
    operation: &'static OperationFacts,
    call: &ByName<'_>,
    input: Document,
) -> Result<Document, Fault> {
    let (context, handler, input) = entered(context, service, operation, call, input)?;
    let output = carry_out(&context, service, handler, input).await?;
    let Neutral { mut document, streams } = wire::write_document(operation, encode(&*output), call.spelling);
    if let (Some((name, body)), Document::Map(map)) = (streams, &mut document) {
        map.insert(name, Document::Blob(gathered(body, call.payload_bytes_max).await?));
    }
    Ok(document)
}

/// Who carries a call out, as whom, and with what.
fn entered<'a>(
    context: &Context,
    service: &'a Service,
    operation: &'static OperationFacts,
    call: &ByName<'_>,
    input: Document,
) -> Result<(Context, &'a dyn Handler, Input), Fault> {
    let handler = service.handler(operation.name);
    let handler = handler.ok_or_else(|| (service.absent)(service.facts(), operation))?;
    if [operation.input, operation.output].into_iter().flatten().any(wire::Shape::has_events) {
        return Err(not_built(call.service, &format!("a call of {} for a document", operation.name)));
    }
    let (context, input) = through(context, service, operation, input)?;
    let input = handler.read_document(with_tokens(&context, operation, input), call.spelling)?;
    Ok((context, handler, input))
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
async fn gathered(body: Body, bytes_max: usize) -> Result<Bytes, Fault> {
    whole_payload(body, bytes_max).await?.ok_or_else(|| {
        let message = format!("The payload of the answer is larger than {bytes_max} bytes.");
        Fault::new(PAYLOAD_TOO_LARGE, 413, message)
    })
}

#[cfg(test)]
mod tests;
