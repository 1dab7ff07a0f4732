//! What operators make of two values. Arithmetic with what is no number has no value, and neither has a division by zero.

use std::cmp::Ordering;

use crate::ast::Operator;
use crate::error::Thrown;
use crate::text::DEPTH_MAX;
use crate::value::{Heap, Value};

/// All operators but `&&` and `||`, which may not need their second operand.
pub(super) fn apply(
    operator: Operator,
    left: &Value,
    right: &Value,
    heap: &mut Heap,
) -> Result<Value, Thrown> {
    Ok(match operator {
        Operator::Equal => Value::Bool(equal(left, right, heap, 0)?),
        Operator::Unequal => Value::Bool(!equal(left, right, heap, 0)?),
        Operator::Less => Value::Bool(compare(left, right) == Some(Ordering::Less)),
        Operator::Greater => Value::Bool(compare(left, right) == Some(Ordering::Greater)),
        Operator::AtMost => Value::Bool(compare(left, right).is_some_and(Ordering::is_le)),
        Operator::AtLeast => Value::Bool(compare(left, right).is_some_and(Ordering::is_ge)),
        _ => calculate(operator, left, right),
    })
}

pub(super) fn negative(operand: &Value) -> Value {
    match operand {
        Value::Int(number) => number.checked_neg().map_or(Value::Decimal(-to_decimal(*number)), Value::Int),
        Value::Decimal(number) => Value::Decimal(-number),
        _ => Value::Null,
    }
}

fn calculate(operator: Operator, left: &Value, right: &Value) -> Value {
    if let (Value::Int(left), Value::Int(right)) = (left, right) {
        return whole(operator, *left, *right);
    }
    match (number(left), number(right)) {
        (Some(left), Some(right)) => decimal(operator, left, right),
        _ => Value::Null,
    }
}

/// Whole numbers stay whole, a quotient too, up to 64 bits.
fn whole(operator: Operator, left: i64, right: i64) -> Value {
    let result = match operator {
        Operator::Plus => left.checked_add(right),
        Operator::Minus => left.checked_sub(right),
        Operator::Times => left.checked_mul(right),
        Operator::Over => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    result.map_or_else(|| decimal(operator, to_decimal(left), to_decimal(right)), Value::Int)
}

fn decimal(operator: Operator, left: f64, right: f64) -> Value {
    if right == 0.0 && matches!(operator, Operator::Over | Operator::Modulo) {
        return Value::Null;
    }
    Value::Decimal(match operator {
        Operator::Plus => left + right,
        Operator::Minus => left - right,
        Operator::Times => left * right,
        Operator::Over => left / right,
        _ => left % right,
    })
}

/// Loses digits of large ones, as Java does.
#[expect(clippy::cast_precision_loss, reason = "Java's widening does the same")]
fn to_decimal(number: i64) -> f64 {
    number as f64
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(to_decimal(*number)),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// The order of two numbers; nothing else has one.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        _ => number(left)?.partial_cmp(&number(right)?),
    }
}

/// Whether two values are equal for `==`: numbers by what they are, values of different types by what they render as.
pub(crate) fn equal(left: &Value, right: &Value, heap: &mut Heap, depth: usize) -> Result<bool, Thrown> {
    heap.work(1)?;
    if depth > DEPTH_MAX {
        return Err(Thrown::new(format!("values are compared that are nested more than {DEPTH_MAX} deep")));
    }
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => {
            heap.work(left.len() / 64)?;
            left == right
        }
        (Value::List(left), Value::List(right)) if left == right => true,
        (Value::Map(left), Value::Map(right)) if left == right => true,
        (Value::List(left), Value::List(right)) => {
            let (left, right) = (heap.items(*left).to_vec(), heap.items(*right).to_vec());
            all_equal(&left, &right, heap, depth)?
        }
        (Value::Map(_), Value::Map(_)) => maps_equal(left, right, heap, depth)?,
        _ => match compare(left, right) {
            Some(order) => order.is_eq(),
            None if number(left).is_some() && number(right).is_some() => false,
            None => heap.text_of(left)? == heap.text_of(right)?,
        },
    })
}

fn all_equal(left: &[Value], right: &[Value], heap: &mut Heap, depth: usize) -> Result<bool, Thrown> {
    heap.work(left.len() + right.len())?;
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right) {
        if !equal(left, right, heap, depth + 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps_equal(left: &Value, right: &Value, heap: &mut Heap, depth: usize) -> Result<bool, Thrown> {
    let (Value::Map(left), Value::Map(right)) = (left, right) else { return Ok(false) };
    let (Some(left), Some(right)) = (heap.members(*left), heap.members(*right)) else { return Ok(false) };
    if left.len() != right.len() || left.keys().any(|key| !right.contains_key(key)) {
        return Ok(false);
    }
    let pairs: Vec<_> = left.iter().map(|(key, value)| (value.clone(), right.get(key).cloned())).collect();
    let (left, right): (Vec<_>, Vec<_>) =
        pairs.into_iter().map(|(left, right)| (left, right.unwrap_or_default())).unzip();
    all_equal(&left, &right, heap, depth)
}
