//! Integrations that are made for a service, as AWS's first SDK for Java calls it: DynamoDB's items, messages of SQS and SNS.

use serde_json::Value;
use wire::{Document, Spelling};

use super::call::{self, Called, Refused};
use super::calls::Calls;
use super::refusal::{self, First};
use super::{Task, TaskFailure, catalog};

/// Calls an action, and gives its result with what the SDK adds.
pub(super) async fn call(
    calls: &mut Calls<'_, '_>,
    task: &Task,
    action: &str,
    sdk: First,
) -> Result<Value, TaskFailure> {
    let (result, called) = answer(calls, task, (task.service(), action), sdk).await?;
    let result = call::with_millis(result).into_json(Spelling::Capital);
    Ok(call::with_metadata(calls.context, &called, result))
}

/// The bare answer of an action.
pub(super) async fn answer(
    calls: &mut Calls<'_, '_>,
    task: &Task,
    (service, action): (&str, &str),
    sdk: First,
) -> Result<(Document, Called), TaskFailure> {
    let context = calls.context;
    let facts = context.cloud.directory().service(service).map(service::Service::facts);
    let found = facts.and_then(|facts| Some((facts, catalog::operation(facts, action)?)));
    let Some((facts, operation)) = found else { return Err(refusal::not_here(context, service, action)) };
    let called = Called { facts, operation, spelling: Spelling::Capital };
    match called.run(calls, task).await {
        Ok(result) => Ok((result, called)),
        Err(Refused::Here(failure)) => Err(failure),
        Err(Refused::There(fault)) => Err(refusal::first(context, facts, &fault, sdk)),
    }
}
