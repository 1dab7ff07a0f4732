//! Capacity units, as an operation would consume them (see "Read and write operations" of the developer guide).

use api_dynamodb as api;

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

/// The units of a table, where they are wanted.
pub(crate) fn shown(
    wanted: Option<&api::ReturnConsumedCapacity>,
    table: &Table,
    units: f64,
) -> Option<api::ConsumedCapacity> {
    let wanted = wanted.filter(|wanted| is_wanted(Some(wanted)))?.as_str();
    let capacity = api::Capacity { capacity_units: Some(units), ..api::Capacity::default() };
    Some(api::ConsumedCapacity {
        table_name: Some(table.name.clone()),
        capacity_units: Some(units),
        table: (wanted == "INDEXES").then_some(capacity),
        ..api::ConsumedCapacity::default()
    })
}
