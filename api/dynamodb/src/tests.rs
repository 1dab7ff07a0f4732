//! What is written by hand, against JSON that another library makes, and as requests have it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use expressions::{Item, Number, Value};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use wire::{Fault, Message, Protocol};

use super::*;

/// An item as the developer guide has it in JSON.
fn json_of_item(item: &Item) -> Json {
    Json::Object(item.iter().map(|(name, value)| (name.clone(), json_of(value))).collect::<Map<_, _>>())
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::S(text) => json!({ "S": text }),
        Value::N(number) => json!({ "N": number.to_string() }),
        Value::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Null => json!({ "NULL": true }),
        Value::M(map) => json!({ "M": json_of_item(map) }),
        Value::L(list) => json!({ "L": list.iter().map(json_of).collect::<Vec<_>>() }),
        Value::Ss(set) => json!({ "SS": set }),
        Value::Ns(set) => json!({ "NS": set.iter().map(Number::to_string).collect::<Vec<_>>() }),
        Value::Bs(set) => json!({ "BS": set.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>() }),
    }
}

/// An item with values of every type, by themselves and inside of others.
fn item_of(text: &str, number: Number, bytes: Vec<u8>) -> Item {
    let bytes = Bytes::from(bytes);
    let values = [
        Value::S(text.to_owned()),
        Value::N(number),
        Value::B(bytes.clone()),
        Value::Bool(true),
        Value::Null,
        Value::M(Item::new()),
        Value::L(Vec::new()),
        Value::Ss([text.to_owned(), "x".to_owned()].into()),
        Value::Ns([number, 7.into()].into()),
        Value::Bs([bytes, Bytes::from_static(b"x")].into()),
    ];
    let inside: Item = values.iter().map(|value| (format!("{:?}", value.kind()), value.clone())).collect();
    let mut item = inside.clone();
    item.insert("list".to_owned(), Value::L(values.into()));
    item.insert(text.to_owned(), Value::M(inside));
    item
}

proptest! {
    #[test]
    fn items_are_shown_as_they_are(
        text in any::<String>(),
        digits in any::<i64>(),
        scale in -50i32..50,
        bytes in any::<Vec<u8>>(),
    ) {
        let item = item_of(&text, format!("{digits}E{scale}").parse().unwrap(), bytes);
        let output = GetItemOutput { item: Some(item.clone().into()), ..GetItemOutput::default() };
        let operation = FACTS.operation("GetItem").unwrap();
        let answer = wire::write_output(Protocol::AwsJson10, &FACTS, operation, &output, "");
        let shown: Json = serde_json::from_slice(&answer.body.whole().unwrap()).unwrap();
        prop_assert_eq!(shown, json!({ "Item": json_of_item(&item) }));
    }
}

/// The one value of an item that is put.
fn read(value: &str) -> Result<AttributeValue, Fault> {
    let body = Bytes::from(format!(r#"{{ "TableName": "t12", "Item": {{ "a": {value} }} }}"#));
    let (headers, labels) = (http::HeaderMap::new(), wire::rest::Labels::default());
    let message = Message {
        method: "POST",
        path: "/",
        query: None,
        headers: &headers,
        body: &body,
        stream: None,
        labels: &labels,
    };
    let operation = FACTS.operation("PutItem").unwrap();
    let mut input: PutItemInput = wire::read_input(Protocol::AwsJson10, &FACTS, operation, &message)?;
    Ok(input.item.remove("a").unwrap())
}

#[test]
fn values_are_read_with_what_is_wrong_with_them() {
    use AttributeValue::{Bool, L, M, N, Nothing, Null, S, Several, Ss};
    for (text, value) in [
        (r#"{ "S": "a" }"#, S("a".into())),
        (r#"{ "N": "1.50" }"#, N("1.50".into())),
        (r#"{ "SS": ["b", "a", "b"] }"#, Ss(vec!["b".into(), "a".into(), "b".into()])),
        (r#"{ "NULL": false }"#, Null(false)),
        (r#"{ "L": [{ "BOOL": true }, {}] }"#, L(vec![Bool(true), Nothing])),
        (r#"{ "M": { "k": { "S": "" } } }"#, M(BTreeMap::from([("k".into(), S(String::new()))]))),
        // A null is as good as nothing, of one member twice the last counts, and strangers are passed over.
        (r#"{ "S": null, "N": "1" }"#, N("1".into())),
        (r#"{ "S": "a", "S": "b" }"#, S("b".into())),
        (r#"{ "X": "a" }"#, Nothing),
        (r#"{ "S": "a", "BOOL": true }"#, Several),
        (r#"{ "S": "a", "BOOL": true, "S": "b" }"#, Several),
    ] {
        assert_eq!(read(text).unwrap(), value, "{text}");
    }
    assert_eq!(read(r#"{ "B": "no base64" }"#).unwrap_err().code, "SerializationException");
    assert_eq!(read(r#""S""#).unwrap_err().code, "SerializationException");
}

#[test]
fn a_value_is_small() {
    assert!(size_of::<AttributeValue>() <= 40, "{}", size_of::<AttributeValue>());
}
