//! Whether parameters are a call's at all, before its task is scheduled: their names are the model's, with a capital first, and
//! their values can be read.
//!
//! What their values must be otherwise is the service's to say.

use std::sync::Arc;

use serde_json::Value;
use service::Cloud;
use states_language::definition::{Resource, ResourceKind, Suitability};
use states_language::execution::FailedAt;
use states_language::failure::names;
use wire::{Kind, Member, OperationFacts, Shape, Spelling, position_of};

use super::{TaskFailure, catalog, gateway};
use crate::activities;

/// What tasks are asked before they are scheduled. It keeps no cloud alive.
pub(crate) fn suitability(cloud: &Arc<Cloud>) -> Suitability {
    let cloud = Arc::downgrade(cloud);
    Suitability::new(move |resource, parameters| match cloud.upgrade() {
        Some(cloud) => suits(&cloud, resource, parameters).map_err(|failure| failure.cause),
        None => Ok(()),
    })
}

fn suits(cloud: &Cloud, resource: &Resource, parameters: &Value) -> Result<(), TaskFailure> {
    let (service, action) = match &resource.kind {
        ResourceKind::Service { service, action, .. } => (service, action),
        ResourceKind::Activity if activities::is_missing(cloud, &resource.arn) => {
            let cause = format!("The activity {} does not exist.", resource.arn);
            return Err(TaskFailure { at: FailedAt::Schedule, error: names::RUNTIME.to_owned(), cause });
        }
        ResourceKind::Activity | ResourceKind::Function => return Ok(()),
    };
    let action = catalog::bare(action);
    if gateway::is_invoke(service, action) {
        return gateway::check(parameters);
    }
    let Some((facts, operation)) = catalog::find(cloud, service, action) else { return Ok(()) };
    check(operation, parameters)?;
    let spelling = if service.starts_with("aws-sdk:") { Spelling::Pascal } else { Spelling::Capital };
    let unreadable = cloud.directory().unreadable(facts.name, operation, parameters.clone().into(), spelling);
    unreadable.map_or(Ok(()), |fault| Err(unusable(parameters, &fault.message)))
}

/// Refuses parameters that are none of an operation.
fn check(operation: &'static OperationFacts, parameters: &Value) -> Result<(), TaskFailure> {
    let mut wrong = Vec::new();
    if let Some(shape) = operation.input {
        look(shape, parameters, &mut wrong);
        wrong.extend(missing(shape, parameters));
    }
    if wrong.is_empty() { Ok(()) } else { Err(unusable(parameters, &wrong.join(", "))) }
}

/// A task that cannot be started with what it is given. Nothing catches that.
pub(super) fn unusable(parameters: &Value, why: &str) -> TaskFailure {
    let cause = format!("The Parameters '{parameters}' could not be used to start the Task: [{why}]");
    TaskFailure { at: FailedAt::Schedule, error: names::RUNTIME.to_owned(), cause }
}

fn look(shape: &'static Shape, value: &Value, wrong: &mut Vec<String>) {
    match (&shape.kind, value) {
        (Kind::Structure { members, .. }, Value::Object(given)) => {
            for (name, value) in given {
                let member = position_of(shape, name).and_then(|index| members.get(index));
                match member.filter(|member| is_called(member, name)) {
                    Some(member) => look(member.shape, value, wrong),
                    None => wrong.push(format!("The field \"{name}\" is not supported by Step Functions")),
                }
            }
        }
        (Kind::List { member, .. }, Value::Array(values)) => {
            values.iter().for_each(|value| look(member.shape, value, wrong));
        }
        (Kind::Map { value: member, .. }, Value::Object(entries)) => {
            entries.values().for_each(|value| look(member.shape, value, wrong));
        }
        _ => {}
    }
}

/// Members that every call has. A null is left to the service.
fn missing(shape: &'static Shape, parameters: &Value) -> Option<String> {
    let has = |member: &Member| {
        let names = [Spelling::Capital, Spelling::Pascal].map(|spelling| spelling.name(member));
        names.iter().any(|name| parameters.get(name).is_some())
    };
    let required = shape.members().iter().filter(|member| member.required && !member.idempotency_token);
    let missing: Vec<String> = required
        .filter(|member| !has(member))
        .map(|member| format!("The field '{}' is required but was missing", Spelling::Capital.name(member)))
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

fn is_called(member: &Member, name: &str) -> bool {
    [Spelling::Capital, Spelling::Pascal].iter().any(|spelling| spelling.name(member) == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(parameters: &Value) -> Option<String> {
        let operation = api_states::FACTS.operation("CreateStateMachine").unwrap();
        check(operation, parameters).err().map(|failure| failure.cause)
    }

    #[test]
    fn names_are_the_models_with_a_capital() {
        let good = json!({"Name": "a", "Definition": {"any": 1}, "RoleArn": "r", "Tags": [{"Key": "k"}]});
        assert_eq!(wrong(&good), None);
        let bad = json!({"name": "a", "Definition": null, "RoleArn": "r", "Tags": [{"key": "k"}]});
        let cause = wrong(&bad).unwrap();
        assert!(cause.starts_with("The Parameters '{"), "{cause}");
        for why in [
            "The field \"name\" is not supported by Step Functions",
            "The field \"key\" is not supported by Step Functions",
            "The field 'Name' is required but was missing",
        ] {
            assert!(cause.contains(why), "{cause}");
        }
        assert!(!cause.contains("'Definition'"), "{cause}");
    }
}
