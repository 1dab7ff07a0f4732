//! What a transaction consumes: twice what its reads or writes would alone, for each of its tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_dynamodb as api;

use crate::capacity;
use crate::table::Table;

/// Whether units are read or written. A transaction has one kind alone.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Read,
    Write,
}

/// The units of a transaction so far.
pub(super) struct Bill {
    kind: Kind,
    tables: BTreeMap<String, (Arc<Table>, f64)>,
}

impl Bill {
    pub(super) fn new(kind: Kind) -> Self {
        Bill { kind, tables: BTreeMap::new() }
    }

    /// Adds an item of that size; a condition alone costs what a write costs.
    pub(super) fn add(&mut self, table: &Arc<Table>, size_bytes: usize) {
        let units = match self.kind {
            Kind::Read => capacity::read_units(size_bytes, true),
            Kind::Write => capacity::write_units(size_bytes),
        };
        let entry = self.tables.entry(table.place().arn().to_string());
        entry.or_insert_with(|| (Arc::clone(table), 0.0)).1 += 2.0 * units;
    }

    /// As the request wants to see it. Unlike other operations, transactions tell reads from writes.
    pub(super) fn shown(
        &self,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        let tables = self.tables.values().filter_map(|(table, units)| {
            let (read, write) = match self.kind {
                Kind::Read => (Some(*units), None),
                Kind::Write => (None, Some(*units)),
            };
            let mut shown = capacity::shown(wanted, table, *units)?;
            (shown.read_capacity_units, shown.write_capacity_units) = (read, write);
            if let Some(own) = &mut shown.table {
                (own.read_capacity_units, own.write_capacity_units) = (read, write);
            }
            Some(shown)
        });
        let tables: Vec<_> = tables.collect();
        (!tables.is_empty()).then_some(tables)
    }
}
