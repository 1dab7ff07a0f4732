//! PutItem and DeleteItem, and the writing of whole items that batches share with them.

use api_dynamodb as api;
use expressions::Item;
use expressions::value::item_size_bytes;
use service::{Result, Tx};
use store::Reads as _;
use store::tuple::Key;
use wire::Fault;

use crate::change::Change;
use crate::guard::Guard;
use crate::table::Table;
use crate::{attribute, capacity, errors, key, table};

/// The largest item, in bytes: 400 KB.
pub(crate) const ITEM_BYTES_MAX: usize = 409_600;

/// One item that is to be there, or not.
pub(crate) struct Write<'a> {
    table: &'a Table,
    pub(crate) place: Key,
    /// None deletes.
    item: Option<Item>,
}

impl<'a> Write<'a> {
    /// Puts that item.
    pub(crate) fn put(table: &'a Table, item: Item) -> Result<Self, Fault> {
        key::check_item(table, &item)?;
        if item_size_bytes(&item) > ITEM_BYTES_MAX {
            return Err(errors::invalid("Item size has exceeded the maximum allowed size"));
        }
        Ok(Write { table, place: key::place(table, &item), item: Some(item) })
    }

    /// Deletes the item of that key.
    pub(crate) fn delete(table: &'a Table, wanted: &Item) -> Result<Self, Fault> {
        key::check(table, wanted)?;
        Ok(Write { table, place: key::place(table, wanted), item: None })
    }

    /// Carries it out: the item that was there, and the size that counts. A put that asks for nothing of what was there
    /// (`needs_old`, a condition, or what follows from changes) is a write alone: it reads nothing, and conflicts with nobody.
    pub(crate) fn carry_out(
        &self,
        tx: &mut Tx<'_>,
        guard: Option<&Guard>,
        needs_old: bool,
    ) -> Result<(Option<Item>, usize)> {
        let needs_old = needs_old || self.item.is_none() || self.table.follows_items();
        let is_blind = !needs_old && guard.is_none_or(|guard| !guard.is_conditional());
        let old: Option<Item> = if is_blind { None } else { tx.get_record(&self.place)? };
        if let Some(guard) = guard {
            guard.check(old.as_ref())?;
        }
        let Write { table, place, item } = self;
        Change { table, place, old: old.as_ref(), new: item.as_ref() }.carry_out(tx)?;
        let larger = [old.as_ref(), self.item.as_ref()].into_iter().flatten().map(item_size_bytes).max();
        Ok((old, larger.unwrap_or_default()))
    }
}

/// Whether the old item is to be returned: the only choice of Put and Delete.
fn returns_old(wanted: Option<&api::ReturnValue>) -> Result<bool, Fault> {
    match wanted.map(api::ReturnValue::as_str) {
        None | Some("NONE") => Ok(false),
        Some("ALL_OLD") => Ok(true),
        Some(_) => Err(errors::invalid("ReturnValues can only be ALL_OLD or NONE")),
    }
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutItemInput) -> Result<api::PutItemOutput> {
    errors::refuse(&[
        ("Expected", input.expected.is_some()),
        ("ConditionalOperator", input.conditional_operator.is_some()),
    ])?;
    let returns_old = returns_old(input.return_values.as_ref())?;
    let guard = Guard::alone(
        input.expression_attribute_names.as_ref(),
        input.expression_attribute_values.as_ref(),
        input.condition_expression.as_deref(),
        input.return_values_on_condition_check_failure.as_ref(),
    )?;
    let item = attribute::item(&input.item)?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    let needs_old = returns_old || capacity::is_wanted(input.return_consumed_capacity.as_ref());
    let (old, size_bytes) = Write::put(&table, item)?.carry_out(tx, Some(&guard), needs_old)?;
    let units = capacity::write_units(size_bytes);
    Ok(api::PutItemOutput {
        attributes: old.filter(|_| returns_old).map(attribute::shown),
        consumed_capacity: capacity::shown(input.return_consumed_capacity.as_ref(), &table, units),
        item_collection_metrics: None,
    })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteItemInput) -> Result<api::DeleteItemOutput> {
    errors::refuse(&[
        ("Expected", input.expected.is_some()),
        ("ConditionalOperator", input.conditional_operator.is_some()),
    ])?;
    let returns_old = returns_old(input.return_values.as_ref())?;
    let guard = Guard::alone(
        input.expression_attribute_names.as_ref(),
        input.expression_attribute_values.as_ref(),
        input.condition_expression.as_deref(),
        input.return_values_on_condition_check_failure.as_ref(),
    )?;
    let wanted = attribute::item(&input.key)?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    let (old, size_bytes) = Write::delete(&table, &wanted)?.carry_out(tx, Some(&guard), true)?;
    let units = capacity::write_units(size_bytes);
    Ok(api::DeleteItemOutput {
        attributes: old.filter(|_| returns_old).map(attribute::shown),
        consumed_capacity: capacity::shown(input.return_consumed_capacity.as_ref(), &table, units),
        item_collection_metrics: None,
    })
}
