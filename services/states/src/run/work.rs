//! Work that executions leave to be done beside the calls of tasks: jobs to follow and to end, long steps to go on with.
//!
//! Each is noted in the transaction of its step, and what comes of it is given to the execution in the transaction that also ends
//! it: so it is heard of once, whatever crashes.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Cloud, Error, Jobs, Result, Tx, Verdict};
use states_language::execution::{Id as Waited, Input};
use store::Reads as _;
use tokio::sync::OwnedMutexGuard;

use super::calls::Call;
use super::{awaits, give_all};
use crate::execution::{self, Execution};
use crate::keys::{self, Id};
use crate::tasks::{self, Answer, TaskFailure};
use crate::turns;

const FOLLOWED: Jobs = Jobs::new("states", "follows", 4096);
const CANCELS: Jobs = Jobs::new("states", "cancels", 64);
const STEPS: Jobs = Jobs::new("states", "steps", 64);

/// A job that a task has begun, and waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Followed {
    pub(super) call: Call,
    /// What names the job, as JSON.
    pub(super) job: String,
}

#[cfg(test)]
layouts::stays!(stored_followed: Followed);

/// The tasks that wait for the end of an execution, each with the execution that it is of. They cost nothing while they wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Followers(Vec<(Id, Waited)>);

#[cfg(test)]
layouts::stays!(stored_followers: Followers);

/// A step to go on with.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Onward {
    scope: Scope,
    execution: Id,
}

#[cfg(test)]
layouts::stays!(stored_onward: Onward);

/// Something, and the turn of its execution's steps.
pub(super) type InTurn<T> = (T, OwnedMutexGuard<()>);

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

/// Notes a job that a call has begun. One that still runs is gone on with when it ends.
pub(super) fn heard(
    tx: &mut Tx<'_>,
    call: &Call,
    answer: &Result<Answer, TaskFailure>,
    is_awaited: bool,
) -> Result<()> {
    if let Ok(Answer::Begun { job, .. }) = answer {
        let followed = Followed { call: call.clone(), job: job.to_string() };
        let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
        if !is_awaited {
            // A task that was cancelled while its call was under way wants the job ended.
            return CANCELS.put(tx, now_ms, &id, &followed);
        }
        tx.put_record(keys::followed(&call.execution, call.waited), &followed)?;
        let Some(running) = running(tx, job)? else { return FOLLOWED.put(tx, now_ms, &id, &followed) };
        let key = keys::followers(&running.id);
        let mut followers = tx.get_record::<Followers>(&key)?.unwrap_or_default();
        followers.0.push((call.execution, call.waited));
        tx.put_record(key, &followers)?;
    }
    Ok(())
}

/// The execution that a job is, as long as it runs.
fn running(tx: &Tx<'_>, job: &Value) -> Result<Option<Execution>> {
    let arn = job["ExecutionArn"].as_str().unwrap_or_default();
    match execution::find(&**tx, &tx.scope(), arn) {
        Ok(execution) => Ok(Some(execution).filter(|execution| !execution.status.is_over())),
        // Who follows it is told what is wrong.
        Err(Error::Fault(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An execution ended: tasks that wait for that go on.
pub(super) fn tell_followers(tx: &mut Tx<'_>, execution: &Id) -> Result<()> {
    let key = keys::followers(execution);
    let Some(Followers(followers)) = tx.get_record(&key)? else { return Ok(()) };
    tx.delete(key);
    for (execution, waited) in followers {
        // A task that was cancelled follows nothing any more.
        if let Some(followed) = tx.get_record::<Followed>(&keys::followed(&execution, waited))? {
            let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
            FOLLOWED.put(tx, now_ms, &id, &followed)?;
        }
    }
    Ok(())
}

/// Gives tasks the ends of jobs that they have begun. One that was noted before its end, as it once was, is waited for.
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

fn ended(
    tx: &mut Tx<'_>,
    followed: &Followed,
    (ended, _): &InTurn<Option<Result<Answer, TaskFailure>>>,
) -> Result<Verdict<Followed>> {
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
