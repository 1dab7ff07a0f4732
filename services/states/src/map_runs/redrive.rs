//! Map runs that did not succeed go on with the execution that waits for them: what failed of them is redriven, and what had not
//! started starts.
//!
//! Executions that did not succeed are first marked, a piece at a time, and then go on as others end, before any that is new. Those
//! that cannot go on stay as they ended.

use service::{Result, Tx};
use states_language::execution::{Id as Waited, Input, Outcome};
use store::{Direction, Reads};

use super::run::{Run, State};
use super::{beginning, flights, reading, ticks};
use crate::execution::{Execution, Place, Status};
use crate::{keys, run};

/// Executions that one transaction looks at, to mark them.
const PIECE: u64 = 100;

/// What was waited for in the map runs of an execution that can go on.
pub(crate) fn redrivable(reads: &impl Reads, execution: &Execution) -> Result<Vec<Waited>> {
    let mut waited = Vec::new();
    for run in super::of_execution(reads, execution)? {
        let run = run?;
        if run.state != State::Succeeded {
            waited.push(run.waited);
        }
    }
    Ok(waited)
}

/// Goes on with the map run that a frame waited for before; what the execution hears at once is given back.
pub(crate) fn redrive(tx: &mut Tx<'_>, execution: &Execution, waited: Waited) -> Result<Option<Input>> {
    let before = Waited { serial: waited.serial.saturating_sub(1), ..waited };
    let Some(mut run) = beginning::waited_for(&**tx, execution, before)? else { return Ok(None) };
    tx.delete(keys::map_run_at(&run.parent, before));
    (run.waited, run.state, run.stopped_ms) = (waited, State::Running, None);
    (run.redrives, run.redriven_ms) = (run.redrives + 1, Some(tx.now.millis()));
    // Some may have been marked before, and not have had their turn.
    run.is_marking |= run.executions.not_succeeded() > 0 || run.at_work() > 0;
    (run.stuck, run.items_stuck, run.marked_to, run.is_ending) = (0, 0, 0, false);
    tx.put_record(run.key(), &run)?;
    beginning::put_at(tx, &run)?;
    if run.total.is_none() {
        reading::note(tx, &run)?;
    } else {
        ticks::tick(tx, &run)?;
    }
    let arn = run.arn(&tx.scope()).to_string();
    Ok(Some(Input::MapRunRedriven { id: waited, arn, count: run.redrives }))
}

/// Marks some executions that are to go on. True, for whatever happens then is next.
pub(super) fn mark(tx: &mut Tx<'_>, run: &mut Run) -> Result<bool> {
    let to = run.started.min(run.marked_to + PIECE);
    for index in run.marked_to..to {
        let Some(name) = tx.get_record::<String>(&keys::child(&run.id, index))? else { continue };
        let place = Place { machine: run.machine, label: run.label.clone(), name };
        let Some(execution) = tx.get_record::<Execution>(&keys::execution(&place))? else { continue };
        if execution.status.is_over() && execution.status != Status::Succeeded {
            mark_one(tx, run, execution)?;
        }
    }
    (run.marked_to, run.is_marking) = (to, to < run.started);
    Ok(true)
}

fn mark_one(tx: &mut Tx<'_>, run: &mut Run, mut execution: Execution) -> Result<()> {
    if run::reason(&**tx, &execution, tx.now.millis())?.is_some() {
        // It stays as it ended.
        (run.stuck, run.items_stuck) = (run.stuck + 1, run.items_stuck + execution.items());
        return Ok(());
    }
    run.wait_for(execution.status, execution.items());
    tx.delete(execution.listed_at());
    execution.status = Status::PendingRedrive;
    tx.put_record(keys::execution(&execution.place()), &execution)?;
    Ok(tx.put_compact(execution.listed_at(), &execution.listed())?)
}

/// The next execution that was marked.
pub(super) fn next(tx: &Tx<'_>, run: &Run) -> Result<Option<Execution>> {
    let range = keys::listed_as(&run.id, Status::PendingRedrive.as_str()).prefix_range();
    let Some(entry) = tx.scan(range, Direction::Forward).next() else { return Ok(None) };
    let (_, name) = keys::started_and_name(&entry?.0)?;
    let place = Place { machine: run.machine, label: run.label.clone(), name };
    Ok(tx.get_record(&keys::execution(&place))?)
}

/// An execution that was marked is stopped before its turn comes.
pub(crate) fn drop_redrive(
    tx: &mut Tx<'_>,
    mut execution: Execution,
    error: Option<String>,
    cause: Option<String>,
) -> Result<()> {
    flights::put_ended(tx, &mut execution, &Outcome::Aborted { error, cause })?;
    let Some(of) = execution.map_run.clone() else { return Ok(()) };
    ticks::note(tx, &execution, &of, true)
}
