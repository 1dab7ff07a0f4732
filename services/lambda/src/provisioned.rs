//! Provisioned concurrency: environments of a version, or of what an alias leads to, that are started before anybody calls.
//!
//! What is wanted is a record. A worker has the runtime keep so many environments, from the start of the process on and after
//! each change; one that ends is replaced at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api_lambda as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Result, Tx};
use store::{Direction, Reads, record};
use wire::Fault;

use crate::function::{self, Function, in_lambdas_format};
use crate::functions::{named, pages};
use crate::host::Host;
use crate::keys;
use crate::name::{Name, Target};
use crate::{aliases, concurrency, errors};

/// Settings of a page.
const PAGE_MAX: i32 = 50;
/// What must be left to functions that have neither reserved nor provisioned any.
const UNRESERVED_MIN: u32 = 100;

/// How often it is looked whether all are still there: those that could not be started are tried again then.
const LOOK: Duration = Duration::from_secs(60);
/// How long is waited before one is replaced, for those that end as soon as they are there.
const REST: Duration = Duration::from_millis(250);

/// How many environments are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Provisioned {
    scope: Scope,
    function: String,
    qualifier: String,
    wanted: u32,
    modified_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_provisioned: Provisioned);

impl Provisioned {
    fn name(&self) -> Name {
        Name { scope: self.scope, name: self.function.clone(), qualifier: Some(self.qualifier.clone()) }
    }
}

/// The version or alias that is meant.
fn target(reads: &impl Reads, scope: &Scope, function: &str, qualifier: &str) -> Result<(Name, Function)> {
    let name = named(scope, function, Some(qualifier))?;
    if let Target::Alias(alias) = name.target()
        && aliases::find(reads, &name, alias)?.is_none()
    {
        return Err(errors::no_alias(&name.qualified_arn()).into());
    }
    let function = function::find(reads, &name)?;
    if function.version == 0 {
        let message = "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
        return Err(errors::invalid(message).into());
    }
    Ok((name, function))
}

fn key(name: &Name) -> store::tuple::Key {
    keys::provisioned(&name.scope, &name.name, name.qualifier.as_deref().unwrap_or_default())
}

/// All that is wanted of a function.
fn all(reads: &impl Reads, function: &Name) -> Result<Vec<Provisioned>> {
    let range = keys::provisioned_of(&function.scope, &function.name).prefix_range();
    reads.scan(range, Direction::Forward).map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}

/// How many environments a function has wanted altogether.
pub(crate) fn sum(reads: &impl Reads, function: &Name) -> Result<u32> {
    Ok(all(reads, function)?.iter().map(|one| one.wanted).sum())
}

/// How many environments each function of a place has wanted altogether.
pub(crate) fn sums(reads: &impl Reads, scope: &Scope) -> Result<BTreeMap<String, u32>> {
    let mut sums = BTreeMap::new();
    for entry in reads.scan(keys::provisioned_in(scope).prefix_range(), Direction::Forward) {
        let config: Provisioned = record::decode(&entry?.1)?;
        let sum: &mut u32 = sums.entry(config.function).or_default();
        *sum = sum.saturating_add(config.wanted);
    }
    Ok(sums)
}

/// How many environments are wanted of a version, under whichever name.
pub(crate) fn of_version(reads: &impl Reads, version: &Function) -> Result<Option<u32>> {
    if version.version == 0 {
        return Ok(None);
    }
    for config in all(reads, &version.full_name())? {
        match function::find(reads, &config.name()) {
            Ok(found) if found.version == version.version => return Ok(Some(config.wanted)),
            Err(error @ service::Error::Store(_)) => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutProvisionedConcurrencyConfigInput,
) -> Result<api::PutProvisionedConcurrencyConfigOutput> {
    let (name, function) = target(&**tx, &tx.scope(), &input.function_name, &input.qualifier)?;
    check_alone(&**tx, &name, function.version)?;
    let wanted = input.provisioned_concurrent_executions.unsigned_abs();
    check_room(&**tx, &name, wanted)?;
    let config = Provisioned {
        scope: name.scope,
        function: name.name.clone(),
        qualifier: input.qualifier.clone(),
        wanted,
        modified_ms: tx.now.millis(),
    };
    tx.put_record(key(&name), &config)?;
    tx.signal(keys::all_provisioned());
    Ok(api::PutProvisionedConcurrencyConfigOutput {
        requested_provisioned_concurrent_executions: Some(wanted as i32),
        available_provisioned_concurrent_executions: Some(0),
        allocated_provisioned_concurrent_executions: Some(0),
        status: Some("IN_PROGRESS".into()),
        status_reason: None,
        last_modified: Some(in_lambdas_format(config.modified_ms)),
    })
}

/// A version is provisioned under one name only.
fn check_alone(reads: &impl Reads, name: &Name, version: u64) -> Result<()> {
    for other in all(reads, name)? {
        let other = other.name();
        if other == *name || function::find(reads, &other).is_ok_and(|found| found.version != version) {
            continue;
        }
        let message = match name.target() {
            Target::Alias(_) => {
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
            }
            _ => "Version is pointed to by a Provisioned Concurrency alias",
        };
        return Err(api::error::resource_conflict_exception(message).into());
    }
    Ok(())
}

fn check_room(reads: &impl Reads, name: &Name, wanted: u32) -> Result<()> {
    let others = all(reads, name)?.into_iter().filter(|other| other.name() != *name);
    let sum = wanted.saturating_add(others.map(|other| other.wanted).sum());
    let refused = |message: String| Err(errors::invalid(message).into());
    if let Some(reserved) = concurrency::reserved(reads, &name.scope, &name.name)? {
        return if sum <= reserved {
            Ok(())
        } else {
            refused(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
                    .to_owned(),
            )
        };
    }
    let unreserved = concurrency::unreserved_but(reads, &name.scope, &name.name)?;
    if sum > unreserved {
        return refused(format!(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{unreserved}]."
        ));
    }
    if unreserved - sum < UNRESERVED_MIN {
        return refused(format!(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its \
             minimum value of [{UNRESERVED_MIN}]."
        ));
    }
    Ok(())
}

fn missing() -> Fault {
    api::error::provisioned_concurrency_config_not_found_exception(
        "No Provisioned Concurrency Config found for this function",
    )
}

pub(crate) async fn get(
    host: Arc<Host>,
    context: Context,
    input: api::GetProvisionedConcurrencyConfigInput,
) -> Result<api::GetProvisionedConcurrencyConfigOutput> {
    let view = context.view();
    let (name, function) = target(&*view, &context.scope(), &input.function_name, &input.qualifier)?;
    let config: Provisioned = view.get_record(&key(&name))?.ok_or_else(missing)?;
    let shown = config.shown(host.ready(&function));
    Ok(api::GetProvisionedConcurrencyConfigOutput {
        requested_provisioned_concurrent_executions: shown.requested_provisioned_concurrent_executions,
        available_provisioned_concurrent_executions: shown.available_provisioned_concurrent_executions,
        allocated_provisioned_concurrent_executions: shown.allocated_provisioned_concurrent_executions,
        status: shown.status,
        status_reason: shown.status_reason,
        last_modified: shown.last_modified,
    })
}

impl Provisioned {
    /// With so many environments that are there.
    fn shown(&self, ready: usize) -> api::ProvisionedConcurrencyConfigListItem {
        let ready = u32::try_from(ready).unwrap_or(u32::MAX).min(self.wanted);
        let status = if ready == self.wanted { "READY" } else { "IN_PROGRESS" };
        api::ProvisionedConcurrencyConfigListItem {
            function_arn: Some(self.name().qualified_arn().to_string()),
            requested_provisioned_concurrent_executions: Some(self.wanted as i32),
            available_provisioned_concurrent_executions: Some(ready as i32),
            allocated_provisioned_concurrent_executions: Some(ready as i32),
            status: Some(status.into()),
            status_reason: None,
            last_modified: Some(in_lambdas_format(self.modified_ms)),
        }
    }
}

pub(crate) async fn list(
    host: Arc<Host>,
    context: Context,
    input: api::ListProvisionedConcurrencyConfigsInput,
) -> Result<api::ListProvisionedConcurrencyConfigsOutput> {
    let view = context.view();
    let name = concurrency::function_of(&*view, &context.scope(), &input.function_name)?;
    let (marker, operation) = (input.marker.as_deref(), "lambda:ListProvisionedConcurrencyConfigs");
    let pages = pages(operation, marker, input.max_items, PAGE_MAX);
    let range = keys::provisioned_of(&name.scope, &name.name).prefix_range();
    let page = pages.of_range(&view, range, |_, value| {
        let config: Provisioned = record::decode(value)?;
        let function = function::find(&*view, &config.name())?;
        Ok(Some(config.shown(host.ready(&function))))
    })?;
    Ok(api::ListProvisionedConcurrencyConfigsOutput {
        next_marker: page.next_token,
        provisioned_concurrency_configs: Some(page.items),
    })
}

/// One that is not there is no error.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteProvisionedConcurrencyConfigInput,
) -> Result<api::DeleteProvisionedConcurrencyConfigOutput> {
    let (name, _) = target(&**tx, &tx.scope(), &input.function_name, &input.qualifier)?;
    forget(tx, &name);
    Ok(api::DeleteProvisionedConcurrencyConfigOutput::default())
}

/// Forgets what was wanted of a version or an alias that goes.
pub(crate) fn forget(tx: &mut Tx<'_>, name: &Name) {
    tx.delete(key(name));
    tx.signal(keys::all_provisioned());
}

/// Keeps environments for all that want some.
pub(crate) async fn run(host: Arc<Host>, cloud: Arc<Cloud>) -> Result<()> {
    loop {
        let mut changed = cloud.store.watch(keys::all_provisioned());
        let wanted = wanted(&cloud)?;
        host.keep(&cloud, &wanted).await;
        match wanted.is_empty() {
            true => changed.changed().await,
            false => tokio::select! {
                () = changed.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = host.missed() => tokio::time::sleep(REST).await,
            },
        }
    }
}

/// How many environments are wanted of which version.
fn wanted(cloud: &Cloud) -> Result<Vec<(Function, u32)>> {
    let snapshot = cloud.store.snapshot();
    let mut wanted = BTreeMap::new();
    for entry in snapshot.scan(keys::all_provisioned().prefix_range(), Direction::Forward) {
        let config: Provisioned = record::decode(&entry?.1)?;
        if let Ok(function) = function::find(&snapshot, &config.name()) {
            wanted.insert(function.environment_key(), (function, config.wanted));
        }
    }
    Ok(wanted.into_values().collect())
}
