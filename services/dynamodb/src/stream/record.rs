//! What a change leaves in its table's stream.

use expressions::Item;
use expressions::value::item_size_bytes;
use serde::{Deserialize, Serialize};
use service::{Result, Tx, news};
use store::Reads as _;
use store::tuple::Parts;

use super::{Head, Streaming, trim};
use crate::change::Change;
use crate::{key, keys};

/// Why an item changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Somebody asked for it.
    Request,
    /// Its time was over.
    Expiry,
    /// It was changed in another region.
    Replication,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Insert,
    Modify,
    Remove,
}

/// A record of a stream. It has the images that its view asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) at_ms: i64,
    pub(crate) kind: Kind,
    /// Whether the item's time was over.
    pub(crate) expired: bool,
    pub(crate) keys: Item,
    pub(crate) old: Option<Item>,
    pub(crate) new: Option<Item>,
}

#[cfg(test)]
layouts::stays!(stored_stream_record: compact Record);

impl Record {
    /// The size that is shown, and counts.
    pub(crate) fn size_bytes(&self) -> usize {
        [Some(&self.keys), self.old.as_ref(), self.new.as_ref()]
            .into_iter()
            .flatten()
            .map(item_size_bytes)
            .sum()
    }
}

/// Leaves a record of the change. What stays as it was leaves none.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>, cause: Cause) -> Result<()> {
    let Some(streaming) = change.table.stream.as_ref().filter(|streaming| streaming.is_open) else {
        return Ok(());
    };
    let (kind, item) = match (change.old, change.new) {
        (None, None) => return Ok(()),
        (Some(old), Some(new)) if old == new => return Ok(()),
        (None, Some(new)) => (Kind::Insert, new),
        (Some(_), Some(new)) => (Kind::Modify, new),
        (Some(old), None) => (Kind::Remove, old),
    };
    let shard = shard_of(change, streaming)?;
    let head_key = keys::shard(&streaming.id, shard);
    // A stream that is open has its heads.
    let Some(mut head) = tx.get_record::<Head>(&head_key)? else { return Ok(()) };
    head.last += u64::from(streaming.shards);
    let record = Record {
        at_ms: tx.now.millis(),
        kind,
        expired: cause == Cause::Expiry,
        keys: key::of(change.table, item),
        old: change.old.filter(|_| streaming.view.has_old()).cloned(),
        new: change.new.filter(|_| streaming.view.has_new()).cloned(),
    };
    tx.put_compact(keys::record(&streaming.id, shard, head.last), &record)?;
    if !head.trims {
        trim::begin(tx, change.table.scope, &streaming.id, shard, record.at_ms)?;
        head.trims = true;
    }
    tx.put_compact(head_key, &head)?;
    tx.signal(news(&streaming.arn(&change.table.scope, &change.table.name)));
    Ok(())
}

/// The shard of an item: shards divide the hashes of partition keys evenly, in their order.
fn shard_of(change: &Change<'_>, streaming: &Streaming) -> Result<u32> {
    let rest = change.place.get(keys::items(&change.table.id).len()..).unwrap_or_default();
    let bytes = Parts::new(rest).bytes()?;
    let hash = bytes.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    Ok(((u128::from(hash) * u128::from(streaming.shards)) >> 64) as u32)
}

#[cfg(test)]
mod tests {
    use expressions::Value;

    use super::*;

    #[test]
    fn sizes_are_those_of_the_documentation() {
        // The three records of "GetRecords" in the API reference of DynamoDB Streams.
        let id = ("Id".to_owned(), Value::N("101".parse().unwrap()));
        let with = |text: &str| Item::from([id.clone(), ("Message".to_owned(), Value::S(text.into()))]);
        let record = |old: Option<Item>, new: Option<Item>| Record {
            at_ms: 0,
            kind: Kind::Modify,
            expired: false,
            keys: Item::from([id.clone()]),
            old,
            new,
        };
        let (first, second) = (with("New item!"), with("This item has changed"));
        assert_eq!(record(None, Some(first.clone())).size_bytes(), 26);
        assert_eq!(record(Some(first), Some(second.clone())).size_bytes(), 59);
        assert_eq!(record(Some(second), None).size_bytes(), 38);
    }
}
