//! Functions of Lambda: those that a Task state names by their ARN, and `lambda:invoke`.

use api_lambda as lambda;
use bytes::Bytes;
use serde_json::Value;
use service::Context;
use wire::{Document, Spelling};

use super::call;
use super::calls::Calls;
use super::refusal::{self, LAMBDA};
use super::{Task, TaskFailure, optimised};

/// Invokes a function that is named by its ARN, and gives what it returns.
pub(super) async fn invoke(context: &Context, task: &Task) -> Result<Value, TaskFailure> {
    let input = lambda::InvokeInput {
        function_name: task.resource.arn.clone(),
        payload: Some(Bytes::from(task.parameters.to_string())),
        ..lambda::InvokeInput::default()
    };
    let output = context.call::<lambda::Invoke>(input).await;
    let output = output.map_err(|fault| refusal::first(context, &lambda::FACTS, &fault, LAMBDA))?;
    let payload = output.payload.unwrap_or_default();
    if output.function_error.is_some() {
        return Err(failed(&payload));
    }
    serde_json::from_slice(&payload)
        .map_err(|_| TaskFailure::of_work("Lambda.Unknown", "The function's answer is no JSON."))
}

/// `lambda:invoke`: the whole answer, with what the function returns as its payload.
pub(super) async fn invoke_by_name(calls: &mut Calls<'_, '_>, task: &Task) -> Result<Value, TaskFailure> {
    let (mut output, called) = optimised::answer(calls, task, ("lambda", "invoke"), LAMBDA).await?;
    let is_failed = output.get("FunctionError").is_some();
    let payload = match &mut output {
        Document::Map(members) => members.remove("Payload"),
        _ => None,
    };
    let payload = match payload {
        Some(Document::Blob(bytes)) => bytes,
        _ => Bytes::new(),
    };
    if is_failed {
        return Err(failed(&payload));
    }
    let mut result = output.into_json(Spelling::Capital);
    result["Payload"] = call::json_or_text(&payload);
    Ok(call::with_metadata(calls.context, &called, result))
}

/// A failure of the function itself, as it reports it.
fn failed(payload: &[u8]) -> TaskFailure {
    let report: Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = String::from_utf8_lossy(payload);
    match report["errorType"].as_str() {
        Some(error) => TaskFailure::of_work(error, text),
        // What has no name did not come to reporting it: it exited, or ran out of time or memory.
        None => TaskFailure::of_work(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use states_language::execution::FailedAt;

    use super::*;

    #[test]
    fn a_function_names_its_error() {
        let failure = failed(br#"{"errorMessage":"no seats","errorType":"SoldOut"}"#);
        assert_eq!((failure.error.as_str(), failure.at), ("SoldOut", FailedAt::Work));
        assert!(failure.cause.contains("no seats"));
        assert_eq!(failed(b"gone").error, "Lambda.Unknown");
        assert!(failed(b"gone").cause.ends_with("Returned payload: gone"));
    }
}
