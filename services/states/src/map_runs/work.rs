//! Map runs at work: items are read, executions are started as others end, and the end is given to the execution that waits.
//!
//! Each step is a job in one transaction. A tick starts what may start now; every execution that ends causes one.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use states_language::execution::{Batch, Input, MapRun, MapSource, batches};
use states_language::failure::names as errors;
use store::{Direction, Reads as _};
use tokio::sync::OwnedMutexGuard;

use super::run::{Counts, Run, State};
use super::{ending, reader, redrive, starting};
use crate::execution::{ChildOf, Execution, Place, Status};
use crate::keys;
use crate::run::{self, Running, ready_for};
use crate::turns;

const READS: Jobs = Jobs::new("states", "map reads", 16);
const TICKS: Jobs = Jobs::new("states", "map ticks", 64);
const ENDS: Jobs = Jobs::new("states", "map ends", 16);
/// Executions that one tick starts or ends.
const PIECE: u64 = 40;
/// As many executions run at once where a state says nothing.
const CONCURRENCY: u64 = 1000;

/// Which map run is to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) scope: Scope,
    pub(super) at: Place,
}

#[cfg(test)]
layouts::stays!(stored_map_job: Job);

impl Job {
    fn of(tx: &Tx<'_>, run: &Run) -> Self {
        let at = Place { machine: run.machine, label: run.label.clone(), name: run.name.clone() };
        Job { scope: tx.scope(), at }
    }

    pub(super) fn run(&self, reads: &impl store::Reads) -> Result<Option<Run>> {
        Ok(reads.get_record(&keys::map_run(&self.at.machine, &self.at.label, &self.at.name))?)
    }
}

/// Begins a map run of an execution; what it hears at once is given back.
pub(crate) fn begin(tx: &mut Tx<'_>, execution: &Execution, what: &MapRun) -> Result<Input> {
    let run = Run {
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
    };
    tx.put_record(run.key(), &run)?;
    tx.put_record(keys::map_run_of(&execution.id, &run.name), &run.label)?;
    let (job, now_ms) = (Job::of(tx, &run), tx.now.millis());
    READS.put(tx, now_ms, &run.id, &job)?;
    Ok(Input::MapRunStarted { id: what.id, arn: run.arn(&tx.scope()).to_string() })
}

/// Reads the items of a map run once more, which has none yet.
pub(super) fn read_again(tx: &mut Tx<'_>, run: &Run) -> Result<()> {
    let (job, now_ms) = (Job::of(tx, run), tx.now.millis());
    READS.put(tx, now_ms, &run.id, &job)
}

/// A map run is wanted no more.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    execution: &Execution,
    waited: states_language::execution::Id,
) -> Result<()> {
    for mut run in super::of_execution(&**tx, execution)? {
        if run.waited == waited && run.state == State::Running {
            abort(tx, &mut run)?;
        }
    }
    Ok(())
}

/// Starts no more executions of a map run, and ends those that run.
pub(super) fn abort(tx: &mut Tx<'_>, run: &mut Run) -> Result<()> {
    (run.state, run.stopped_ms) = (State::Aborted, Some(tx.now.millis()));
    tx.put_record(run.key(), run)?;
    tick(tx, run)
}

/// An execution of a map run ended.
pub(crate) fn ended(tx: &mut Tx<'_>, execution: &Execution, of: &ChildOf) -> Result<()> {
    let key = keys::map_run(&execution.machine, &of.label, &of.name);
    let Some(mut run) = tx.get_record::<Run>(&key)? else { return Ok(()) };
    if run.is_marking && execution.status != Status::Succeeded {
        // It is marked with those that failed before.
        run.pending += 1;
    } else {
        run.count(execution.status, of.items);
    }
    tx.put_record(key, &run)?;
    tick(tx, &run)
}

/// Lets a map run go on.
pub(super) fn tick(tx: &mut Tx<'_>, run: &Run) -> Result<()> {
    let (job, now_ms, id) = (Job::of(tx, run), tx.now.millis(), tx.random().bytes());
    TICKS.put(tx, now_ms, &id, &job)
}

/// Items that were read, or why they were not.
type Read = (Option<Result<Vec<Value>, reader::Unread>>, OwnedMutexGuard<()>);

/// Reads the items of map runs.
pub(crate) async fn run_reads(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, job: Arc<Job>| async move {
        let context = cloud.context_of("states", job.scope);
        let read = read(&context, &job).await?;
        let turn = turns::of(&cloud, &job.at.machine).await;
        Ok((context, (read, turn)))
    };
    READS
        .run_in_transactions(cloud, prepare, |tx, job, (read, _): &Read| {
            took(tx, job, read.as_ref())?;
            Ok(Verdict::Done)
        })
        .await
}

async fn read(context: &Context, job: &Job) -> Result<Option<Result<Vec<Value>, reader::Unread>>> {
    let Some(run) = job.run(&context.cloud.store.snapshot())? else { return Ok(None) };
    let MapSource::Reader { resource, config, arguments } = run.what()?.source else { return Ok(None) };
    let own = in_role(context, &run).await?;
    Ok(Some(reader::read(&own, &resource, &config, &arguments).await))
}

/// Acts as the role of the state machine.
pub(super) async fn in_role(context: &Context, run: &Run) -> Result<Context> {
    let ready = ready_for(context, &run.machine, &run.revision).await?;
    Ok(match ready.role_arn.parse() {
        Ok(role) => context.clone().in_role(&role, &run.parent_name),
        Err(_) => context.clone(),
    })
}

/// Writes what the executions of a map run get.
fn took(tx: &mut Tx<'_>, job: &Job, read: Option<&Result<Vec<Value>, reader::Unread>>) -> Result<()> {
    // One that was redriven while its items were read is read twice; the first to come gives them.
    let is_wanted = |run: &Run| run.state == State::Running && run.total.is_none();
    let Some(mut run) = job.run(&**tx)?.filter(is_wanted) else { return Ok(()) };
    let mut what = run.what()?;
    let items = match (read, std::mem::replace(&mut what.source, MapSource::Items(Vec::new()))) {
        (Some(Err((error, cause))), _) => return fail(tx, run, error, cause),
        (Some(Ok(items)), _) => match starting::selected(tx, &run, items.clone())? {
            Ok(items) => items,
            Err(failure) => {
                let error = failure.error().unwrap_or(errors::ITEM_READER).to_owned();
                return fail(tx, run, &error, failure.cause().unwrap_or_default());
            }
        },
        (None, MapSource::Items(items)) => items,
        (None, MapSource::Reader { .. }) => return Ok(()),
    };
    run.items_total = items.len() as u64;
    let inputs = together(items, what.batch.as_ref());
    run.total = Some(inputs.len() as u64);
    for (index, (input, count)) in (0_u64..).zip(inputs) {
        tx.put_record(keys::item(&run.id, index), &(input.to_string(), count))?;
    }
    run.what = serde_json::to_string(&what).unwrap_or_default();
    tx.put_record(run.key(), &run)?;
    tick(tx, &run)
}

/// What each execution gets, and how many items that is.
fn together(items: Vec<Value>, batch: Option<&Batch>) -> Vec<(Value, u64)> {
    let Some(batch) = batch else { return items.into_iter().map(|item| (item, 1)).collect() };
    let count = |input: &Value| input["Items"].as_array().map_or(0, Vec::len) as u64;
    batches(items, batch)
        .into_iter()
        .map(|input| (count(&input), input))
        .map(|(count, input)| (input, count))
        .collect()
}

/// Ends a map run that could not go on.
pub(super) fn fail(tx: &mut Tx<'_>, mut run: Run, error: &str, cause: &str) -> Result<()> {
    (run.state, run.stopped_ms) = (State::Failed, Some(tx.now.millis()));
    tx.put_record(run.key(), &run)?;
    let (id, error, cause) = (run.waited, error.to_owned(), cause.to_owned());
    run::give(tx, &run.parent, Input::MapRunFailed { id, error, cause })
}

/// Starts executions of map runs as others end, and ends those that are wanted no more.
pub(crate) async fn run_ticks(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, job: Arc<Job>| async move {
        let turn = turns::of(&cloud, &job.at.machine).await;
        Ok((cloud.context_of("states", job.scope), turn))
    };
    TICKS.run_in_transactions(cloud, prepare, |tx, job, _| ticked(tx, job)).await
}

fn ticked(tx: &mut Tx<'_>, job: &Job) -> Result<Verdict<Job>> {
    let Some(run) = job.run(&**tx)? else { return Ok(Verdict::Done) };
    let is_wanted = run.state == State::Running && !run.is_exceeded();
    if !is_wanted && end_piece(tx, &run)? {
        return Ok(Verdict::Again(job.clone(), tx.now.millis()));
    }
    if run.state != State::Running {
        return Ok(Verdict::Done);
    }
    if run.is_marking {
        redrive::mark(tx, run)?;
    } else if run.is_exceeded() {
        let cause = "The specified tolerated failure threshold was exceeded";
        fail(tx, run, errors::TOLERATED, cause)?;
    } else if run.is_done() {
        let now_ms = tx.now.millis();
        ENDS.put(tx, now_ms, &run.id, job)?;
    } else {
        start_piece(tx, job)?;
    }
    Ok(Verdict::Done)
}

/// Starts what may start now. One that ends at once lets the next one start.
fn start_piece(tx: &mut Tx<'_>, job: &Job) -> Result<()> {
    for _ in 0..PIECE {
        let Some(mut run) = job.run(&**tx)? else { return Ok(()) };
        let most = if run.concurrency == 0 { CONCURRENCY } else { run.concurrency };
        if run.at_work() >= most {
            return Ok(());
        }
        if run.pending > 0
            && let Some(execution) = redrive::next(tx, &run)?
        {
            run.pending -= 1;
            tx.put_record(run.key(), &run)?;
            run::redrive(tx, execution)?;
            continue;
        }
        if run.started >= run.total.unwrap_or_default() {
            return Ok(());
        }
        let index = run.started;
        run.started += 1;
        tx.put_record(run.key(), &run)?;
        starting::start(tx, &run, index)?;
    }
    let run = job.run(&**tx)?;
    run.map_or(Ok(()), |run| tick(tx, &run))
}

/// Ends some executions of a map run that is wanted no more. False when none is left.
pub(super) fn end_piece(tx: &mut Tx<'_>, run: &Run) -> Result<bool> {
    let range = keys::listed_as(&run.id, Status::Running.as_str()).prefix_range();
    let entries = tx.scan(range, Direction::Forward).take(usize::try_from(PIECE).unwrap_or_default());
    let names = entries.map(|entry| Ok(keys::started_and_name(&entry?.0)?.1)).collect::<Result<Vec<_>>>()?;
    for name in &names {
        let place = Place { machine: run.machine, label: run.label.clone(), name: name.clone() };
        if let Some(execution) = tx.get_record::<Execution>(&keys::execution(&place))? {
            run::give(tx, &execution.id, Input::Stopped { error: None, cause: None })?;
        }
    }
    Ok(!names.is_empty())
}

/// What is given to the execution that waits, and the turn of its steps.
type Ended = (Option<std::result::Result<Value, (String, String)>>, OwnedMutexGuard<()>);

/// Gives the results of map runs to the executions that wait for them.
pub(crate) async fn run_ends(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, job: Arc<Job>| async move {
        let context = cloud.context_of("states", job.scope);
        let results = ending::results(&context, &job).await?;
        let turn = turns::of(&cloud, &job.at.machine).await;
        Ok((context, (results, turn)))
    };
    ENDS.run_in_transactions(cloud, prepare, |tx, job, (results, _): &Ended| {
        let Some(mut run) = job.run(&**tx)?.filter(|run| run.state == State::Running) else {
            return Ok(Verdict::Done);
        };
        match results {
            Some(Ok(results)) => {
                (run.state, run.stopped_ms) = (State::Succeeded, Some(tx.now.millis()));
                run.written = run.executions.done();
                tx.put_record(run.key(), &run)?;
                let (id, output) = (run.waited, results.to_string());
                run::give(tx, &run.parent, Input::MapRunSucceeded { id, output })?;
            }
            Some(Err((error, cause))) => fail(tx, run, error, cause)?,
            None => {}
        }
        Ok(Verdict::Done)
    })
    .await
}

/// The execution that waits for a map run, as it is now.
pub(super) fn waiting(tx: &Tx<'_>, run: &Run) -> Result<Option<Running>> {
    Ok(tx.get_record(&keys::running(&run.parent))?)
}
