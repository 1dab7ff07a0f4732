//! `aws-sdk`: any action of any service, as AWS's second SDK for Java calls it.

use serde_json::{Map, Value};
use wire::{Location, OperationFacts, Spelling};

use super::call::{Called, Refused};
use super::calls::Calls;
use super::{Task, TaskFailure, catalog, refusal};

/// Calls an action: `putItem` of `dynamodb`.
pub(super) async fn call(
    calls: &mut Calls<'_, '_>,
    task: &Task,
    service: &str,
    action: &str,
) -> Result<Value, TaskFailure> {
    let context = calls.context;
    let Some(facts) = catalog::here(&context.cloud, service) else {
        let id = catalog::id_of(service).unwrap_or(service);
        return Err(refusal::not_here(context, id, action));
    };
    let Some(operation) = catalog::operation(facts, action) else {
        return Err(refusal::not_here(context, facts.service_id, action));
    };
    let called = Called { facts, operation, spelling: Spelling::Pascal };
    match called.run(calls, task).await {
        Ok(result) => Ok(with_headers(operation, result.into_json(Spelling::Pascal))),
        Err(Refused::Here(failure)) => Err(failure),
        Err(Refused::There(fault)) => Err(refusal::second(context, facts, &fault)),
    }
}

/// A map of headers is there without any: objects always have `Metadata`.
fn with_headers(operation: &OperationFacts, mut result: Value) -> Value {
    let members = operation.output.map(wire::Shape::members).unwrap_or_default();
    if let Value::Object(given) = &mut result {
        for member in members.iter().filter(|member| member.location == Location::Headers) {
            given.entry(Spelling::Pascal.name(member)).or_insert_with(|| Value::Object(Map::new()));
        }
    }
    result
}
