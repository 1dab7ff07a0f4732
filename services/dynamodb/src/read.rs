//! GetItem, and what all operations share that read expressions.

use std::collections::BTreeMap;

use api_dynamodb as api;
use expressions::{Item, Names, Projection};
use service::{Result, View};
use store::Reads as _;
use wire::Fault;

use crate::{attribute, capacity, errors, key, table};

/// The placeholders of a request.
pub(crate) fn names(
    names: Option<&BTreeMap<String, String>>,
    values: Option<&BTreeMap<String, api::AttributeValue>>,
    has_expression: bool,
) -> Result<Names, Fault> {
    for (parameter, present) in
        [("ExpressionAttributeNames", names.is_some()), ("ExpressionAttributeValues", values.is_some())]
    {
        if present && !has_expression {
            return Err(errors::invalid(format!("{parameter} can only be specified when using expressions")));
        }
    }
    let values = values.map(attribute::item).transpose()?;
    Names::new(names.cloned(), values).map_err(errors::of_expression)
}

/// Which attributes are wanted, where not all are.
pub(crate) fn projection(
    names: Option<&BTreeMap<String, String>>,
    expression: Option<&str>,
) -> Result<Option<Projection>, Fault> {
    let mut names = self::names(names, None, expression.is_some())?;
    let projection = expression.map(|text| names.projection(text)).transpose();
    let projection = projection.map_err(errors::of_expression)?;
    names.finish().map_err(errors::of_expression)?;
    Ok(projection)
}

/// What is wanted of an item.
pub(crate) fn projected(projection: Option<&Projection>, item: Item) -> Item {
    match projection {
        Some(projection) => projection.project(&item),
        None => item,
    }
}

pub(crate) fn get(view: &View<'_>, input: &api::GetItemInput) -> Result<api::GetItemOutput> {
    errors::refuse(&[("AttributesToGet", input.attributes_to_get.is_some())])?;
    let projection =
        projection(input.expression_attribute_names.as_ref(), input.projection_expression.as_deref())?;
    let wanted = attribute::item(&input.key)?;
    let table = table::find(&**view, &view.scope(), &input.table_name)?;
    key::check(&table, &wanted)?;
    let item: Option<Item> = view.get_record(&key::place(&table, &wanted))?;
    let size_bytes = item.as_ref().map_or(0, expressions::value::item_size_bytes);
    let units = capacity::read_units(size_bytes, input.consistent_read == Some(true));
    Ok(api::GetItemOutput {
        item: item.map(|item| attribute::shown(projected(projection.as_ref(), item))),
        consumed_capacity: capacity::shown(input.return_consumed_capacity.as_ref(), &table, units),
    })
}
