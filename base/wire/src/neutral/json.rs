//! Documents as JSON values, and JSON values as documents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, Value};

use super::Spelling;
use crate::{Document, TimestampFormat};

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Document::Null,
            Value::Bool(value) => Document::Boolean(value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => Document::Integer(value),
                None => Document::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Document::String(text),
            Value::Array(values) => Document::List(values.into_iter().map(Document::from).collect()),
            Value::Object(map) => {
                Document::Map(map.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

impl Document {
    /// As JSON, with bytes and moments in that spelling. Bytes that are to be a text and are none become base64.
    #[must_use]
    pub fn into_json(self, spelling: Spelling) -> Value {
        match self {
            Document::Null => Value::Null,
            Document::Boolean(value) => Value::Bool(value),
            Document::Integer(value) => Value::from(value),
            Document::Double(value) => number(value),
            Document::String(text) => Value::String(text),
            Document::Blob(bytes) => Value::String(match (spelling, std::str::from_utf8(&bytes)) {
                (Spelling::Capital | Spelling::Pascal, Ok(text)) => text.to_owned(),
                _ => STANDARD.encode(&bytes),
            }),
            Document::Timestamp(moment) => match spelling {
                Spelling::Capital | Spelling::Pascal => {
                    Value::String(moment.format(TimestampFormat::DateTime))
                }
                Spelling::Model if moment.millis() % 1000 == 0 => Value::from(moment.secs()),
                Spelling::Model => number(moment.millis() as f64 / 1000.0),
            },
            Document::List(values) => {
                Value::Array(values.into_iter().map(|value| value.into_json(spelling)).collect())
            }
            Document::Map(map) => Value::Object(
                map.into_iter().map(|(name, value)| (name, value.into_json(spelling))).collect(),
            ),
        }
    }
}

/// JSON has no infinities, for which there are texts.
fn number(value: f64) -> Value {
    let text = match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    };
    Number::from_f64(value).map_or_else(|| Value::from(text), Value::Number)
}
