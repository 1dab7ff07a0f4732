//! The terms of a query or a scan: the keys that it reads, which of the items it shows, and what of them; told by expressions,
//! or by the parameters from before them.

use api_dynamodb as api;
use expressions::{Condition, KeyConditions, Projection};
use wire::Fault;

use crate::source::Source;
use crate::{errors, key, legacy, read};

/// Which items are shown, and what of them.
#[derive(Default)]
pub(crate) struct Terms {
    pub(crate) filter: Option<Condition>,
    pub(crate) projection: Option<Projection>,
}

impl Terms {
    /// Refuses what the keys of the table, and of the index, cannot have.
    pub(crate) fn check(&self, source: &Source<'_>) -> Result<(), Fault> {
        let filtered = self.filter.as_ref().map(Condition::paths).unwrap_or_default();
        key::check_scalars_of(
            source.key_parts(),
            filtered.into_iter().chain(read::paths(self.projection.as_ref())),
        )
    }
}

/// The parameter that says what of the items is shown, if one does.
pub(crate) fn projecting(expression: Option<&str>, attributes: Option<&[String]>) -> Option<&'static str> {
    match (expression, attributes) {
        (Some(_), _) => Some("ProjectionExpression"),
        (None, Some(_)) => Some("AttributesToGet"),
        (None, None) => None,
    }
}

/// The attributes that a projection selects something of.
pub(crate) fn attributes(projection: Option<&Projection>) -> impl Iterator<Item = &str> {
    read::paths(projection).iter().map(|path| path.attribute())
}

pub(crate) fn of_query(input: &api::QueryInput) -> Result<(KeyConditions, Terms), Fault> {
    let (projection, filter) = (input.projection_expression.as_deref(), input.filter_expression.as_deref());
    let key = input.key_condition_expression.as_deref();
    let expressions = [
        ("ProjectionExpression", projection.is_some()),
        ("FilterExpression", filter.is_some()),
        ("KeyConditionExpression", key.is_some()),
    ];
    let others = [
        ("AttributesToGet", input.attributes_to_get.is_some()),
        ("QueryFilter", input.query_filter.is_some()),
        ("ConditionalOperator", input.conditional_operator.is_some()),
        // Other expressions may stand beside it.
        ("KeyConditions", input.key_conditions.is_some() && key.is_some()),
    ];
    legacy::check_apart(&expressions, &others)?;
    let has_expression = expressions.iter().any(|(_, is)| *is);
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    read::check_placeholders(names.is_some(), values.is_some(), has_expression)?;
    let old_filter = legacy::filter(input.query_filter.as_ref(), input.conditional_operator.as_ref())?;
    let old_projection = legacy::projection(input.attributes_to_get.as_deref())?;
    let missing = || {
        errors::invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        )
    };
    let mut names = read::names(names.as_ref(), values.as_ref(), has_expression)?;
    let conditions = match (key, &input.key_conditions) {
        (Some(text), _) => names.key_condition(text).map_err(errors::of_expression)?,
        (None, Some(conditions)) => legacy::key_conditions(conditions)?,
        (None, None) => return Err(missing()),
    };
    let filter = filter.map(|text| names.condition("FilterExpression", text)).transpose();
    let filter = filter.map_err(errors::of_expression)?;
    let projection = projection.map(|text| names.projection(text)).transpose();
    let projection = projection.map_err(errors::of_expression)?;
    names.finish().map_err(errors::of_expression)?;
    Ok((conditions, Terms { filter: filter.or(old_filter), projection: projection.or(old_projection) }))
}

pub(crate) fn of_scan(input: &api::ScanInput) -> Result<Terms, Fault> {
    let (projection, filter) = (input.projection_expression.as_deref(), input.filter_expression.as_deref());
    let expressions =
        [("ProjectionExpression", projection.is_some()), ("FilterExpression", filter.is_some())];
    let others = [
        ("AttributesToGet", input.attributes_to_get.is_some()),
        ("ScanFilter", input.scan_filter.is_some()),
        ("ConditionalOperator", input.conditional_operator.is_some()),
    ];
    legacy::check_apart(&expressions, &others)?;
    let has_expression = expressions.iter().any(|(_, is)| *is);
    let (names, values) = (&input.expression_attribute_names, &input.expression_attribute_values);
    read::check_placeholders(names.is_some(), values.is_some(), has_expression)?;
    let old_projection = legacy::projection(input.attributes_to_get.as_deref())?;
    let old_filter = legacy::filter(input.scan_filter.as_ref(), input.conditional_operator.as_ref())?;
    let mut names = read::names(names.as_ref(), values.as_ref(), has_expression)?;
    let filter = filter.map(|text| names.condition("FilterExpression", text)).transpose();
    let filter = filter.map_err(errors::of_expression)?;
    let projection = projection.map(|text| names.projection(text)).transpose();
    let projection = projection.map_err(errors::of_expression)?;
    names.finish().map_err(errors::of_expression)?;
    Ok(Terms { filter: filter.or(old_filter), projection: projection.or(old_projection) })
}
