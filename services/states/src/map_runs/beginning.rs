//! Map runs begin with a state of an execution, and are given up with it.

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Context, Result, Tx};
use states_language::execution::{Id as Waited, Input, MapRun};
use store::{Reads, record};

use super::run::{Counts, Run, State};
use super::{reading, ticks};
use crate::execution::{Execution, Place};
use crate::keys;
use crate::run::{self, ready_for};

/// Which map run is to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) scope: Scope,
    pub(super) at: Place,
}

#[cfg(test)]
layouts::stays!(stored_map_job: Job);

impl Job {
    pub(super) fn of(tx: &Tx<'_>, run: &Run) -> Self {
        let at = Place { machine: run.machine, label: run.label.clone(), name: run.name.clone() };
        Job { scope: tx.scope(), at }
    }

    pub(super) fn run(&self, reads: &impl Reads) -> Result<Option<Run>> {
        Ok(reads.get_record(&keys::map_run(&self.at.machine, &self.at.label, &self.at.name))?)
    }
}

/// Begins a map run of an execution; what it hears at once is given back.
pub(crate) fn begin(tx: &mut Tx<'_>, execution: &Execution, what: &MapRun) -> Result<Input> {
    let run = new(tx, execution, what);
    tx.put_record(run.key(), &run)?;
    tx.put_record(keys::map_run_of(&execution.id, &run.name), &run.label)?;
    put_at(tx, &run)?;
    reading::note(tx, &run)?;
    Ok(Input::MapRunStarted { id: what.id, arn: run.arn(&tx.scope()).to_string() })
}

fn new(tx: &Tx<'_>, execution: &Execution, what: &MapRun) -> Run {
    Run {
        id: tx.random().bytes(),
        name: tx.random().uuid(),
        label: what.label.clone(),
        machine: execution.machine,
        machine_name: execution.machine_name.clone(),
        revision: execution.revision,
        parent: execution.id,
        parent_name: execution.name.clone(),
        waited: what.id,
        what: serde_json::to_string(what).unwrap_or_default(),
        concurrency: what.concurrency,
        tolerated_count: what.tolerance.count,
        tolerated_percentage: what.tolerance.percentage,
        state: State::Running,
        started_ms: tx.now.millis(),
        stopped_ms: None,
        total: None,
        started: 0,
        executions: Counts::default(),
        items: Counts::default(),
        items_total: 0,
        written: 0,
        redrives: 0,
        redriven_ms: None,
        pending: 0,
        is_marking: false,
        parent_label: execution.place().label,
        is_express: what.execution_type == "EXPRESS",
        items_started: 0,
        items_pending: 0,
        items_written: 0,
        stuck: 0,
        items_stuck: 0,
        marked_to: 0,
        is_ending: false,
    }
}

/// Has a map run found by what its execution waits for.
pub(super) fn put_at(tx: &mut Tx<'_>, run: &Run) -> Result<()> {
    let at = (run.label.as_str(), run.name.as_str());
    tx.put(keys::map_run_at(&run.parent, run.waited), record::encode(&at)?);
    Ok(())
}

/// The map run that an execution waits for there.
pub(super) fn waited_for(reads: &impl Reads, execution: &Execution, waited: Waited) -> Result<Option<Run>> {
    if let Some((label, name)) =
        reads.get_record::<(String, String)>(&keys::map_run_at(&execution.id, waited))?
    {
        return Ok(reads.get_record(&keys::map_run(&execution.machine, &label, &name))?);
    }
    // One that began before they were found so.
    for run in super::of_execution(reads, execution)?.rev() {
        let run = run?;
        if run.waited == waited {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

/// A map run is wanted no more.
pub(crate) fn cancel(tx: &mut Tx<'_>, execution: &Execution, waited: Waited) -> Result<()> {
    match waited_for(&**tx, execution, waited)? {
        Some(mut run) if run.state == State::Running => abort(tx, &mut run),
        _ => Ok(()),
    }
}

/// Starts no more executions of a map run, and ends those that run.
pub(super) fn abort(tx: &mut Tx<'_>, run: &mut Run) -> Result<()> {
    (run.state, run.stopped_ms) = (State::Aborted, Some(tx.now.millis()));
    tx.put_record(run.key(), run)?;
    ticks::tick(tx, run)
}

/// Ends a map run that could not go on.
pub(super) fn fail(tx: &mut Tx<'_>, mut run: Run, error: &str, cause: &str) -> Result<()> {
    (run.state, run.stopped_ms) = (State::Failed, Some(tx.now.millis()));
    tx.put_record(run.key(), &run)?;
    let (id, error, cause) = (run.waited, error.to_owned(), cause.to_owned());
    run::give(tx, &run.parent, Input::MapRunFailed { id, error, cause })
}

/// Acts as the role of the state machine.
pub(super) async fn in_role(context: &Context, run: &Run) -> Result<Context> {
    let ready = ready_for(context, &run.machine, &run.revision).await?;
    Ok(match ready.role_arn.parse() {
        Ok(role) => context.clone().in_role(&role, &run.parent_name),
        Err(_) => context.clone(),
    })
}
