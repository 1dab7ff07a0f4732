//! Queues and topics for events that were given up: they get the event itself, and why as attributes.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.

use api_lambda as api;
use api_sns as sns;
use api_sqs as sqs;
use names::Arn;
use serde_json::Value;
use service::Context;
use wire::Fault;

use super::ending::Ending;
use crate::function::Function;
use crate::telling::{Body, Telling};
use crate::{destination, errors};

/// Bytes of an error's message that go along.
const MESSAGE_BYTES_MAX: usize = 1024;

/// The target that a client wishes; nothing for an empty one, which takes it away.
pub(crate) fn target(config: &api::DeadLetterConfig) -> Result<Option<String>, Fault> {
    let Some(target) = config.target_arn.as_ref().filter(|target| !target.is_empty()) else {
        return Ok(None);
    };
    let takes = |arn: &Arn| matches!(arn.service(), "sqs" | "sns") && !arn.resource().ends_with(".fifo");
    match target.parse::<Arn>() {
        Ok(arn) if takes(&arn) => Ok(Some(target.clone())),
        _ => Err(errors::invalid(format!("The dead letter target ARN {target} is invalid."))),
    }
}

/// What goes there, in the name of the function's role.
pub(super) fn of(ending: &Ending<'_>, function: &Function, target: &str) -> Telling {
    let attributes = [
        ("RequestID", "String", ending.event.request_id.clone()),
        ("ErrorCode", "Number", if ending.outcome.is_some() { "200" } else { "429" }.to_owned()),
        ("ErrorMessage", "String", message(ending)),
    ];
    let attribute = |(name, kind, value): (&str, &str, String)| (name.to_owned(), kind.to_owned(), value);
    let event = String::from_utf8_lossy(&ending.event.payload).into_owned();
    let body = Body::DeadLetter { event, attributes: attributes.map(attribute).into() };
    Telling::new(function.scope, &function.name, target, body).in_role(&function.role)
}

/// Sends an event there.
pub(crate) async fn send(
    context: &Context,
    target: &str,
    body: String,
    attributes: &[(String, String, String)],
) -> Result<(), Fault> {
    let arn = destination::parse(target)?;
    let context = destination::at(context, &arn);
    if arn.service() == "sns" {
        let attribute = |(name, kind, value): &(String, String, String)| {
            let value = sns::MessageAttributeValue {
                data_type: kind.clone(),
                string_value: Some(value.clone()),
                ..sns::MessageAttributeValue::default()
            };
            (name.clone(), value)
        };
        let input = sns::PublishInput {
            topic_arn: Some(target.to_owned()),
            message: body,
            message_attributes: Some(attributes.iter().map(attribute).collect()),
            ..sns::PublishInput::default()
        };
        return context.call::<sns::Publish>(input).await.map(drop);
    }
    let attribute = |(name, kind, value): &(String, String, String)| {
        let value = sqs::MessageAttributeValue {
            data_type: kind.clone(),
            string_value: Some(value.clone()),
            ..sqs::MessageAttributeValue::default()
        };
        (name.clone(), value)
    };
    let input = sqs::SendMessageInput {
        queue_url: destination::queue_url(&context, &arn),
        message_body: body,
        message_attributes: Some(attributes.iter().map(attribute).collect()),
        ..sqs::SendMessageInput::default()
    };
    context.call::<sqs::SendMessage>(input).await.map(drop)
}

/// What the function said, or why it never ran. Attributes cannot be empty.
fn message(ending: &Ending<'_>) -> String {
    let document = ending.outcome.and_then(|outcome| serde_json::from_slice::<Value>(&outcome.payload).ok());
    let said = document.and_then(|document| Some(document.get("errorMessage")?.as_str()?.to_owned()));
    let instead = match ending.condition {
        "RecursiveInvocation" => "The function was invoked in a recursive loop.",
        condition if ending.outcome.is_some() => condition,
        _ => "Rate Exceeded.",
    };
    let mut text = said.filter(|said| !said.is_empty()).unwrap_or_else(|| instead.to_owned());
    let end = (0..=MESSAGE_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or_default());
    text
}
