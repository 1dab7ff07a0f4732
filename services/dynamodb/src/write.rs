//! PutItem and DeleteItem.

use api_dynamodb as api;
use service::{Result, Tx};
use wire::Fault;

use crate::action::{Action, Step};
use crate::guard::Guard;
use crate::{attribute, capacity, collection, errors, legacy, read, table};

/// Whether the old item is to be returned: the only choice of Put and Delete.
fn returns_old(wanted: Option<&api::ReturnValue>) -> Result<bool, Fault> {
    match wanted.map(api::ReturnValue::as_str) {
        None | Some("NONE") => Ok(false),
        Some("ALL_OLD") => Ok(true),
        Some(_) => Err(errors::invalid("ReturnValues can only be ALL_OLD or NONE")),
    }
}

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutItemInput) -> Result<api::PutItemOutput> {
    let has_condition = ("ConditionExpression", input.condition_expression.is_some());
    legacy::check_apart(&[has_condition], &[("Expected", input.expected.is_some())])?;
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    read::check_placeholders(names.is_some(), values.is_some(), has_condition.1)?;
    let item = attribute::item(&input.item)?;
    let returns_old = returns_old(input.return_values.as_ref())?;
    let action = Action::put(item)?;
    let expected = legacy::expected(input.expected.as_ref(), input.conditional_operator.as_ref())?;
    let guard = Guard::alone(
        names.as_ref(),
        values.as_ref(),
        input.condition_expression.as_deref(),
        input.return_values_on_condition_check_failure.as_ref(),
    )?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    let wanted = input.return_consumed_capacity.as_ref();
    let needs_old = returns_old || capacity::is_wanted(wanted);
    let outcome = Step::new(table, action, guard.or(expected))?.carry_out(tx, needs_old)?;
    let metrics = input.return_item_collection_metrics.as_ref();
    Ok(api::PutItemOutput {
        consumed_capacity: outcome.consumption(wanted),
        item_collection_metrics: collection::metrics(metrics, outcome.table(), &input.item),
        attributes: outcome.into_old().filter(|_| returns_old).map(api::AttributeMap::from),
    })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteItemInput) -> Result<api::DeleteItemOutput> {
    let has_condition = ("ConditionExpression", input.condition_expression.is_some());
    legacy::check_apart(&[has_condition], &[("Expected", input.expected.is_some())])?;
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    read::check_placeholders(names.is_some(), values.is_some(), has_condition.1)?;
    let action = Action::Delete(attribute::item(&input.key)?);
    let returns_old = returns_old(input.return_values.as_ref())?;
    let expected = legacy::expected(input.expected.as_ref(), input.conditional_operator.as_ref())?;
    let guard = Guard::alone(
        names.as_ref(),
        values.as_ref(),
        input.condition_expression.as_deref(),
        input.return_values_on_condition_check_failure.as_ref(),
    )?;
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    let outcome = Step::new(table, action, guard.or(expected))?.carry_out(tx, true)?;
    let metrics = input.return_item_collection_metrics.as_ref();
    Ok(api::DeleteItemOutput {
        consumed_capacity: outcome.consumption(input.return_consumed_capacity.as_ref()),
        item_collection_metrics: collection::metrics(metrics, outcome.table(), &input.key),
        attributes: outcome.into_old().filter(|_| returns_old).map(api::AttributeMap::from),
    })
}
