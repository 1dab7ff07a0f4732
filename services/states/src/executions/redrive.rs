//! RedriveExecution: what did not succeed goes on where it failed.

use api_states as api;
use bytes::Bytes;
use service::{Idempotency, Remembered, Result, Tx};
use store::Reads;
use wire::Timestamp;

use crate::execution::{self, Execution};
use crate::machine::Machine;
use crate::{keys, run};

/// Who asks again with the same token is told the same for a quarter of an hour.
const ANSWERS: Idempotency = Idempotency::new("states", "redrives", 15 * 60_000);

pub(crate) fn redrive(
    tx: &mut Tx<'_>,
    input: &api::RedriveExecutionInput,
) -> Result<api::RedriveExecutionOutput> {
    let scope = tx.scope();
    let execution = execution::find(&**tx, &scope, &input.execution_arn)?;
    let token = input.client_token.as_deref();
    if let Some(token) = token
        && let Some(before) = ANSWERS.get(&**tx, tx.now, &input.execution_arn, token)?
        && let Ok(at_ms) = before.answer.as_ref().try_into()
    {
        return Ok(api::RedriveExecutionOutput { redrive_date: Timestamp(i64::from_be_bytes(at_ms)) });
    }
    if let Some(reason) = reason(tx, &execution)? {
        return Err(api::error::execution_not_redrivable(reason).into());
    }
    run::redrive(tx, execution)?;
    if let Some(token) = token {
        let answer = Bytes::copy_from_slice(&tx.now.millis().to_be_bytes());
        let remembered = Remembered { fingerprint: Bytes::new(), answer };
        let now = tx.now;
        ANSWERS.put(tx, now, &input.execution_arn, token, remembered)?;
    }
    Ok(api::RedriveExecutionOutput { redrive_date: tx.now })
}

fn reason(tx: &Tx<'_>, execution: &Execution) -> Result<Option<String>> {
    if execution.map_run.is_some() {
        return Ok(Some("Execution is part of a Map Run and can be redriven by it alone".to_owned()));
    }
    let machine = tx.get_record::<Machine>(&keys::machine(&tx.scope(), &execution.machine_name))?;
    if machine.is_some_and(|machine| machine.is_deleting) {
        return Ok(Some("State machine is in DELETING status".to_owned()));
    }
    run::reason(&**tx, execution, tx.now.millis())
}

/// Whether an execution can be redriven, and else why not.
pub(super) fn status(
    reads: &impl Reads,
    execution: &Execution,
    now_ms: i64,
) -> Result<(api::ExecutionRedriveStatus, Option<String>)> {
    Ok(match run::reason(reads, execution, now_ms)? {
        Some(reason) => (api::ExecutionRedriveStatus::NotRedrivable, Some(reason)),
        None if execution.map_run.is_some() => (api::ExecutionRedriveStatus::RedrivableByMapRun, None),
        None => (api::ExecutionRedriveStatus::Redrivable, None),
    })
}
