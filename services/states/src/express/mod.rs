//! Executions of express state machines: they run in memory, and only logs know of them afterwards.
//!
//! One that a client waits for ends with the client's request. Another one is a job, so that it runs at least once, whatever crashes.

mod flight;

use std::sync::Arc;

use api_states as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use states_language::definition::Machine;
use states_language::execution::{About, Outcome};
use store::Reads as _;
use wire::Timestamp;

pub(crate) use self::flight::Flight;
use crate::executions::payload;
use crate::keys::{self, Id};
use crate::run::{Ready, ready_for};
use crate::target::{self, Target};
use crate::{errors, name};

const JOBS: Jobs = Jobs::new("states", "express", 1024);
/// What an execution is billed for at least.
const BILLED_MB: i64 = 64;
const BILLED_STEP_MS: i64 = 100;

/// An execution to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Departure {
    scope: Scope,
    id: Id,
    machine: Id,
    machine_name: String,
    revision: Id,
    name: String,
    input: String,
}

#[cfg(test)]
layouts::stays!(stored_departure: Departure);

impl Departure {
    fn new(tx: &Tx<'_>, target: &Target, name: Option<&str>, input: &str) -> Self {
        Departure {
            scope: tx.scope(),
            id: tx.random().bytes(),
            machine: target.machine.id,
            machine_name: target.machine.name.clone(),
            revision: target.revision,
            name: name.map_or_else(|| tx.random().uuid(), str::to_owned),
            input: input.to_owned(),
        }
    }

    fn arn(&self) -> Arn {
        let (machine, name, id) = (&self.machine_name, &self.name, names::ids::uuid(self.id));
        Arn::in_scope("states", &self.scope, format_args!("express:{machine}:{name}:{id}"))
    }

    fn about(&self, ready: &Ready) -> About {
        About {
            execution_arn: self.arn().to_string(),
            execution_name: self.name.clone(),
            state_machine_arn: name::machine(&self.scope, &self.machine_name).to_string(),
            state_machine_name: self.machine_name.clone(),
            role_arn: ready.role_arn.clone(),
            redrive_count: 0,
            token_prefix: String::new(),
        }
    }

    /// Runs it to its end, and has it logged.
    async fn fly(&self, context: &Context) -> Result<Outcome> {
        let ready = ready_for(context, &self.machine, &self.revision).await?;
        let input: Value = serde_json::from_str(&self.input).unwrap_or_default();
        Flight::new(context, &ready, self.id, self.about(&ready), Machine::WHOLE).fly(input).await
    }
}

/// Begins an execution that nobody waits for.
pub(crate) fn begin(
    tx: &mut Tx<'_>,
    target: &Target,
    name: Option<&str>,
    input: &str,
) -> Result<api::StartExecutionOutput> {
    let departure = Departure::new(tx, target, name, input);
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    JOBS.put(tx, now_ms, &id, &departure)?;
    Ok(api::StartExecutionOutput { execution_arn: departure.arn().to_string(), start_date: tx.now })
}

/// Runs executions that nobody waits for.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let fly = |cloud: Arc<Cloud>, departure: Departure| async move {
        // What was not under way goes with its state machine.
        let revision = keys::revision(&departure.machine, &departure.revision);
        if cloud.store.snapshot().get(&revision)?.is_some() {
            departure.fly(&cloud.context_of("states", departure.scope)).await?;
        }
        Ok(Verdict::Done)
    };
    JOBS.run(cloud, fly).await
}

/// Runs an execution while its client waits.
pub(crate) async fn sync(
    context: Context,
    input: api::StartSyncExecutionInput,
) -> Result<api::StartSyncExecutionOutput> {
    let text = input.input.as_deref().unwrap_or("{}");
    let name = input.name.as_deref().map(name::checked).transpose()?;
    let begin = |tx: &mut Tx<'_>| {
        let target = target::find(&**tx, tx.random(), &tx.scope(), &input.state_machine_arn)?;
        if !target.machine.is_express {
            let message = "This operation is not supported by this type of state machine";
            return Err(errors::wrong_type(message).into());
        }
        payload(text)?;
        Ok(Departure::new(tx, &target, name, text))
    };
    let departure = context.transact(begin).await?;
    let started = context.now();
    let own = context.cloud.context_of("states", departure.scope);
    let outcome = departure.fly(&own).await?;
    Ok(answer(&input, &departure, started, context.now(), outcome))
}

fn answer(
    input: &api::StartSyncExecutionInput,
    departure: &Departure,
    started: Timestamp,
    stopped: Timestamp,
    outcome: Outcome,
) -> api::StartSyncExecutionOutput {
    let (status, output, error, cause) = match outcome {
        Outcome::Succeeded(output) => ("SUCCEEDED", Some(output), None, None),
        Outcome::Failed { error, cause } | Outcome::Aborted { error, cause } => {
            ("FAILED", None, error, cause)
        }
        Outcome::TimedOut => ("TIMED_OUT", None, Some("States.Timeout".to_owned()), None),
    };
    let has_data = input.included_data != Some(api::IncludedData::MetadataOnly);
    let included =
        || Some(api::CloudWatchEventsExecutionDataDetails { included: Some(true) }).filter(|_| has_data);
    let took_ms = stopped.millis().saturating_sub(started.millis()).max(1);
    api::StartSyncExecutionOutput {
        execution_arn: departure.arn().to_string(),
        state_machine_arn: Some(name::machine(&departure.scope, &departure.machine_name).to_string()),
        name: Some(departure.name.clone()),
        start_date: started,
        stop_date: stopped,
        status: status.into(),
        error,
        cause,
        input: Some(departure.input.clone()).filter(|_| has_data),
        input_details: included(),
        output_details: output.as_ref().and_then(|_| included()),
        output: output.filter(|_| has_data),
        trace_header: input.trace_header.clone(),
        billing_details: Some(api::BillingDetails {
            billed_memory_used_in_mb: Some(BILLED_MB),
            billed_duration_in_milliseconds: Some(
                (took_ms + BILLED_STEP_MS - 1) / BILLED_STEP_MS * BILLED_STEP_MS,
            ),
        }),
    }
}
