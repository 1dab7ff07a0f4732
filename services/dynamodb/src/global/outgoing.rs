//! What is on its way to the other replicas.
//!
//! A change of an item leaves a mark in its transaction: that the item was last changed in that region, and when. Whoever
//! carries it looks at the marks of all regions on that item, gives the item of the latest to all others, and takes the marks
//! away, all in one transaction. So an item without marks is the same everywhere, a deletion needs no trace of its own, and
//! no end of the process loses or repeats anything. Changes that follow each other soon may be carried as one.

use std::sync::Arc;

use expressions::Item;
use names::Region;
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Tx, rising};
use store::{Bytes, Reads as _, Transaction, record};

use super::{Global, siblings};
use crate::change::Change;
use crate::keys::{self, Id};
use crate::stream::Cause;
use crate::table::{Place, Table};
use crate::{key, stored};

/// Items that one transaction carries.
const PIECE: usize = 16;

/// When an item was last changed in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Mark {
    /// What somebody asked for counts more than that a time was over: that may have been the time of an older item.
    is_request: bool,
    /// A number of [`rising`].
    at: u64,
}

#[cfg(test)]
layouts::stays!(stored_mark: compact Mark);

/// An item that is to be carried: of which table, and the end of its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Outgoing {
    place: Place,
    rest: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_outgoing: compact Outgoing);

/// Notes the change of an item of a global table.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>, cause: Cause) -> Result<()> {
    let Some(global) = &change.table.global else { return Ok(()) };
    let is_nothing = change.old.is_none() && change.new.is_none();
    if cause == Cause::Replication || is_nothing {
        return Ok(());
    }
    let rest = change.place.get(keys::items(&change.table.id).len()..).unwrap_or_default();
    let mark = Mark { is_request: cause == Cause::Request, at: rising(tx.now) };
    let region = change.table.scope.region;
    tx.put_compact(keys::mark(&global.group, region, rest), &mark)?;
    let outgoing = Outgoing { place: change.table.place(), rest: rest.to_vec() };
    let id = tx.random().bytes();
    tx.put_compact(keys::outgoing_at(mark.at, &id), &outgoing)?;
    tx.signal(keys::outgoing());
    Ok(())
}

/// Whether all that was written in a region is in the others.
pub(super) fn is_empty(tx: &Tx<'_>, group: &Id, region: Region) -> Result<bool> {
    let marks = keys::marks(group, region).prefix_range();
    Ok(tx.scan(marks, store::Direction::Forward).next().transpose()?.is_none())
}

/// Carries changes as they come, until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let mut news = cloud.store.watch(keys::outgoing());
    loop {
        let next = next(&cloud)?;
        let Some((_, first)) = next.first() else {
            news.changed().await;
            continue;
        };
        let context = cloud.context_of("dynamodb", first.place.scope);
        context.transact(|tx| next.iter().try_for_each(|(key, outgoing)| carry(tx, key, outgoing))).await?;
    }
}

/// What is to be carried next. It is read for itself, so that what comes in meanwhile disturbs nobody.
fn next(cloud: &Cloud) -> Result<Vec<(Bytes, Outgoing)>> {
    cloud.store.transact_now(|tx: &mut Transaction| {
        let entries = tx.scan_head(keys::outgoing().prefix_range()).take(PIECE);
        let read = |entry: Result<(Bytes, Bytes), store::Error>| {
            let (key, value) = entry?;
            Ok((key, record::decode(&value)?))
        };
        entries.map(read).collect()
    })
}

/// Gives an item to all regions as it is where it was changed last.
fn carry(tx: &mut Tx<'_>, key: &[u8], outgoing: &Outgoing) -> Result<()> {
    if tx.get(key)?.is_none() {
        return Ok(());
    }
    tx.delete(key);
    let table: Option<Arc<Table>> = tx.get_shared(&outgoing.place.key())?;
    let Some(table) = table else { return Ok(()) };
    let Some(Global { group, .. }) = &table.global else { return Ok(()) };
    let mut replicas = siblings(&**tx, &table)?;
    replicas.push(Arc::clone(&table));
    let mut latest: Option<(Mark, Region, &Table)> = None;
    for replica in &replicas {
        let region = replica.scope.region;
        let at = keys::mark(group, region, &outgoing.rest);
        let Some(mark) = tx.get_record::<Mark>(&at)? else { continue };
        tx.delete(at);
        if latest.is_none_or(|(best, in_region, _)| (mark, region) > (best, in_region)) {
            latest = Some((mark, region, replica));
        }
    }
    let Some((_, from, source)) = latest else { return Ok(()) };
    let item = stored::find_item(&**tx, &place(source, &outgoing.rest))?;
    for replica in replicas.iter().filter(|replica| replica.scope.region != from) {
        give(tx, replica, &outgoing.rest, item.as_ref())?;
    }
    Ok(())
}

/// Where an item stands in a table, by the end of its key.
fn place(table: &Table, rest: &[u8]) -> Vec<u8> {
    [&keys::items(&table.id)[..], rest].concat()
}

/// Makes an item of a replica what it is elsewhere.
pub(super) fn give(tx: &mut Tx<'_>, replica: &Table, rest: &[u8], new: Option<&Item>) -> Result<()> {
    let old = stored::find_item(&**tx, &place(replica, rest))?;
    let Some(either) = new.or(old.as_ref()).filter(|_| old.as_ref() != new) else { return Ok(()) };
    let place = key::place(replica, either);
    Change { table: replica, place: &place, old: old.as_ref(), new }.carry_out_for(tx, Cause::Replication)
}

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn the_last_writer_wins_and_no_clock_of_an_item_beats_a_writer() {
        let mark = |is_request, at| Mark { is_request, at };
        assert!(mark(true, 2) > mark(true, 1));
        assert!(mark(false, 2) > mark(false, 1));
        assert!(mark(true, 1) > mark(false, 2));
    }
}
