//! Aliases: names of versions, which may send a part of the invocations to a second one.

use std::collections::BTreeMap;

use api_lambda as api;
use names::ids;
use serde::{Deserialize, Serialize};
use service::{Random, Result, Tx, View};
use store::{Direction, Reads, record};
use wire::Fault;

use crate::functions::{named, pages};
use crate::keys::{self, Id};
use crate::name::{self, LATEST, Name};
use crate::{errors, event, function, provisioned, url};

/// Aliases of a page.
const PAGE_MAX: i32 = 50;

/// An alias of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    name: String,
    /// The number of its main version; 0 is `$LATEST`.
    pub(crate) version: u64,
    description: String,
    /// What part of the invocations goes to other versions, by their numbers.
    weights: BTreeMap<u64, f64>,
    /// Changes with every change.
    revision: Id,
}

#[cfg(test)]
layouts::stays!(stored_alias: Alias);

impl Alias {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it leads to that version, be it seldom.
    pub(crate) fn refers_to(&self, version: u64) -> bool {
        self.version == version || self.weights.contains_key(&version)
    }

    /// The version that one invocation gets.
    pub(crate) fn choose(&self, random: &Random) -> u64 {
        let mut drawn = f64::from(u32::from_be_bytes(random.bytes())) / 2f64.powi(32);
        for (version, weight) in &self.weights {
            if drawn < *weight {
                return *version;
            }
            drawn -= weight;
        }
        self.version
    }

    fn shown(&self, function: &Name) -> api::AliasConfiguration {
        let weights = self.weights.iter().map(|(version, weight)| (version.to_string(), *weight)).collect();
        api::AliasConfiguration {
            alias_arn: Some(function.qualified(&self.name).qualified_arn().to_string()),
            name: Some(self.name.clone()),
            function_version: Some(name::version_text(self.version)),
            description: Some(self.description.clone()),
            routing_config: (!self.weights.is_empty())
                .then_some(api::AliasRoutingConfiguration { additional_version_weights: Some(weights) }),
            revision_id: Some(ids::uuid(self.revision)),
        }
    }
}

/// The alias of a function.
pub(crate) fn find(reads: &impl Reads, function: &Name, alias: &str) -> Result<Option<Alias>> {
    Ok(reads.get_record(&keys::alias(&function.scope, &function.name, alias))?)
}

/// All aliases of a function.
pub(crate) fn all(reads: &impl Reads, function: &Name) -> Result<Vec<Alias>> {
    let range = keys::aliases(&function.scope, &function.name).prefix_range();
    reads.scan(range, Direction::Forward).map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}

/// The function whose aliases are meant; it must be there.
fn function_of(reads: &impl Reads, scope: &names::Scope, text: &str) -> Result<Name> {
    let name = Name { qualifier: None, ..named(scope, text, None)? };
    function::find(reads, &name)?;
    Ok(name)
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateAliasInput) -> Result<api::CreateAliasOutput> {
    let function = function_of(&**tx, &tx.scope(), &input.function_name)?;
    let arn = function.qualified(&input.name).qualified_arn();
    if find(&**tx, &function, &input.name)?.is_some() {
        let message = format!("Alias already exists: {arn}");
        return Err(api::error::resource_conflict_exception(message).into());
    }
    let alias = Alias {
        name: input.name.clone(),
        version: main_version(&input.function_version)?,
        description: input.description.clone().unwrap_or_default(),
        weights: weights(input.routing_config.as_ref())?,
        revision: tx.random().bytes(),
    };
    check(&**tx, &function, &alias)?;
    put(tx, &function, &alias)
}

fn put(tx: &mut Tx<'_>, function: &Name, alias: &Alias) -> Result<api::AliasConfiguration> {
    tx.put_record(keys::alias(&function.scope, &function.name, &alias.name), alias)?;
    Ok(alias.shown(function))
}

fn main_version(text: &str) -> Result<u64, Fault> {
    name::version_number(text).ok_or_else(|| errors::not_built(&format!("FunctionVersion {text}")))
}

fn weights(routing: Option<&api::AliasRoutingConfiguration>) -> Result<BTreeMap<u64, f64>, Fault> {
    let weights = routing.and_then(|routing| routing.additional_version_weights.as_ref());
    let weight = |(version, weight): (&String, &f64)| {
        let number = name::version_number(version).filter(|number| *number > 0);
        let invalid = || errors::invalid(format!("Invalid function version {version}."));
        Ok((number.ok_or_else(invalid)?, *weight))
    };
    weights.into_iter().flatten().map(weight).collect()
}

/// Whether what it leads to is there, and goes together.
fn check(reads: &impl Reads, function: &Name, alias: &Alias) -> Result<()> {
    let version = |number| function.qualified(name::version_text(number));
    function::find(reads, &version(alias.version))?;
    if alias.weights.len() > 1 {
        let message = "Number of items in AdditionalVersionWeights cannot be greater than 1";
        return Err(errors::invalid(message).into());
    }
    let Some(other) = alias.weights.keys().next().copied() else { return Ok(()) };
    if alias.version == 0 {
        let message = format!("{LATEST} is not supported for an alias pointing to more than 1 version");
        return Err(errors::invalid(message).into());
    }
    if alias.version == other {
        let message = format!(
            "Invalid function version {other}. Function version {other} is already included in routing configuration."
        );
        return Err(errors::invalid(message).into());
    }
    function::find(reads, &version(other)).map(drop)
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateAliasInput) -> Result<api::UpdateAliasOutput> {
    let function = function_of(&**tx, &tx.scope(), &input.function_name)?;
    let arn = function.qualified(&input.name).qualified_arn();
    let missing = || api::error::resource_not_found_exception(format!("Alias not found: {arn}"));
    let mut alias = find(&**tx, &function, &input.name)?.ok_or_else(missing)?;
    if input.revision_id.as_deref().is_some_and(|wanted| wanted != ids::uuid(alias.revision)) {
        return Err(errors::changed_meanwhile().into());
    }
    if let Some(version) = &input.function_version {
        alias.version = main_version(version)?;
    }
    if let Some(description) = &input.description {
        alias.description.clone_from(description);
    }
    if input.routing_config.is_some() {
        alias.weights = weights(input.routing_config.as_ref())?;
    }
    check(&**tx, &function, &alias)?;
    alias.revision = tx.random().bytes();
    tx.signal(keys::all_provisioned());
    put(tx, &function, &alias)
}

/// Deleting one that is not there is no error.
pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteAliasInput) -> Result<api::DeleteAliasOutput> {
    let function = function_of(&**tx, &tx.scope(), &input.function_name)?;
    tx.delete(keys::alias(&function.scope, &function.name, &input.name));
    tx.delete(keys::policy_of(&function.scope, &function.name, &input.name));
    let alias = function.qualified(&input.name);
    provisioned::forget(tx, &alias);
    event::settings::forget_qualified(tx, &alias);
    url::forget_qualified(tx, &alias)?;
    Ok(api::DeleteAliasOutput::default())
}

pub(crate) fn get(view: &View<'_>, input: &api::GetAliasInput) -> Result<api::GetAliasOutput> {
    let function = function_of(&**view, &view.scope(), &input.function_name)?;
    let missing = || errors::no_alias(&function.qualified(&input.name).qualified_arn());
    let alias = find(&**view, &function, &input.name)?.ok_or_else(missing)?;
    Ok(alias.shown(&function))
}

pub(crate) fn list(view: &View<'_>, input: &api::ListAliasesInput) -> Result<api::ListAliasesOutput> {
    let function = function_of(&**view, &view.scope(), &input.function_name)?;
    let version = input.function_version.as_deref().map(main_version).transpose()?;
    let pages = pages("lambda:ListAliases", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let range = keys::aliases(&function.scope, &function.name).prefix_range();
    let page = pages.of_range(view, range, |_, value| {
        let alias: Alias = record::decode(value)?;
        Ok(version.is_none_or(|version| alias.refers_to(version)).then(|| alias.shown(&function)))
    })?;
    Ok(api::ListAliasesOutput { next_marker: page.next_token, aliases: Some(page.items) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_kept_on_the_whole() {
        let weights = BTreeMap::from([(2, 0.25)]);
        let alias =
            Alias { name: "a".into(), version: 1, description: String::new(), weights, revision: [0; 16] };
        let random = Random::seeded(7);
        let seconds = (0..4000).filter(|_| alias.choose(&random) == 2).count();
        assert!((850..1150).contains(&seconds), "{seconds}");
        let alone = Alias { weights: BTreeMap::new(), ..alias.clone() };
        assert!((0..100).all(|_| alone.choose(&random) == 1));
        let all = Alias { weights: BTreeMap::from([(2, 1.0)]), ..alias };
        assert!((0..100).all(|_| all.choose(&random) == 2));
    }
}
