//! UpdateItem.

use std::collections::BTreeMap;

use api_dynamodb as api;
use expressions::value::{check_depth, item_size_bytes};
use expressions::{Item, Touched};
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use crate::change::Change;
use crate::guard::Guard;
use crate::table::Table;
use crate::write::ITEM_BYTES_MAX;
use crate::{attribute, capacity, errors, key, read, table};

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateItemInput) -> Result<api::UpdateItemOutput> {
    errors::refuse(&[
        ("AttributeUpdates", input.attribute_updates.is_some()),
        ("Expected", input.expected.is_some()),
        ("ConditionalOperator", input.conditional_operator.is_some()),
    ])?;
    let (update, condition) = (input.update_expression.as_deref(), input.condition_expression.as_deref());
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    let mut names = read::names(names.as_ref(), values.as_ref(), update.is_some() || condition.is_some())?;
    let update = update.map(|text| names.update(text)).transpose().map_err(errors::of_expression)?;
    let on_failure = input.return_values_on_condition_check_failure.as_ref();
    let guard = Guard::read(&mut names, condition, on_failure)?;
    names.finish().map_err(errors::of_expression)?;
    let wanted = attribute::item(&input.key)?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    key::check(&table, &wanted)?;
    if let Some(update) = &update {
        check_paths(&table, update)?;
    }
    let place = key::place(&table, &wanted);
    let old: Option<Item> = tx.get_record(&place)?;
    guard.check(old.as_ref())?;
    let mut new = old.clone().unwrap_or(wanted);
    let touched = update.map(|update| update.apply(&mut new)).transpose().map_err(errors::of_expression)?;
    check_depth(new.values()).map_err(errors::of_expression)?;
    let size_bytes = item_size_bytes(&new);
    if size_bytes > ITEM_BYTES_MAX {
        return Err(errors::invalid("Item size to update has exceeded the maximum allowed size").into());
    }
    Change { table: &table, place: &place, old: old.as_ref(), new: Some(&new) }.carry_out(tx)?;
    let larger = size_bytes.max(old.as_ref().map_or(0, item_size_bytes));
    let units = capacity::write_units(larger);
    Ok(api::UpdateItemOutput {
        attributes: returned(input.return_values.as_ref(), old, new, touched.as_ref()),
        consumed_capacity: capacity::shown(input.return_consumed_capacity.as_ref(), &table, units),
        item_collection_metrics: None,
    })
}

/// The key of an item is what it is.
fn check_paths(table: &Table, update: &expressions::Update) -> Result<(), Fault> {
    let is_key = |attribute: &str| table.key_parts().any(|part| part.name == attribute);
    match update.paths().map(expressions::Path::attribute).find(|attribute| is_key(attribute)) {
        Some(attribute) => Err(errors::invalid_values(format_args!(
            "Cannot update attribute {attribute}. This attribute is part of the key"
        ))),
        None => Ok(()),
    }
}

fn returned(
    wanted: Option<&api::ReturnValue>,
    old: Option<Item>,
    new: Item,
    touched: Option<&Touched>,
) -> Option<BTreeMap<String, api::AttributeValue>> {
    let part = |item: &Item| touched.map(|touched| touched.of(item)).unwrap_or_default();
    let item = match wanted?.as_str() {
        "ALL_OLD" => old?,
        "ALL_NEW" => new,
        "UPDATED_OLD" => part(&old?),
        "UPDATED_NEW" => part(&new),
        _ => return None,
    };
    (!item.is_empty()).then(|| attribute::shown(item))
}
