//! Aliases: names that point to one version of a state machine, or to two by weights.

use api_states as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Random, Result, Tx, View};
use store::{Direction, Reads, record};
use wire::{Fault, Timestamp};

use crate::keys::{self, Id};
use crate::machine::{self, Machine};
use crate::{errors, machines, name, versions};

/// How many aliases a state machine may have.
const ALIASES_MAX: usize = 100;

/// An alias of a state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) routes: Vec<Route>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_alias: Alias);

/// How many of a hundred executions run a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) version: u64,
    pub(crate) weight: u8,
}

impl Alias {
    /// The version that an execution runs.
    pub(crate) fn pick(&self, random: &Random) -> u64 {
        let [byte, other] = random.bytes();
        let mut lot = u16::from_le_bytes([byte, other]) % 100;
        for route in &self.routes {
            let weight = u16::from(route.weight);
            if lot < weight {
                return route.version;
            }
            lot -= weight;
        }
        self.routes.first().map_or(0, |route| route.version)
    }
}

pub(crate) fn arn(scope: &Scope, machine: &str, alias: &str) -> String {
    format!("{}:{alias}", name::machine(scope, machine))
}

/// The alias of that name, if there is one.
pub(crate) fn get(reads: &impl Reads, machine: &Id, name: &str) -> Result<Option<Alias>> {
    Ok(reads.get_record(&keys::alias(machine, name))?)
}

fn all<'a, R: Reads>(reads: &'a R, machine: &Id) -> impl Iterator<Item = Result<Alias>> + use<'a, R> {
    let range = keys::aliases(machine).prefix_range();
    reads.scan(range, Direction::Forward).map(|entry| Ok(record::decode(&entry?.1)?))
}

/// The names of the aliases that point to a version.
pub(crate) fn pointing_to(reads: &impl Reads, machine: &Id, version: u64) -> Result<Vec<String>> {
    let aliases = all(reads, machine).collect::<Result<Vec<_>>>()?;
    let points = |alias: &Alias| alias.routes.iter().any(|route| route.version == version);
    Ok(aliases.into_iter().filter(points).map(|alias| alias.name).collect())
}

/// The alias that an ARN names, and its state machine.
fn find(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<(Machine, Alias)> {
    let named = name::machine_of(scope, arn)?;
    let missing = || errors::no_resource(arn);
    let alias = named.qualifier.ok_or_else(|| errors::invalid_arn(format_args!("No alias: {arn}")))?;
    let machine: Machine = reads.get_record(&keys::machine(scope, named.name))?.ok_or_else(missing)?;
    let alias = get(reads, &machine.id, alias)?.ok_or_else(missing)?;
    Ok((machine, alias))
}

/// Versions of one state machine, whose weights are a hundred together.
fn routes(
    reads: &impl Reads,
    scope: &Scope,
    items: &[api::RoutingConfigurationListItem],
) -> Result<(Machine, Vec<Route>)> {
    let mut found: Option<Machine> = None;
    let mut routes: Vec<Route> = Vec::new();
    for item in items {
        let arn = &item.state_machine_version_arn;
        let named = name::machine_of(scope, arn)?;
        let machine: Machine =
            machine::find(reads, scope, named.name, arn).map_err(|_| errors::no_resource(arn))?;
        let number = named.qualifier.and_then(|text| text.parse().ok());
        let version = number.map(|number| versions::get(reads, &machine.id, number)).transpose()?.flatten();
        let version = version.ok_or_else(|| errors::no_resource(arn))?.number;
        let is_other = found.as_ref().is_some_and(|first| first.id != machine.id);
        if is_other || routes.iter().any(|route| route.version == version) {
            return Err(bad_routes("must name different versions of one state machine").into());
        }
        routes.push(Route { version, weight: u8::try_from(item.weight).unwrap_or_default() });
        found = Some(machine);
    }
    if routes.iter().map(|route| u32::from(route.weight)).sum::<u32>() != 100 {
        return Err(bad_routes("Sum of routing configuration weights must equal 100").into());
    }
    let machine = found.ok_or_else(|| bad_routes("must name a version"))?;
    Ok((machine, routes))
}

fn bad_routes(why: &str) -> Fault {
    errors::validation_for(format!("Invalid Routing Configuration: {why}"), "INVALID_ROUTING_CONFIGURATION")
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateStateMachineAliasInput,
) -> Result<api::CreateStateMachineAliasOutput> {
    let scope = tx.scope();
    let (machine, routes) = routes(&**tx, &scope, &input.routing_configuration)?;
    let machine = machine.clone().checked_alive(&machine.arn(&scope))?;
    let arn = arn(&scope, &machine.name, &input.name);
    let done = |created_ms| api::CreateStateMachineAliasOutput {
        state_machine_alias_arn: arn.clone(),
        creation_date: Timestamp(created_ms),
    };
    if let Some(known) = get(&**tx, &machine.id, &input.name)? {
        let is_same = known.routes == routes && known.description == input.description;
        let taken = || errors::conflict(format!("State Machine Alias already exists: '{arn}'"));
        return if is_same { Ok(done(known.created_ms)) } else { Err(taken().into()) };
    }
    if all(&**tx, &machine.id).count() >= ALIASES_MAX {
        let message = format!("A state machine has at most {ALIASES_MAX} aliases");
        return Err(api::error::service_quota_exceeded_exception(message).into());
    }
    let now_ms = tx.now.millis();
    let (name, description) = (input.name.clone(), input.description.clone());
    let alias = Alias { name, description, routes, created_ms: now_ms, updated_ms: now_ms };
    tx.put_record(keys::alias(&machine.id, &alias.name), &alias)?;
    Ok(done(now_ms))
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeStateMachineAliasInput,
) -> Result<api::DescribeStateMachineAliasOutput> {
    let scope = view.scope();
    let (machine, alias) = find(&**view, &scope, &input.state_machine_alias_arn)?;
    let route = |route: &Route| api::RoutingConfigurationListItem {
        state_machine_version_arn: versions::arn(&scope, &machine.name, route.version),
        weight: route.weight.into(),
    };
    Ok(api::DescribeStateMachineAliasOutput {
        state_machine_alias_arn: Some(arn(&scope, &machine.name, &alias.name)),
        routing_configuration: Some(alias.routes.iter().map(route).collect()),
        name: Some(alias.name),
        description: alias.description,
        creation_date: Some(Timestamp(alias.created_ms)),
        update_date: Some(Timestamp(alias.updated_ms)),
    })
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListStateMachineAliasesInput,
) -> Result<api::ListStateMachineAliasesOutput> {
    let scope = view.scope();
    let arn_of = &input.state_machine_arn;
    let named = name::machine_of(&scope, arn_of)?;
    let machine = machine::find(&**view, &scope, named.name, arn_of)?;
    // Of a version, those that point to it.
    let version = named.qualifier.map(|text| text.parse::<u64>().map_err(|_| errors::no_machine(arn_of)));
    let version = version.transpose()?;
    let pages =
        machines::pages("states:ListStateMachineAliases", input.next_token.as_deref(), input.max_results);
    let range = keys::aliases(&machine.id).prefix_range();
    let page = pages.of_range(view, range, |_, value| {
        let alias: Alias = record::decode(value)?;
        let is_shown =
            version.is_none_or(|version| alias.routes.iter().any(|route| route.version == version));
        Ok(is_shown.then(|| api::StateMachineAliasListItem {
            state_machine_alias_arn: arn(&scope, &machine.name, &alias.name),
            creation_date: Timestamp(alias.created_ms),
        }))
    })?;
    Ok(api::ListStateMachineAliasesOutput { state_machine_aliases: page.items, next_token: page.next_token })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateStateMachineAliasInput,
) -> Result<api::UpdateStateMachineAliasOutput> {
    let scope = tx.scope();
    if input.description.is_none() && input.routing_configuration.is_none() {
        let message = "Either the description or the routing configuration must be given";
        return Err(errors::validation_for(message.to_owned(), "MISSING_REQUIRED_PARAMETER").into());
    }
    let (machine, mut alias) = find(&**tx, &scope, &input.state_machine_alias_arn)?;
    if let Some(items) = &input.routing_configuration {
        let (of, routes) = routes(&**tx, &scope, items)?;
        if of.id != machine.id {
            return Err(bad_routes("must name versions of the alias's state machine").into());
        }
        alias.routes = routes;
    }
    alias.description = input.description.clone().or(alias.description);
    alias.updated_ms = tx.now.millis();
    tx.put_record(keys::alias(&machine.id, &alias.name), &alias)?;
    Ok(api::UpdateStateMachineAliasOutput { update_date: tx.now })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteStateMachineAliasInput,
) -> Result<api::DeleteStateMachineAliasOutput> {
    let scope = tx.scope();
    let (machine, alias) = find(&**tx, &scope, &input.state_machine_alias_arn)?;
    tx.delete(keys::alias(&machine.id, &alias.name));
    Ok(api::DeleteStateMachineAliasOutput::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_share_executions_out() {
        let route = |version, weight| Route { version, weight };
        let alias = Alias {
            name: "PROD".into(),
            description: None,
            routes: vec![route(1, 90), route(2, 10)],
            created_ms: 0,
            updated_ms: 0,
        };
        let random = Random::seeded(1);
        let second = (0..10_000).filter(|_| alias.pick(&random) == 2).count();
        assert!((800..1200).contains(&second), "{second}");
        let all = Alias { routes: vec![route(1, 0), route(2, 100)], ..alias };
        assert!((0..1000).all(|_| all.pick(&random) == 2));
    }
}
