//! Actions of the cloud's services behind routes: `arn:aws:apigateway:us-east-1:dynamodb:action/PutItem`. A mapped message is
//! the input, in JSON.

use ::service::ByName;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use wire::Spelling;

use super::call::Call;
use super::integrate::Answered;
use super::plan::Integration;
use super::refusal::Refusal;
use super::talk::MESSAGE_BYTES_MAX;

/// The service and the action that a URI names.
pub(crate) fn named(uri: &str) -> Option<(&str, &str)> {
    let mut parts = uri.splitn(6, ':');
    let is_gateway = parts.next() == Some("arn") && parts.nth(1) == Some("apigateway");
    let (service, action) = (parts.nth(1)?, parts.next()?.strip_prefix("action/")?);
    (is_gateway && !service.is_empty() && !action.is_empty()).then_some((service, action))
}

/// Has the service do it.
pub(crate) async fn ask(call: &Call, integration: &Integration, body: &[u8]) -> Result<Answered, Refusal> {
    let uri = call.with_stage_variables(&integration.document.uri);
    let unknown = || Refusal::failure(format!("no such service or action here: {uri}"));
    let (host, operation) = named(&uri).ok_or_else(unknown)?;
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

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn actions_are_named() {
        assert_eq!(
            named("arn:aws:apigateway:us-east-1:sqs:action/SendMessage"),
            Some(("sqs", "SendMessage"))
        );
        for none in [
            "",
            "arn:aws:sqs:us-east-1:sqs:action/SendMessage",
            "arn:aws:apigateway:us-east-1:sqs:path/000000000000/queue",
            "arn:aws:apigateway:us-east-1:sqs:action/",
            "arn:aws:apigateway:us-east-1::action/X",
        ] {
            assert_eq!(named(none), None, "{none}");
        }
    }
}
