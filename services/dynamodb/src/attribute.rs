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
    let AttributeValue { s, n, b, ss, ns, bs, m, l, null, bool } = attribute;
    let scalars = [s.is_some(), n.is_some(), b.is_some(), bool.is_some(), null.is_some()];
    let others = [ss.is_some(), ns.is_some(), bs.is_some(), m.is_some(), l.is_some()];
    match scalars.iter().chain(&others).filter(|is_there| **is_there).count() {
        0 => {
            return Err(errors::invalid(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
            ));
        }
        1 => {}
        _ => return Err(ambiguous()),
    }
    Ok(if let Some(text) = s {
        Value::S(text.clone())
    } else if let Some(text) = n {
        Value::N(number(text)?)
    } else if let Some(bytes) = b {
        Value::B(bytes.clone())
    } else if let Some(texts) = ss {
        strings(texts)?
    } else if let Some(texts) = ns {
        numbers(texts)?
    } else if let Some(blobs) = bs {
        binaries(blobs)?
    } else if let Some(inner) = m {
        Value::M(map(inner)?)
    } else if let Some(inner) = l {
        Value::L(inner.iter().map(value).collect::<Result<_, _>>()?)
    } else if let Some(value) = bool {
        Value::Bool(*value)
    } else if *null == Some(true) {
        Value::Null
    } else {
        return Err(errors::invalid_values("Null attribute value types must have the value of true"));
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

/// Functions that show items with that API's attribute values: those of both APIs are of one shape, and two types.
macro_rules! showing {
    ($attribute:ty) => {
        /// An item as the API has it.
        pub(crate) fn shown(item: expressions::Item) -> std::collections::BTreeMap<String, $attribute> {
            // As in `map`.
            let mut shown = std::collections::BTreeMap::new();
            for (name, value) in item {
                shown.insert(name, shown_value(value));
            }
            shown
        }

        fn shown_value(value: expressions::Value) -> $attribute {
            use expressions::Value;
            let mut shown = <$attribute>::default();
            match value {
                Value::S(text) => shown.s = Some(text),
                Value::N(number) => shown.n = Some(number.to_string()),
                Value::B(bytes) => shown.b = Some(bytes),
                Value::Bool(value) => shown.bool = Some(value),
                Value::Null => shown.null = Some(true),
                Value::M(map) => shown.m = Some(self::shown(map)),
                Value::L(list) => shown.l = Some(list.into_iter().map(shown_value).collect()),
                Value::Ss(set) => shown.ss = Some(set.into_iter().collect()),
                Value::Ns(set) => shown.ns = Some(set.into_iter().map(|number| number.to_string()).collect()),
                Value::Bs(set) => shown.bs = Some(set.into_iter().collect()),
            }
            shown
        }
    };
}
pub(crate) use showing;

showing!(AttributeValue);

#[cfg(test)]
mod tests {
    use super::{AttributeValue, shown_value, value};

    fn refused(attribute: &AttributeValue) -> String {
        value(attribute).unwrap_err().message
    }

    #[test]
    fn values_come_back() {
        let inner = AttributeValue { n: Some("1.50".into()), ..AttributeValue::default() };
        let list = AttributeValue { l: Some(vec![inner]), ..AttributeValue::default() };
        let shown = shown_value(value(&list).unwrap());
        assert_eq!(shown.l.unwrap()[0].n.as_deref(), Some("1.5"));
    }

    #[test]
    fn impossible_values_are_refused() {
        let empty = AttributeValue::default();
        assert!(refused(&empty).starts_with("Supplied AttributeValue is empty"));
        let two = AttributeValue { s: Some("a".into()), bool: Some(true), ..AttributeValue::default() };
        assert!(refused(&two).starts_with("Supplied AttributeValue has more than one datatypes set"));
        let set = AttributeValue { ns: Some(vec!["1".into(), "1.0".into()]), ..AttributeValue::default() };
        assert!(refused(&set).ends_with("contains duplicates."));
        let set = AttributeValue { ss: Some(vec![]), ..AttributeValue::default() };
        assert!(refused(&set).ends_with("An string set  may not be empty"));
        let null = AttributeValue { null: Some(false), ..AttributeValue::default() };
        assert!(refused(&null).ends_with("must have the value of true"));
    }
}
