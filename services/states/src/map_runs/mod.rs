//! Map runs: distributed Map states, whose items are executions of their own.

mod ending;
pub(crate) mod items;
mod operations;
pub(crate) mod reader;
mod redrive;
mod run;
mod starting;
mod work;
pub(crate) mod writer;

use service::{Result, Tx};
use store::{Direction, Reads, Transaction, record};

pub(crate) use self::operations::{describe, list, update};
pub(crate) use self::redrive::{redrivable, redrive};
use self::run::State;
pub(crate) use self::run::{Run, find};
pub(crate) use self::work::{begin, cancel, ended, run_ends, run_reads, run_ticks};
use crate::SWEEPER;
use crate::execution::Execution;
use crate::keys::{self, Id};

/// Map runs that one transaction forgets.
const CLEARED: usize = 50;

/// The map runs of an execution.
pub(crate) fn of_execution(reads: &impl Reads, execution: &Execution) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for entry in reads.scan(keys::map_runs_of(&execution.id).prefix_range(), Direction::Forward) {
        let (key, label) = entry?;
        let (label, name): (String, String) = (record::decode(&label)?, keys::map_run_name(&key)?);
        runs.extend(reads.get_record::<Run>(&keys::map_run(&execution.machine, &label, &name))?);
    }
    Ok(runs)
}

/// Forgets the map runs of an execution that is forgotten. Their executions go as their own time comes.
pub(crate) fn forget(tx: &mut Transaction, execution: &Execution) -> Result<()> {
    of_execution(tx, execution)?.iter().for_each(|run| forget_one(tx, run));
    Ok(())
}

fn forget_one(tx: &mut Transaction, run: &Run) {
    tx.delete(run.key());
    tx.delete(keys::map_run_of(&run.parent, &run.name));
    SWEEPER.put(tx, &keys::items(&run.id));
    SWEEPER.put(tx, &keys::children(&run.id));
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
            work::abort(tx, run)?;
        }
        // One at a time: each may have as many executions as a transaction ends.
        if work::end_piece(tx, run)? {
            return Ok(true);
        }
        forget_one(tx, run);
        SWEEPER.put(tx, &keys::all_listed(&run.id));
    }
    Ok(!runs.is_empty())
}
