//! What items of a table were before they changed, kept for those who read the table as it was at one moment: now, or, where
//! the table has point-in-time recovery, earlier.
//!
//! A reader is noted in the table's record, with the next epoch of the table. Every write of an item reads that record in its
//! transaction, so it comes before the reader, or knows of it and leaves what the item was, with its epoch, in the
//! transaction that changes it. The item at the reader's moment is then what the first change of the reader's epoch, or a
//! later one, found; and, where there is none, what stands in the table. That is the same at every later moment: a reader
//! takes its time, in as many transactions as it likes, and none of them conflicts with writers.
//!
//! Who reads an earlier moment also undoes what was changed after that by the clock. Both tests together leave nothing to the
//! clock's grain: what a transaction changes in the millisecond of a request is before it or after it as a whole.
//!
//! A history ends with its last reader, unless the table has recovery: all of it at once. A table that is deleted meanwhile leaves its items and its history
//! to the readers that it has.

use expressions::Item;
use serde::{Deserialize, Serialize};
use service::{Result, Tx, rising};
use store::tuple::Parts;
use store::{Direction, Reads as _, record};
use wire::Timestamp;

use super::recovery::Recovery;
use crate::SWEEPER;
use crate::change::Change;
use crate::keys::{self, Id};
use crate::pieces::{BYTES_MAX, ITEMS_MAX, Piece, behind};
use crate::table::{Place, Table};

/// What a table's record says of its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// A history that begins anew has nothing of the one before.
    pub(super) id: Id,
    /// How many readers there were.
    epoch: u64,
    readers: Vec<Id>,
    /// Also for readers to come.
    #[serde(default)]
    pub(super) recovery: Option<Recovery>,
}

/// What an item was before a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Before {
    /// When it was changed.
    pub(super) at_ms: i64,
    /// After how many readers.
    epoch: u64,
    pub(super) item: Option<Item>,
}

#[cfg(test)]
layouts::stays!(stored_before: compact Before);

/// A deleted table that is still read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remains {
    history: Id,
    readers: Vec<Id>,
    /// Whether a backup has taken the items over.
    are_items_kept: bool,
}

#[cfg(test)]
layouts::stays!(stored_remains: Remains);

/// A table as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    place: Place,
    table: Id,
    history: Id,
    reader: Id,
    epoch: u64,
    /// The moment, unless that is when it began to read.
    #[serde(default)]
    at_ms: Option<i64>,
}

/// Keeps what the item was, if somebody may want to know.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<()> {
    let Some(history) = change.table.history.as_ref().filter(|_| change.old != change.new) else {
        return Ok(());
    };
    let rest = change.place.get(keys::items(&change.table.id).len()..).unwrap_or_default();
    let past = keys::past(&history.id, rest);
    // The clock may have been further ahead when the last change was made.
    let last = match tx.scan_unchecked(past.prefix_range(), Direction::Backward).next().transpose()? {
        Some((key, _)) => Parts::new(&key[past.len()..]).u64()?,
        None => 0,
    };
    let number = rising(tx.now).max(last + 1);
    let before = Before { at_ms: tx.now.millis(), epoch: history.epoch, item: change.old.cloned() };
    tx.put_compact(past.u64(number), &before)?;
    tx.put(keys::age(&history.id, before.at_ms).u64(number).bytes(rest), Vec::new());
    Ok(())
}

impl History {
    /// The history of a table, whose record the caller writes; it begins here if it has none.
    pub(super) fn of<'t>(tx: &Tx<'_>, table: &'t mut Table) -> &'t mut Self {
        table.history.get_or_insert_with(|| History {
            id: tx.random().bytes(),
            epoch: 0,
            readers: Vec::new(),
            recovery: None,
        })
    }

    /// Whether nobody needs it.
    fn is_over(&self) -> bool {
        !self.is_read() && self.recovery.is_none()
    }

    /// Whether somebody reads it.
    pub(super) fn is_read(&self) -> bool {
        !self.readers.is_empty()
    }

    /// The recovery that a table has.
    pub(crate) fn recovery_of(table: &Table) -> Option<&Recovery> {
        table.history.as_ref()?.recovery.as_ref()
    }

    /// Takes the recovery from a table, whose record the caller writes.
    pub(super) fn end_recovery(tx: &mut Tx<'_>, table: &mut Table) {
        if let Some(history) = &mut table.history {
            history.recovery = None;
        }
        end_unless_needed(tx, table);
    }
}

impl Reading {
    /// Begins to read a table, whose record the caller writes, as it is now, or as it was at a moment that its recovery has.
    pub(crate) fn begin(tx: &Tx<'_>, table: &mut Table, at: Option<Timestamp>) -> Self {
        let reader = tx.random().bytes();
        let (place, id) = (table.place(), table.id);
        let history = History::of(tx, table);
        history.epoch += 1;
        history.readers.push(reader);
        Reading {
            place,
            table: id,
            history: history.id,
            reader,
            epoch: history.epoch,
            at_ms: at.map(Timestamp::millis),
        }
    }

    pub(super) fn history_id(&self) -> &Id {
        &self.history
    }

    pub(super) fn table_id(&self) -> &Id {
        &self.table
    }

    /// Whether the reader's moment is before that change.
    pub(super) fn is_before(&self, change: &Before) -> bool {
        change.epoch >= self.epoch || self.at_ms.is_some_and(|at_ms| change.at_ms > at_ms)
    }

    /// Ends it: what was kept for it alone goes.
    pub(crate) fn end(&self, tx: &mut Tx<'_>) -> Result<()> {
        let place = self.place.key();
        let table: Option<Table> = tx.get_record(&place)?;
        if let Some(mut table) = table.filter(|table| table.id == self.table) {
            if let Some(history) = &mut table.history {
                history.readers.retain(|reader| *reader != self.reader);
            }
            end_unless_needed(tx, &mut table);
            tx.put_record(place, &table)?;
            return Ok(());
        }
        let place = keys::remains(&self.table);
        let Some(mut remains) = tx.get_record::<Remains>(&place)? else { return Ok(()) };
        remains.readers.retain(|reader| *reader != self.reader);
        if !remains.readers.is_empty() {
            tx.put_record(place, &remains)?;
            return Ok(());
        }
        tx.delete(place);
        sweep(tx, &remains.history);
        if !remains.are_items_kept {
            SWEEPER.put(tx, &keys::items(&self.table));
        }
        Ok(())
    }

    /// The next piece after that key.
    pub(crate) fn piece(&self, tx: &Tx<'_>, after: Option<&[u8]>) -> Result<Piece> {
        let items = keys::items(&self.table);
        let mut all = tx.scan_unchecked(behind(&items, after), Direction::Forward);
        let mut live = all.next().transpose()?;
        let mut changed = self.changed_after(tx, after)?;
        let (mut piece, mut bytes, mut done) = (Vec::new(), 0, None);
        for _ in 0..ITEMS_MAX {
            let next = live.as_ref().map(|(key, _)| key[items.len()..].to_vec());
            let Some(rest) = next.iter().chain(&changed).min().cloned() else {
                return Ok(Piece { items: piece, done: None });
            };
            let mut item = None;
            if next.as_ref() == Some(&rest)
                && let Some((_, value)) = live.take()
            {
                bytes += value.len();
                item = Some(record::decode(&value)?);
                live = all.next().transpose()?;
            }
            if changed.as_ref() == Some(&rest) {
                if let Some(before) = self.first_after(tx, &rest)? {
                    item = before.item;
                }
                changed = self.changed_after(tx, Some(&rest))?;
            }
            piece.extend(item.map(|item| (rest.clone(), item)));
            done = Some(rest);
            if bytes > BYTES_MAX {
                break;
            }
        }
        Ok(Piece { items: piece, done })
    }

    /// The key of the first item after that one that has a history.
    pub(super) fn changed_after(&self, tx: &Tx<'_>, after: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        let history = keys::history(&self.history);
        let mut range = history.prefix_range();
        if let Some(after) = after {
            range.start = keys::past(&self.history, after).prefix_range().end;
        }
        let first = tx.scan_unchecked(range, Direction::Forward).next().transpose()?;
        let key =
            first.map(|(key, _)| Parts::new(&key[history.len()..]).bytes().map(|rest| rest.into_owned()));
        Ok(key.transpose()?)
    }

    /// The first change of an item after the reader's moment.
    fn first_after(&self, tx: &Tx<'_>, rest: &[u8]) -> Result<Option<Before>> {
        for entry in tx.scan_unchecked(keys::past(&self.history, rest).prefix_range(), Direction::Forward) {
            let before: Before = record::decode(&entry?.1)?;
            if self.is_before(&before) {
                return Ok(Some(before));
            }
        }
        Ok(None)
    }
}

/// Ends the history of a table, whose record the caller writes, unless somebody needs it.
fn end_unless_needed(tx: &mut Tx<'_>, table: &mut Table) {
    if let Some(history) = table.history.take_if(|history| history.is_over()) {
        sweep(tx, &history.id);
    }
}

fn sweep(tx: &mut Tx<'_>, history: &Id) {
    SWEEPER.put(tx, &keys::history(history));
    SWEEPER.put(tx, &keys::ages(history));
}

/// Leaves a deleted table to its readers, and what nobody reads to the sweeper. Its items stay if they are kept.
pub(super) fn bury(tx: &mut Tx<'_>, table: &Table, are_items_kept: bool) -> Result<()> {
    if let Some(History { id, readers, .. }) =
        table.history.as_ref().filter(|history| !history.readers.is_empty())
    {
        let remains = Remains { history: *id, readers: readers.clone(), are_items_kept };
        tx.put_record(keys::remains(&table.id), &remains)?;
        return Ok(());
    }
    if let Some(history) = &table.history {
        sweep(tx, &history.id);
    }
    if !are_items_kept {
        SWEEPER.put(tx, &keys::items(&table.id));
    }
    Ok(())
}
