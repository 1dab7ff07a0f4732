//! How many invocations may be at work at once: of a function that has reserved some for itself, and of all other functions of
//! an account in a region together.

use std::collections::HashMap;
use std::sync::Arc;

use api_lambda as api;
use names::Scope;
use parking_lot::Mutex;
use service::{Result, Tx, View, scope_and_name};
use store::{Direction, Reads, record};
use wire::Fault;

use crate::function::{self, Function};
use crate::functions::named;
use crate::keys;
use crate::name::Name;
use crate::{errors, provisioned};

/// What all functions of an account in a region may be together (AWS's quota).
pub(crate) const ACCOUNT_MAX: u32 = 1000;
/// What must be left to functions that have reserved nothing.
const UNRESERVED_MIN: u32 = 100;

/// Invocations at work.
#[derive(Default)]
pub(crate) struct AtWork(Mutex<HashMap<Pool, u32>>);

/// What invocations are counted by.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Pool {
    /// A function that reserved some.
    Reserved(Scope, String),
    /// A version with environments that were started in advance.
    Provisioned(Scope, String, u64),
    /// All others of a place, and those for which there were not enough of these environments.
    Unreserved(Scope),
}

/// One invocation at work, until it is dropped.
pub(crate) struct Turn {
    at_work: Arc<AtWork>,
    pool: Pool,
}

impl AtWork {
    /// Lets an invocation of a function in, unless there are as many as there may be.
    pub(crate) fn admit(
        self: &Arc<Self>,
        reads: &impl Reads,
        function: &Function,
    ) -> Result<Turn, service::Error> {
        let (scope, name) = (function.scope, &function.name);
        if let Some(limit) = reserved(reads, &scope, name)? {
            let turn = self.take(Pool::Reserved(scope, name.clone()), limit);
            let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
            return Ok(turn.ok_or_else(|| errors::throttled(reason))?);
        }
        if let Some(limit) = provisioned::of_version(reads, function)?
            && let Some(turn) = self.take(Pool::Provisioned(scope, name.clone(), function.version), limit)
        {
            return Ok(turn);
        }
        let turn = self.take(Pool::Unreserved(scope), unreserved(reads, &scope)?);
        Ok(turn.ok_or_else(|| errors::throttled("ConcurrentInvocationLimitExceeded"))?)
    }

    fn take(self: &Arc<Self>, pool: Pool, limit: u32) -> Option<Turn> {
        let mut counts = self.0.lock();
        let count = counts.get(&pool).copied().unwrap_or_default();
        if count >= limit {
            return None;
        }
        counts.insert(pool.clone(), count + 1);
        drop(counts);
        Some(Turn { at_work: Arc::clone(self), pool })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.at_work.0.lock();
        if let Some(count) = counts.get_mut(&self.pool) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.pool);
            }
        }
    }
}

/// What a function has reserved.
pub(crate) fn reserved(reads: &impl Reads, scope: &Scope, function: &str) -> Result<Option<u32>> {
    Ok(reads.get_record(&keys::concurrency(scope, function))?)
}

/// What is left to functions that have reserved nothing, and have nothing started in advance.
pub(crate) fn unreserved(reads: &impl Reads, scope: &Scope) -> Result<u32> {
    unreserved_but(reads, scope, "")
}

/// The same, as if that function had nothing of its own.
pub(crate) fn unreserved_but(reads: &impl Reads, scope: &Scope, but: &str) -> Result<u32> {
    let mut own = provisioned::sums(reads, scope)?;
    for entry in reads.scan(keys::concurrencies(scope).prefix_range(), Direction::Forward) {
        let (key, value) = entry?;
        // What it has started in advance is of what it has reserved.
        own.insert(scope_and_name(&key)?.1, record::decode(&value)?);
    }
    own.remove(but);
    Ok(own.into_values().fold(ACCOUNT_MAX, u32::saturating_sub))
}

/// The function that is meant, as a whole.
pub(crate) fn function_of(reads: &impl Reads, scope: &Scope, text: &str) -> Result<Name> {
    let name = named(scope, text, None)?;
    if name.qualifier.is_some() {
        return Err(errors::invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. \
             Please specify either a function name or an unqualified function ARN.",
        )
        .into());
    }
    function::find(reads, &name)?;
    Ok(name)
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutFunctionConcurrencyInput,
) -> Result<api::PutFunctionConcurrencyOutput> {
    let name = function_of(&**tx, &tx.scope(), &input.function_name)?;
    let wanted = input.reserved_concurrent_executions.unsigned_abs();
    let left = unreserved_but(&**tx, &name.scope, &name.name)?;
    if left < wanted.saturating_add(UNRESERVED_MIN) {
        return Err(too_many(wanted).into());
    }
    let provisioned = provisioned::sum(&**tx, &name)?;
    if wanted < provisioned {
        let message = format!(
            "ReservedConcurrentExecutions {wanted} should not be lower than function's total provisioned concurrency \
             [{provisioned}]."
        );
        return Err(errors::invalid(message).into());
    }
    tx.put_record(keys::concurrency(&name.scope, &name.name), &wanted)?;
    Ok(shown(Some(wanted)))
}

fn too_many(_: u32) -> Fault {
    errors::invalid(format!(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its \
         minimum value of [{UNRESERVED_MIN}]."
    ))
}

/// As GetFunction shows it, too.
pub(crate) fn shown(reserved: Option<u32>) -> api::Concurrency {
    api::Concurrency { reserved_concurrent_executions: reserved.map(|reserved| reserved as i32) }
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetFunctionConcurrencyInput,
) -> Result<api::GetFunctionConcurrencyOutput> {
    let name = function_of(&**view, &view.scope(), &input.function_name)?;
    let reserved = reserved(&**view, &name.scope, &name.name)?;
    Ok(api::GetFunctionConcurrencyOutput {
        reserved_concurrent_executions: reserved.map(|reserved| reserved as i32),
    })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteFunctionConcurrencyInput,
) -> Result<api::DeleteFunctionConcurrencyOutput> {
    let name = function_of(&**tx, &tx.scope(), &input.function_name)?;
    tx.delete(keys::concurrency(&name.scope, &name.name));
    Ok(api::DeleteFunctionConcurrencyOutput::default())
}
