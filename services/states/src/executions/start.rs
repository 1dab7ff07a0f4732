//! Executions start. A name that was used stays so for 90 days after its execution ended.

use api_states as api;
use names::Scope;
use serde_json::Value;
use service::{Result, Tx};
use states_language::definition::Machine;
use states_language::execution::{About, Input, PAYLOAD_BYTES_MAX};
use store::Reads as _;
use wire::Fault;

use crate::execution::{Execution, Place, Status};
use crate::run::{self, token};
use crate::target::{self, Target};
use crate::{errors, express, keys, name};

pub(crate) fn start(tx: &mut Tx<'_>, input: &api::StartExecutionInput) -> Result<api::StartExecutionOutput> {
    let scope = tx.scope();
    let target = target::find(&**tx, tx.random(), &scope, &input.state_machine_arn)?;
    let given = input.name.as_deref().map(name::checked).transpose()?;
    let text = input.input.as_deref().unwrap_or("{}");
    let value = payload(text)?;
    if target.machine.is_express {
        return express::begin(tx, &target, given, text);
    }
    let name = given.map_or_else(|| tx.random().uuid(), str::to_owned);
    let place = Place { machine: target.machine.id, label: String::new(), name };
    if let Some(known) = tx.get_record::<Execution>(&keys::execution(&place))? {
        return again(&known, &scope, text);
    }
    let execution = new(tx, target, place.name, text, input.trace_header.clone());
    let about = about(tx, &execution, &run::ready(tx, &execution.machine, &execution.revision)?.role_arn);
    let execution = run::start(tx, execution, about, Machine::WHOLE, Input::Started { input: value })?;
    Ok(started(&execution, &scope))
}

fn new(tx: &Tx<'_>, target: Target, name: String, input: &str, trace_header: Option<String>) -> Execution {
    Execution {
        id: tx.random().bytes(),
        name,
        machine: target.machine.id,
        machine_name: target.machine.name,
        map_run: None,
        revision: target.revision,
        version: target.version,
        alias: target.alias,
        status: Status::Running,
        started_ms: tx.now.millis(),
        stopped_ms: None,
        input: input.to_owned(),
        output: None,
        error: None,
        cause: None,
        trace_header,
        redrives: 0,
        redriven_ms: None,
    }
}

/// What an execution's context says of it.
pub(crate) fn about(tx: &Tx<'_>, execution: &Execution, role_arn: &str) -> About {
    let scope = tx.scope();
    About {
        execution_arn: execution.arn(&scope).to_string(),
        execution_name: execution.name.clone(),
        state_machine_arn: execution.machine_arn(&scope).to_string(),
        state_machine_name: execution.machine_path(),
        role_arn: role_arn.to_owned(),
        redrive_count: execution.redrives,
        token_prefix: token::prefix(tx.context, &execution.id),
    }
}

/// Who starts the same again, while it runs, gets it.
fn again(known: &Execution, scope: &Scope, input: &str) -> Result<api::StartExecutionOutput> {
    if !known.status.is_over() && known.input == input {
        return Ok(started(known, scope));
    }
    Err(errors::execution_exists(known.arn(scope).as_str()).into())
}

fn started(execution: &Execution, scope: &Scope) -> api::StartExecutionOutput {
    api::StartExecutionOutput {
        execution_arn: execution.arn(scope).to_string(),
        start_date: execution.started(),
    }
}

/// An input as JSON, if it is some and not too large.
pub(crate) fn payload(text: &str) -> Result<Value, Fault> {
    if text.len() > PAYLOAD_BYTES_MAX {
        return Err(errors::invalid_input(format_args!(
            "The input is larger than the maximum of {PAYLOAD_BYTES_MAX} bytes"
        )));
    }
    serde_json::from_str(text).map_err(errors::invalid_input)
}
