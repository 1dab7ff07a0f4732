//! Ticks of map runs: what ended is counted, what may start is started, and at the end the end is made.
//!
//! Of each map run one tick is noted at most. It is noted by whoever has something for it, goes on as long as there is anything
//! to do, and its last act is to look whether something has come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use states_language::execution::Input;
use store::{Direction, Reads as _, record};

use super::beginning::Job;
use super::run::{Run, State};
use super::{ending, redrive, starting};
use crate::execution::{ChildOf, Execution, Place, Status};
use crate::keys::{self, Id};
use crate::{run, turns};

const TICKS: Jobs = Jobs::new("states", "map ticks", 64);
/// Executions that one tick ends.
const ENDED: usize = 50;
/// Executions whose end one tick hears of.
const HEARD: usize = 500;

/// An execution that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Over {
    status: Status,
    items: u64,
    /// It was to be redriven, and is not any more.
    was_pending: bool,
}

#[cfg(test)]
layouts::stays!(stored_over: compact Over);

/// An execution of a map run ended.
pub(crate) fn ended(tx: &mut Tx<'_>, execution: &Execution, of: &ChildOf) -> Result<()> {
    note(tx, execution, of, false)
}

pub(super) fn note(tx: &mut Tx<'_>, execution: &Execution, of: &ChildOf, was_pending: bool) -> Result<()> {
    let over = Over { status: execution.status, items: of.items, was_pending };
    tx.put_compact(keys::over(&of.id, &execution.id), &over)?;
    let at = Place { machine: execution.machine, label: of.label.clone(), name: of.name.clone() };
    let job = Job { scope: tx.scope(), at };
    put(tx, &of.id, &job)
}

/// Lets a map run go on.
pub(super) fn tick(tx: &mut Tx<'_>, run: &Run) -> Result<()> {
    let job = Job::of(tx, run);
    put(tx, &run.id, &job)
}

fn put(tx: &mut Tx<'_>, run: &Id, job: &Job) -> Result<()> {
    let ticking = keys::ticking(run);
    if tx.get(&ticking)?.is_some() {
        return Ok(());
    }
    tx.put(ticking, record::encode(&true)?);
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    TICKS.put(tx, now_ms, &id, job)
}

/// Has map runs go on.
pub(crate) async fn run_ticks(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, job: Arc<Job>| async move {
        let turn = turns::of(&cloud, &job.at.machine).await;
        Ok((cloud.context_of("states", job.scope), turn))
    };
    TICKS.run_in_transactions(cloud, prepare, |tx, job, _| ticked(tx, job)).await
}

fn ticked(tx: &mut Tx<'_>, job: &Job) -> Result<Verdict<Job>> {
    let Some(before) = job.run(&**tx)? else { return Ok(Verdict::Done) };
    let mut run = before.clone();
    let has_heard = hear(tx, &mut run)?;
    let goes_on = go_on(tx, &mut run, job, has_heard)?;
    if run != before {
        tx.put_record(run.key(), &run)?;
    }
    // Not looked at in the same way as by those who are busy: here whoever comes meanwhile makes this run again.
    let is_idle = !has_heard && !goes_on && is_silent(tx, &run)?;
    if is_idle {
        tx.delete(keys::ticking(&run.id));
        return Ok(Verdict::Done);
    }
    Ok(Verdict::Again(job.clone(), tx.now.millis()))
}

fn is_silent(tx: &Tx<'_>, run: &Run) -> Result<bool> {
    let over = tx.scan(keys::all_over(&run.id).prefix_range(), Direction::Forward).next();
    Ok(over.transpose()?.is_none())
}

/// Counts executions that have ended. False when there was none.
fn hear(tx: &mut Tx<'_>, run: &mut Run) -> Result<bool> {
    let notes = tx.scan_head(keys::all_over(&run.id).prefix_range()).take(HEARD);
    let notes = notes.collect::<std::result::Result<Vec<_>, _>>()?;
    for (key, note) in &notes {
        tx.delete(&**key);
        let Over { status, items, was_pending } = record::decode(note)?;
        if was_pending {
            run.wait_no_more(items);
        }
        run.count(status, items);
    }
    Ok(!notes.is_empty())
}

/// Does what is next. True when there is more to be done at once.
fn go_on(tx: &mut Tx<'_>, run: &mut Run, job: &Job, has_heard: bool) -> Result<bool> {
    if run.state != State::Running {
        if end_piece(tx, run)? {
            return Ok(true);
        }
        // What was not wanted any more may have results to be written all the same.
        return if run.at_work() == 0 { ending::note_given_up(tx, run, job) } else { Ok(false) };
    }
    if run.is_marking {
        // What still ran as its map run was given up is ended, and counted, before it is known what failed.
        if end_piece(tx, run)? || run.at_work() > 0 {
            return Ok(false);
        }
        return if has_heard { Ok(true) } else { redrive::mark(tx, run) };
    }
    if run.is_exceeded() {
        if end_piece(tx, run)? {
            return Ok(true);
        }
        return if run.at_work() == 0 { ending::note(tx, run, job) } else { Ok(false) };
    }
    if run.is_done() {
        return ending::note(tx, run, job);
    }
    starting::start_piece(tx, run)
}

/// Ends some executions of a map run that are wanted no more. False when none is left.
pub(super) fn end_piece(tx: &mut Tx<'_>, run: &Run) -> Result<bool> {
    let range = keys::listed_as(&run.id, Status::Running.as_str()).prefix_range();
    let names = tx.scan(range, Direction::Forward).take(ENDED);
    let names = names.map(|entry| Ok(keys::started_and_name(&entry?.0)?.1)).collect::<Result<Vec<_>>>()?;
    for name in &names {
        let place = Place { machine: run.machine, label: run.label.clone(), name: name.clone() };
        match tx.get_record::<Execution>(&keys::execution(&place))? {
            Some(execution) if execution.is_express() => super::flights::stop(tx, execution)?,
            Some(execution) => run::give(tx, &execution.id, Input::Stopped { error: None, cause: None })?,
            None => {}
        }
    }
    Ok(!names.is_empty())
}
