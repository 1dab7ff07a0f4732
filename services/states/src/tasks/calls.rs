//! How tasks call operations: by themselves, or as a part of the transaction that also writes what came of it.

use futures_util::FutureExt as _;
use service::{ByName, Context, Effect, Error, Result, Tx};
use states_language::definition::{Resource, ResourceKind};
use states_language::failure::names as errors;
use wire::{Document, Fault};

use super::{Answer, Task, TaskFailure, catalog, gateway};

/// Calls in the name of the state machine's role.
pub(crate) struct Calls<'a, 'tx> {
    pub(super) context: &'a Context,
    within: Option<&'a mut Tx<'tx>>,
    /// Why the transaction cannot go on.
    broken: Option<Error>,
}

impl<'a, 'tx> Calls<'a, 'tx> {
    pub(super) fn alone(context: &'a Context) -> Self {
        Calls { context, within: None, broken: None }
    }

    /// Calls an operation by its name.
    pub(super) async fn by_name(&mut self, call: &ByName<'_>, input: Document) -> Result<Document, Fault> {
        let Some(tx) = &mut self.within else { return self.context.call_by_name(call, input).await };
        tx.call_by_name(self.context, call, input).map_err(|error| match error {
            Error::Fault(fault) => fault,
            store @ Error::Store(_) => {
                let fault = Fault::new("InternalFailure", 500, "The store failed.");
                self.broken = Some(store);
                fault
            }
        })
    }
}

/// What calling a resource changes: what changes the store in one transaction can be a part of another one.
pub(crate) fn effect(context: &Context, resource: &Resource) -> Effect {
    let ResourceKind::Service { service, action, .. } = &resource.kind else { return Effect::Elsewhere };
    let action = catalog::bare(action);
    if gateway::is_invoke(service, action) {
        return Effect::Elsewhere;
    }
    let found = catalog::find(&context.cloud, service, action);
    found.map_or(Effect::None, |(facts, operation)| {
        context.cloud.directory().effect(facts.name, operation.name)
    })
}

/// Calls a task whose effect is a transaction, as a part of this one: both commit, or nothing has happened.
pub(crate) fn take_part(
    tx: &mut Tx<'_>,
    context: &Context,
    task: &Task,
) -> Result<Result<Answer, TaskFailure>> {
    let mut calls = Calls { context, within: Some(tx), broken: None };
    let answer = super::run_by(&mut calls, task).now_or_never();
    if let Some(broken) = calls.broken {
        return Err(broken);
    }
    Ok(answer.unwrap_or_else(|| {
        let cause = format!("{} cannot be called in a transaction.", task.resource.arn);
        Err(TaskFailure::of_work(errors::RUNTIME, cause))
    }))
}
