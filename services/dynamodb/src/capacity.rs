//! Capacity units, as an operation would consume them (see "Read and write operations" of the developer guide).

use api_dynamodb as api;

use crate::table::Table;

/// Bytes of a write unit.
const WRITE_BYTES: usize = 1024;
/// Bytes of a read unit.
const READ_BYTES: usize = 4096;

/// What a write of that many bytes consumes; the larger of the old and the new item counts.
pub(crate) fn of_write(
    wanted: Option<&api::ReturnConsumedCapacity>,
    table: &Table,
    size_bytes: usize,
) -> Option<api::ConsumedCapacity> {
    shown(wanted, table, size_bytes.max(1).div_ceil(WRITE_BYTES) as f64)
}

/// What a read of that many bytes consumes; half when it need not be consistent.
pub(crate) fn of_read(
    wanted: Option<&api::ReturnConsumedCapacity>,
    table: &Table,
    size_bytes: usize,
    consistent: bool,
) -> Option<api::ConsumedCapacity> {
    let units = size_bytes.max(1).div_ceil(READ_BYTES) as f64;
    shown(wanted, table, if consistent { units } else { units / 2.0 })
}

fn shown(
    wanted: Option<&api::ReturnConsumedCapacity>,
    table: &Table,
    units: f64,
) -> Option<api::ConsumedCapacity> {
    let wanted = wanted.map(api::ReturnConsumedCapacity::as_str).filter(|wanted| *wanted != "NONE")?;
    let capacity = api::Capacity { capacity_units: Some(units), ..api::Capacity::default() };
    Some(api::ConsumedCapacity {
        table_name: Some(table.name.clone()),
        capacity_units: Some(units),
        table: (wanted == "INDEXES").then_some(capacity),
        ..api::ConsumedCapacity::default()
    })
}
