//! An event as a line of a log.

use serde_json::{Map, Value, json};
use states_language::event::{Details, HistoryEvent, TaskDetails};

use super::Logged;

/// An event, with its payloads only where these are wanted.
pub(super) fn of(event: &HistoryEvent, of: &Logged<'_>, has_data: bool) -> Value {
    json!({
        "id": event.id.to_string(),
        "type": event.kind.as_str(),
        "details": details(&event.details, has_data),
        "redrive_count": of.redrives.to_string(),
        "previous_event_id": event.previous_id.to_string(),
        "event_timestamp": event.at_ms.to_string(),
        "execution_arn": of.execution_arn,
    })
}

/// A payload under its name, and that it is whole.
fn payload(name: &str, payload: &str, has_data: bool) -> Map<String, Value> {
    let mut fields = Map::new();
    if has_data {
        fields.insert(name.to_owned(), payload.into());
        fields.insert(format!("{name}Details"), json!({"truncated": false}));
    }
    fields
}

fn details(details: &Details, has_data: bool) -> Map<String, Value> {
    let mut fields = match details {
        Details::Started { input, .. }
        | Details::StateEntered { input, .. }
        | Details::Scheduled { input, .. } => payload("input", input, has_data),
        Details::StateExited { output, .. } | Details::Output(output) => payload("output", output, has_data),
        Details::Task { what: TaskDetails::Output(output), .. } => payload("output", output, has_data),
        Details::Task { what: TaskDetails::Scheduled { parameters, .. }, .. } if has_data => {
            Map::from_iter([("parameters".to_owned(), parameters.as_str().into())])
        }
        _ => Map::new(),
    };
    let others = match details {
        Details::Started { role_arn, .. } => json!({"roleArn": role_arn}),
        Details::StateEntered { name, .. } | Details::StateExited { name, .. } => json!({"name": name}),
        Details::Scheduled { resource, timeout_s, .. } => {
            json!({"resource": resource, "timeoutInSeconds": timeout_s})
        }
        Details::Worker(worker) => json!({"workerName": worker}),
        Details::Task { resource_type, resource, what } => {
            let (error, cause) = match what {
                TaskDetails::Error { error, cause } => (error.as_deref(), cause.as_deref()),
                _ => (None, None),
            };
            json!({"resourceType": resource_type, "resource": resource, "error": error, "cause": cause})
        }
        Details::Error { error, cause } => json!({"error": error, "cause": cause}),
        Details::Iteration { name, index } => json!({"name": name, "index": index}),
        Details::Length(length) => json!({"length": length}),
        Details::MapRun(arn) => json!({"mapRunArn": arn}),
        Details::Redriven(count) => json!({"redriveCount": count}),
        Details::MapRunAgain { arn, count } => json!({"mapRunArn": arn, "redriveCount": count}),
        Details::Evaluation { error, cause, location, state } => {
            json!({"error": error, "cause": cause, "location": location, "state": state})
        }
        Details::None | Details::Output(_) => Value::Null,
    };
    if let Value::Object(others) = others {
        fields.extend(others.into_iter().filter(|(_, value)| !value.is_null()));
    }
    fields
}
