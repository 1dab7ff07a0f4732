//! Map runs: distributed Map states, whose items are executions of their own.

mod ending;
pub(crate) mod items;
mod operations;
pub(crate) mod reader;
mod run;
mod starting;
mod work;
pub(crate) mod writer;

use service::Result;
use store::{Direction, Reads, Transaction, record};

pub(crate) use self::operations::{describe, list, update};
pub(crate) use self::run::{Run, find};
pub(crate) use self::work::{begin, cancel, ended, run_ends, run_reads, run_ticks};
use crate::execution::Execution;
use crate::{SWEEPER, keys};

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
    for run in of_execution(tx, execution)? {
        tx.delete(run.key());
        tx.delete(keys::map_run_of(&execution.id, &run.name));
        SWEEPER.put(tx, &keys::items(&run.id));
        SWEEPER.put(tx, &keys::children(&run.id));
    }
    Ok(())
}
