//! How many items a table or index has, and their size, as descriptions show them.
//!
//! A count that is kept would have every write of a table wait for every other one, so they are counted when they are asked
//! for: exactly where there are few, and else as an estimate from those that come first. Partitions stand in the order of
//! their hashes, which are spread evenly, so the part of all hashes that was seen says how much there is. AWS's own figures are
//! up to six hours old.

use api_dynamodb as api;
use service::{Result, Tx, View};
use store::tuple::Parts;
use store::{Bytes, Direction, Reads as _};

use crate::source::Source;
use crate::stored;
use crate::table::Table;

/// Records that one description looks at, about.
const SEEN_MAX: usize = 10_000;

/// Items and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Count {
    items: i64,
    bytes: i64,
}

/// Adds them to the description of a table.
pub(crate) fn show(view: &View<'_>, table: &Table, shown: &mut api::TableDescription) -> Result<()> {
    let seen_max = SEEN_MAX / (1 + table.indexes.len());
    let of_index = |name: Option<&String>| {
        let index = name.and_then(|name| table.index(name));
        count(view, Source { table, index }, seen_max)
    };
    let all = of_index(None)?;
    (shown.item_count, shown.table_size_bytes) = (Some(all.items), Some(all.bytes));
    for index in shown.local_secondary_indexes.iter_mut().flatten() {
        let count = of_index(index.index_name.as_ref())?;
        (index.item_count, index.index_size_bytes) = (Some(count.items), Some(count.bytes));
    }
    for index in shown.global_secondary_indexes.iter_mut().flatten() {
        let count = of_index(index.index_name.as_ref())?;
        (index.item_count, index.index_size_bytes) = (Some(count.items), Some(count.bytes));
    }
    Ok(())
}

/// The items of a table that is deleted, and their bytes.
pub(crate) fn of_deleted(tx: &Tx<'_>, table: &Table) -> Result<(i64, i64)> {
    let all = Source { table, index: None }.whole();
    let count = add_up(tx.scan_unchecked(all, Direction::Forward), false, SEEN_MAX)?;
    Ok((count.items, count.bytes))
}

fn count(view: &View<'_>, source: Source<'_>, seen_max: usize) -> Result<Count> {
    add_up(view.scan(source.whole(), Direction::Forward), source.index.is_some(), seen_max)
}

/// The count of these items, or entries of an index; of so many, at least.
fn add_up(
    all: impl Iterator<Item = Result<(Bytes, Bytes), store::Error>>,
    are_entries: bool,
    seen_max: usize,
) -> Result<Count> {
    let mut count = Count::default();
    for (seen, entry) in all.enumerate() {
        let (key, value) = entry?;
        if seen == seen_max {
            return Ok(count.of_all(hash_of(&key, are_entries)?));
        }
        count.items += 1;
        count.bytes += stored::read(&value)?.size_bytes() as i64;
    }
    Ok(count)
}

impl Count {
    /// What there is of all hashes when this is what there is below that one.
    fn of_all(self, hash: u64) -> Self {
        let scale = 2f64.powi(64) / hash.max(1) as f64;
        let scaled = |value: i64| (value as f64 * scale) as i64;
        Count { items: scaled(self.items), bytes: scaled(self.bytes) }
    }
}

/// The hash in the key of an item or an entry.
fn hash_of(key: &[u8], is_entry: bool) -> Result<u64> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    if is_entry {
        parts.bytes()?;
    }
    Ok(parts.bytes()?.iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::{Count, hash_of};
    use crate::keys;

    #[test]
    fn hashes_are_found_and_say_how_much_there_is() {
        let (table, index) = ([1; 16], [0; 16]);
        let item = keys::hash(&table, [0x40, 0, 0, 0, 0, 0, 0, 0]).bytes(b"p");
        assert_eq!(hash_of(&item, false).unwrap(), 1 << 62);
        let entry = keys::entries(&table, &index).bytes([0, 0, 0, 0, 0, 0, 0, 7]).bytes(b"p");
        assert_eq!(hash_of(&entry, true).unwrap(), 7);
        let quarter = Count { items: 10, bytes: 25 };
        assert_eq!(quarter.of_all(1 << 62), Count { items: 40, bytes: 100 });
    }
}
