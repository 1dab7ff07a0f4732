//! Capacity units, as an operation would consume them (see "Read and write operations" of the developer guide).

use std::collections::BTreeMap;
use std::ops::AddAssign;

use api_dynamodb as api;
use expressions::Item;
use expressions::value::item_size_bytes;

use crate::index::{Index, Kind};
use crate::source::Source;
use crate::table::Table;

/// Bytes of a write unit.
const WRITE_BYTES: usize = 1024;
/// Bytes of a read unit.
const READ_BYTES: usize = 4096;

/// What a write of that many bytes consumes; the larger of the old and the new item counts.
pub(crate) fn write_units(size_bytes: usize) -> f64 {
    size_bytes.max(1).div_ceil(WRITE_BYTES) as f64
}

/// What a read of that many bytes consumes; half when it need not be consistent.
pub(crate) fn read_units(size_bytes: usize, consistent: bool) -> f64 {
    let units = size_bytes.max(1).div_ceil(READ_BYTES) as f64;
    if consistent { units } else { units / 2.0 }
}

/// Whether a request asks for them.
pub(crate) fn is_wanted(wanted: Option<&api::ReturnConsumedCapacity>) -> bool {
    wanted.is_some_and(|wanted| wanted.as_str() != "NONE")
}

/// What an operation consumes of a table and its indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Consumed {
    table: f64,
    /// By the names of the indexes.
    indexes: BTreeMap<String, f64>,
}

impl From<f64> for Consumed {
    fn from(table: f64) -> Self {
        Consumed { table, indexes: BTreeMap::new() }
    }
}

impl AddAssign for Consumed {
    fn add_assign(&mut self, other: Self) {
        self.table += other.table;
        for (name, units) in other.indexes {
            *self.indexes.entry(name).or_default() += units;
        }
    }
}

impl Consumed {
    /// The same by whose limits it counts against: those of the table (None) and of its global indexes.
    pub(crate) fn by_limit<'a>(&self, table: &'a Table) -> Vec<(Option<&'a Index>, f64)> {
        let (mut of_table, mut parts) = (self.table, Vec::new());
        for (name, units) in &self.indexes {
            match table.index(name) {
                Some(index) if index.is_global() => parts.push((Some(index), *units)),
                _ => of_table += units,
            }
        }
        parts.insert(0, (None, of_table));
        parts
    }
}

/// What it consumes to make the new item of the old one. The larger of both counts; an entry that moves in its index counts
/// as one deleted and one put, and one that stays as it is does not count.
pub(crate) fn written(table: &Table, old: Option<&Item>, new: Option<&Item>) -> Consumed {
    let larger = old.into_iter().chain(new).map(item_size_bytes).max().unwrap_or_default();
    let of_index = |index: &Index| Some((index.name.clone(), entry_units(table, index, old, new)?));
    Consumed { table: write_units(larger), indexes: table.indexes.iter().filter_map(of_index).collect() }
}

/// None for an entry that does not change.
fn entry_units(table: &Table, index: &Index, old: Option<&Item>, new: Option<&Item>) -> Option<f64> {
    let old = old.and_then(|item| index.entry(table, item));
    let new = new.and_then(|item| index.entry(table, item));
    if old == new {
        return None;
    }
    let stays = matches!((&old, &new), (Some(old), Some(new)) if old.place == new.place);
    let sizes = old.iter().chain(&new).map(|entry| item_size_bytes(&entry.item));
    Some(if stays { write_units(sizes.max().unwrap_or_default()) } else { sizes.map(write_units).sum() })
}

/// What it consumes to read that many bytes, and from the table what an index did not have.
pub(crate) fn read(source: &Source<'_>, size_bytes: usize, fetched_units: f64, consistent: bool) -> Consumed {
    let units = read_units(size_bytes, consistent);
    match source.index {
        None => units.into(),
        Some(index) => {
            Consumed { table: fetched_units, indexes: BTreeMap::from([(index.name.clone(), units)]) }
        }
    }
}

/// What is consumed, where that is wanted.
pub(crate) fn shown(
    wanted: Option<&api::ReturnConsumedCapacity>,
    table: &Table,
    consumed: impl Into<Consumed>,
) -> Option<api::ConsumedCapacity> {
    let wanted = wanted.filter(|wanted| is_wanted(Some(wanted)))?.as_str();
    let consumed: Consumed = consumed.into();
    let capacity = |units: f64| api::Capacity { capacity_units: Some(units), ..api::Capacity::default() };
    let of_kind = |kind: Kind| {
        let units = |index: &Index| Some((index.name.clone(), capacity(*consumed.indexes.get(&index.name)?)));
        let indexes: BTreeMap<_, _> = table.indexes_of(kind).filter_map(units).collect();
        (wanted == "INDEXES" && !indexes.is_empty()).then_some(indexes)
    };
    Some(api::ConsumedCapacity {
        table_name: Some(table.name.clone()),
        capacity_units: Some(consumed.table + consumed.indexes.values().sum::<f64>()),
        table: (wanted == "INDEXES").then(|| capacity(consumed.table)),
        local_secondary_indexes: of_kind(Kind::Local),
        global_secondary_indexes: of_kind(Kind::Global),
        ..api::ConsumedCapacity::default()
    })
}
