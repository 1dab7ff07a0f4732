//! Settings that all replicas share: whoever changes them in one region changes them in all.
//!
//! Tags, policies, insights, protection and keys that are somebody's own are each replica's.

use service::{Result, Tx};

use super::siblings;
use crate::index::{Index, backfill};
use crate::table::Table;
use crate::{SWEEPER, keys, ttl};

/// Gives what UpdateTable has just changed of a table to its other replicas.
pub(crate) fn settings(tx: &mut Tx<'_>, before: &Table, table: &Table) -> Result<()> {
    for other in siblings(&**tx, table)? {
        let mut other = Table::clone(&other);
        follow(&mut other.provisioned, before.provisioned, table.provisioned);
        let (was, is, kept) = (&before.settings, &table.settings, &mut other.settings);
        follow(&mut kept.on_demand, was.on_demand, is.on_demand);
        follow(&mut kept.warm, was.warm, is.warm);
        follow(&mut kept.class, was.class.clone(), is.class.clone());
        follow(&mut kept.on_demand_since_ms, was.on_demand_since_ms, is.on_demand_since_ms);
        follow(&mut kept.increased_ms, was.increased_ms, is.increased_ms);
        follow(&mut kept.decreased_ms, was.decreased_ms, is.decreased_ms);
        if was.encryption_key != is.encryption_key {
            kept.encrypt_like(&other.scope, is);
        }
        indexes(tx, before, table, &mut other)?;
        tx.put_record(other.place().key(), &other)?;
    }
    Ok(())
}

/// Changes what was changed elsewhere.
fn follow<T: PartialEq>(here: &mut T, was: T, is: T) {
    if was != is {
        *here = is;
    }
}

/// Makes, changes and deletes global indexes as it was done elsewhere.
fn indexes(tx: &mut Tx<'_>, before: &Table, table: &Table, other: &mut Table) -> Result<()> {
    for gone in before.indexes.iter().filter(|index| table.index(&index.name).is_none()) {
        if let Some(at) = other.indexes.iter().position(|index| index.name == gone.name) {
            let index = other.indexes.remove(at);
            SWEEPER.put(tx, &keys::entries(&other.id, &index.id));
        }
    }
    for index in &table.indexes {
        let was = before.index(&index.name);
        let here = other.indexes.iter_mut().find(|known| known.name == index.name);
        match (was, here) {
            (Some(was), Some(here)) => {
                follow(&mut here.provisioned, was.provisioned, index.provisioned);
                follow(&mut here.on_demand, was.on_demand, index.on_demand);
                follow(&mut here.warm, was.warm, index.warm);
            }
            (None, None) => {
                let new = Index { id: tx.random().bytes(), ..index.clone() };
                backfill::begin(tx, other, &new)?;
                other.indexes.push(new);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Gives the time to live of a table to its other replicas.
pub(crate) fn ttl(tx: &mut Tx<'_>, table: &Table) -> Result<()> {
    fn attribute(table: &Table) -> Option<&str> {
        table.ttl.as_ref().map(|ttl| &*ttl.attribute)
    }
    for other in siblings(&**tx, table)? {
        if attribute(&other) != attribute(table) {
            let mut other = Table::clone(&other);
            ttl::set(tx, &mut other, attribute(table))?;
            tx.put_record(other.place().key(), &other)?;
        }
    }
    Ok(())
}
