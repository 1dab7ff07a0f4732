//! PutItem and DeleteItem, and what all conditional writes share.

use api_dynamodb as api;
use expressions::value::item_size_bytes;
use expressions::{Condition, Item};
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use crate::{attribute, capacity, errors, key, read, table};

/// The largest item, in bytes: 400 KB.
pub(crate) const ITEM_BYTES_MAX: usize = 409_600;

/// Refuses a write whose condition does not hold, with the item that was found where that is wanted.
pub(crate) fn check_condition(
    condition: Option<&Condition>,
    old: Option<&Item>,
    wanted: Option<&api::ReturnValuesOnConditionCheckFailure>,
) -> Result<(), Fault> {
    const MESSAGE: &str = "The conditional request failed";
    let nothing = Item::new();
    if condition.is_none_or(|condition| condition.holds(old.unwrap_or(&nothing))) {
        return Ok(());
    }
    let shows_old = wanted.is_some_and(|wanted| wanted.as_str() == "ALL_OLD");
    let item = old.filter(|_| shows_old).cloned().map(attribute::shown);
    let failed = api::error::conditional_check_failed_exception(MESSAGE);
    Err(failed.with_detail(api::ConditionalCheckFailedException { message: Some(MESSAGE.into()), item }))
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
    let expression = input.condition_expression.as_deref();
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    let mut names = read::names(names.as_ref(), values.as_ref(), expression.is_some())?;
    let condition = expression.map(|text| names.condition("ConditionExpression", text)).transpose();
    let condition = condition.map_err(errors::of_expression)?;
    names.finish().map_err(errors::of_expression)?;
    let item = attribute::item(&input.item)?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    key::check_item(&table, &item)?;
    let size_bytes = item_size_bytes(&item);
    if size_bytes > ITEM_BYTES_MAX {
        return Err(errors::invalid("Item size has exceeded the maximum allowed size").into());
    }
    let place = key::place(&table, &item);
    let old: Option<Item> = tx.get_record(&place)?;
    check_condition(
        condition.as_ref(),
        old.as_ref(),
        input.return_values_on_condition_check_failure.as_ref(),
    )?;
    tx.put_record(&place, &item)?;
    let larger = size_bytes.max(old.as_ref().map_or(0, item_size_bytes));
    Ok(api::PutItemOutput {
        attributes: old.filter(|_| returns_old).map(attribute::shown),
        consumed_capacity: capacity::of_write(input.return_consumed_capacity.as_ref(), &table, larger),
        item_collection_metrics: None,
    })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteItemInput) -> Result<api::DeleteItemOutput> {
    errors::refuse(&[
        ("Expected", input.expected.is_some()),
        ("ConditionalOperator", input.conditional_operator.is_some()),
    ])?;
    let returns_old = returns_old(input.return_values.as_ref())?;
    let expression = input.condition_expression.as_deref();
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    let mut names = read::names(names.as_ref(), values.as_ref(), expression.is_some())?;
    let condition = expression.map(|text| names.condition("ConditionExpression", text)).transpose();
    let condition = condition.map_err(errors::of_expression)?;
    names.finish().map_err(errors::of_expression)?;
    let wanted = attribute::item(&input.key)?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    key::check(&table, &wanted)?;
    let place = key::place(&table, &wanted);
    let old: Option<Item> = tx.get_record(&place)?;
    check_condition(
        condition.as_ref(),
        old.as_ref(),
        input.return_values_on_condition_check_failure.as_ref(),
    )?;
    if old.is_some() {
        tx.delete(&place);
    }
    let size_bytes = old.as_ref().map_or(0, item_size_bytes);
    Ok(api::DeleteItemOutput {
        attributes: old.filter(|_| returns_old).map(attribute::shown),
        consumed_capacity: capacity::of_write(input.return_consumed_capacity.as_ref(), &table, size_bytes),
        item_collection_metrics: None,
    })
}
