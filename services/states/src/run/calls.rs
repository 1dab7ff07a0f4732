//! Tasks that executions leave to be called.
//!
//! Each is a job, noted in the transaction of its step, and what comes of it is given to the execution in the transaction that
//! also ends the job: so a task is heard of once, whatever crashes. A task that is not waited for any more is not called.
//!
//! No task is called twice. An operation that is one transaction is called in the one that ends its job. Of a call that is
//! none, a function's or a request's, it is written first that it begins: where that is found after a crash, it is not known
//! what the call did, so that its task has failed, and its own Retry says whether it is called again.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Effect, Jobs, Result, Tx, Verdict};
use states_language::definition::Resource;
use states_language::execution::{Id as Waited, Input, Scheduled};
use store::Reads as _;

use super::work::{InTurn, heard};
use super::{awaits, give_all};
use crate::execution::Execution;
use crate::keys::{self, Id};
use crate::tasks::{self, Answer, Task, TaskFailure};
use crate::turns;

const CALLS: Jobs = Jobs::new("states", "calls", 2048);

/// A task to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(super) scope: Scope,
    pub(super) execution: Id,
    pub(super) execution_arn: String,
    pub(super) waited: Waited,
    resource: String,
    parameters: String,
    token: Option<String>,
    role_arn: String,
}

#[cfg(test)]
layouts::stays!(stored_call: Call);

/// What came of a call before its transaction.
enum Called {
    /// Nobody waits for it any more.
    Unwanted,
    /// It is to be called in that transaction, as this role.
    Part(Box<Context>, Box<Task>),
    /// The answer of a call that is no event yet.
    Read(Result<Answer, TaskFailure>),
    /// The answer of a call whose start is written.
    Ran(Result<Answer, TaskFailure>),
}

/// What was written of a call that is no part of a transaction.
enum Begun {
    Unwanted,
    Now,
    /// Before the process began, or the call was given up.
    Before,
}

/// Notes a task to be called.
pub(super) fn put(tx: &mut Tx<'_>, execution: &Execution, role_arn: &str, task: Scheduled) -> Result<()> {
    let scope = tx.scope();
    let call = Call {
        scope,
        execution: execution.id,
        execution_arn: execution.arn(&scope).to_string(),
        waited: task.id,
        resource: task.resource.arn,
        parameters: task.parameters,
        token: task.token,
        role_arn: task.role_arn.unwrap_or_else(|| role_arn.to_owned()),
    };
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    CALLS.put(tx, now_ms, &id, &call)
}

impl Call {
    pub(super) fn context(&self, cloud: &Arc<Cloud>) -> Context {
        cloud.context_of("states", self.scope)
    }

    /// Acts as the role that the task is called by.
    pub(super) fn in_role(&self, cloud: &Arc<Cloud>) -> Context {
        let session = self.execution_arn.rsplit(':').next().unwrap_or_default();
        match self.role_arn.parse() {
            Ok(role) => self.context(cloud).in_role(&role, session),
            // No program of ours has taken such a role.
            Err(_) => self.context(cloud),
        }
    }

    /// As integrations see it; none for a resource that no program of ours has accepted.
    pub(super) fn task(&self) -> Option<Task> {
        let id = names::ids::uuid(self.execution);
        Some(Task {
            id: format!("{id}-{}-{}", self.waited.frame, self.waited.serial),
            resource: Resource::parse(&self.resource)?,
            parameters: serde_json::from_str(&self.parameters).unwrap_or_default(),
            token: self.token.clone(),
            execution_arn: self.execution_arn.clone(),
        })
    }

    /// The inputs that an answer is, for the execution.
    pub(super) fn inputs(&self, answer: &Result<Answer, TaskFailure>) -> Input {
        let id = self.waited;
        match answer {
            Ok(Answer::Output(output)) => Input::TaskSucceeded { id, output: output.to_string() },
            Ok(Answer::Submitted(answer) | Answer::Begun { answer, .. }) => {
                Input::TaskSubmitted { id, output: answer.to_string() }
            }
            Err(failure) => self.failed(failure),
        }
    }

    fn started(&self) -> Input {
        Input::TaskStarted { id: self.waited, worker: None }
    }

    fn failed(&self, failure: &TaskFailure) -> Input {
        let (error, cause) = (Some(failure.error.clone()), Some(failure.cause.clone()));
        Input::TaskFailed { id: self.waited, at: failure.at, error, cause }
    }
}

/// Calls tasks.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, call: Arc<Call>| async move {
        let answer = called(&cloud, &call).await?;
        let turn = turns::of(&cloud, &call.execution).await;
        Ok((call.context(&cloud), (answer, turn)))
    };
    CALLS.run_in_transactions(cloud, prepare, answered).await
}

async fn called(cloud: &Arc<Cloud>, call: &Call) -> Result<Called> {
    if !awaits(&cloud.store.snapshot(), &call.execution, call.waited)? {
        return Ok(Called::Unwanted);
    }
    let Some(task) = call.task() else { return Ok(Called::Unwanted) };
    let role = call.in_role(cloud);
    Ok(match tasks::effect(&role, &task.resource) {
        Effect::Transaction => Called::Part(Box::new(role), Box::new(task)),
        Effect::None => Called::Read(tasks::run(&role, &task).await),
        Effect::Elsewhere => match begin(cloud, call).await? {
            Begun::Unwanted => Called::Unwanted,
            Begun::Now => Called::Ran(tasks::run(&role, &task).await),
            Begun::Before => Called::Ran(Err(tasks::lost(&role, &task))),
        },
    })
}

/// Writes that a call begins, if it has not begun.
async fn begin(cloud: &Arc<Cloud>, call: &Call) -> Result<Begun> {
    let _turn = turns::of(cloud, &call.execution).await;
    let key = keys::begun(&call.execution, call.waited);
    let once = |tx: &mut Tx<'_>| {
        if tx.get(&key)?.is_some() {
            return Ok(Begun::Before);
        }
        if !awaits(&**tx, &call.execution, call.waited)? {
            return Ok(Begun::Unwanted);
        }
        tx.put(key.clone(), Vec::new());
        give_all(tx, &call.execution, [call.started()])?;
        Ok(Begun::Now)
    };
    call.context(cloud).transact(once).await
}

fn answered(tx: &mut Tx<'_>, call: &Call, (called, _): &InTurn<Called>) -> Result<Verdict<Call>> {
    let is_awaited = awaits(&**tx, &call.execution, call.waited)?;
    match called {
        Called::Part(role, task) if is_awaited => {
            let answer = tasks::take_part(tx, role, task)?;
            heard(tx, call, &answer, is_awaited)?;
            give_all(tx, &call.execution, [call.started(), call.inputs(&answer)])?;
        }
        Called::Read(answer) => {
            give_all(tx, &call.execution, [call.started(), call.inputs(answer)])?;
        }
        Called::Ran(answer) => {
            heard(tx, call, answer, is_awaited)?;
            give_all(tx, &call.execution, [call.inputs(answer)])?;
        }
        Called::Part(..) | Called::Unwanted => {}
    }
    tx.delete(keys::begun(&call.execution, call.waited));
    Ok(Verdict::Done)
}

#[cfg(test)]
mod tests;
