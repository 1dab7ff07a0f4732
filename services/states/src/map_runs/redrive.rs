//! Map runs that did not succeed go on with the execution that waits for them: what failed of them is redriven, and what had not
//! started starts.
//!
//! Executions that did not succeed are first marked, a piece at a time, and then go on as others end, before any that is new. Those
//! that cannot go on stay as they ended.

use service::{Result, Tx};
use states_language::execution::{Id as Waited, Input};
use store::{Direction, Reads};

use super::run::{Counts, Run, State};
use super::work;
use crate::execution::{Execution, Place, Status};
use crate::{keys, run};

/// What is marked.
const UNSUCCESSFUL: [Status; 3] = [Status::Failed, Status::TimedOut, Status::Aborted];
/// Executions that one transaction marks.
const PIECE: usize = 40;

/// What was waited for in the map runs of an execution that can go on.
pub(crate) fn redrivable(reads: &impl Reads, execution: &Execution) -> Result<Vec<Waited>> {
    let runs = super::of_execution(reads, execution)?.into_iter();
    Ok(runs.filter(|run| run.state != State::Succeeded).map(|run| run.waited).collect())
}

/// Goes on with the map run that a frame waited for before; what the execution hears at once is given back.
pub(crate) fn redrive(tx: &mut Tx<'_>, execution: &Execution, waited: Waited) -> Result<Option<Input>> {
    let mut runs = super::of_execution(&**tx, execution)?.into_iter();
    let before = Waited { serial: waited.serial.saturating_sub(1), ..waited };
    let Some(mut run) = runs.rfind(|run| run.waited == before) else { return Ok(None) };
    (run.waited, run.state, run.stopped_ms) = (waited, State::Running, None);
    (run.redrives, run.redriven_ms) = (run.redrives + 1, Some(tx.now.millis()));
    // Some may have been marked before, and not have had their turn.
    run.is_marking |= run.executions.not_succeeded() > 0;
    run.pending += run.executions.not_succeeded();
    let only_good = |counts: Counts| Counts { succeeded: counts.succeeded, ..Counts::default() };
    (run.executions, run.items) = (only_good(run.executions), only_good(run.items));
    tx.put_record(run.key(), &run)?;
    if run.total.is_none() {
        work::read_again(tx, &run)?;
    } else {
        work::tick(tx, &run)?;
    }
    let arn = run.arn(&tx.scope()).to_string();
    Ok(Some(Input::MapRunRedriven { id: waited, arn, count: run.redrives }))
}

/// Marks some executions that are to go on.
pub(super) fn mark(tx: &mut Tx<'_>, mut run: Run) -> Result<()> {
    let mut marked = 0;
    for status in UNSUCCESSFUL {
        for mut execution in listed(tx, &run, status, can_go_on(tx), PIECE - marked)? {
            marked += 1;
            tx.delete(execution.listed_at());
            execution.status = Status::PendingRedrive;
            tx.put_record(keys::execution(&execution.place()), &execution)?;
            tx.put_compact(execution.listed_at(), &execution.listed())?;
        }
    }
    if marked < PIECE {
        count_others(tx, &mut run)?;
        run.is_marking = false;
        tx.put_record(run.key(), &run)?;
    }
    work::tick(tx, &run)
}

fn can_go_on<'t>(tx: &'t Tx<'_>) -> impl Fn(&Execution) -> Result<bool> + 't {
    |execution| Ok(run::reason(&**tx, execution, tx.now.millis())?.is_none())
}

/// Counts those that were not marked: they are as they ended.
fn count_others(tx: &Tx<'_>, run: &mut Run) -> Result<()> {
    for status in UNSUCCESSFUL {
        for execution in listed(tx, run, status, |_| Ok(true), usize::MAX)? {
            run.pending = run.pending.saturating_sub(1);
            run.count(status, execution.map_run.map_or(0, |of| of.items));
        }
    }
    Ok(())
}

/// The next execution that was marked.
pub(super) fn next(tx: &Tx<'_>, run: &Run) -> Result<Option<Execution>> {
    Ok(listed(tx, run, Status::PendingRedrive, |_| Ok(true), 1)?.pop())
}

/// The first executions of a map run that are listed so, and are wanted.
fn listed(
    tx: &Tx<'_>,
    run: &Run,
    status: Status,
    is_wanted: impl Fn(&Execution) -> Result<bool>,
    count: usize,
) -> Result<Vec<Execution>> {
    let range = keys::listed_as(&run.id, status.as_str()).prefix_range();
    let mut executions = Vec::new();
    for entry in tx.scan(range, Direction::Forward) {
        if executions.len() >= count {
            break;
        }
        let (_, name) = keys::started_and_name(&entry?.0)?;
        let place = Place { machine: run.machine, label: run.label.clone(), name };
        let Some(execution) = tx.get_record::<Execution>(&keys::execution(&place))? else { continue };
        if is_wanted(&execution)? {
            executions.push(execution);
        }
    }
    Ok(executions)
}
