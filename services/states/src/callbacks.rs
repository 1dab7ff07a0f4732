//! Whoever has a task's token ends it, or says that it is alive.

use api_states as api;
use service::{Result, Tx};
use states_language::execution::{FailedAt, Id as Waited, Input};
use wire::Fault;

use crate::keys::Id;
use crate::run::{self, token};

/// The task of a token, which must still be waited for.
fn task(tx: &Tx<'_>, token: &str) -> Result<(Id, Waited)> {
    let (execution, waited) = token::open(tx.context, token).ok_or_else(invalid)?;
    // Its account and region alone may use it, whoever else got hold of it.
    if run::scope(&**tx, &execution)?.is_some_and(|scope| scope != tx.scope()) {
        return Err(invalid().into());
    }
    if !run::awaits(&**tx, &execution, waited)? {
        return Err(gone().into());
    }
    Ok((execution, waited))
}

fn invalid() -> Fault {
    api::error::invalid_token("Invalid Token: 'Invalid token'")
}

fn gone() -> Fault {
    api::error::task_timed_out("Task Timed Out: 'Provided task does not exist anymore'")
}

pub(crate) fn succeed(
    tx: &mut Tx<'_>,
    input: &api::SendTaskSuccessInput,
) -> Result<api::SendTaskSuccessOutput> {
    let (execution, id) = task(tx, &input.task_token)?;
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&input.output) {
        return Err(api::error::invalid_output(format!("Invalid Output: '{error}'")).into());
    }
    run::give(tx, &execution, Input::TaskSucceeded { id, output: input.output.clone() })?;
    Ok(api::SendTaskSuccessOutput::default())
}

pub(crate) fn fail(tx: &mut Tx<'_>, input: &api::SendTaskFailureInput) -> Result<api::SendTaskFailureOutput> {
    let (execution, id) = task(tx, &input.task_token)?;
    let (error, cause) = (input.error.clone(), input.cause.clone());
    run::give(tx, &execution, Input::TaskFailed { id, at: FailedAt::Work, error, cause })?;
    Ok(api::SendTaskFailureOutput::default())
}

pub(crate) fn beat(
    tx: &mut Tx<'_>,
    input: &api::SendTaskHeartbeatInput,
) -> Result<api::SendTaskHeartbeatOutput> {
    let (execution, id) = task(tx, &input.task_token)?;
    run::give(tx, &execution, Input::TaskHeartbeat { id })?;
    Ok(api::SendTaskHeartbeatOutput::default())
}
