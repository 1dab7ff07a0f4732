//! Map runs, as clients see and change them.

use api_states as api;
use service::{Result, Tx, View};
use wire::Timestamp;

use super::run::{self, Counts, Run, State};
use crate::{errors, execution, machines, name};

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeMapRunInput,
) -> Result<api::DescribeMapRunOutput> {
    let scope = view.scope();
    let (_, run) = run::find(&**view, &scope, &input.map_run_arn)?;
    let counted = run.total.unwrap_or_default();
    let mut executions = shown(&run.executions, counted, run.started, run.written);
    executions.running -= long(run.pending);
    executions.pending_redrive = Some(long(run.pending));
    // An item is pending until its execution starts; of how many items that one has is not kept apart.
    let at_work = if run.started == run.executions.done() { 0 } else { run.items_total - run.items.done() };
    let items = shown(&run.items, run.items_total, run.items.done() + at_work, run.written);
    Ok(api::DescribeMapRunOutput {
        map_run_arn: run.arn(&scope).to_string(),
        execution_arn: name::execution(&scope, &run.machine_name, &run.parent_name).to_string(),
        status: run.state.as_str().into(),
        start_date: Timestamp(run.started_ms),
        stop_date: run.stopped_ms.map(Timestamp),
        max_concurrency: i32::try_from(run.concurrency).unwrap_or(i32::MAX),
        tolerated_failure_percentage: percentage(&run),
        tolerated_failure_count: i64::try_from(run.tolerated_count.unwrap_or_default()).unwrap_or(i64::MAX),
        item_counts: api::MapRunItemCounts {
            pending: items.pending,
            running: items.running,
            succeeded: items.succeeded,
            failed: items.failed,
            timed_out: items.timed_out,
            aborted: items.aborted,
            total: items.total,
            results_written: items.results_written,
            ..api::MapRunItemCounts::default()
        },
        execution_counts: executions,
        redrive_count: i32::try_from(run.redrives).ok(),
        redrive_date: run.redriven_ms.map(Timestamp),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "the API has it so")]
fn percentage(run: &Run) -> f32 {
    run.tolerated_percentage.unwrap_or_default() as f32
}

fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn shown(counts: &Counts, total: u64, started: u64, written: u64) -> api::MapRunExecutionCounts {
    api::MapRunExecutionCounts {
        pending: long(total.saturating_sub(started)),
        running: long(started.saturating_sub(counts.done())),
        succeeded: long(counts.succeeded),
        failed: long(counts.failed),
        timed_out: long(counts.timed_out),
        aborted: long(counts.aborted),
        total: long(total),
        results_written: long(written),
        ..api::MapRunExecutionCounts::default()
    }
}

pub(crate) fn list(view: &View<'_>, input: &api::ListMapRunsInput) -> Result<api::ListMapRunsOutput> {
    let scope = view.scope();
    let execution = execution::find(&**view, &scope, &input.execution_arn)?;
    let runs = super::of_execution(&**view, &execution)?.into_iter().map(|run| (run.name.clone(), run));
    let pages = machines::pages("states:ListMapRuns", input.next_token.as_deref(), input.max_results);
    let page = pages.of_sorted(view, runs, |_, run| {
        Ok(api::MapRunListItem {
            execution_arn: execution.arn(&scope).to_string(),
            map_run_arn: run.arn(&scope).to_string(),
            state_machine_arn: name::machine(&scope, &run.path()).to_string(),
            start_date: Timestamp(run.started_ms),
            stop_date: run.stopped_ms.map(Timestamp),
        })
    })?;
    Ok(api::ListMapRunsOutput { map_runs: page.items, next_token: page.next_token })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateMapRunInput) -> Result<api::UpdateMapRunOutput> {
    let (_, mut run) = run::find(&**tx, &tx.scope(), &input.map_run_arn)?;
    if run.state != State::Running {
        let message = "Map Run cannot be updated once it is completed".to_owned();
        return Err(errors::validation_for(message, "CANNOT_UPDATE_COMPLETED_MAP_RUN").into());
    }
    let wanted = input.max_concurrency.and_then(|most| u64::try_from(most).ok());
    run.concurrency = wanted.unwrap_or(run.concurrency);
    run.tolerated_count =
        input.tolerated_failure_count.and_then(|count| u64::try_from(count).ok()).or(run.tolerated_count);
    run.tolerated_percentage = input.tolerated_failure_percentage.map(f64::from).or(run.tolerated_percentage);
    tx.put_record(run.key(), &run)?;
    super::work::tick(tx, &run)?;
    Ok(api::UpdateMapRunOutput::default())
}
