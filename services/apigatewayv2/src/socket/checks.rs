//! What the documents of WebSocket APIs must be, and what is set where a client left it out.

use serde_json::{Value, json};
use wire::Fault;

use super::function::INVOCATION_TYPE;
use super::integrate::is_function;
use super::select::{Selection, Source};
use super::service;
use crate::documents::{self, Members, text};
use crate::responses::check_templates;
use crate::{authorizers, errors, integrations};

/// The longest wait, and the default, in milliseconds.
const TIMEOUT_MS_MAX: i64 = 29_000;
/// Routes that no message selects.
const OF_CONNECTIONS: [&str; 2] = ["$connect", "$disconnect"];

pub(crate) fn api(members: &Members) -> Result<(), Fault> {
    let expression = text(members, "routeSelectionExpression")
        .ok_or_else(|| errors::bad("Route selection expression is required for WEBSOCKET protocol APIs"))?;
    if Selection::parse(expression).is_none() {
        return Err(errors::bad(format!("Invalid route selection expression specified: {expression}")));
    }
    match members.contains_key("corsConfiguration") {
        true => Err(errors::bad("CORS configuration is only supported for HTTP protocol APIs")),
        false => Ok(()),
    }
}

pub(crate) fn route(key: &str, members: &Members) -> Result<(), Fault> {
    let is_known = key == "$default" || OF_CONNECTIONS.contains(&key);
    if key.is_empty() || (key.starts_with('$') && !is_known) {
        return Err(errors::bad(format!("Invalid route key specified: {key}")));
    }
    let authorization = text(members, "authorizationType").unwrap_or("NONE");
    if authorization == "JWT" {
        return Err(errors::bad("JWT authorization is only supported for HTTP protocol APIs"));
    }
    if authorization != "NONE" && key != "$connect" {
        return Err(errors::bad("Authorization is only supported on the $connect route"));
    }
    if text(members, "routeResponseSelectionExpression").is_some_and(|said| said != "$default") {
        return Err(errors::bad("Route response selection expression must be $default"));
    }
    errors::refuse(&[
        ("ApiKeyRequired of WebSocket APIs", members.get("apiKeyRequired") == Some(&json!(true))),
        ("ModelSelectionExpression", members.contains_key("modelSelectionExpression")),
        ("RequestModels", members.contains_key("requestModels")),
        ("RequestParameters of routes", members.contains_key("requestParameters")),
        ("AuthorizationScopes of WebSocket APIs", has_scopes(members)),
    ])
}

fn has_scopes(members: &Members) -> bool {
    members.get("authorizationScopes").and_then(Value::as_array).is_some_and(|scopes| !scopes.is_empty())
}

pub(crate) fn authorizer(members: &mut Members) -> Result<(), Fault> {
    if text(members, "authorizerType") != Some("REQUEST") {
        return Err(errors::bad("Only REQUEST authorizers are supported for WEBSOCKET protocol APIs"));
    }
    integrations::checked_function(text(members, "authorizerUri"))?;
    for source in authorizers::sources(members) {
        let read = Source::parse(source).filter(|source| !matches!(source, Source::Text(_)));
        if read.is_none() {
            return Err(errors::bad(format!("Invalid identity source specified: {source}")));
        }
    }
    for name in ["authorizerPayloadFormatVersion", "enableSimpleResponses", "authorizerResultTtlInSeconds"] {
        if members.get(name).is_some_and(|value| *value != json!(false) && *value != json!(0)) {
            return Err(errors::bad(format!("{name} is only supported for HTTP protocol APIs")));
        }
        members.remove(name);
    }
    documents::default(members, "identitySource", json!([]));
    Ok(())
}

pub(crate) fn integration(members: &mut Members) -> Result<(), Fault> {
    let uri = text(members, "integrationUri").map(str::to_owned);
    match (text(members, "integrationType").unwrap_or_default(), uri.as_deref()) {
        ("AWS_PROXY", uri) => drop(integrations::checked_function(uri)?),
        ("AWS", Some(uri)) if !is_function(uri) => check_action(uri)?,
        ("AWS", uri) => drop(integrations::checked_function(uri)?),
        ("HTTP" | "HTTP_PROXY", Some(uri)) if uri.starts_with("http://") || uri.starts_with("https://") => {
            if text(members, "integrationMethod").is_none() {
                return Err(errors::bad("HttpMethod is required for HTTP integrations"));
            }
        }
        ("HTTP" | "HTTP_PROXY", _) => return Err(errors::bad("Invalid HTTP endpoint specified for URI")),
        ("MOCK", _) => {}
        _ => return Err(errors::bad("Invalid integration type specified for this protocol")),
    }
    set_defaults(members);
    check_timeout(members)?;
    check_templates(members, "requestTemplates")?;
    check_parameters(members)?;
    check_said(members)?;
    errors::refuse(&[
        ("ContentHandlingStrategy", members.contains_key("contentHandlingStrategy")),
        ("IntegrationSubtype", members.contains_key("integrationSubtype")),
    ])
}

fn check_action(uri: &str) -> Result<(), Fault> {
    match service::named(uri) {
        Some(_) => Ok(()),
        None if uri.contains(":path/") => {
            Err(::service::not_built("apigatewayv2", "a path URI of a service"))
        }
        None => Err(errors::bad("Invalid Integration URI specified")),
    }
}

fn set_defaults(members: &mut Members) {
    let kind = text(members, "integrationType").unwrap_or_default().to_owned();
    let of_function = text(members, "integrationUri").is_some_and(is_function);
    if of_function {
        documents::default(members, "integrationMethod", "POST");
    }
    documents::default(members, "passthroughBehavior", "WHEN_NO_MATCH");
    documents::default(members, "payloadFormatVersion", "1.0");
    documents::default(members, "timeoutInMillis", TIMEOUT_MS_MAX);
    let selection = match of_function {
        true => "${integration.response.body.errorMessage}",
        false => "${integration.response.statuscode}",
    };
    if !kind.ends_with("_PROXY") {
        documents::default(members, "integrationResponseSelectionExpression", selection);
    }
}

fn check_timeout(members: &Members) -> Result<(), Fault> {
    match members.get("timeoutInMillis").and_then(Value::as_i64) {
        Some(timeout) if (50..=TIMEOUT_MS_MAX).contains(&timeout) => Ok(()),
        _ => Err(errors::bad(format!("Timeout should be between 50 ms and {TIMEOUT_MS_MAX} ms"))),
    }
}

/// Messages are in one format, and what selects a response can be read.
fn check_said(members: &Members) -> Result<(), Fault> {
    if text(members, "payloadFormatVersion") != Some("1.0") {
        return Err(errors::bad("PayloadFormatVersion must be 1.0 for WEBSOCKET protocol APIs"));
    }
    match text(members, "integrationResponseSelectionExpression") {
        Some(said) if Selection::parse(said).is_none() => {
            Err(errors::bad(format!("Invalid integration response selection expression specified: {said}")))
        }
        _ => Ok(()),
    }
}

/// Servers of the web see all parameters; what else is called takes JSON, and a function may be called without waiting for it.
fn check_parameters(members: &Members) -> Result<(), Fault> {
    check_mappings(members, "requestParameters", "integration.request.", &["header", "querystring", "path"])?;
    let kind = text(members, "integrationType").unwrap_or_default();
    let of_function = text(members, "integrationUri").is_some_and(is_function);
    let is_read = |to: &String| {
        let is_event = of_function && to.eq_ignore_ascii_case(INVOCATION_TYPE);
        kind.starts_with("HTTP")
            || kind == "AWS"
                && (is_event || to.eq_ignore_ascii_case("integration.request.header.content-type"))
    };
    let mut parameters = members.get("requestParameters").and_then(Value::as_object).into_iter().flatten();
    let unread = parameters.any(|(to, _)| !is_read(to));
    errors::refuse(&[("RequestParameters of integrations that are no servers of the web", unread)])
}

/// Values go from somewhere to one of these kinds of places.
pub(crate) fn check_mappings(
    members: &Members,
    name: &str,
    prefix: &str,
    kinds: &[&str],
) -> Result<(), Fault> {
    let parameters = members.get(name).and_then(Value::as_object);
    for (to, from) in parameters.into_iter().flatten() {
        let place = to.strip_prefix(prefix).and_then(|to| to.split_once('.'));
        let is_place = place.is_some_and(|(kind, name)| kinds.contains(&kind) && !name.is_empty());
        if !is_place || Source::parse(from.as_str().unwrap_or_default()).is_none() {
            return Err(errors::bad(format!("Invalid mapping expression specified: {to}={from}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(value: Value) -> Members {
        crate::apis::object(value)
    }

    #[test]
    fn routes_are_of_connections_or_of_messages() {
        let takes = |key: &str, document: Value| route(key, &members(document)).is_ok();
        assert!(takes("$connect", json!({ "authorizationType": "AWS_IAM" })));
        assert!(takes("send", json!({})) && takes("a/b", json!({})) && takes("$default", json!({})));
        assert!(!takes("", json!({})) && !takes("$other", json!({})));
        assert!(!takes("send", json!({ "authorizationType": "CUSTOM" })));
        assert!(!takes("$connect", json!({ "authorizationType": "JWT" })));
        assert!(!takes("send", json!({ "routeResponseSelectionExpression": "$other" })));
    }

    #[test]
    fn what_integrations_leave_out_is_set() {
        let mut document = members(json!({ "integrationType": "MOCK" }));
        integration(&mut document).unwrap();
        assert_eq!(document["timeoutInMillis"], 29_000);
        assert_eq!(document["integrationResponseSelectionExpression"], "${integration.response.statuscode}");
        for wrong in [
            json!({ "integrationType": "AWS_PROXY" }),
            json!({ "integrationType": "HTTP", "integrationUri": "http://a" }),
            json!({ "integrationType": "HTTP_PROXY", "integrationUri": "ftp://a", "integrationMethod": "GET" }),
            json!({ "integrationType": "MOCK", "timeoutInMillis": 29_001 }),
            json!({ "integrationType": "MOCK", "requestTemplates": { "a": "#if" } }),
            json!({ "integrationType": "MOCK", "requestParameters": { "a": "context.stage" } }),
            json!({ "integrationType": "MOCK", "payloadFormatVersion": "2.0" }),
            json!({ "integrationType": "MOCK", "integrationResponseSelectionExpression": "$nothing.a" }),
        ] {
            assert!(integration(&mut members(wrong.clone())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parameters_that_nothing_reads_are_refused() {
        let with = |kind: &str, uri: &str, to: &str| {
            integration(&mut members(json!({
                "integrationType": kind, "integrationUri": uri, "integrationMethod": "POST",
                "requestParameters": { format!("integration.request.{to}"): "'Event'" },
            })))
        };
        let (function, action) = (
            "arn:aws:lambda:us-east-1:000000000000:function:a",
            "arn:aws:apigateway:x:sqs:action/SendMessage",
        );
        assert!(with("HTTP", "http://a", "querystring.b").is_ok());
        assert!(with("AWS", function, "header.X-Amz-Invocation-Type").is_ok());
        assert!(with("AWS", action, "header.Content-Type").is_ok());
        for (kind, uri, to) in [
            ("AWS", function, "header.other"),
            ("AWS", action, "header.X-Amz-Invocation-Type"),
            ("AWS_PROXY", function, "header.X-Amz-Invocation-Type"),
            ("MOCK", "", "querystring.a"),
        ] {
            assert_eq!(with(kind, uri, to).unwrap_err().code, "NotImplemented", "{kind} {to}");
        }
    }

    #[test]
    fn actions_of_services_are_named_in_uris() {
        let uri = "arn:aws:apigateway:us-east-1:sqs:path/000000000000/q";
        let refused = integration(&mut members(json!({ "integrationType": "AWS", "integrationUri": uri })));
        assert_eq!(refused.unwrap_err().code, "NotImplemented");
    }
}
