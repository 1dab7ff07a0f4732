//! Time to live: items that are deleted soon after the moment that one of their attributes names.
//!
//! A table that has it also has its items in the order of these moments, in a range that the change of an item keeps; one
//! follower for each such table sleeps until the first of them and deletes what is due. What an entry says is proved by the
//! item itself, in the transaction that deletes it. Items that were there before are entered by the follower, a piece at a
//! time.
//!
//! Never here: AWS's rest of an hour between two changes, and its delay of days. A table has it, and has it no more, at once.

mod follower;
mod moment;
mod operations;

use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::tuple::Key;

pub(crate) use self::follower::run;
pub(crate) use self::operations::{describe, set, update};
use crate::SWEEPER;
use crate::change::Change;
use crate::keys::{self, Id};
use crate::table::Table;

/// How far ahead a follower looks: only who expires sooner wakes it.
const AHEAD_MS: i64 = 3_600_000;

/// The time to live of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ttl {
    /// The attribute with the moment.
    pub(crate) attribute: String,
    /// Of its range. What is switched on anew has a new one.
    pub(crate) id: Id,
}

/// How far a table's items are entered that were there before it had a time to live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The table's ARN.
    table: String,
    entered: Entered,
}

#[cfg(test)]
layouts::stays!(stored_ttl_progress: Progress);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entered {
    /// Up to that key behind the table's id; an empty one is before all.
    To(Vec<u8>),
    All,
}

/// Where an item stands in its table's range.
fn entry(table: &Table, ttl: &Ttl, due_s: i64, place: &[u8]) -> Key {
    let rest = place.get(keys::items(&table.id).len()..).unwrap_or_default();
    keys::expiries(&ttl.id).i64(due_s).bytes(rest)
}

/// Moves the item's entry to where it expires now.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<()> {
    let Some(ttl) = &change.table.ttl else { return Ok(()) };
    let was = change.old.and_then(|item| moment::of(item, &ttl.attribute));
    let is = change.new.and_then(|item| moment::of(item, &ttl.attribute));
    if was == is {
        return Ok(());
    }
    if let Some(due_s) = was {
        tx.delete(entry(change.table, ttl, due_s, change.place));
    }
    if let Some(due_s) = is.filter(|due_s| moment::counts(*due_s, tx.now)) {
        tx.put(entry(change.table, ttl, due_s, change.place), Vec::new());
        if due_s.saturating_mul(1000) <= tx.now.millis() + AHEAD_MS {
            tx.signal(keys::expiries(&ttl.id));
        }
    }
    Ok(())
}

/// Items no longer expire.
pub(crate) fn forget(tx: &mut Tx<'_>, ttl: &Ttl) {
    tx.delete(keys::ttl(&ttl.id));
    SWEEPER.put(tx, &keys::expiries(&ttl.id));
    tx.signal(keys::expiries(&ttl.id));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use store::record;

    use super::*;

    #[test]
    fn tables_of_before_have_neither_this_nor_a_stream() {
        let scope =
            "arn:aws:dynamodb:us-east-1:000000000000:table/t".parse::<names::Arn>().unwrap().scope().unwrap();
        #[derive(Serialize)]
        struct Before {
            scope: names::Scope,
            name: String,
            id: Id,
            partition: BTreeMap<String, String>,
            sort: Option<()>,
            provisioned: Option<(i64, i64)>,
            protected: bool,
            created_ms: i64,
        }
        let partition =
            [("name", "pk"), ("kind", "S")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let before = Before {
            scope,
            name: "t".into(),
            id: [7; 16],
            partition: partition.into(),
            sort: None,
            provisioned: None,
            protected: false,
            created_ms: 1,
        };
        let table: Table = record::decode(&record::encode(&before).unwrap()).unwrap();
        assert_eq!((table.id, table.ttl, table.stream), (before.id, None, None));
    }
}
