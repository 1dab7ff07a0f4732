//! Replicas that go: nobody writes them any more, and when all that was written there is in the others, they are deleted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::Reads as _;
use wire::Fault;

use super::{State, outgoing, siblings};
use crate::keys::Id;
use crate::table::{Place, Table};
use crate::{errors, tables};

const LEAVES: Jobs = Jobs::new("dynamodb", "leave", 4);
/// For how long a replica must stay of which another one was made.
const SOURCE_MS: i64 = 24 * 60 * 60 * 1000;

/// A replica that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Leave {
    place: Place,
    table: Id,
}

#[cfg(test)]
layouts::stays!(stored_leave: Leave);

/// Begins to end a replica, and writes its record.
pub(crate) fn begin(tx: &mut Tx<'_>, table: &mut Table) -> Result<()> {
    check(tx, table)?;
    if !table.is_usable() {
        return Err(super::in_use().into());
    }
    super::check_settled(&**tx, table)?;
    if let Some(global) = &mut table.global {
        global.state = State::Deleting;
    }
    tx.put_record(table.place().key(), table)?;
    let leave = Leave { place: table.place(), table: table.id };
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    LEAVES.put(tx, now_ms, &id, &leave)
}

/// Refuses to delete a replica that must stay.
fn check(tx: &Tx<'_>, table: &Table) -> Result<(), Fault> {
    if table.protected {
        return Err(errors::invalid(format!(
            "Cannot delete table {} in region {} because it has deletion protection enabled. Disable deletion protection \
             first.",
            table.name, table.scope.region
        )));
    }
    let mut others = table.global.iter().flat_map(|global| &global.replicas);
    let is_recent = |since_ms: i64| tx.now.millis() - since_ms < SOURCE_MS;
    if others.any(|replica| replica.sourced_ms.is_some_and(is_recent)) {
        return Err(errors::invalid(
            "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in \
             the last 24 hours.",
        ));
    }
    Ok(())
}

/// Ends replicas until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, leave: Arc<Leave>| async move {
        Ok((cloud.context_of("dynamodb", leave.place.scope), ()))
    };
    LEAVES.run_in_transactions(cloud, prepare, |tx, leave, ()| end(tx, leave)).await
}

/// Ends a replica, if nothing is on its way from there any more.
fn end(tx: &mut Tx<'_>, leave: &Leave) -> Result<Verdict<Leave>> {
    let table: Option<Arc<Table>> = tx.get_shared(&leave.place.key())?;
    let Some(table) = table.filter(|table| table.id == leave.table) else { return Ok(Verdict::Done) };
    let region = table.scope.region;
    if let Some(global) = &table.global
        && !outgoing::is_empty(tx, &global.group, region)?
    {
        return Ok(Verdict::Again(leave.clone(), tx.now.millis()));
    }
    for other in siblings(&**tx, &table)? {
        let mut other = Table::clone(&other);
        if let Some(global) = &mut other.global {
            global.replicas.retain(|replica| replica.region != region);
        }
        other.global = other.global.take().filter(|global| !global.replicas.is_empty());
        tx.put_record(other.place().key(), &other)?;
    }
    tables::discard(tx, &table)?;
    Ok(Verdict::Done)
}
