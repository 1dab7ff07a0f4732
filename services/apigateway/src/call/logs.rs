//! What is written down of a request once it is answered: access logs and logs of executions, in CloudWatch Logs.
//!
//! It is written beside the answer, which does not wait for it.

use ::service::{Lines, log_group_in};
use serde_json::{Value, json};
use wire::Answer;

use super::mapping;
use super::refusal::Refusal;
use super::request::Call;

/// Writes what the stage wants to know of a request.
pub(crate) fn write(call: &Call, answer: &Answer, refusal: Option<&Refusal>) {
    let access = call.stage.access_log_settings.as_ref();
    let to = access.and_then(|settings| settings.destination_arn.as_deref()).and_then(log_group_in);
    if let Some((to, format)) = to.zip(access.and_then(|settings| settings.format.as_deref())) {
        let variables = variables(call, answer, refusal);
        let line = mapping::replaced(format, &|name| {
            let path = name.strip_prefix("context.")?.split('.');
            let found = path.fold(&variables, |value, name| &value[name]);
            Some(match found {
                Value::Null => "-".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        });
        send(call, to.to_owned(), vec![line], false);
    }
    let Some(log) = &call.notes.log else { return };
    let level = call.settings.logging_level.as_deref();
    let mut lines = std::mem::take(&mut *log.lock());
    if level == Some("INFO") {
        lines.push(format!("Method completed with status: {}", answer.status));
    }
    if refusal.is_none() && level == Some("ERROR") {
        return;
    }
    let lines = lines.into_iter().map(|line| format!("({}) {line}", call.visit.request_id)).collect();
    send(call, format!("API-Gateway-Execution-Logs_{}/{}", call.api_id, call.stage_name()), lines, true);
}

/// `$context` with what is known once a request is answered.
fn variables(call: &Call, answer: &Answer, refusal: Option<&Refusal>) -> Value {
    let mut context = call.context();
    let integration = *call.notes.integration.lock();
    let failure = refusal.filter(|refusal| refusal.kind.starts_with("INTEGRATION_"));
    let failure = failure.map(|refusal| refusal.message.as_str());
    context["status"] = json!(answer.status);
    context["responseLength"] = json!(answer.body.length());
    context["responseLatency"] = json!(call.cloud.clock.now().millis() - call.at_ms);
    context["integrationStatus"] = json!(integration.map(|(status, _)| status));
    context["integrationLatency"] = json!(integration.map(|(_, took)| took));
    context["integration"] = json!({
        "status": integration.map(|(status, _)| status),
        "latency": integration.map(|(_, took)| took),
        "integrationStatus": integration.map(|(status, _)| status),
        "requestId": integration.map(|_| &*call.visit.request_id),
        "error": failure,
    });
    context["awsEndpointRequestId"] = context["integration"]["requestId"].clone();
    if let Some(guarded) = &call.notes.guarded {
        guarded.add_to(&mut context, &call.visit.request_id);
    }
    context["integrationErrorMessage"] = json!(failure);
    context["customDomain"] = json!({ "basePathMatched": call.base.strip_prefix('/') });
    context["xrayTraceId"] = json!(call.header("x-amzn-trace-id"));
    context["error"] = refusal.map(Refusal::variables).unwrap_or_default();
    context
}

/// Puts lines into a stream of the group, beside the request.
fn send(call: &Call, group: String, lines: Vec<String>, makes_group: bool) {
    let lines = Lines { group, stream: "apigateway", lines, at_ms: call.at_ms, makes_group };
    lines.send(call.cloud.context_of("apigateway", call.scope));
}
