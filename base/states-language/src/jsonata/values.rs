//! Values on their way to the JSONata engine and back.
//!
//! The engine's numbers are floats, as JSONata's are; whole ones come back as whole numbers.

use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value};

/// How deep a result may nest.
const DEPTH_MAX: usize = 128;

pub(super) fn to_engine(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(is) => JValue::Bool(*is),
        Value::Number(number) => JValue::from_f64(number.as_f64().unwrap_or_default()),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => JValue::array(items.iter().map(to_engine).collect()),
        Value::Object(fields) => {
            JValue::object(fields.iter().map(|(name, value)| (name.clone(), to_engine(value))).collect())
        }
    }
}

/// A result as JSON: nothing where it is undefined.
pub(super) fn from_engine(value: &JValue) -> Result<Option<Value>, String> {
    at_depth(value, 0)
}

fn at_depth(value: &JValue, depth: usize) -> Result<Option<Value>, String> {
    if depth > DEPTH_MAX {
        return Err(format!("The result nests more than {DEPTH_MAX} deep"));
    }
    Ok(Some(match value {
        JValue::Undefined => return Ok(None),
        JValue::Null => Value::Null,
        JValue::Bool(is) => Value::Bool(*is),
        JValue::Number(number) => number_of(*number)?,
        JValue::String(text) => Value::from(&**text),
        JValue::Array(items) => {
            let items = items.iter().map(|item| at_depth(item, depth + 1).map(Option::unwrap_or_default));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        JValue::Object(fields) => {
            let mut object = Map::new();
            for (name, value) in fields.iter() {
                if let Some(value) = at_depth(value, depth + 1)? {
                    object.insert(name.clone(), value);
                }
            }
            Value::Object(object)
        }
        _ => return Err("The result is a function, which is no JSON".into()),
    }))
}

#[expect(clippy::cast_possible_truncation, reason = "only whole numbers of 53 bits are cast")]
fn number_of(number: f64) -> Result<Value, String> {
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        return Ok(Value::from(number as i64));
    }
    let number = Number::from_f64(number).ok_or("The result is a number out of range")?;
    Ok(Value::Number(number))
}
