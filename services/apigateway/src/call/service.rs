//! Services of the cloud behind methods: a mapped request is a message of the service's own protocol.

use ::service::{MessageTo, Sent, whole_payload};
use http::{HeaderMap, header};

use super::content::BODY_MAX;
use super::integration::{Mapped, patience, uri};
use super::lambda;
use super::mapping::{Answered, set_header};
use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::web::{self, Parameters};

/// Asks the service behind a method.
pub(crate) async fn call(call: &Call, mapped: &Mapped) -> Refused<Answered> {
    let Parameters { mut headers, query, path } = web::parameters(call, Some(mapped));
    let uri = Parameters { headers: HeaderMap::new(), query: Vec::new(), path }.address(&uri(call));
    if !headers.contains_key(header::CONTENT_TYPE) {
        set_header(&mut headers, "content-type", "application/json");
    }
    let verb = call.method().and_then(|method| method.integration.http_method.as_deref()).unwrap_or("POST");
    let verb = if verb == "ANY" { call.visit.method.as_str() } else { verb }.to_owned();
    let context = lambda::context(call);
    let sent = Sent { verb, headers, query, body: mapped.body.clone() };
    let Some(message) = MessageTo::by_uri(&context, &uri, sent) else { return Err(nowhere(call, &uri)) };
    let answer = tokio::time::timeout(patience(call), message.answer(&context)).await;
    let answer = answer.map_err(|_| Refusal::late())?.ok_or_else(Refusal::bad_gateway)?;
    let body = whole_payload(answer.body, BODY_MAX).await.ok().flatten().ok_or_else(Refusal::bad_gateway)?;
    call.notes.trace(|| {
        format!("Endpoint response body before transformations: {}", String::from_utf8_lossy(&body))
    });
    Ok(Answered { status: answer.status, headers: answer.headers, body, failure: None })
}

fn nowhere(call: &Call, uri: &str) -> Box<Refusal> {
    call.notes.say(|| {
        format!("Execution failed due to configuration error: no such service or action here: {uri}")
    });
    tracing::warn!(api = call.api_id, uri, "an integration with a service leads nowhere");
    Refusal::internal()
}
