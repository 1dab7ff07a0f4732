//! Executions of standard state machines, as clients start, see and stop them.

mod events;
mod history;
mod list;
mod redrive;
mod start;

use api_states as api;
use names::Scope;
use service::{Result, Tx, View};
use states_language::execution::Input;
use wire::Timestamp;

pub(crate) use self::history::get as history;
pub(crate) use self::list::list;
pub(crate) use self::redrive::redrive;
pub(crate) use self::start::{about, payload, start};
use crate::execution::{self, Execution, Status};
use crate::{aliases, machine, map_runs, run, versions};

/// The ARN of the version that it runs, if it runs one.
fn version_arn(execution: &Execution, scope: &Scope) -> Option<String> {
    execution.version.map(|number| versions::arn(scope, &execution.machine_name, number))
}

/// The ARN of the alias by which it was started, if it was.
fn alias_arn(execution: &Execution, scope: &Scope) -> Option<String> {
    execution.alias.as_ref().map(|alias| aliases::arn(scope, &execution.machine_name, alias))
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeExecutionInput,
) -> Result<api::DescribeExecutionOutput> {
    let scope = view.scope();
    let execution = execution::find_any(&**view, &scope, &input.execution_arn)?;
    let has_data = input.included_data != Some(api::IncludedData::MetadataOnly);
    let included = || Some(api::CloudWatchEventsExecutionDataDetails { included: Some(true) });
    let details = |payload: &Option<String>| payload.as_ref().filter(|_| has_data).and_then(|_| included());
    let map_run_arn = execution.map_run_arn(&scope);
    let now_ms = view.context.now().millis();
    let (redrive_status, redrive_status_reason) = redrive::status(&**view, &execution, now_ms)?;
    Ok(api::DescribeExecutionOutput {
        execution_arn: execution.arn(&scope).to_string(),
        state_machine_arn: execution.machine_arn(&scope).to_string(),
        status: execution.status.as_str().into(),
        start_date: execution.started(),
        stop_date: execution.stopped_ms.map(Timestamp),
        input_details: included().filter(|_| has_data),
        output_details: details(&execution.output),
        state_machine_version_arn: version_arn(&execution, &scope),
        state_machine_alias_arn: alias_arn(&execution, &scope),
        redrive_count: i32::try_from(execution.redrives).ok(),
        redrive_date: execution.redriven_ms.map(Timestamp),
        redrive_status: Some(redrive_status),
        redrive_status_reason,
        name: Some(execution.name),
        input: Some(execution.input).filter(|_| has_data),
        output: execution.output.filter(|_| has_data),
        trace_header: execution.trace_header,
        error: execution.error,
        cause: execution.cause,
        map_run_arn: map_run_arn.map(|arn| arn.to_string()),
    })
}

pub(crate) fn stop(tx: &mut Tx<'_>, input: &api::StopExecutionInput) -> Result<api::StopExecutionOutput> {
    let scope = tx.scope();
    let execution = execution::find(&**tx, &scope, &input.execution_arn)?;
    if execution.status == Status::PendingRedrive {
        map_runs::drop_redrive(tx, execution, input.error.clone(), input.cause.clone())?;
        return Ok(api::StopExecutionOutput { stop_date: tx.now });
    }
    // One that is over stays as it ended.
    if let Some(stopped_ms) = execution.stopped_ms {
        return Ok(api::StopExecutionOutput { stop_date: Timestamp(stopped_ms) });
    }
    let (error, cause) = (input.error.clone(), input.cause.clone());
    run::give(tx, &execution.id, Input::Stopped { error, cause })?;
    Ok(api::StopExecutionOutput { stop_date: tx.now })
}

pub(crate) fn machine_of(
    view: &View<'_>,
    input: &api::DescribeStateMachineForExecutionInput,
) -> Result<api::DescribeStateMachineForExecutionOutput> {
    let scope = view.scope();
    let execution = execution::find_any(&**view, &scope, &input.execution_arn)?;
    let revision = machine::revision(&**view, &execution.machine, &execution.revision)?;
    let has_data = input.included_data != Some(api::IncludedData::MetadataOnly);
    Ok(api::DescribeStateMachineForExecutionOutput {
        state_machine_arn: execution.machine_arn(&scope).to_string(),
        name: execution.machine_path(),
        definition: if has_data { revision.definition } else { String::new() },
        role_arn: revision.role_arn,
        update_date: Timestamp(revision.at_ms),
        logging_configuration: Some(revision.logging.shown()),
        tracing_configuration: Some(api::TracingConfiguration { enabled: Some(revision.is_traced) }),
        revision_id: revision.id,
        encryption_configuration: Some(machine::own_key()),
        map_run_arn: execution.map_run_arn(&scope).map(|arn| arn.to_string()),
        label: execution.map_run.as_ref().map(|run| run.label.clone()),
        ..api::DescribeStateMachineForExecutionOutput::default()
    })
}
