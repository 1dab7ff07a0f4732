//! The end of a map run: its results become the output of its state, or are written to S3, also where too many of them failed.

use std::sync::Arc;

use serde_json::Value;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use states_language::execution::{Input, PAYLOAD_BYTES_MAX, ResultTarget};
use states_language::failure::names as errors;
use tokio::sync::OwnedMutexGuard;

use super::beginning::{Job, fail, in_role};
use super::results::{Group, Results, Transformation};
use super::run::{Run, State};
use super::ticks;
use super::writer::{Files, Unwritten};
use crate::{run, turns};

const ENDS: Jobs = Jobs::new("states", "map ends", 16);

/// What a map run gives, and whether its results were written.
struct Made {
    /// How often it had been redriven.
    redrives: u64,
    given: std::result::Result<String, (String, String)>,
    is_written: bool,
}

/// What is given to the execution that waits, and the turn of its steps.
type Ended = (Option<Made>, OwnedMutexGuard<()>);

/// The end of a map run is to be made. There is nothing more to do until then.
pub(super) fn note(tx: &mut Tx<'_>, run: &mut Run, job: &Job) -> Result<bool> {
    if !run.is_ending {
        run.is_ending = true;
        let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
        ENDS.put(tx, now_ms, &id, job)?;
    }
    Ok(false)
}

/// The same for one that was given up: it has results only where they are to be written.
pub(super) fn note_given_up(tx: &mut Tx<'_>, run: &mut Run, job: &Job) -> Result<bool> {
    let is_exported = run.state == State::Aborted
        && run.total.is_some()
        && run.what()?.target.is_some_and(|target| !target.resource.is_empty());
    if is_exported { note(tx, run, job) } else { Ok(false) }
}

/// Makes the ends of map runs, and gives them to the executions that wait.
pub(crate) async fn run_ends(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, job: Arc<Job>| async move {
        let context = cloud.context_of("states", job.scope);
        let made = make(&context, &job).await?;
        let turn = turns::of(&cloud, &job.at.machine).await;
        Ok((context, (made, turn)))
    };
    ENDS.run_in_transactions(cloud, prepare, |tx, job, (made, _): &Ended| {
        let Some(run) = job.run(&**tx)? else { return Ok(Verdict::Done) };
        match made {
            Some(made) if made.redrives == run.redrives && run.is_at_end() => end(tx, run, made)?,
            _ => go_on(tx, run)?,
        }
        Ok(Verdict::Done)
    })
    .await
}

/// It does not end, for it was redriven, or more may fail than could before.
fn go_on(tx: &mut Tx<'_>, mut run: Run) -> Result<()> {
    run.is_ending = false;
    tx.put_record(run.key(), &run)?;
    ticks::tick(tx, &run)
}

fn end(tx: &mut Tx<'_>, mut run: Run, made: &Made) -> Result<()> {
    if made.is_written || (run.state == State::Running && made.given.is_ok()) {
        (run.written, run.items_written) = (run.executions.done(), run.items.done());
    }
    if run.state != State::Running {
        return Ok(tx.put_record(run.key(), &run)?);
    }
    match &made.given {
        Ok(output) => {
            (run.state, run.stopped_ms) = (State::Succeeded, Some(tx.now.millis()));
            tx.put_record(run.key(), &run)?;
            let (id, output) = (run.waited, output.clone());
            run::give(tx, &run.parent, Input::MapRunSucceeded { id, output })
        }
        Err((error, cause)) => fail(tx, run, error, cause),
    }
}

/// What a map run gives that is done; nothing where it goes on, or nobody waits for it and nothing is to be written.
async fn make(context: &Context, job: &Job) -> Result<Option<Made>> {
    let Some(run) = job.run(&context.cloud.store.snapshot())? else { return Ok(None) };
    if !run.is_at_end() {
        return Ok(None);
    }
    let is_exceeded = run.is_exceeded();
    let target = run.what()?.target;
    let is_exported = target.as_ref().is_some_and(|target| !target.resource.is_empty());
    let mut made = match target {
        Some(target) if is_exported => written(context, &run, &target).await?,
        target if !is_exceeded => gathered(context, &run, target)?,
        _ => Made::unwritten(&run, Ok(String::new())),
    };
    if is_exceeded {
        let cause = "The specified tolerated failure threshold was exceeded";
        made.given = Err((errors::TOLERATED.to_owned(), cause.to_owned()));
    }
    Ok(Some(made))
}

impl Made {
    fn unwritten(run: &Run, given: std::result::Result<String, (String, String)>) -> Self {
        Made { redrives: run.redrives, given, is_written: false }
    }

    /// There is something wrong with its results, or with where they are to be.
    fn refused(run: &Run, cause: String) -> Self {
        Self::unwritten(run, Err((errors::RESULT_WRITER.to_owned(), cause)))
    }
}

/// Results in files.
async fn written(context: &Context, run: &Run, target: &ResultTarget) -> Result<Made> {
    let own = in_role(context, run).await?;
    let files = match Files::of(&own, run, &target.config, &target.arguments) {
        Ok(files) => files,
        Err(cause) => return Ok(Made::refused(run, cause)),
    };
    match files.write(run).await {
        Ok(result) => Ok(Made { is_written: true, ..Made::unwritten(run, Ok(result.to_string())) }),
        Err(Unwritten::Refused(cause)) => Ok(Made::refused(run, cause)),
        Err(Unwritten::Failed(error)) => Err(error),
    }
}

/// Results as an output. More than one may be is not gathered: the execution says what is wrong with that.
fn gathered(context: &Context, run: &Run, target: Option<ResultTarget>) -> Result<Made> {
    let config = target.map_or(Value::Null, |target| target.config);
    let transformation = match Transformation::of(&config, false) {
        Ok(transformation) => transformation,
        Err(cause) => return Ok(Made::refused(run, cause)),
    };
    let mut results = Results::new(context, run, Group::All, transformation);
    let mut output = String::from("[");
    while let Some(page) = results.page()? {
        for result in page {
            if output.len() > 1 {
                output.push(',');
            }
            output.push_str(&result.to_string());
        }
        if output.len() > PAYLOAD_BYTES_MAX {
            break;
        }
    }
    output.push(']');
    Ok(Made::unwritten(run, Ok(output)))
}
