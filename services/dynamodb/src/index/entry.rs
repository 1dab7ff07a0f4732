//! Entries of indexes: one for each item that has the attributes of the index's key, kept in the transaction that changes
//! the item. An entry that stays as it is is not written again.

use std::borrow::Cow;

use expressions::{Item, Value};
use service::Tx;
use store::Bytes;
use store::tuple::Key;
use wire::Fault;

use super::{Index, Kind, Projected};
use crate::change::Change;
use crate::table::{KeyPart, Table};
use crate::{errors, key, keys, stored};

/// An entry: where it stands, and the projected attributes.
#[derive(PartialEq, Eq)]
pub(crate) struct Entry<'i> {
    pub(crate) place: Key,
    pub(crate) item: Cow<'i, Item>,
}

impl Index {
    /// The entry of an item; None for one that is not in the index. An item that was there before the index may have
    /// attributes that cannot be its key: then it is not in it either.
    pub(crate) fn entry<'i>(&self, table: &Table, item: &'i Item) -> Option<Entry<'i>> {
        let place = self.place(table, item)?;
        let item = match self.projected {
            Projected::All => Cow::Borrowed(item),
            _ => Cow::Owned(
                item.iter()
                    .filter(|(name, _)| self.projects(table, name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            ),
        };
        Some(Entry { place, item })
    }

    /// Where the entry of an item with these attributes stands.
    pub(crate) fn place(&self, table: &Table, item: &Item) -> Option<Key> {
        let value = |part: &KeyPart, is_partition: bool| {
            let value = item.get(&part.name)?;
            let fits = value.kind().name() == part.kind && key::check_fits(is_partition, value).is_ok();
            (fits && !is_empty(value)).then(|| key::bytes(value))
        };
        let partition = self.partition_parts().map(|part| value(part, true)).collect::<Option<Vec<_>>>()?;
        let mut place = keys::entry_partition(&table.id, &self.id, &key::joined(partition));
        for part in self.sort_parts() {
            place = place.bytes(value(part, false)?);
        }
        let rest = match self.kind {
            // The partition is the table's.
            Kind::Local => None,
            Kind::Global => Some(&table.partition),
        };
        for part in rest.into_iter().chain(&table.sort) {
            place = place.bytes(key::bytes(item.get(&part.name)?));
        }
        Some(place)
    }
}

/// Whether a value is one that no key may have.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::S(text) => text.is_empty(),
        Value::B(bytes) => bytes.is_empty(),
        _ => false,
    }
}

impl Entry<'_> {
    /// The entry as a record, which is that of its item where it has all of it.
    pub(crate) fn record(&self, whole: Option<&Bytes>) -> Bytes {
        match (&self.item, whole) {
            (Cow::Borrowed(_), Some(whole)) => whole.clone(),
            (item, _) => stored::record(item),
        }
    }
}

/// Lets the indexes of a table follow the change of an item, which has become that record.
pub(crate) fn follow(tx: &mut Tx<'_>, change: &Change<'_>, record: Option<&Bytes>) {
    let Change { table, old, new, .. } = change;
    for index in &table.indexes {
        let old = old.and_then(|item| index.entry(table, item));
        let new = new.and_then(|item| index.entry(table, item));
        if old == new {
            continue;
        }
        if let Some(old) = old
            && new.as_ref().is_none_or(|new| new.place != old.place)
        {
            tx.delete(old.place);
        }
        if let Some(new) = new {
            let record = new.record(record);
            tx.put(new.place, record);
        }
    }
}

/// How AWS puts it that an index cannot have an empty key.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    /// Of an item that is put.
    Item,
    /// Of what an update expression makes of one.
    Update,
}

/// The keys that an item has for indexes, in the order of their names, but for what the old item has already.
fn keys<'a>(
    table: &'a Table,
    old: Option<&'a Item>,
    item: &'a Item,
) -> impl Iterator<Item = (&'a Index, &'a KeyPart, &'a Value)> {
    let mut indexes: Vec<&Index> = table.indexes.iter().collect();
    indexes.sort_unstable_by_key(|index| &index.name);
    let parts = indexes.into_iter().flat_map(|index| index.key_parts().map(move |part| (index, part)));
    parts.filter_map(move |(index, part)| {
        let value = item.get(&part.name)?;
        (old.and_then(|old| old.get(&part.name)) != Some(value)).then_some((index, part, value))
    })
}

/// Refuses an empty text or binary where an index is to have a key.
pub(crate) fn check_filled(
    table: &Table,
    old: Option<&Item>,
    item: &Item,
    origin: Origin,
) -> Result<(), Fault> {
    let Some((index, part, value)) = keys(table, old, item).find(|(_, _, value)| is_empty(value)) else {
        return Ok(());
    };
    let kind = if matches!(value, Value::B(_)) { "binary" } else { "string" };
    let cannot = format!("The AttributeValue for a key attribute cannot contain an empty {kind} value.");
    let what = match origin {
        Origin::Item => format!(
            "A value specified for a secondary index key is not supported. {cannot} IndexName: {}, IndexKey: {}",
            index.name, part.name
        ),
        Origin::Update => format!(
            "The update expression attempted to update a secondary index key to a value that is not supported. {cannot}"
        ),
    };
    Err(errors::invalid(format!("One or more parameter values are not valid. {what}")))
}

/// Refuses an item that is of a wrong type for an index, or has too large a key for it.
pub(crate) fn check_fits(table: &Table, old: Option<&Item>, item: &Item) -> Result<(), Fault> {
    for (index, part, value) in keys(table, old, item) {
        if value.kind().name() != part.kind {
            return Err(errors::invalid_values(format_args!(
                "Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {}",
                part.name,
                part.kind,
                value.kind().name(),
                index.name
            )));
        }
        key::check_fits(index.partition_parts().any(|partition| partition == part), value)?;
    }
    Ok(())
}
