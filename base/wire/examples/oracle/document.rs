//! Neutral documents as JSON that loses nothing: numbers with a fraction as their bits, bytes in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudlet_wire::{Document, Timestamp};
use serde_json::{Map, Value, json};

pub(crate) fn to_json(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Boolean(value) => (*value).into(),
        Document::Integer(value) => (*value).into(),
        Document::Double(value) => json!({ "d": value.to_bits().to_string() }),
        Document::String(value) => value.as_str().into(),
        Document::Blob(value) => json!({ "b": STANDARD.encode(value) }),
        Document::Timestamp(value) => json!({ "t": value.millis() }),
        Document::List(values) => values.iter().map(to_json).collect(),
        Document::Map(map) => {
            let map: Map<String, Value> =
                map.iter().map(|(name, value)| (name.clone(), to_json(value))).collect();
            json!({ "m": map })
        }
    }
}

pub(crate) fn of_json(value: &Value) -> Result<Document, Box<dyn std::error::Error>> {
    Ok(match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Boolean(*value),
        Value::Number(value) => Document::Integer(value.as_i64().ok_or("a number beyond 64 bits")?),
        Value::String(value) => Document::String(value.clone()),
        Value::Array(values) => Document::List(values.iter().map(of_json).collect::<Result<_, _>>()?),
        Value::Object(tagged) => match tagged.iter().next().ok_or("an object without a tag")? {
            (tag, Value::String(bits)) if tag == "d" => Document::Double(f64::from_bits(bits.parse()?)),
            (tag, Value::String(text)) if tag == "b" => Document::Blob(STANDARD.decode(text)?.into()),
            (tag, Value::Number(millis)) if tag == "t" => {
                Document::Timestamp(Timestamp::from_millis(millis.as_i64().ok_or("no moment")?))
            }
            (tag, Value::Object(map)) if tag == "m" => {
                let entries = map.iter().map(|(name, value)| Ok((name.clone(), of_json(value)?)));
                Document::Map(entries.collect::<Result<_, Box<dyn std::error::Error>>>()?)
            }
            (tag, _) => return Err(format!("an unknown tag {tag}").into()),
        },
    })
}
