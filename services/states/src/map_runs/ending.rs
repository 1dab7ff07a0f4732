//! What a map run gives: the results of its executions in the order of items, or where these were written to.

use serde_json::{Value, json};
use service::{Context, Result};

use super::run::{Run, State};
use super::work::{self, Job};
use super::writer::{self, Finished};
use crate::execution::{Execution, Place};
use crate::keys;

/// The results of a map run that is done; none where it is not wanted any more.
pub(super) async fn results(
    context: &Context,
    job: &Job,
) -> Result<Option<std::result::Result<Value, (String, String)>>> {
    let snapshot = context.cloud.store.snapshot();
    let Some(run) = job.run(&snapshot)?.filter(|run| run.state == State::Running) else { return Ok(None) };
    let executions = executions(&snapshot, &run)?;
    let Some(target) = run.what()?.target else {
        return Ok(Some(Ok(executions.iter().map(result).collect())));
    };
    let scope = context.scope();
    let finished = executions.into_iter().map(|execution| Finished {
        execution_arn: execution.arn(&scope).to_string(),
        machine_arn: execution.machine_arn(&scope).to_string(),
        status: execution.status.as_str().to_owned(),
        start_ms: execution.started_ms,
        stop_ms: execution.stopped_ms.unwrap_or_default(),
        name: execution.name,
        input: execution.input,
        output: execution.output,
        error: execution.error,
        cause: execution.cause,
    });
    let own = work::in_role(context, &run).await?;
    Ok(Some(writer::write(&own, &target, run.arn(&scope).as_str(), finished.collect()).await))
}

/// The executions of a map run, in the order of items.
fn executions(reads: &impl store::Reads, run: &Run) -> Result<Vec<Execution>> {
    let mut executions = Vec::new();
    for index in 0..run.started {
        let Some(name) = reads.get_record::<String>(&keys::child(&run.id, index))? else { continue };
        let place = Place { machine: run.machine, label: run.label.clone(), name };
        executions.extend(reads.get_record::<Execution>(&keys::execution(&place))?);
    }
    Ok(executions)
}

/// An output; of one that failed, and may fail, its error.
fn result(execution: &Execution) -> Value {
    match &execution.output {
        Some(output) => serde_json::from_str(output).unwrap_or_default(),
        None => json!({"Error": execution.error, "Cause": execution.cause}),
    }
}
