//! Executions of a map run start, each with an item or a batch of them.

use serde_json::Value;
use service::{Result, Tx};
use states_language::execution::{self as language, Frames as _, Input, Moment};
use states_language::failure::Failure;
use store::Reads as _;

use super::run::Run;
use super::work;
use crate::execution::{ChildOf, Execution, Status};
use crate::executions::about;
use crate::{keys, run};

/// Starts the execution for an item or a batch.
pub(super) fn start(tx: &mut Tx<'_>, of: &Run, index: u64) -> Result<()> {
    let key = keys::item(&of.id, index);
    let Some((input, items)) = tx.get_record::<(String, u64)>(&key)? else { return Ok(()) };
    tx.delete(key);
    let execution = Execution {
        id: tx.random().bytes(),
        name: tx.random().uuid(),
        machine: of.machine,
        machine_name: of.machine_name.clone(),
        map_run: Some(ChildOf { id: of.id, label: of.label.clone(), name: of.name.clone(), items }),
        revision: of.revision,
        version: None,
        alias: None,
        status: Status::Running,
        started_ms: tx.now.millis(),
        stopped_ms: None,
        output: None,
        error: None,
        cause: None,
        trace_header: None,
        redrives: 0,
        redriven_ms: None,
        input,
    };
    tx.put_record(keys::child(&of.id, index), &execution.name)?;
    let input: Value = serde_json::from_str(&execution.input).unwrap_or_default();
    let role = run::ready(tx, &of.machine, &of.revision)?.role_arn.clone();
    let about = about(tx, &execution, &role);
    run::start(tx, execution, about, of.what()?.machine, Input::Started { input }).map(drop)
}

/// What ItemSelector makes of items that were read.
pub(super) fn selected(tx: &Tx<'_>, of: &Run, items: Vec<Value>) -> Result<Result<Vec<Value>, Failure>> {
    let Some(waiting) = work::waiting(tx, of)? else { return Ok(Ok(items)) };
    let frames = run::Stored { reads: &**tx, execution: &of.parent }.all()?;
    let state = language::Execution::restored(waiting.head, frames);
    let ready = run::ready(tx, &of.machine, &of.revision)?;
    let now_ms = u64::try_from(tx.now.millis()).unwrap_or_default();
    let moment = Moment { now_ms, seed: u64::from_le_bytes(tx.random().bytes()) };
    Ok(language::selected(&ready.definition, &state, moment, of.waited, (0, items)))
}
