//! What is behind a route is asked, in the form that it wants, and what it answers is changed for the client.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use templates::gateway::{self, Failure, Variables};
use templates::{Limits, Template};

use super::call::Call;
use super::event::pairs;
use super::plan::Integration;
use super::refusal::Refusal;
use super::{function, respond, service, web};

/// What was answered.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Asks what is behind a route. How long that may take is decided here alone.
pub(crate) async fn integrate(call: &Call, integration: &Integration) -> Result<Answered, Refusal> {
    let patience = Duration::from_millis(integration.document.timeout_ms);
    let document = &integration.document;
    call.notes.say(|| format!("Route {} has an integration of type {}", call.route_key, document.kind));
    call.trace("Message before transformations", &call.body);
    let answered = tokio::time::timeout(patience, ask(call, integration)).await;
    let answered = answered.unwrap_or_else(|_| Err(Refusal::late()))?;
    call.notes.say(|| format!("The integration answered with status: {}", answered.status));
    call.trace("Answer before transformations", &answered.body);
    match integration.document.kind.as_str() {
        "AWS_PROXY" | "HTTP_PROXY" => Ok(answered),
        _ => respond::mapped(call, integration, answered),
    }
}

async fn ask(call: &Call, integration: &Integration) -> Result<Answered, Refusal> {
    match integration.document.kind.as_str() {
        "AWS_PROXY" => function::proxied(call, integration).await,
        "HTTP_PROXY" => web::ask(call, integration, call.body.clone()).await,
        "HTTP" => web::ask(call, integration, mapped(call, integration)?).await,
        "MOCK" => mock(&mapped(call, integration)?),
        _ if is_function(&integration.document.uri) => {
            function::mapped(call, integration, mapped(call, integration)?).await
        }
        _ => service::ask(call, integration, mapped(call, integration)?).await,
    }
}

/// Whether a URI is a function's.
pub(crate) fn is_function(uri: &str) -> bool {
    uri.split(':').nth(4) == Some("lambda") || uri.split(':').nth(2) == Some("lambda")
}

/// The message as its template makes it anew.
fn mapped(call: &Call, integration: &Integration) -> Result<Bytes, Refusal> {
    let passes = match integration.document.passthrough_behavior.as_str() {
        "NEVER" => false,
        "WHEN_NO_TEMPLATES" => integration.templates.is_empty(),
        _ => true,
    };
    match integration.templates.choose(|selection| selection.key(call, None)) {
        Some(template) => {
            let rendered = Bytes::from(render(call, template, &call.body)?);
            call.trace("Message after transformations", &rendered);
            Ok(rendered)
        }
        None if passes => Ok(call.body.clone()),
        None => Err(Refusal::new(415, "Unsupported Media Type", "no template fits")),
    }
}

/// Renders a template with this body as `$input`.
pub(crate) fn render(call: &Call, template: &Template, body: &[u8]) -> Result<String, Refusal> {
    let stage_variables: Vec<(String, String)> =
        call.plan.stage.stage_variables.clone().into_iter().collect();
    let variables = Variables {
        body,
        path: &[],
        querystring: &call.query,
        header: &if template.mentions("input") { pairs(&call.headers) } else { Vec::new() },
        context: if template.mentions("context") { call.context() } else { Value::Null },
        stage_variables: &stage_variables,
    };
    let rendered = gateway::render(template, &variables, Limits::default());
    rendered.map(|rendered| rendered.text).map_err(|failure| match failure {
        Failure::Body(why) => Refusal::new(400, "Bad Request", why),
        Failure::Template(error) => Refusal::failure(format!("a template failed: {error}")),
    })
}

/// The status that a template says.
fn mock(body: &[u8]) -> Result<Answered, Refusal> {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let status = said["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|status| (100..600).contains(status));
    let status = status.ok_or_else(|| Refusal::failure("the template of a mock says no statusCode"))?;
    Ok(Answered { status, ..Answered::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mocks_need_a_status() {
        let status = |body: &str| mock(body.as_bytes()).ok().map(|answered| answered.status);
        assert_eq!(status(r#"{"statusCode": 204}"#), Some(204));
        for body in ["", "[]", "{}", r#"{"statusCode": "200"}"#, r#"{"statusCode": 70000}"#] {
            assert_eq!(status(body), None, "{body}");
        }
    }

    #[test]
    fn functions_have_two_kinds_of_names() {
        assert!(is_function("arn:aws:lambda:us-east-1:000000000000:function:a"));
        assert!(is_function("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/x/invocations"));
        assert!(!is_function("arn:aws:apigateway:us-east-1:sqs:action/SendMessage"));
    }
}
