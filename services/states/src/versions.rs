//! Versions: revisions that were published, by number.

use api_states as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::{Direction, Reads, record};
use wire::Timestamp;

use crate::keys::{self, Id};
use crate::machine::{self, Machine};
use crate::{errors, machines, name};

/// How many versions a state machine may have.
const VERSIONS_MAX: usize = 1000;

/// A version of a state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) revision: Id,
    pub(crate) description: Option<String>,
    pub(crate) created_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_version: Version);

impl Version {
    pub(crate) fn arn(&self, scope: &Scope, machine: &Machine) -> String {
        arn(scope, &machine.name, self.number)
    }
}

pub(crate) fn arn(scope: &Scope, machine: &str, number: u64) -> String {
    format!("{}:{number}", name::machine(scope, machine))
}

/// The version of that number, if there is one.
pub(crate) fn get(reads: &impl Reads, machine: &Id, number: u64) -> Result<Option<Version>> {
    Ok(reads.get_record(&keys::version(machine, number))?)
}

/// The versions of a state machine, the newest first.
pub(crate) fn all<'a, R: Reads>(
    reads: &'a R,
    machine: &Id,
) -> impl Iterator<Item = Result<Version>> + use<'a, R> {
    let range = keys::versions(machine).prefix_range();
    reads.scan(range, Direction::Backward).map(|entry| Ok(record::decode(&entry?.1)?))
}

pub(crate) fn publish(
    tx: &mut Tx<'_>,
    input: &api::PublishStateMachineVersionInput,
) -> Result<api::PublishStateMachineVersionOutput> {
    let scope = tx.scope();
    let arn = &input.state_machine_arn;
    let mut machine = machine::unqualified(&**tx, &scope, arn)?.checked_alive(arn)?;
    if let Some(wanted) = &input.revision_id {
        let revision = machine::revision(&**tx, &machine.id, &machine.revision)?;
        if revision.id.as_deref().unwrap_or("INITIAL") != wanted {
            let message =
                "The revision of the state machine is not the one that was given: it was updated meanwhile";
            return Err(errors::conflict(message).into());
        }
    }
    let version = published(tx, &mut machine, input.description.clone())?;
    Ok(api::PublishStateMachineVersionOutput {
        creation_date: Timestamp(version.created_ms),
        state_machine_version_arn: version.arn(&scope, &machine),
    })
}

/// The version of what a state machine is now: a new one, unless the last one is of the same revision.
pub(crate) fn published(
    tx: &mut Tx<'_>,
    machine: &mut Machine,
    description: Option<String>,
) -> Result<Version> {
    let known = all(&**tx, &machine.id).collect::<Result<Vec<_>>>()?;
    if let Some(last) = known.first().filter(|last| last.revision == machine.revision) {
        return Ok(last.clone());
    }
    if known.len() >= VERSIONS_MAX {
        let message = format!("A state machine has at most {VERSIONS_MAX} versions");
        return Err(api::error::service_quota_exceeded_exception(message).into());
    }
    machine.versions += 1;
    let (number, revision) = (machine.versions, machine.revision);
    let version = Version { number, revision, description, created_ms: tx.now.millis() };
    let key = keys::machine(&tx.scope(), &machine.name);
    tx.put_record(key, machine)?;
    tx.put_record(keys::version(&machine.id, number), &version)?;
    Ok(version)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListStateMachineVersionsInput,
) -> Result<api::ListStateMachineVersionsOutput> {
    let scope = view.scope();
    let machine = machine::unqualified(&**view, &scope, &input.state_machine_arn)?;
    let pages =
        machines::pages("states:ListStateMachineVersions", input.next_token.as_deref(), input.max_results);
    let shown = |version: Version| api::StateMachineVersionListItem {
        state_machine_version_arn: version.arn(&scope, &machine),
        creation_date: Timestamp(version.created_ms),
    };
    // By how far each is from the newest there can be, since pages are sorted by names.
    let versions = all(&**view, &machine.id).collect::<Result<Vec<_>>>()?;
    let named = versions.into_iter().map(|version| (format!("{:020}", u64::MAX - version.number), version));
    let page = pages.of_sorted(view, named, |_, version| Ok(shown(version)))?;
    Ok(api::ListStateMachineVersionsOutput {
        state_machine_versions: page.items,
        next_token: page.next_token,
    })
}

/// A version to which an alias points stays.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteStateMachineVersionInput,
) -> Result<api::DeleteStateMachineVersionOutput> {
    let scope = tx.scope();
    let arn = &input.state_machine_version_arn;
    let named = name::machine_of(&scope, arn)?;
    let number = named.qualifier.and_then(|text| text.parse::<u64>().ok());
    let number = number.ok_or_else(|| errors::invalid_arn(format_args!("No version: {arn}")))?;
    let done = Ok(api::DeleteStateMachineVersionOutput::default());
    let Some(machine) = tx.get_record::<Machine>(&keys::machine(&scope, named.name))? else { return done };
    let aliases = crate::aliases::pointing_to(&**tx, &machine.id, number)?;
    if !aliases.is_empty() {
        let message = format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
            aliases.join(", ")
        );
        return Err(errors::conflict(message).into());
    }
    tx.delete(keys::version(&machine.id, number));
    done
}
