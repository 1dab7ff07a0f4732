//! DynamoDB's JSON: `{"Item":{"id":{"S":"1"}}}`, a line for each item.

use std::collections::BTreeMap;

use api_dynamodb::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use expressions::{Item, Number, Value};
use serde_json::{Map, Value as Json, json};
use store::Bytes;
use wire::Fault;

use super::Wrong;
use crate::{attribute, errors};

/// An item.
pub(crate) fn of_item(item: &Item) -> Json {
    Json::Object(item.iter().map(|(name, value)| (name.clone(), of(value))).collect::<Map<_, _>>())
}

fn of(value: &Value) -> Json {
    match value {
        Value::S(text) => json!({ "S": text }),
        Value::N(number) => json!({ "N": number.to_string() }),
        Value::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Null => json!({ "NULL": true }),
        Value::M(map) => json!({ "M": of_item(map) }),
        Value::L(list) => json!({ "L": list.iter().map(of).collect::<Vec<_>>() }),
        Value::Ss(set) => json!({ "SS": set }),
        Value::Ns(set) => json!({ "NS": set.iter().map(Number::to_string).collect::<Vec<_>>() }),
        Value::Bs(set) => json!({ "BS": set.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>() }),
    }
}

/// The item of a line. Lines nest no deeper than the reader allows, so what follows has an end.
pub(super) fn item(line: &[u8]) -> Result<Item, Wrong> {
    let line: Json = serde_json::from_slice(line).map_err(|error| Wrong::Unreadable(error.to_string()))?;
    let Some(Json::Object(item)) = line.get("Item") else {
        return Err(errors::invalid("The line has no Item").into());
    };
    Ok(attribute::item(&attributes(item)?)?)
}

fn attributes(map: &Map<String, Json>) -> Result<BTreeMap<String, AttributeValue>, Fault> {
    map.iter().map(|(name, json)| Ok((name.clone(), attribute(json)?))).collect()
}

fn attribute(json: &Json) -> Result<AttributeValue, Fault> {
    let Json::Object(members) = json else { return Ok(AttributeValue::Nothing) };
    let mut members = members.iter().filter(|(_, json)| !json.is_null());
    let Some((kind, json)) = members.next() else { return Ok(AttributeValue::Nothing) };
    if members.next().is_some() {
        return Ok(AttributeValue::Several);
    }
    typed(kind, json)?.ok_or_else(|| errors::invalid(format!("A value of type {kind} is not written as one")))
}

/// The value of that type; none where it is something else.
fn typed(kind: &str, json: &Json) -> Result<Option<AttributeValue>, Fault> {
    let text = || json.as_str().map(str::to_owned);
    let texts = || -> Option<Vec<String>> {
        json.as_array()?.iter().map(|json| json.as_str().map(str::to_owned)).collect()
    };
    let blobs = || -> Option<Vec<Bytes>> { json.as_array()?.iter().map(blob).collect() };
    Ok(match kind {
        "S" => text().map(AttributeValue::S),
        "N" => text().map(AttributeValue::N),
        "B" => blob(json).map(AttributeValue::B),
        "BOOL" => json.as_bool().map(AttributeValue::Bool),
        "NULL" => json.as_bool().map(AttributeValue::Null),
        "SS" => texts().map(AttributeValue::Ss),
        "NS" => texts().map(AttributeValue::Ns),
        "BS" => blobs().map(AttributeValue::Bs),
        "M" => json.as_object().map(attributes).transpose()?.map(AttributeValue::M),
        "L" => {
            let list = json.as_array().map(|list| list.iter().map(attribute).collect::<Result<_, _>>());
            list.transpose()?.map(AttributeValue::L)
        }
        _ => Some(AttributeValue::Nothing),
    })
}

fn blob(json: &Json) -> Option<Bytes> {
    STANDARD.decode(json.as_str()?).ok().map(Bytes::from)
}
