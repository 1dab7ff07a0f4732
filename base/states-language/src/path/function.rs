//! The functions at the end of a path: how long a list is, or the sum of it.
//!
//! Never fails: what a function is not for is not found.

use serde_json::Value;

/// A function at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Avg,
    Stddev,
    Sum,
    Keys,
    First,
    Last,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Function::Length,
            "min" => Function::Min,
            "max" => Function::Max,
            "avg" => Function::Avg,
            "stddev" => Function::Stddev,
            "sum" => Function::Sum,
            "keys" => Function::Keys,
            "first" => Function::First,
            "last" => Function::Last,
            _ => return None,
        })
    }

    pub(super) fn apply(self, value: &Value) -> Option<Value> {
        match self {
            Function::Length => length(value).map(Value::from),
            Function::Keys => Some(value.as_object()?.keys().cloned().collect()),
            Function::First => value.as_array()?.first().cloned(),
            Function::Last => value.as_array()?.last().cloned(),
            _ => self.of_numbers(&numbers(value)?).map(Value::from),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "lists are shorter than 2^53")]
    fn of_numbers(self, numbers: &[f64]) -> Option<f64> {
        let (sum, count) = (numbers.iter().sum::<f64>(), numbers.len() as f64);
        match self {
            Function::Min => numbers.iter().copied().reduce(f64::min),
            Function::Max => numbers.iter().copied().reduce(f64::max),
            Function::Sum => Some(sum),
            Function::Avg => Some(sum / count),
            Function::Stddev => {
                let squares = numbers.iter().map(|number| number * number).sum::<f64>();
                Some((squares / count - (sum / count).powi(2)).max(0.0).sqrt())
            }
            _ => None,
        }
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(fields) => Some(fields.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

/// The numbers of a list, where there are any.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    let numbers: Vec<f64> = value.as_array()?.iter().filter_map(Value::as_f64).collect();
    (!numbers.is_empty()).then_some(numbers)
}
