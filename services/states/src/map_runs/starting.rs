//! Executions of a map run start, each with an item or a batch of them.

use serde_json::Value;
use service::{Result, Tx};
use states_language::definition::Machine;
use states_language::execution::Input;
use store::Reads as _;

use super::run::Run;
use super::{flights, redrive};
use crate::execution::{ChildOf, Execution, Status};
use crate::executions::about;
use crate::{keys, run};

/// Executions that one tick starts.
const PIECE: usize = 100;
/// As many executions run at once where a state says nothing.
const CONCURRENCY: u64 = 10_000;

/// Starts what may start now. True when there is more.
pub(super) fn start_piece(tx: &mut Tx<'_>, run: &mut Run) -> Result<bool> {
    let most = if run.concurrency == 0 { CONCURRENCY } else { run.concurrency };
    let mut processor = None;
    for _ in 0..PIECE {
        if run.at_work() >= most || run.is_exceeded() {
            return Ok(run.is_exceeded());
        }
        if run.pending > 0
            && let Some(execution) = redrive::next(tx, run)?
        {
            again(tx, run, execution)?;
            continue;
        }
        if run.started >= run.total.unwrap_or_default() {
            // What ended at once may have been the last.
            return Ok(run.is_done());
        }
        let machine = match processor {
            Some(machine) => machine,
            None => *processor.insert(run.what()?.machine),
        };
        start(tx, run, machine)?;
    }
    Ok(true)
}

/// Goes on with an execution that did not succeed before.
fn again(tx: &mut Tx<'_>, run: &mut Run, execution: Execution) -> Result<()> {
    run.wait_no_more(execution.items());
    if execution.is_express() {
        let processor = run.what()?.machine;
        return flights::again(tx, execution, processor);
    }
    run::redrive(tx, execution)
}

/// Starts the next execution.
fn start(tx: &mut Tx<'_>, run: &mut Run, machine: Machine) -> Result<()> {
    let index = run.started;
    run.started += 1;
    let key = keys::item(&run.id, index);
    let missing = || store::Error::Corrupt { what: "map run", why: format!("item {index} is missing") };
    let (input, items) = tx.get_record::<(String, u64)>(&key)?.ok_or_else(missing)?;
    tx.delete(key);
    run.items_started += items;
    let execution = new(tx, run, input, items);
    tx.put_record(keys::child(&run.id, index), &execution.name)?;
    if run.is_express {
        return flights::begin(tx, &execution, machine);
    }
    let input: Value = serde_json::from_str(&execution.input).unwrap_or_default();
    let role = run::ready(tx, &run.machine, &run.revision)?.role_arn.clone();
    let about = about(tx, &execution, &role);
    let execution = run::start(tx, execution, about, machine, Input::Started { input })?;
    if execution.status.is_over() {
        run.count(execution.status, items);
    }
    Ok(())
}

fn new(tx: &Tx<'_>, run: &Run, input: String, items: u64) -> Execution {
    Execution {
        id: tx.random().bytes(),
        name: tx.random().uuid(),
        machine: run.machine,
        machine_name: run.machine_name.clone(),
        map_run: Some(ChildOf {
            id: run.id,
            label: run.label.clone(),
            name: run.name.clone(),
            items,
            is_express: run.is_express,
        }),
        revision: run.revision,
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
    }
}
