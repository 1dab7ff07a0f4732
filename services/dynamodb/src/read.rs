//! GetItem, and what all operations share that read expressions.

use std::collections::BTreeMap;

use api_dynamodb as api;
use expressions::stored::StoredItem;
use expressions::{Names, Path, Projection};
use service::{Result, View};
use wire::Fault;

use crate::{attribute, capacity, errors, key, legacy, stored, table, throttle};

/// Refuses placeholders where there is nothing to hold a place in.
pub(crate) fn check_placeholders(
    has_names: bool,
    has_values: bool,
    has_expression: bool,
) -> Result<(), Fault> {
    let parameters = [("ExpressionAttributeNames", has_names), ("ExpressionAttributeValues", has_values)];
    match parameters.iter().find(|(_, is)| *is && !has_expression) {
        None => Ok(()),
        Some((parameter, _)) => {
            Err(errors::invalid(format!("{parameter} can only be specified when using expressions")))
        }
    }
}

/// The placeholders of a request.
pub(crate) fn names(
    names: Option<&BTreeMap<String, String>>,
    values: Option<&BTreeMap<String, api::AttributeValue>>,
    has_expression: bool,
) -> Result<Names, Fault> {
    check_placeholders(names.is_some(), values.is_some(), has_expression)?;
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

/// Which attributes are wanted, told by an expression or by their names.
pub(crate) fn wanted(
    names: Option<&BTreeMap<String, String>>,
    expression: Option<&str>,
    attributes: Option<&[String]>,
) -> Result<Option<Projection>, Fault> {
    legacy::check_apart(
        &[("ProjectionExpression", expression.is_some())],
        &[("AttributesToGet", attributes.is_some())],
    )?;
    let named = legacy::projection(attributes)?;
    Ok(projection(names, expression)?.or(named))
}

/// The paths that are wanted.
pub(crate) fn paths(projection: Option<&Projection>) -> &[Path] {
    projection.map(Projection::paths).unwrap_or_default()
}

/// What is wanted of an item.
pub(crate) fn projected(projection: Option<&Projection>, item: StoredItem) -> Result<api::AttributeMap> {
    Ok(match projection {
        Some(projection) => projection.project(&stored::item(&item)?).into(),
        None => item.into(),
    })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetItemInput) -> Result<api::GetItemOutput> {
    let projection = wanted(
        input.expression_attribute_names.as_ref(),
        input.projection_expression.as_deref(),
        input.attributes_to_get.as_deref(),
    )?;
    let key = attribute::item(&input.key)?;
    let table = table::find(&**view, &view.scope(), &input.table_name)?;
    key::check_scalars(&table, paths(projection.as_ref()))?;
    key::check(&table, &key)?;
    let item = stored::find(&**view, &key::place(&table, &key))?;
    let size_bytes = item.as_ref().map_or(0, StoredItem::size_bytes);
    let units = capacity::read_units(size_bytes, input.consistent_read == Some(true));
    throttle::take(view.context, &table, &units.into(), throttle::Kind::Read)?;
    Ok(api::GetItemOutput {
        item: item.map(|item| projected(projection.as_ref(), item)).transpose()?,
        consumed_capacity: capacity::shown(input.return_consumed_capacity.as_ref(), &table, units),
    })
}
