//! PutItem and DeleteItem.

use api_dynamodb as api;
use service::{Result, Tx};
use wire::Fault;

use crate::action::{Action, Step};
use crate::guard::Guard;
use crate::{attribute, capacity, errors, table};

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
    let wanted = input.return_consumed_capacity.as_ref();
    let needs_old = returns_old || capacity::is_wanted(wanted);
    let outcome = Step::new(table, Action::Put(item), guard)?.carry_out(tx, needs_old)?;
    let units = capacity::write_units(outcome.size_bytes());
    Ok(api::PutItemOutput {
        consumed_capacity: capacity::shown(wanted, outcome.table(), units),
        attributes: outcome.into_old().filter(|_| returns_old).map(attribute::shown),
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
    let outcome = Step::new(table, Action::Delete(wanted), guard)?.carry_out(tx, true)?;
    let units = capacity::write_units(outcome.size_bytes());
    Ok(api::DeleteItemOutput {
        consumed_capacity: capacity::shown(input.return_consumed_capacity.as_ref(), outcome.table(), units),
        attributes: outcome.into_old().filter(|_| returns_old).map(attribute::shown),
        item_collection_metrics: None,
    })
}
