//! Map runs: distributed Map states, whose items are executions of their own.
//!
//! A run's record is written by its ticks ([`ticks`]), one of which is noted at a time, and hardly by anybody else: executions
//! that end leave a note for the next tick, so that a thousand of them do not wait for one record.

mod beginning;
mod ending;
mod flights;
mod items;
mod operations;
mod reader;
mod reading;
mod redrive;
mod results;
mod run;
mod said;
mod starting;
mod ticks;
mod writer;

use service::{Result, Tx};
use store::{Direction, Reads, Transaction, record};

pub(crate) use self::beginning::{begin, cancel};
pub(crate) use self::ending::run_ends;
pub(crate) use self::flights::run_flights;
pub(crate) use self::items::{Format, Item};
pub(crate) use self::operations::{describe, list, update};
pub(crate) use self::reading::run_reads;
pub(crate) use self::redrive::{drop_redrive, redrivable, redrive};
use self::run::State;
pub(crate) use self::run::{Run, find};
pub(crate) use self::ticks::{ended, run_ticks};
use crate::SWEEPER;
use crate::execution::Execution;
use crate::keys::{self, Id};

/// Map runs that one transaction forgets.
const CLEARED: usize = 50;

/// The labels and names of the map runs of an execution.
fn names_of(reads: &impl Reads, execution: &Execution) -> Result<Vec<(String, String)>> {
    let entries = reads.scan(keys::map_runs_of(&execution.id).prefix_range(), Direction::Forward);
    let names = entries.map(|entry| {
        let (key, label) = entry?;
        Ok((record::decode(&label)?, keys::map_run_name(&key)?))
    });
    names.collect()
}

/// The map runs of an execution, one after the other.
fn of_execution<'r>(
    reads: &'r impl Reads,
    execution: &'r Execution,
) -> Result<impl DoubleEndedIterator<Item = Result<Run>> + 'r> {
    let run = |(label, name): (String, String)| -> Option<Result<Run>> {
        let run = reads.get_record::<Run>(&keys::map_run(&execution.machine, &label, &name));
        run.map_err(Into::into).transpose()
    };
    Ok(names_of(reads, execution)?.into_iter().filter_map(run))
}

/// Forgets the map runs of an execution that is forgotten. Their executions go as their own time comes.
pub(crate) fn forget(tx: &mut Transaction, execution: &Execution) -> Result<()> {
    let runs = of_execution(tx, execution)?.collect::<Result<Vec<_>>>()?;
    runs.iter().for_each(|run| forget_one(tx, run));
    Ok(())
}

fn forget_one(tx: &mut Transaction, run: &Run) {
    tx.delete(run.key());
    tx.delete(keys::map_run_of(&run.parent, &run.name));
    tx.delete(keys::map_run_at(&run.parent, run.waited));
    tx.delete(keys::ticking(&run.id));
    for key in [keys::items(&run.id), keys::children(&run.id), keys::all_over(&run.id)] {
        SWEEPER.put(tx, &key);
    }
}

/// The first map runs of a state machine.
fn of_machine(reads: &impl Reads, machine: &Id, count: usize) -> Result<Vec<Run>> {
    let runs = reads.scan(keys::map_runs(machine).prefix_range(), Direction::Forward).take(count);
    runs.map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}

/// Whether a state machine has map runs.
pub(crate) fn has(reads: &impl Reads, machine: &Id) -> Result<bool> {
    Ok(!of_machine(reads, machine, 1)?.is_empty())
}

/// Ends and forgets some map runs of a state machine that goes, whose own executions are over. False when none is left.
pub(crate) fn clear(tx: &mut Tx<'_>, machine: &Id) -> Result<bool> {
    let mut runs = of_machine(&**tx, machine, CLEARED)?;
    for run in &mut runs {
        if run.state == State::Running {
            beginning::abort(tx, run)?;
        }
        // One at a time: each may have as many executions as a transaction ends.
        if ticks::end_piece(tx, run)? {
            return Ok(true);
        }
        forget_one(tx, run);
        SWEEPER.put(tx, &keys::all_listed(&run.id));
    }
    Ok(!runs.is_empty())
}
