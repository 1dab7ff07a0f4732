//! Requests are held against what their method says: parameters that must be there, and a model of the body.

use api_apigateway as api;
use serde_json::Value;

use super::refusal::{Refusal, Refused};
use super::request::Call;

/// Holds a request against its method, as far as the method's validator says.
pub(crate) fn check(call: &Call) -> Refused<()> {
    let Some(method) = call.method() else { return Ok(()) };
    let validator = method.facts.request_validator_id.as_ref().and_then(|id| call.api.validators.get(id));
    let Some(validator) = validator else { return Ok(()) };
    if validator.validate_request_parameters == Some(true) {
        parameters(call, &method.facts)?;
    }
    match validator.validate_request_body == Some(true) {
        true => body(call, &method.facts),
        false => Ok(()),
    }
}

fn parameters(call: &Call, method: &api::Method) -> Refused<()> {
    let required = method.request_parameters.iter().flatten().filter(|(_, required)| **required);
    let missing: Vec<&str> = required
        .filter_map(|(name, _)| name.strip_prefix("method.request."))
        .filter_map(|name| name.split_once('.'))
        .filter(|(place, name)| is_missing(call, place, name))
        .map(|(_, name)| name)
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Refusal::new(
            "BAD_REQUEST_PARAMETERS",
            format!("Missing required request parameters: [{}]", missing.join(", ")),
        )),
    }
}

fn is_missing(call: &Call, place: &str, name: &str) -> bool {
    let has =
        |pairs: &[(String, String)]| pairs.iter().any(|(known, value)| known == name && !value.is_empty());
    match place {
        "header" => call.header(name).is_none_or(str::is_empty),
        "querystring" => !has(&call.query),
        "path" => !has(call.variables()),
        _ => false,
    }
}

fn body(call: &Call, method: &api::Method) -> Refused<()> {
    let Some(models) = method.request_models.as_ref().filter(|models| !models.is_empty()) else {
        return Ok(());
    };
    let content_type = call.header("content-type").unwrap_or("application/json");
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let Some(model) = models.get(kind).or_else(|| models.get("$default")) else { return Ok(()) };
    let Some(schema) = call.api.models.get(model) else { return Ok(()) };
    let wrong = |details: String| {
        let refusal = *Refusal::new("BAD_REQUEST_BODY", "Invalid request body");
        Box::new(Refusal { details: Some(details), ..refusal })
    };
    let text = if call.visit.body.is_empty() { &b"{}"[..] } else { &call.visit.body[..] };
    let value: Value = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
    let violations = schema.violations(&value).map_err(|why| {
        call.notes.say(|| format!("Execution failed due to configuration error: Invalid model: {why}"));
        Refusal::internal()
    })?;
    match violations.is_empty() {
        true => Ok(()),
        false => Err(wrong(format!("[{}]", violations.join(", ")))),
    }
}
