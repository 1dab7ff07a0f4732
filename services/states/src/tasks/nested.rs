//! `states:startExecution`: an execution within an execution, with or without its end.

use names::Arn;
use serde_json::{Value, json};
use service::{ByName, Context};
use states_language::failure::names as errors;
use wire::{Document, Fault, Spelling};

use super::call::{self, with_millis};
use super::calls::Calls;
use super::refusal::{self, STATES};
use super::{Answer, Task, TaskFailure, optimised};

/// Starts an execution, whose name is the task's own unless it is given one.
pub(super) async fn start(calls: &mut Calls<'_, '_>, task: &Task) -> Result<Value, TaskFailure> {
    let mut task = Task { parameters: task.parameters.clone(), ..task.again() };
    if let Value::Object(parameters) = &mut task.parameters {
        if parameters.get("Name").is_none_or(Value::is_null) {
            parameters.insert("Name".into(), call::token(&task.id).into());
        }
        if parameters.get("Input").is_none_or(Value::is_null) {
            parameters.insert("Input".into(), json!({}));
        }
    }
    optimised::call(calls, &task, "startExecution", STATES).await
}

/// The same where its end is waited for.
pub(super) async fn begin(calls: &mut Calls<'_, '_>, task: &Task) -> Result<Answer, TaskFailure> {
    let answer = start(calls, task).await?;
    let job = json!({"ExecutionArn": answer["ExecutionArn"]});
    Ok(Answer::Begun { answer, job })
}

/// Waits for the end of an execution, and gives what it is then. In the second version its input and output are JSON.
pub(super) async fn follow(
    context: &Context,
    task: &Task,
    job: &Value,
    version: u8,
) -> Result<Value, TaskFailure> {
    let arn = job["ExecutionArn"].as_str().unwrap_or_default();
    let key = arn.parse::<Arn>().ok().map(|arn| service::news(&arn));
    loop {
        let news = key.as_ref().map(|key| context.cloud.store.watch(key));
        let description = describe(context, arn).await;
        let description =
            description.map_err(|fault| refusal::first(context, &api_states::FACTS, &fault, STATES))?;
        if description["Status"] != "RUNNING" && description["Status"] != "PENDING_REDRIVE" {
            return ended(with_json(description, version));
        }
        match news {
            Some(mut news) => news.changed().await,
            None => return Err(super::not_here(&task.resource)),
        }
    }
}

/// Stops an execution whose end nobody waits for any more. One that has ended is left as it is.
pub(super) async fn stop(context: &Context, job: &Value) {
    let call = named("StopExecution");
    let input = json!({"ExecutionArn": job["ExecutionArn"]});
    if let Err(fault) = context.call_by_name(&call, input.into()).await {
        tracing::warn!(%fault, execution = %job["ExecutionArn"], "a nested execution could not be stopped");
    }
}

async fn describe(context: &Context, arn: &str) -> Result<Value, Fault> {
    let output =
        context.call_by_name(&named("DescribeExecution"), json!({"ExecutionArn": arn}).into()).await?;
    let mut output = with_millis(output);
    if let Document::Map(members) = &mut output {
        // AWS's integration does not know them.
        members.retain(|name, _| !name.starts_with("Redrive") && name != "StateMachineVersionArn");
    }
    Ok(output.into_json(Spelling::Capital))
}

fn named(operation: &'static str) -> ByName<'static> {
    ByName { service: "states", operation, spelling: Spelling::Capital, payload_bytes_max: 0 }
}

fn with_json(mut description: Value, version: u8) -> Value {
    for name in ["Input", "Output"].iter().filter(|_| version >= 2) {
        let parsed = description[*name].as_str().and_then(|text| serde_json::from_str(text).ok());
        if let Some(parsed) = parsed {
            description[*name] = parsed;
        }
    }
    description
}

fn ended(description: Value) -> Result<Value, TaskFailure> {
    if description["Status"] == "SUCCEEDED" {
        return Ok(description);
    }
    Err(TaskFailure::of_work(errors::TASK_FAILED, description.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_version_has_json() {
        let description = json!({"Status": "SUCCEEDED", "Input": "{\"a\":1}", "Output": "[2]"});
        assert_eq!(ended(with_json(description.clone(), 1)), Ok(description.clone()));
        let parsed = json!({"Status": "SUCCEEDED", "Input": {"a": 1}, "Output": [2]});
        assert_eq!(ended(with_json(description, 2)), Ok(parsed));
    }

    #[test]
    fn what_did_not_succeed_fails_with_all_that_is_known() {
        let failure = ended(json!({"Status": "ABORTED"})).unwrap_err();
        assert_eq!(
            (failure.error.as_str(), failure.cause.as_str()),
            ("States.TaskFailed", r#"{"Status":"ABORTED"}"#)
        );
    }
}
