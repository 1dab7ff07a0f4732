//! UpdateItem.

use api_dynamodb as api;
use expressions::{Item, Touched};
use service::{Result, Tx};

use crate::action::{Action, Step};
use crate::guard::Guard;
use crate::{attribute, collection, errors, legacy, read, table};

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateItemInput) -> Result<api::UpdateItemOutput> {
    let (update, condition) = (input.update_expression.as_deref(), input.condition_expression.as_deref());
    legacy::check_apart(
        &[("UpdateExpression", update.is_some()), ("ConditionExpression", condition.is_some())],
        &[("AttributeUpdates", input.attribute_updates.is_some()), ("Expected", input.expected.is_some())],
    )?;
    let has_expression = update.is_some() || condition.is_some();
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    read::check_placeholders(names.is_some(), values.is_some(), has_expression)?;
    let wanted = attribute::item(&input.key)?;
    let changes = legacy::update(input.attribute_updates.as_ref())?;
    let expected = legacy::expected(input.expected.as_ref(), input.conditional_operator.as_ref())?;
    let mut names = read::names(names.as_ref(), values.as_ref(), has_expression)?;
    let update = update.map(|text| names.update(text)).transpose().map_err(errors::of_expression)?;
    let on_failure = input.return_values_on_condition_check_failure.as_ref();
    let guard = Guard::read(&mut names, condition, on_failure)?;
    names.finish().map_err(errors::of_expression)?;
    let (action, guard) = (Action::Update(wanted, update.or(changes)), guard.or(expected));
    let table = table::find(&**tx, &tx.scope(), &input.table_name)?;
    let outcome = Step::new(table, action, guard)?.carry_out(tx, true)?;
    let consumed_capacity = outcome.consumption(input.return_consumed_capacity.as_ref());
    let metrics = input.return_item_collection_metrics.as_ref();
    let metrics = collection::metrics(metrics, outcome.table(), &input.key);
    let (old, new, touched) = outcome.into_parts();
    Ok(api::UpdateItemOutput {
        attributes: returned(input.return_values.as_ref(), old, new, touched.as_ref()),
        consumed_capacity,
        item_collection_metrics: metrics,
    })
}

fn returned(
    wanted: Option<&api::ReturnValue>,
    old: Option<Item>,
    new: Option<Item>,
    touched: Option<&Touched>,
) -> Option<api::AttributeMap> {
    let part = |item: &Item| touched.map(|touched| touched.of(item)).unwrap_or_default();
    let item = match wanted?.as_str() {
        "ALL_OLD" => old?,
        "ALL_NEW" => new?,
        "UPDATED_OLD" => part(&old?),
        "UPDATED_NEW" => part(&new?),
        _ => return None,
    };
    (!item.is_empty()).then(|| item.into())
}
