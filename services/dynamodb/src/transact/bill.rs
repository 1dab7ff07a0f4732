//! What a transaction consumes: twice what its reads or writes would alone, for each of its tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_dynamodb as api;
use service::Context;
use wire::Fault;

use super::cancelled_at;
use crate::capacity::{self, Consumed};
use crate::table::Table;
use crate::throttle;

/// Whether units are read or written. A transaction has one kind alone.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Read,
    Write,
}

/// The units of a transaction so far, action by action.
pub(crate) struct Bill {
    kind: Kind,
    actions: Vec<(Arc<Table>, Consumed)>,
}

impl Bill {
    pub(super) fn new(kind: Kind) -> Self {
        Bill { kind, actions: Vec::new() }
    }

    /// Adds an item of that size which is read.
    pub(super) fn add(&mut self, table: &Arc<Table>, size_bytes: usize) {
        self.add_consumed(table, capacity::read_units(size_bytes, true).into());
    }

    /// Adds what a write would consume alone; a condition alone costs what a write costs.
    pub(super) fn add_consumed(&mut self, table: &Arc<Table>, consumed: Consumed) {
        let mut twice = consumed.clone();
        twice += consumed;
        self.actions.push((Arc::clone(table), twice));
    }

    /// Takes all of it from the units of its tables, or refuses the transaction for the first action that finds nothing left.
    pub(super) fn pay(&self, context: &Context) -> Result<(), Fault> {
        let all: Vec<_> = self.actions.iter().map(|(table, consumed)| (&**table, consumed)).collect();
        let kind = match self.kind {
            Kind::Read => throttle::Kind::Read,
            Kind::Write => throttle::Kind::Write,
        };
        let refused = throttle::take_all(context, &all, kind);
        refused.map_err(|(at, fault)| cancelled_at(at, self.actions.len(), fault))
    }

    /// Table by table, as the request wants to see it.
    pub(super) fn by_table(
        &self,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        let mut tables = BTreeMap::new();
        for (table, consumed) in &self.actions {
            let of_table = tables.entry(table.place().arn().to_string());
            of_table.or_insert_with(|| (table, Consumed::default())).1 += consumed.clone();
        }
        self.shown(tables.into_values(), wanted)
    }

    /// Action by action, as the request wants to see it.
    pub(crate) fn by_action(
        &self,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        self.shown(self.actions.iter().map(|(table, consumed)| (table, consumed.clone())), wanted)
    }

    /// Unlike other operations, transactions tell reads from writes.
    fn shown<'b>(
        &self,
        consumed: impl Iterator<Item = (&'b Arc<Table>, Consumed)>,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<Vec<api::ConsumedCapacity>> {
        let told_apart = |units: Option<f64>| match self.kind {
            Kind::Read => (units, None),
            Kind::Write => (None, units),
        };
        let shown = consumed.filter_map(|(table, consumed)| {
            let mut shown = capacity::shown(wanted, table, consumed)?;
            (shown.read_capacity_units, shown.write_capacity_units) = told_apart(shown.capacity_units);
            let local = shown.local_secondary_indexes.iter_mut().flat_map(|indexes| indexes.values_mut());
            let global = shown.global_secondary_indexes.iter_mut().flat_map(|indexes| indexes.values_mut());
            for part in shown.table.iter_mut().chain(local).chain(global) {
                (part.read_capacity_units, part.write_capacity_units) = told_apart(part.capacity_units);
            }
            Some(shown)
        });
        let shown: Vec<_> = shown.collect();
        (!shown.is_empty()).then_some(shown)
    }
}
