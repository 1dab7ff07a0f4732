//! The job that copies the items of a table to a backup, or those of a backup to a restored table, a piece in each
//! transaction. What the last piece did is noted in the transaction that did it, so the end of the process costs nothing.
//!
//! The items of a restored table are no changes: nothing follows from them but the entries of its indexes.

use std::sync::Arc;

use expressions::Item;
use expressions::value::item_size_bytes;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::Reads as _;

use super::Backup;
use super::history::Reading;
use crate::keys::{self, Id};
use crate::table::{Place, Table};
use crate::{pieces, stored};

const COPIES: Jobs = Jobs::new("dynamodb", "copy", 4);

/// A copy on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Copy {
    scope: Scope,
    from: Source,
    to: Target,
    /// The key of the last item that is done, behind the table's id.
    done: Option<Vec<u8>>,
    /// What was copied so far.
    items: i64,
    bytes: i64,
}

#[cfg(test)]
layouts::stays!(stored_copy: Copy);

/// Where the items come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Source {
    /// A table, as it was.
    Table(Reading),
    /// A backup, by its place and its items.
    Backup { place: Vec<u8>, items: Id },
}

/// Where they go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Target {
    /// A backup, by its place and its items.
    Backup { place: Vec<u8>, items: Id },
    /// A table that is restored.
    Table(Place),
}

impl Copy {
    pub(super) fn new(scope: Scope, from: Source, to: Target) -> Self {
        Copy { scope, from, to, done: None, items: 0, bytes: 0 }
    }
}

/// Lets it be done.
pub(super) fn begin(tx: &mut Tx<'_>, copy: Copy) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    COPIES.put(tx, now_ms, &id, &copy)
}

/// Copies until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, copy: Arc<Copy>| async move {
        Ok((cloud.context_of("dynamodb", copy.scope), ()))
    };
    COPIES.run_in_transactions(cloud, prepare, |tx, copy, ()| piece(tx, copy)).await
}

/// Copies the next piece.
fn piece(tx: &mut Tx<'_>, copy: &Copy) -> Result<Verdict<Copy>> {
    let after = copy.done.as_deref();
    let found = match &copy.from {
        Source::Table(reading) => reading.piece(tx, after)?,
        Source::Backup { items, .. } => pieces::next(tx, items, after)?,
    };
    match &copy.to {
        Target::Backup { items, .. } => put(tx, items, &found.items)?,
        Target::Table(place) => fill(tx, place, &found.items)?,
    }
    let bytes: usize = found.items.iter().map(|(_, item)| item_size_bytes(item)).sum();
    let next = Copy {
        done: found.done,
        items: copy.items + found.items.len() as i64,
        bytes: copy.bytes + bytes as i64,
        ..copy.clone()
    };
    if next.done.is_some() {
        return Ok(Verdict::Again(next, tx.now.millis()));
    }
    end(tx, &next)?;
    Ok(Verdict::Done)
}

fn put(tx: &mut Tx<'_>, to: &Id, items: &[(Vec<u8>, Item)]) -> Result<()> {
    let prefix = keys::items(to);
    for (rest, item) in items {
        tx.put([&prefix, &rest[..]].concat(), stored::record(item));
    }
    Ok(())
}

/// The same for a table, with the entries of its indexes.
fn fill(tx: &mut Tx<'_>, place: &Place, items: &[(Vec<u8>, Item)]) -> Result<()> {
    let Some(table) = tx.get_shared::<Table>(&place.key())? else { return Ok(()) };
    put(tx, &table.id, items)?;
    for (_, item) in items {
        for entry in table.indexes.iter().filter_map(|index| index.entry(&table, item)) {
            let record = entry.record(None);
            tx.put(entry.place, record);
        }
    }
    Ok(())
}

/// Says at both ends that it is over.
fn end(tx: &mut Tx<'_>, copy: &Copy) -> Result<()> {
    match &copy.from {
        Source::Table(reading) => reading.end(tx)?,
        Source::Backup { place, .. } => {
            change(tx, place, |backup| backup.restores = None)?;
        }
    }
    match &copy.to {
        Target::Backup { place, .. } => change(tx, place, |backup| {
            backup.is_available = true;
            (backup.items, backup.items_bytes) = (copy.items, copy.bytes);
        }),
        Target::Table(place) => {
            let key = place.key();
            let Some(table) = tx.get_record::<Table>(&key)? else { return Ok(()) };
            Ok(tx.put_record(key, &Table { restoring: None, ..table })?)
        }
    }
}

fn change(tx: &mut Tx<'_>, place: &[u8], how: impl FnOnce(&mut Backup)) -> Result<()> {
    let Some(mut backup) = tx.get_record::<Backup>(place)? else { return Ok(()) };
    how(&mut backup);
    Ok(tx.put_record(place, &backup)?)
}
