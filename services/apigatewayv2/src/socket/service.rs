//! Services of the cloud behind routes: `arn:aws:apigateway:us-east-1:dynamodb:action/PutItem`, whose input in JSON a mapped message
//! is, and `…:sqs:path/000000000000/trips`, to which it is sent as a message of the service's own protocol.

use ::service::{ByName, MessageTo, Sent, whole_payload};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use wire::Spelling;

use super::call::Call;
use super::integrate::Answered;
use super::plan::Integration;
use super::refusal::Refusal;
use super::talk::MESSAGE_BYTES_MAX;
use super::web::{self, Mapped};

/// What a URI names of a service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    Action(&'a str, &'a str),
    Path,
}

/// What a URI names; none where it is no such URI.
pub(crate) fn named(uri: &str) -> Option<Named<'_>> {
    let mut parts = uri.splitn(6, ':');
    let is_gateway = parts.next() == Some("arn") && parts.nth(1) == Some("apigateway");
    let (service, rest) = (parts.nth(1)?, parts.next()?);
    let (kind, name) = rest.split_once('/').filter(|_| is_gateway && !service.is_empty())?;
    match kind {
        "action" if !name.is_empty() => Some(Named::Action(service, name)),
        "path" => Some(Named::Path),
        _ => None,
    }
}

fn nowhere(uri: &str) -> Refusal {
    Refusal::failure(format!("no such service or action here: {uri}"))
}

/// Has the service do it.
pub(crate) async fn ask(call: &Call, integration: &Integration, body: Bytes) -> Result<Answered, Refusal> {
    let Mapped { headers, query, uri } = web::mapped(call, integration, HeaderMap::new());
    match named(&uri) {
        Some(Named::Action(service, operation)) => act(call, integration, (service, operation), &body).await,
        Some(Named::Path) => {
            send(call, integration, &uri, Sent { verb: verb(integration), headers, query, body }).await
        }
        None => Err(nowhere(&uri)),
    }
}

fn verb(integration: &Integration) -> String {
    integration.document.method.clone().filter(|method| method != "ANY").unwrap_or_else(|| "POST".into())
}

async fn act(
    call: &Call,
    integration: &Integration,
    (host, operation): (&str, &str),
    body: &[u8],
) -> Result<Answered, Refusal> {
    let unknown = || nowhere(&format!("{host}:{operation}"));
    let mut called = call.cloud.directory().services().filter(|service| service.is_called(host));
    let service = called.find(|service| service.facts().operation(operation).is_some());
    let service = service.ok_or_else(unknown)?.facts().name;
    let input = serde_json::from_slice::<Value>(body);
    let input = input.map_err(|_| Refusal::failure("the input of an action is no JSON"))?;
    let named =
        ByName { service, operation, spelling: Spelling::Model, payload_bytes_max: MESSAGE_BYTES_MAX };
    let context = call.context_for(integration.document.credentials_arn.as_deref());
    let (status, said) = match context.call_by_name(&named, input.into()).await {
        Ok(output) => (200, output.into_json(Spelling::Model)),
        Err(fault) => (fault.status, json!({ "__type": fault.code, "message": fault.message })),
    };
    Ok(Answered { status, headers: HeaderMap::new(), body: Bytes::from(said.to_string()) })
}

async fn send(
    call: &Call,
    integration: &Integration,
    uri: &str,
    mut sent: Sent,
) -> Result<Answered, Refusal> {
    sent.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    let context = call.context_for(integration.document.credentials_arn.as_deref());
    let message = MessageTo::by_uri(&context, uri, sent).ok_or_else(|| nowhere(uri))?;
    let answer = message.answer(&context).await.ok_or_else(|| nowhere(uri))?;
    let body = whole_payload(answer.body, MESSAGE_BYTES_MAX).await;
    let body = body.map_err(|fault| Refusal::failure(fault.message))?;
    let body = body.ok_or_else(|| Refusal::failure("the service's answer is too long for a message"))?;
    Ok(Answered { status: answer.status, headers: answer.headers, body })
}

#[cfg(test)]
mod tests {
    use super::{Named, named};

    #[test]
    fn actions_and_paths_are_named() {
        let action = named("arn:aws:apigateway:us-east-1:sqs:action/SendMessage");
        assert_eq!(action, Some(Named::Action("sqs", "SendMessage")));
        let path = named("arn:aws:apigateway:us-east-1:sqs:path/000000000000/queue");
        assert_eq!(path, Some(Named::Path));
        for none in [
            "",
            "arn:aws:sqs:us-east-1:sqs:action/SendMessage",
            "arn:aws:apigateway:us-east-1:sqs:action/",
            "arn:aws:apigateway:us-east-1:sqs:queue/a",
            "arn:aws:apigateway:us-east-1::action/X",
        ] {
            assert_eq!(named(none), None, "{none}");
        }
    }
}
