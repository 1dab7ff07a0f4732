//! Items as this API shows them: it has the attribute values of DynamoDB's own once more, and functions read them.

use std::collections::BTreeMap;

use api_dynamodbstreams::AttributeValue;
use expressions::{Item, Value};

/// An item as the API has it.
pub(super) fn shown(item: Item) -> BTreeMap<String, AttributeValue> {
    item.into_iter().map(|(name, value)| (name, shown_value(value))).collect()
}

fn shown_value(value: Value) -> AttributeValue {
    let mut shown = AttributeValue::default();
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
