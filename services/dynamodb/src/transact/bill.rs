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

/// The units of a transaction so far, action by action.
pub(crate) struct Bill {
    kind: Kind,
    actions: Vec<(Arc<Table>, f64)>,
}

impl Bill {
    pub(super) fn new(kind: Kind) -> Self {
        Bill { kind, actions: Vec::new() }
    }

    /// Adds an item of that size; a condition alone costs what a write costs.
    pub(super) fn add(&mut self, table: &Arc<Table>, size_bytes: usize) {
        let units = match self.kind {
            Kind::Read => capacity::read_units(size_bytes, true),
            Kind::Write => capacity::write_units(size_bytes),
        };
        self.actions.push((Arc::clone(table), 2.0 * units));
    }

    /// Table by table, as the request wants to see it.
    pub(super) fn by_table(
        &self,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        let mut tables = BTreeMap::new();
        for (table, units) in &self.actions {
            let of_table = tables.entry(table.place().arn().to_string()).or_insert_with(|| (table, 0.0));
            of_table.1 += units;
        }
        self.shown(tables.into_values(), wanted)
    }

    /// Action by action, as the request wants to see it.
    pub(crate) fn by_action(
        &self,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        self.shown(self.actions.iter().map(|(table, units)| (table, *units)), wanted)
    }

    /// Unlike other operations, transactions tell reads from writes.
    fn shown<'b>(
        &self,
        units: impl Iterator<Item = (&'b Arc<Table>, f64)>,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        let shown = units.filter_map(|(table, units)| {
            let (read, write) = match self.kind {
                Kind::Read => (Some(units), None),
                Kind::Write => (None, Some(units)),
            };
            let mut shown = capacity::shown(wanted, table, units)?;
            (shown.read_capacity_units, shown.write_capacity_units) = (read, write);
            if let Some(own) = &mut shown.table {
                (own.read_capacity_units, own.write_capacity_units) = (read, write);
            }
            Some(shown)
        });
        let shown: Vec<_> = shown.collect();
        (!shown.is_empty()).then_some(shown)
    }
}
