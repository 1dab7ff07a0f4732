//! Map runs, as clients see and change them.

use api_states as api;
use service::{Result, Tx, View};
use store::Reads as _;
use wire::Timestamp;

use super::run::{self, Run, State};
use crate::{errors, execution, keys, machines, name};

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeMapRunInput,
) -> Result<api::DescribeMapRunOutput> {
    let scope = view.scope();
    let (_, run) = run::find(&**view, &scope, &input.map_run_arn)?;
    let items = items(&run, view.now);
    Ok(api::DescribeMapRunOutput {
        map_run_arn: run.arn(&scope).to_string(),
        execution_arn: run.parent_arn(&scope).to_string(),
        status: run.state.as_str().into(),
        start_date: Timestamp(run.started_ms),
        stop_date: run.stopped_ms.map(Timestamp),
        max_concurrency: i32::try_from(run.concurrency).unwrap_or(i32::MAX),
        tolerated_failure_percentage: percentage(&run),
        tolerated_failure_count: i64::try_from(run.tolerated_count.unwrap_or_default()).unwrap_or(i64::MAX),
        item_counts: items,
        execution_counts: executions(&run, view.now),
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

/// Whether what did not succeed cannot be redriven any more, because the map run has ended too long ago.
fn is_late(run: &Run, now: Timestamp) -> bool {
    let stopped_ms = run.stopped_ms.unwrap_or(i64::MAX);
    now.millis() > stopped_ms.saturating_add(crate::run::REDRIVE_PERIOD_MS)
}

fn executions(run: &Run, now: Timestamp) -> api::MapRunExecutionCounts {
    let (counts, total) = (&run.executions, run.total.unwrap_or_default());
    let stuck = if is_late(run, now) { counts.not_succeeded() } else { run.stuck };
    api::MapRunExecutionCounts {
        pending: long(total.saturating_sub(run.started)),
        running: long(run.at_work()),
        succeeded: long(counts.succeeded),
        failed: long(counts.failed),
        timed_out: long(counts.timed_out),
        aborted: long(counts.aborted),
        total: long(total),
        results_written: long(run.written),
        failures_not_redrivable: Some(long(stuck)),
        pending_redrive: Some(long(run.pending)),
    }
}

fn items(run: &Run, now: Timestamp) -> api::MapRunItemCounts {
    let counts = &run.items;
    let stuck = if is_late(run, now) { counts.not_succeeded() } else { run.items_stuck };
    // What started before items were counted so is over, or is counted as pending.
    let started = run.items_started.max(counts.done() + run.items_pending);
    api::MapRunItemCounts {
        pending: long(run.items_total.saturating_sub(started)),
        running: long(run.items_at_work()),
        succeeded: long(counts.succeeded),
        failed: long(counts.failed),
        timed_out: long(counts.timed_out),
        aborted: long(counts.aborted),
        total: long(run.items_total),
        results_written: long(run.items_written.max(run.written)),
        failures_not_redrivable: Some(long(stuck)),
        pending_redrive: Some(long(run.items_pending)),
    }
}

pub(crate) fn list(view: &View<'_>, input: &api::ListMapRunsInput) -> Result<api::ListMapRunsOutput> {
    let scope = view.scope();
    let execution = execution::find(&**view, &scope, &input.execution_arn)?;
    let names = super::names_of(&**view, &execution)?.into_iter().map(|(label, name)| (name, label));
    let pages = machines::pages("states:ListMapRuns", input.next_token.as_deref(), input.max_results);
    let page = pages.of_sorted(view, names, |name, label| {
        let run = view.get_record::<Run>(&keys::map_run(&execution.machine, &label, &name))?;
        let run = run.ok_or_else(|| errors::no_resource(&input.execution_arn))?;
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
    super::ticks::tick(tx, &run)?;
    Ok(api::UpdateMapRunOutput::default())
}
