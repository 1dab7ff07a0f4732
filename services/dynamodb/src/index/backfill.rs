//! Backfills: items that were there before an index get their entries, a piece at a time, in the background.
//!
//! Whoever writes an item after the index is in the table's record keeps its entry by itself, because each write reads that
//! record. So a piece makes entries of items as they are in its own transaction, and runs again when one of them changes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::Reads as _;

use super::Index;
use crate::keys::{self, Id};
use crate::pieces;
use crate::table::{Place, Table};

const BACKFILLS: Jobs = Jobs::new("dynamodb", "backfill", 4);
/// The backfill of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Backfill {
    place: Place,
    table: Id,
    index: Id,
    /// The key of the last item that is done, behind the table's id.
    done: Option<Vec<u8>>,
}

#[cfg(test)]
layouts::stays!(stored_backfill: Backfill);

/// Lets an index be filled that a table has just got.
pub(crate) fn begin(tx: &mut Tx<'_>, table: &Table, index: &Index) -> Result<()> {
    let backfill = Backfill { place: table.place(), table: table.id, index: index.id, done: None };
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    BACKFILLS.put(tx, now_ms, &id, &backfill)
}

/// Fills indexes until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, backfill: Arc<Backfill>| async move {
        Ok((cloud.context_of("dynamodb", backfill.place.scope), ()))
    };
    BACKFILLS.run_in_transactions(cloud, prepare, |tx, backfill, ()| piece(tx, backfill)).await
}

/// Fills in the next piece. The index, or its table, may be gone.
fn piece(tx: &mut Tx<'_>, backfill: &Backfill) -> Result<Verdict<Backfill>> {
    let place = backfill.place.key();
    let table: Option<Arc<Table>> = tx.get_shared(&place)?;
    let Some(table) = table.filter(|table| table.id == backfill.table) else { return Ok(Verdict::Done) };
    let Some(at) = table.indexes.iter().position(|index| index.id == backfill.index) else {
        return Ok(Verdict::Done);
    };
    let piece = pieces::next(tx, &backfill.table, backfill.done.as_deref())?;
    let items = keys::items(&backfill.table);
    for (rest, item) in &piece.items {
        tx.depend_on(&[&items, &rest[..]].concat());
        if let Some(entry) = table.indexes[at].entry(&table, item) {
            let record = entry.record(None);
            tx.put(entry.place, record);
        }
    }
    if let Some(done) = piece.done {
        return Ok(Verdict::Again(Backfill { done: Some(done), ..backfill.clone() }, tx.now.millis()));
    }
    let mut table = Table::clone(&table);
    table.indexes[at].is_building = false;
    tx.put_record(place, &table)?;
    Ok(Verdict::Done)
}
