//! The parameters of requests from before there were expressions: Expected, AttributeUpdates, KeyConditions, QueryFilter,
//! ScanFilter, ConditionalOperator and AttributesToGet, read into what expressions are read into.

use std::collections::{BTreeMap, BTreeSet};

use api_dynamodb as api;
use expressions::legacy::{self, Change, Operator, Test};
use expressions::{Condition, KeyConditions, Projection, Update, Value};
use wire::Fault;

use crate::{attribute, errors};

/// A parameter, and whether the request has it.
type Parameter = (&'static str, bool);

/// Refuses a request that has parameters of both kinds.
pub(crate) fn check_apart(expressions: &[Parameter], others: &[Parameter]) -> Result<(), Fault> {
    let is_any = |parameters: &[Parameter]| parameters.iter().any(|(_, is)| *is);
    if !is_any(expressions) || !is_any(others) {
        return Ok(());
    }
    let present = |parameters: &[Parameter]| {
        let present: Vec<&str> = parameters.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        present.join(", ")
    };
    let (expressions, others) = (present(expressions), present(others));
    Err(errors::invalid(format!(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
         {{{others}}} Expression parameters: {{{expressions}}}"
    )))
}

/// Whether one test is enough. Says what there must be tests for, where it is said.
fn one_is_enough(operator: Option<&api::ConditionalOperator>, count: usize) -> Result<bool, Fault> {
    match (operator.map(api::ConditionalOperator::as_str), count) {
        (Some(_), 0) => Err(errors::invalid("ConditionalOperator cannot be used without Filter or Expected")),
        (Some(_), 1) => Err(errors::invalid(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        )),
        (operator, _) => Ok(operator == Some("OR")),
    }
}

fn condition(
    tests: Vec<Test>,
    operator: Option<&api::ConditionalOperator>,
) -> Result<Option<Condition>, Fault> {
    let one_is_enough = one_is_enough(operator, tests.len())?;
    Ok((!tests.is_empty()).then(|| legacy::condition(tests, one_is_enough)))
}

/// What must hold of the item that is there.
pub(crate) fn expected(
    expected: Option<&BTreeMap<String, api::ExpectedAttributeValue>>,
    operator: Option<&api::ConditionalOperator>,
) -> Result<Option<Condition>, Fault> {
    let tests = expected.into_iter().flatten().map(|(attribute, wanted)| expectation(attribute, wanted));
    condition(tests.collect::<Result<_, _>>()?, operator)
}

fn expectation(attribute: &str, wanted: &api::ExpectedAttributeValue) -> Result<Test, Fault> {
    let api::ExpectedAttributeValue { value, exists, comparison_operator, attribute_value_list } = wanted;
    let refused =
        |problem: &str| errors::invalid_values(format_args!("{problem} for Attribute: {attribute}"));
    if value.is_some() && attribute_value_list.is_some() {
        return Err(refused("Value and AttributeValueList cannot be used together"));
    }
    if let Some(operator) = comparison_operator {
        if exists.is_some() {
            return Err(refused("Exists and ComparisonOperator cannot be used together"));
        }
        let operator = named(operator)?;
        let values = values(attribute_value_list.as_deref().unwrap_or(value.as_slice()))?;
        let needs_none = matches!(operator, Operator::Null | Operator::NotNull);
        if !needs_none && value.is_none() && attribute_value_list.is_none() {
            let problem = format!(
                "Value or AttributeValueList must be used with ComparisonOperator: {}",
                operator.name()
            );
            return Err(refused(&problem));
        }
        return test(attribute, operator, values);
    }
    if attribute_value_list.is_some() {
        return Err(refused("AttributeValueList can only be used with a ComparisonOperator"));
    }
    match (exists, value) {
        (None, None) => Err(refused("Value must be provided when Exists is null")),
        (Some(true), None) => Err(refused("Value must be provided when Exists is true")),
        (Some(false), Some(_)) => Err(refused("Value cannot be used when Exists is false")),
        (Some(false), None) => test(attribute, Operator::Null, Vec::new()),
        (None | Some(true), Some(value)) => test(attribute, Operator::Eq, vec![attribute::single(value)?]),
    }
}

fn named(operator: &api::ComparisonOperator) -> Result<Operator, Fault> {
    // The model knows no other ones.
    Operator::from_name(operator.as_str())
        .ok_or_else(|| errors::invalid("Unsupported operator on ExpectedAttributeMap"))
}

fn values(attributes: &[api::AttributeValue]) -> Result<Vec<Value>, Fault> {
    attributes.iter().map(attribute::single).collect()
}

fn test(attribute: &str, operator: Operator, values: Vec<Value>) -> Result<Test, Fault> {
    Test::new(attribute, operator, values).map_err(errors::of_expression)
}

fn tests(conditions: &BTreeMap<String, api::Condition>) -> Result<Vec<Test>, Fault> {
    let tests = conditions.iter().map(|(attribute, condition)| {
        let operator = named(&condition.comparison_operator)?;
        test(attribute, operator, values(condition.attribute_value_list.as_deref().unwrap_or_default())?)
    });
    tests.collect()
}

/// What must hold of the items that are shown.
pub(crate) fn filter(
    conditions: Option<&BTreeMap<String, api::Condition>>,
    operator: Option<&api::ConditionalOperator>,
) -> Result<Option<Condition>, Fault> {
    condition(conditions.map(tests).transpose()?.unwrap_or_default(), operator)
}

/// What must hold of the keys of a query.
pub(crate) fn key_conditions(conditions: &BTreeMap<String, api::Condition>) -> Result<KeyConditions, Fault> {
    legacy::key_conditions(tests(conditions)?).map_err(errors::of_expression)
}

/// What becomes of attributes.
pub(crate) fn update(
    updates: Option<&BTreeMap<String, api::AttributeValueUpdate>>,
) -> Result<Option<Update>, Fault> {
    let changes = updates.into_iter().flatten().map(|(attribute, update)| {
        let value = update.value.as_ref().map(attribute::single).transpose()?;
        let action = update.action.as_ref().map_or("PUT", api::AttributeAction::as_str);
        Ok((attribute.clone(), Change::new(action, value).map_err(errors::of_expression)?))
    });
    let changes = changes.collect::<Result<Vec<_>, Fault>>()?;
    Ok((!changes.is_empty()).then(|| legacy::update(changes)))
}

/// Which attributes are wanted, where not all are.
pub(crate) fn projection(attributes: Option<&[String]>) -> Result<Option<Projection>, Fault> {
    let Some(attributes) = attributes else { return Ok(None) };
    let mut seen = BTreeSet::new();
    match attributes.iter().find(|attribute| !seen.insert(attribute.as_str())) {
        None => Ok(Some(Projection::of_attributes(attributes))),
        Some(twice) => {
            Err(errors::invalid_values(format_args!("Duplicate value in attribute name: {twice}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> api::AttributeValue {
        api::AttributeValue::N(text.into())
    }

    fn item(value: u64) -> expressions::Item {
        [("n".to_owned(), Value::N(value.into()))].into()
    }

    #[test]
    fn both_kinds_of_parameters_are_named() {
        let (old, new) = ([("Expected", true), ("AttributeUpdates", true)], [("UpdateExpression", true)]);
        let message = check_apart(&new, &old).unwrap_err().message;
        let names = "Non-expression parameters: {Expected, AttributeUpdates} Expression parameters: {UpdateExpression}";
        assert!(message.ends_with(names), "{message}");
        assert!(check_apart(&new, &[("Expected", false)]).is_ok());
        assert!(check_apart(&[("UpdateExpression", false)], &old).is_ok());
    }

    #[test]
    fn a_value_is_expected_to_be_there_and_equal() {
        let wanted = api::ExpectedAttributeValue { value: Some(number("1")), ..Default::default() };
        let condition = expected(Some(&[("n".to_owned(), wanted)].into()), None).unwrap().unwrap();
        assert!(condition.holds(&item(1)) && !condition.holds(&item(2)));
        let wanted = api::ExpectedAttributeValue { exists: Some(false), ..Default::default() };
        let condition = expected(Some(&[("n".to_owned(), wanted)].into()), None).unwrap().unwrap();
        assert!(condition.holds(&expressions::Item::new()) && !condition.holds(&item(1)));
        assert!(
            expected(None, None).unwrap().is_none()
                && expected(Some(&BTreeMap::new()), None).unwrap().is_none()
        );
    }

    #[test]
    fn an_operator_needs_something_to_join() {
        let or = "OR".into();
        assert!(expected(None, Some(&or)).is_err());
        assert!(filter(Some(&BTreeMap::new()), Some(&or)).is_err());
    }

    #[test]
    fn an_attribute_is_wanted_once() {
        let names = ["a", "b", "a"].map(String::from);
        assert!(
            projection(Some(&names)).unwrap_err().message.ends_with("Duplicate value in attribute name: a")
        );
        assert_eq!(projection(Some(&names[..2])).unwrap().unwrap().paths().len(), 2);
        assert!(projection(None).unwrap().is_none());
    }

    #[test]
    fn changes_are_put_where_nothing_else_is_said() {
        let change = |action: Option<&str>| {
            let action = action.map(api::AttributeAction::from);
            let change = api::AttributeValueUpdate { value: Some(number("2")), action };
            let mut changed = item(1);
            update(Some(&[("n".to_owned(), change)].into())).unwrap().unwrap().apply(&mut changed).unwrap();
            changed
        };
        assert_eq!((change(None), change(Some("ADD"))), (item(2), item(3)));
        assert!(update(Some(&BTreeMap::new())).unwrap().is_none());
    }
}
