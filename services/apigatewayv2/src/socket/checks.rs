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
/// Where an API key may stand.
const KEY_SELECTIONS: [&str; 2] = ["$request.header.x-api-key", "$context.authorizer.usageIdentifierKey"];
/// Routes that no message selects.
const OF_CONNECTIONS: [&str; 2] = ["$connect", "$disconnect"];

pub(crate) fn api(members: &Members) -> Result<(), Fault> {
    let expression = text(members, "routeSelectionExpression")
        .ok_or_else(|| errors::bad("Route selection expression is required for WEBSOCKET protocol APIs"))?;
    if Selection::parse(expression).is_none() {
        return Err(errors::bad(format!("Invalid route selection expression specified: {expression}")));
    }
    let keys = text(members, "apiKeySelectionExpression");
    if let Some(said) = keys.filter(|said| !KEY_SELECTIONS.contains(said)) {
        return Err(errors::bad(format!("Invalid API key selection expression specified: {said}")));
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
    check_validation(members)?;
    let has = |name: &str| members.get(name).and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    errors::refuse(&[
        ("RequestParameters of routes other than $connect", key != "$connect" && has("requestParameters")),
        ("RequestModels of routes without messages", OF_CONNECTIONS.contains(&key) && has("requestModels")),
        (
            "RequestModels without ModelSelectionExpression",
            has("requestModels") && text(members, "modelSelectionExpression").is_none(),
        ),
        (
            "ApiKeyRequired of $disconnect",
            key == "$disconnect" && members.get("apiKeyRequired") == Some(&json!(true)),
        ),
        ("AuthorizationScopes of WebSocket APIs", has_scopes(members)),
    ])
}

/// What is asked of requests can be found out.
fn check_validation(members: &Members) -> Result<(), Fault> {
    if let Some(said) =
        text(members, "modelSelectionExpression").filter(|said| Selection::parse(said).is_none())
    {
        return Err(errors::bad(format!("Invalid model selection expression specified: {said}")));
    }
    let parameters = members.get("requestParameters").and_then(Value::as_object).into_iter().flatten();
    for (name, _) in parameters {
        let place = ["header", "querystring"]
            .iter()
            .find_map(|place| name.strip_prefix("route.request.")?.strip_prefix(place)?.strip_prefix('.'));
        if place.is_none_or(str::is_empty) {
            return Err(errors::bad(format!("Invalid request parameter specified: {name}")));
        }
    }
    Ok(())
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
    let is_sent = text(members, "integrationUri").and_then(service::named) == Some(service::Named::Path);
    let is_read = |to: &String| {
        let is_event = of_function && to.eq_ignore_ascii_case(INVOCATION_TYPE);
        kind.starts_with("HTTP")
            || (is_sent && !of_function)
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
mod tests;
