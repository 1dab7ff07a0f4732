//! State machines are made, shown, listed and deleted.

pub(crate) mod checks;
mod delete;
mod update;
mod validate;

use api_states as api;
use service::{Pages, Result, Tx, View};
use store::{Reads as _, record};
use wire::Timestamp;

use self::checks::Settings;
pub(crate) use self::checks::encryption;
pub(crate) use self::delete::{delete, run_deletions};
pub(crate) use self::update::update;
pub(crate) use self::validate::validate;
use crate::machine::{self, Machine, Revision};
use crate::tags::{self, TAGGING};
use crate::{errors, keys, name, versions};

/// Entries of a page, where the client does not say.
pub(crate) const PAGE: usize = 100;

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateStateMachineInput,
) -> Result<api::CreateStateMachineOutput> {
    let scope = tx.scope();
    let name = name::checked(&input.name)?;
    let is_express = input.r#type == Some(api::StateMachineType::Express);
    update::described_only_if_published(input.publish, input.version_description.as_deref())?;
    let settings = Settings::of(input)?;
    checks::definition(&tx.context.cloud, &input.definition, is_express)?;
    let wanted = settings.revision(tx.now.millis(), &input.definition, &input.role_arn);
    let arn = name::machine(&scope, name);
    if let Some(known) = tx.get_record::<Machine>(&keys::machine(&scope, name))? {
        let known = known.checked_alive(arn.as_str())?;
        check_same(tx, &known, is_express, &wanted)?;
        return published(tx, known, input);
    }
    let machine = Machine {
        id: tx.random().bytes(),
        name: name.to_owned(),
        is_express,
        created_ms: tx.now.millis(),
        revision: tx.random().bytes(),
        is_deleting: false,
        versions: 0,
    };
    tx.put_record(keys::machine(&scope, name), &machine)?;
    tx.put_record(keys::revision(&machine.id, &machine.revision), &wanted)?;
    TAGGING.add(tx, &scope, &arn, tags::given(input.tags.as_deref()))?;
    published(tx, machine, input)
}

/// Who asks again for what is there gets it, whatever the role and the tags: AWS does not compare these.
fn check_same(tx: &Tx<'_>, known: &Machine, is_express: bool, wanted: &Revision) -> Result<()> {
    let revision = machine::revision(&**tx, &known.id, &known.revision)?;
    let is_same = known.is_express == is_express
        && revision.definition == wanted.definition
        && revision.logging == wanted.logging
        && revision.is_traced == wanted.is_traced;
    if is_same { Ok(()) } else { Err(errors::machine_exists(&known.arn(&tx.scope())).into()) }
}

fn published(
    tx: &mut Tx<'_>,
    mut machine: Machine,
    input: &api::CreateStateMachineInput,
) -> Result<api::CreateStateMachineOutput> {
    let scope = tx.scope();
    let version = match input.publish {
        Some(true) => Some(versions::published(tx, &mut machine, input.version_description.clone())?),
        _ => None,
    };
    Ok(api::CreateStateMachineOutput {
        state_machine_arn: machine.arn(&scope),
        creation_date: Timestamp(machine.created_ms),
        state_machine_version_arn: version.map(|version| version.arn(&scope, &machine)),
    })
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeStateMachineInput,
) -> Result<api::DescribeStateMachineOutput> {
    let scope = view.scope();
    let arn = &input.state_machine_arn;
    let named = name::machine_of(&scope, arn)?;
    let machine = machine::find(&**view, &scope, named.name, arn)?;
    let version = match named.qualifier.map(str::parse) {
        None => None,
        Some(Ok(number)) => {
            Some(versions::get(&**view, &machine.id, number)?.ok_or_else(|| errors::no_machine(arn))?)
        }
        Some(Err(_)) => return Err(errors::no_machine(arn).into()),
    };
    let shown = version.as_ref().map_or(&machine.revision, |version| &version.revision);
    let revision = machine::revision(&**view, &machine.id, shown)?;
    let own_arn = machine.arn(&scope);
    let has_data = input.included_data != Some(api::IncludedData::MetadataOnly);
    Ok(api::DescribeStateMachineOutput {
        state_machine_arn: version.as_ref().map_or(own_arn, |version| version.arn(&scope, &machine)),
        status: Some(if machine.is_deleting { "DELETING" } else { "ACTIVE" }.into()),
        r#type: machine.kind().into(),
        creation_date: Timestamp(version.as_ref().map_or(machine.created_ms, |version| version.created_ms)),
        description: version.and_then(|version| version.description),
        name: machine.name,
        definition: if has_data { revision.definition } else { String::new() },
        role_arn: revision.role_arn,
        logging_configuration: Some(revision.logging.shown()),
        tracing_configuration: Some(api::TracingConfiguration { enabled: Some(revision.is_traced) }),
        revision_id: revision.id,
        encryption_configuration: Some(machine::own_key()),
        ..api::DescribeStateMachineOutput::default()
    })
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListStateMachinesInput,
) -> Result<api::ListStateMachinesOutput> {
    let scope = view.scope();
    let pages = pages("states:ListStateMachines", input.next_token.as_deref(), input.max_results);
    let page = pages.of_range(view, keys::machines(&scope).prefix_range(), |_, value| {
        Ok(Some(record::decode::<Machine>(value)?.listed(&scope)))
    })?;
    Ok(api::ListStateMachinesOutput { state_machines: page.items, next_token: page.next_token })
}

/// How a list of this service is asked for: 0 entries are as many as AWS wants.
pub(crate) fn pages<'a>(operation: &'static str, token: Option<&'a str>, limit: Option<i32>) -> Pages<'a> {
    Pages { operation, token, limit: self::limit(limit), bad_token: errors::bad_token }
}

/// How many entries a page has at most.
pub(crate) fn limit(wanted: Option<i32>) -> usize {
    wanted.and_then(|limit| usize::try_from(limit).ok()).filter(|&limit| limit > 0).unwrap_or(PAGE)
}
