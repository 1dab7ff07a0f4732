//! The one way of tasks to operations of services here: by name, with checked parameters, and a result within the limit.

use checksums::Algorithm;
use serde_json::{Value, json};
use service::{ByName, Context, PAYLOAD_TOO_LARGE};
use states_language::execution::PAYLOAD_BYTES_MAX;
use states_language::failure::names as errors;
use wire::{Document, Fault, OperationFacts, ServiceFacts, Spelling, TimestampFormat};

use super::calls::Calls;
use super::{Task, TaskFailure, parameters};

/// An operation to call.
pub(super) struct Called {
    pub(super) facts: &'static ServiceFacts,
    pub(super) operation: &'static OperationFacts,
    pub(super) spelling: Spelling,
}

/// Why a call gave nothing.
pub(super) enum Refused {
    /// It was not made, or what it gave is too much.
    Here(TaskFailure),
    /// The service refused it.
    There(Fault),
}

impl Called {
    /// Calls the operation with the parameters of a task.
    pub(super) async fn run(&self, calls: &mut Calls<'_, '_>, task: &Task) -> Result<Document, Refused> {
        let parameters = self.with_tokens(task.parameters.clone(), &task.id);
        let call = ByName {
            service: self.facts.name,
            operation: self.operation.name,
            spelling: self.spelling,
            payload_bytes_max: PAYLOAD_BYTES_MAX,
        };
        calls.by_name(&call, parameters.into()).await.map_err(|fault| self.refused(task, fault))
    }

    fn refused(&self, task: &Task, fault: Fault) -> Refused {
        if fault.code == PAYLOAD_TOO_LARGE {
            let cause = format!(
                "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit.",
                task.service()
            );
            return Refused::Here(TaskFailure::of_work(errors::DATA_LIMIT, cause));
        }
        if fault.code == "SerializationException" && fault.facts.is_none() {
            return Refused::Here(parameters::unusable(&task.parameters, &fault.message));
        }
        Refused::There(fault)
    }

    /// A task that is called again, because nobody knows whether it was, has the same tokens as before.
    fn with_tokens(&self, mut parameters: Value, task_id: &str) -> Value {
        let (Some(shape), Value::Object(given)) = (self.operation.input, &mut parameters) else {
            return parameters;
        };
        for member in shape.members().iter().filter(|member| member.idempotency_token) {
            given.entry(Spelling::Capital.name(member)).or_insert_with(|| token(task_id).into());
        }
        parameters
    }
}

/// What stands for a task where a request wants a token or a name.
pub(super) fn token(task_id: &str) -> String {
    let digest = Algorithm::Sha256.of(task_id.as_bytes());
    names::ids::uuid(digest.first_chunk().copied().unwrap_or_default())
}

/// A result with what the first SDK for Java says of its answer.
pub(super) fn with_metadata(context: &Context, called: &Called, result: Value) -> Value {
    let request_id = &*context.caller.request_id;
    let date = context.now().format(TimestampFormat::HttpDate);
    let headers = json!({"Date": date, "x-amzn-RequestId": request_id});
    let all = json!({"Date": [date], "x-amzn-RequestId": [request_id]});
    let mut result = result;
    if let Value::Object(members) = &mut result {
        let status = called.operation.http.status;
        let http = json!({"AllHttpHeaders": all, "HttpHeaders": headers, "HttpStatusCode": status});
        members.insert("SdkHttpMetadata".into(), http);
        members.insert("SdkResponseMetadata".into(), json!({"RequestId": request_id}));
    }
    result
}

/// A document with moments in milliseconds, as Java's first SDK gives them.
pub(super) fn with_millis(document: Document) -> Document {
    match document {
        Document::Timestamp(moment) => Document::Integer(moment.millis()),
        Document::List(values) => Document::List(values.into_iter().map(with_millis).collect()),
        Document::Map(map) => {
            Document::Map(map.into_iter().map(|(name, value)| (name, with_millis(value))).collect())
        }
        other => other,
    }
}

/// What a function or an API gives: JSON, or else a text.
pub(super) fn json_or_text(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_json_or_a_text() {
        assert_eq!(json_or_text(b"{\"a\":1}"), json!({"a": 1}));
        assert_eq!(json_or_text(b""), json!(""));
        assert_eq!(json_or_text(b"{"), json!("{"));
    }

    #[test]
    fn a_task_has_one_token() {
        assert_eq!(token("a-1-1"), token("a-1-1"));
        assert_ne!(token("a-1-1"), token("a-1-2"));
        assert_eq!(token("a").len(), 36);
    }
}
