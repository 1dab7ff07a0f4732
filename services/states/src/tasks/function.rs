//! Functions of Lambda that a Task state names by their ARN.

use api_lambda as lambda;
use bytes::Bytes;
use serde_json::Value;
use service::Context;
use states_language::execution::FailedAt;
use wire::Fault;

use super::{Task, TaskFailure};

/// Invokes a function, and gives what it returns.
pub(super) async fn invoke(context: &Context, task: &Task) -> Result<Value, TaskFailure> {
    let input = lambda::InvokeInput {
        function_name: task.resource.arn.clone(),
        payload: Some(Bytes::from(task.parameters.to_string())),
        ..lambda::InvokeInput::default()
    };
    let output = context.call::<lambda::Invoke>(input).await.map_err(|fault| refused(context, &fault))?;
    let payload = output.payload.unwrap_or_default();
    if output.function_error.is_some() {
        return Err(failed(&payload));
    }
    serde_json::from_slice(&payload)
        .map_err(|_| TaskFailure::of_work("Lambda.Unknown", "The function's answer is no JSON."))
}

/// A failure of the function itself, as it reports it.
pub(super) fn failed(payload: &[u8]) -> TaskFailure {
    let report: Value = serde_json::from_slice(payload).unwrap_or_default();
    // What has no name did not come to reporting it: it exited, or ran out of time or memory.
    let error = report["errorType"].as_str().unwrap_or("Lambda.Unknown").to_owned();
    TaskFailure::of_work(error, String::from_utf8_lossy(payload))
}

/// A call that Lambda refused, as AWS's SDK words it.
pub(super) fn refused(context: &Context, fault: &Fault) -> TaskFailure {
    let code = &fault.code;
    let cause = format!(
        "{} (Service: Lambda, Status Code: {}, Request ID: {})",
        fault.message, fault.status, context.caller.request_id
    );
    TaskFailure { at: FailedAt::Work, error: format!("Lambda.{code}"), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_names_its_error() {
        let failure = failed(br#"{"errorMessage":"no seats","errorType":"SoldOut"}"#);
        assert_eq!((failure.error.as_str(), failure.at), ("SoldOut", FailedAt::Work));
        assert!(failure.cause.contains("no seats"));
        assert_eq!(failed(b"gone").error, "Lambda.Unknown");
    }
}
