//! Work that executions leave to be done: tasks to call, jobs to follow, long steps to go on with.
//!
//! Each is a job, noted in the transaction of its step, and what comes of it is given to the execution in the transaction that
//! also ends the job: so a task is heard of once, whatever crashes. A task that is not waited for any more is not called.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use states_language::definition::Resource;
use states_language::execution::{Id as Waited, Input, Scheduled};
use store::Reads as _;
use tokio::sync::OwnedMutexGuard;

use super::{awaits, give_all};
use crate::execution::Execution;
use crate::keys::{self, Id};
use crate::tasks::{self, Answer, Task, TaskFailure};
use crate::turns;

const CALLS: Jobs = Jobs::new("states", "calls", 2048);
const FOLLOWED: Jobs = Jobs::new("states", "follows", 4096);
const CANCELS: Jobs = Jobs::new("states", "cancels", 64);
const STEPS: Jobs = Jobs::new("states", "steps", 64);

/// A task to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    scope: Scope,
    execution: Id,
    execution_arn: String,
    waited: Waited,
    resource: String,
    parameters: String,
    token: Option<String>,
    role_arn: String,
}

#[cfg(test)]
layouts::stays!(stored_call: Call);

/// A job that a task has begun, and waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Followed {
    call: Call,
    /// What names the job, as JSON.
    job: String,
}

#[cfg(test)]
layouts::stays!(stored_followed: Followed);

/// A step to go on with.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Onward {
    scope: Scope,
    execution: Id,
}

#[cfg(test)]
layouts::stays!(stored_onward: Onward);

/// What came of a call, and the turn of its execution's steps.
type Called = (Option<Result<Answer, TaskFailure>>, OwnedMutexGuard<()>);

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

/// Notes a step to be gone on with.
pub(super) fn go_on_later(tx: &mut Tx<'_>, execution: &Execution) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    let onward = Onward { scope: tx.scope(), execution: execution.id };
    STEPS.put(tx, now_ms, &id, &onward)
}

/// A task is wanted no more: a job that it began is to be ended.
pub(super) fn cancel(tx: &mut Tx<'_>, execution: &Id, waited: Waited) -> Result<()> {
    let key = keys::followed(execution, waited);
    let Some(followed) = tx.get_record::<Followed>(&key)? else { return Ok(()) };
    tx.delete(key);
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    CANCELS.put(tx, now_ms, &id, &followed)
}

impl Call {
    fn context(&self, cloud: &Arc<Cloud>) -> Context {
        cloud.context_of("states", self.scope)
    }

    /// Acts as the role that the task is called by.
    fn in_role(&self, cloud: &Arc<Cloud>) -> Context {
        let session = self.execution_arn.rsplit(':').next().unwrap_or_default();
        match self.role_arn.parse() {
            Ok(role) => self.context(cloud).in_role(&role, session),
            // No program of ours has taken such a role.
            Err(_) => self.context(cloud),
        }
    }

    /// As integrations see it; none for a resource that no program of ours has accepted.
    fn task(&self) -> Option<Task> {
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
    fn inputs(&self, answer: &Result<Answer, TaskFailure>) -> Input {
        let id = self.waited;
        match answer {
            Ok(Answer::Output(output)) => Input::TaskSucceeded { id, output: output.to_string() },
            Ok(Answer::Submitted(answer) | Answer::Begun { answer, .. }) => {
                Input::TaskSubmitted { id, output: answer.to_string() }
            }
            Err(failure) => self.failed(failure),
        }
    }

    fn failed(&self, failure: &TaskFailure) -> Input {
        let (error, cause) = (Some(failure.error.clone()), Some(failure.cause.clone()));
        Input::TaskFailed { id: self.waited, at: failure.at, error, cause }
    }
}

/// Calls tasks.
pub(crate) async fn run_calls(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, call: Arc<Call>| async move {
        let answer = called(&cloud, &call).await?;
        let turn = turns::of(&cloud, &call.execution).await;
        Ok((call.context(&cloud), (answer, turn)))
    };
    CALLS.run_in_transactions(cloud, prepare, answered).await
}

async fn called(cloud: &Arc<Cloud>, call: &Call) -> Result<Option<Result<Answer, TaskFailure>>> {
    if !awaits(&cloud.store.snapshot(), &call.execution, call.waited)? {
        return Ok(None);
    }
    let Some(task) = call.task() else { return Ok(None) };
    Ok(Some(tasks::run(&call.in_role(cloud), &task).await))
}

fn answered(tx: &mut Tx<'_>, call: &Call, (answer, _): &Called) -> Result<Verdict<Call>> {
    let Some(answer) = answer else { return Ok(Verdict::Done) };
    let is_awaited = awaits(&**tx, &call.execution, call.waited)?;
    if let Ok(Answer::Begun { job, .. }) = answer {
        let followed = Followed { call: call.clone(), job: job.to_string() };
        let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
        // A task that was cancelled while its call was under way wants the job ended.
        let jobs = if is_awaited { FOLLOWED } else { CANCELS };
        jobs.put(tx, now_ms, &id, &followed)?;
        if is_awaited {
            tx.put_record(keys::followed(&call.execution, call.waited), &followed)?;
        }
    }
    give_all(tx, &call.execution, [call.inputs(answer)])?;
    Ok(Verdict::Done)
}

/// Waits for jobs that tasks have begun.
pub(crate) async fn run_followed(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, followed: Arc<Followed>| async move {
        let call = &followed.call;
        let job: Value = serde_json::from_str(&followed.job).unwrap_or_default();
        let is_awaited = awaits(&cloud.store.snapshot(), &call.execution, call.waited)?;
        let ended = match call.task().filter(|_| is_awaited) {
            Some(task) => Some(tasks::follow(&call.in_role(&cloud), &task, &job).await.map(Answer::Output)),
            None => None,
        };
        let turn = turns::of(&cloud, &call.execution).await;
        Ok((call.context(&cloud), (ended, turn)))
    };
    FOLLOWED.run_in_transactions(cloud, prepare, ended).await
}

fn ended(tx: &mut Tx<'_>, followed: &Followed, (ended, _): &Called) -> Result<Verdict<Followed>> {
    let call = &followed.call;
    if let Some(answer) = ended {
        // It ended by itself: nothing is left to be cancelled.
        tx.delete(keys::followed(&call.execution, call.waited));
        give_all(tx, &call.execution, [call.inputs(answer)])?;
    }
    Ok(Verdict::Done)
}

/// Ends jobs that are wanted no more.
pub(crate) async fn run_cancels(cloud: Arc<Cloud>) -> Result<()> {
    let cancel = |cloud: Arc<Cloud>, followed: Followed| async move {
        let job: Value = serde_json::from_str(&followed.job).unwrap_or_default();
        if let Some(task) = followed.call.task() {
            tasks::cancel(&followed.call.in_role(&cloud), &task, &job).await;
        }
        Ok(Verdict::Done)
    };
    CANCELS.run(cloud, cancel).await
}

/// Goes on with long steps.
pub(crate) async fn run_steps(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, onward: Arc<Onward>| async move {
        let turn = turns::of(&cloud, &onward.execution).await;
        Ok((cloud.context_of("states", onward.scope), turn))
    };
    STEPS
        .run_in_transactions(cloud, prepare, |tx, onward: &Onward, _| {
            give_all(tx, &onward.execution, [Input::Continue])?;
            Ok(Verdict::Done)
        })
        .await
}

#[cfg(test)]
mod tests;
