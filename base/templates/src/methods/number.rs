//! Methods of numbers, and those of their classes: templates call `parseInt` of any number at hand.

use std::cmp::Ordering;

use super::unbuilt;
use crate::error::Thrown;
use crate::run::compare;
use crate::value::{Heap, Value};

const UNBUILT: [&str; 8] = [
    "bitCount",
    "byteValue",
    "floatValue",
    "hashCode",
    "shortValue",
    "toBinaryString",
    "toHexString",
    "toOctalString",
];

pub(super) fn call(value: &Value, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    match (name, arguments) {
        ("intValue" | "longValue", []) => Ok(Value::Int(whole(value))),
        ("doubleValue", []) => Ok(match value {
            Value::Int(number) => Value::Decimal(format!("{number}").parse().unwrap_or(f64::NAN)),
            other => other.clone(),
        }),
        ("compareTo" | "compare", [other]) => Ok(compare(value, other).map_or(Value::Null, sign)),
        ("toString", [other]) => heap.text_of(other).map(Value::Text),
        ("isNaN", []) => Ok(Value::Bool(matches!(value, Value::Decimal(number) if number.is_nan()))),
        ("parseInt" | "parseLong", [Value::Text(text)]) => {
            let number = text.parse().map(Value::Int);
            number.map_err(|_| no_number(text))
        }
        ("valueOf", [Value::Text(text)]) if matches!(value, Value::Int(_)) => {
            text.parse().map(Value::Int).map_err(|_| no_number(text))
        }
        ("parseDouble" | "valueOf", [Value::Text(text)]) => {
            text.trim().parse().map(Value::Decimal).map_err(|_| no_number(text))
        }
        ("valueOf", [other @ (Value::Int(_) | Value::Decimal(_))]) => Ok(other.clone()),
        _ if UNBUILT.contains(&name) => Err(unbuilt("Number", name)),
        _ => Ok(Value::Null),
    }
}

fn no_number(text: &str) -> Thrown {
    let start: String = text.chars().take(40).collect();
    Thrown::new(format!("no number: \"{start}\""))
}

fn sign(order: Ordering) -> Value {
    Value::Int(order as i64)
}

/// Without its fraction, within 64 bits, as Java casts.
#[expect(clippy::cast_possible_truncation, reason = "Java's cast saturates as Rust's does")]
fn whole(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        Value::Decimal(number) => *number as i64,
        _ => 0,
    }
}
