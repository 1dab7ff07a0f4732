//! Updates: a new revision, which executions run that start from now on.

use api_states as api;
use names::ids;
use service::{Result, Tx};

use super::checks;
use crate::machine::{self, Revision};
use crate::{errors, keys, versions};

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateStateMachineInput,
) -> Result<api::UpdateStateMachineOutput> {
    let scope = tx.scope();
    let arn = &input.state_machine_arn;
    let mut machine = machine::unqualified(&**tx, &scope, arn)?.checked_alive(arn)?;
    checks_of(tx, input, machine.is_express)?;
    let known = machine::revision(&**tx, &machine.id, &machine.revision)?;
    let revision = changed(known, input, ids::uuid(tx.random().bytes()), tx.now.millis())?;
    machine.revision = tx.random().bytes();
    tx.put_record(keys::revision(&machine.id, &machine.revision), &revision)?;
    tx.put_record(keys::machine(&scope, &machine.name), &machine)?;
    let version = match input.publish {
        Some(true) => Some(versions::published(tx, &mut machine, input.version_description.clone())?),
        _ => None,
    };
    Ok(api::UpdateStateMachineOutput {
        update_date: tx.now,
        revision_id: revision.id,
        state_machine_version_arn: version.map(|version| version.arn(&scope, &machine)),
    })
}

fn checks_of(tx: &Tx<'_>, input: &api::UpdateStateMachineInput, is_express: bool) -> Result<()> {
    let is_something = input.definition.is_some()
        || input.role_arn.is_some()
        || input.logging_configuration.is_some()
        || input.tracing_configuration.is_some()
        || input.encryption_configuration.is_some()
        || input.publish == Some(true);
    if !is_something {
        let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
        return Err(api::error::missing_required_parameter(message).into());
    }
    described_only_if_published(input.publish, input.version_description.as_deref())?;
    input.role_arn.as_deref().map(checks::role).transpose()?;
    checks::encryption(input.encryption_configuration.as_ref())?;
    if let Some(definition) = &input.definition {
        checks::definition(&tx.context.cloud, definition, is_express)?;
    }
    Ok(())
}

/// A description is one of the version that is published.
pub(super) fn described_only_if_published(publish: Option<bool>, description: Option<&str>) -> Result<()> {
    if description.is_some() && publish != Some(true) {
        return Err(errors::validation("Version description can only be set when publish is true").into());
    }
    Ok(())
}

/// A revision with what an update says.
fn changed(
    known: Revision,
    input: &api::UpdateStateMachineInput,
    id: String,
    at_ms: i64,
) -> Result<Revision> {
    let tracing = input.tracing_configuration.as_ref();
    Ok(Revision {
        id: Some(id),
        at_ms,
        definition: input.definition.clone().unwrap_or(known.definition),
        role_arn: input.role_arn.clone().unwrap_or(known.role_arn),
        logging: input.logging_configuration.as_ref().map_or(Ok(known.logging), checks::logging)?,
        is_traced: tracing.map_or(known.is_traced, |tracing| tracing.enabled == Some(true)),
    })
}
