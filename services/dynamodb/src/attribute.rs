//! Attribute values of the API, and those of the expression language.

use std::collections::{BTreeMap, BTreeSet};

use api_dynamodb::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expressions::{Item, Number, Value};
use store::Bytes;
use wire::Fault;

use crate::errors;

/// An item of the API as the language has it.
///
/// # Errors
/// What DynamoDB says of empty, ambiguous and impossible values.
pub(crate) fn item(attributes: &BTreeMap<String, AttributeValue>) -> Result<Item, Fault> {
    let item: Item = map(attributes)?;
    expressions::value::check_depth(item.values()).map_err(errors::of_expression)?;
    Ok(item)
}

fn map(attributes: &BTreeMap<String, AttributeValue>) -> Result<BTreeMap<String, Value>, Fault> {
    // Most items have a few attributes. To collect them would sort them first, which costs more than to find their places.
    let mut map = BTreeMap::new();
    for (name, attribute) in attributes {
        map.insert(name.clone(), value(attribute)?);
    }
    Ok(map)
}

/// One value by itself, no deeper than one of an item.
pub(crate) fn single(attribute: &AttributeValue) -> Result<Value, Fault> {
    let value = value(attribute)?;
    expressions::value::check_depth([&value]).map_err(errors::of_expression)?;
    Ok(value)
}

/// One value. Inputs nest no deeper than the reader of messages allows, so this recursion has an end.
pub(crate) fn value(attribute: &AttributeValue) -> Result<Value, Fault> {
    Ok(match attribute {
        AttributeValue::Nothing => {
            return Err(errors::invalid(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ));
        }
        AttributeValue::Several => return Err(ambiguous()),
        AttributeValue::S(text) => Value::S(text.clone()),
        AttributeValue::N(text) => Value::N(number(text)?),
        AttributeValue::B(bytes) => Value::B(bytes.clone()),
        AttributeValue::Ss(texts) => strings(texts)?,
        AttributeValue::Ns(texts) => numbers(texts)?,
        AttributeValue::Bs(blobs) => binaries(blobs)?,
        AttributeValue::M(inner) => Value::M(map(inner)?),
        AttributeValue::L(inner) => Value::L(inner.iter().map(value).collect::<Result<_, _>>()?),
        AttributeValue::Bool(value) => Value::Bool(*value),
        AttributeValue::Null(true) => Value::Null,
        AttributeValue::Null(false) => {
            return Err(errors::invalid_values("Null attribute value types must have the value of true"));
        }
    })
}

/// Also what DynamoDB says of a request of a batch that is not one write.
pub(crate) fn ambiguous() -> Fault {
    errors::invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
    )
}

fn number(text: &str) -> Result<Number, Fault> {
    text.parse().map_err(errors::of_expression)
}

fn strings(members: &[String]) -> Result<Value, Fault> {
    if members.is_empty() {
        return Err(errors::invalid_values("An string set  may not be empty"));
    }
    let quoted = |members: Vec<&String>| members.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>();
    let set = set(members).map_err(|members| {
        let members = quoted(members).join(", ");
        errors::invalid_values(format_args!("Input collection [{members}] contains duplicates."))
    })?;
    Ok(Value::Ss(set.into_iter().cloned().collect()))
}

fn numbers(members: &[String]) -> Result<Value, Fault> {
    if members.is_empty() {
        return Err(errors::invalid_values("An number set  may not be empty"));
    }
    let members = members.iter().map(|text| number(text)).collect::<Result<Vec<_>, _>>()?;
    let set = set(&members).map_err(|_| errors::invalid_values("Input collection contains duplicates."))?;
    Ok(Value::Ns(set.into_iter().cloned().collect()))
}

fn binaries(members: &[Bytes]) -> Result<Value, Fault> {
    if members.is_empty() {
        return Err(errors::invalid_values("Binary sets should not be empty"));
    }
    let quoted = |members: Vec<&Bytes>| {
        members.iter().map(|blob| format!("\"{}\"", STANDARD.encode(blob))).collect::<Vec<_>>()
    };
    let set = set(members).map_err(|members| {
        let members = quoted(members).join(",");
        errors::invalid_values(format_args!("Input collection [{members}]of type BS contains duplicates."))
    })?;
    Ok(Value::Bs(set.into_iter().cloned().collect()))
}

/// The members, none of which is there twice. Otherwise, all of them as DynamoDB lists them: up to the first that is there
/// twice in their order, then as they came.
fn set<T: Ord>(members: &[T]) -> Result<BTreeSet<&T>, Vec<&T>> {
    let mut set = BTreeSet::new();
    match members.iter().position(|member| !set.insert(member)) {
        None => Ok(set),
        Some(at) => Err(set.into_iter().chain(&members[at..]).collect()),
    }
}

/// A key as the API has it.
pub(crate) fn key(key: Item) -> BTreeMap<String, AttributeValue> {
    let shown = |value| match value {
        Value::S(text) => AttributeValue::S(text),
        Value::N(number) => AttributeValue::N(number.to_string()),
        Value::B(bytes) => AttributeValue::B(bytes),
        // No key has another type.
        _ => AttributeValue::Nothing,
    };
    key.into_iter().map(|(name, value)| (name, shown(value))).collect()
}

#[cfg(test)]
mod tests {
    use expressions::Value;

    use super::{AttributeValue, value};

    fn refused(attribute: &AttributeValue) -> String {
        value(attribute).unwrap_err().message
    }

    #[test]
    fn values_are_read() {
        let list = AttributeValue::L(vec![AttributeValue::N("1.50".into())]);
        assert_eq!(value(&list).unwrap(), Value::L(vec![Value::N("1.5".parse().unwrap())]));
    }

    #[test]
    fn impossible_values_are_refused() {
        let empty = AttributeValue::Nothing;
        assert!(refused(&empty).starts_with("Supplied AttributeValue is empty"));
        let two = AttributeValue::Several;
        assert!(refused(&two).starts_with("Supplied AttributeValue has more than one datatypes set"));
        let set = AttributeValue::Ns(vec!["1".into(), "1.0".into()]);
        assert!(refused(&set).ends_with("contains duplicates."));
        let set = AttributeValue::Ss(vec![]);
        assert!(refused(&set).ends_with("An string set  may not be empty"));
        let null = AttributeValue::Null(false);
        assert!(refused(&null).ends_with("must have the value of true"));
    }
}
