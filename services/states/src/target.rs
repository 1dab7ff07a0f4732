//! What executions of a state machine run: the machine itself, a version of it, or whichever version an alias picks.

use names::Scope;
use service::{Random, Result};
use store::Reads;

use crate::keys::Id;
use crate::machine::{self, Machine};
use crate::{aliases, errors, name, versions};

/// What an execution runs.
pub(crate) struct Target {
    pub(crate) machine: Machine,
    pub(crate) revision: Id,
    pub(crate) version: Option<u64>,
    pub(crate) alias: Option<String>,
}

/// What an ARN stands for, when an execution starts.
pub(crate) fn find(reads: &impl Reads, random: &Random, scope: &Scope, arn: &str) -> Result<Target> {
    let named = name::machine_of(scope, arn)?;
    let machine = machine::find(reads, scope, named.name, arn)?.checked_alive(arn)?;
    let Some(qualifier) = named.qualifier else {
        return Ok(Target { revision: machine.revision, machine, version: None, alias: None });
    };
    let missing = || errors::no_machine(arn);
    let (number, alias) = match qualifier.parse::<u64>() {
        Ok(number) => (number, None),
        Err(_) => {
            let alias = aliases::get(reads, &machine.id, qualifier)?.ok_or_else(missing)?;
            (alias.pick(random), Some(alias.name))
        }
    };
    let version = versions::get(reads, &machine.id, number)?.ok_or_else(missing)?;
    Ok(Target { machine, revision: version.revision, version: Some(number), alias })
}
