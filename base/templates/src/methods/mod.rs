//! Properties and methods of values, as Java's classes have them.
//!
//! What a class does not have has no value, as in Velocity. What it has and is not written here throws, by name, so that
//! nothing comes out that only looks right.

mod list;
mod map;
mod number;
mod regexes;
mod text;

use std::sync::Arc;

use crate::error::Thrown;
use crate::run::equal;
use crate::value::{Heap, List, Value};

pub(crate) fn property(value: &Value, name: &str, heap: &mut Heap) -> Result<Value, Thrown> {
    Ok(match value {
        Value::Map(map) => heap.member(*map, name).cloned().unwrap_or_default(),
        Value::List(list) if name == "empty" => Value::Bool(heap.items(*list).is_empty()),
        Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
        Value::Entry(_, key) if name == "key" => Value::Text(key.clone()),
        Value::Entry(map, key) if name == "value" => heap.member(*map, key).cloned().unwrap_or_default(),
        Value::Object(object) => object.clone().property(name, heap)?,
        _ => Value::Null,
    })
}

pub(crate) fn call(value: &Value, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    if !matches!(value, Value::Object(_)) {
        match (name, arguments) {
            ("toString", []) => return heap.text_of(value).map(Value::Text),
            ("equals", [other]) => return same(value, other, heap).map(Value::Bool),
            _ => {}
        }
    }
    match value {
        Value::Text(text) => text::call(text, name, arguments, heap),
        Value::List(list) => list::call(*list, name, arguments, heap),
        Value::Map(map) => map::call(*map, name, arguments, heap),
        Value::Int(_) | Value::Decimal(_) => number::call(value, name, arguments, heap),
        Value::Entry(..) => match name {
            "getKey" => property(value, "key", heap),
            "getValue" => property(value, "value", heap),
            _ => Ok(Value::Null),
        },
        Value::Object(object) => object.clone().call(name, arguments, heap),
        Value::Bool(value) if name == "booleanValue" => Ok(Value::Bool(*value)),
        Value::Bool(_) if matches!((name, arguments), ("parseBoolean", [_])) => {
            Ok(Value::Bool(heap.text_of(&arguments[0])?.eq_ignore_ascii_case("true")))
        }
        Value::Null | Value::Bool(_) | Value::Loop(_) => Ok(Value::Null),
    }
}

/// Whether Java's `equals` says so, for which the types must be the same.
fn same(left: &Value, right: &Value, heap: &mut Heap) -> Result<bool, Thrown> {
    Ok(std::mem::discriminant(left) == std::mem::discriminant(right) && equal(left, right, heap, 0)?)
}

/// What stands at an index: a place in a list, from its end if it is negative, or a key of a map.
pub(crate) fn at_index(value: &Value, index: &Value, heap: &mut Heap) -> Result<Value, Thrown> {
    match (value, index) {
        (Value::List(list), Value::Int(index)) => {
            let place = place_from_either_end(*list, *index, heap)?;
            Ok(heap.items(*list)[place].clone())
        }
        (Value::Map(_) | Value::Object(_), Value::Null) | (Value::List(_), _) => Ok(Value::Null),
        (Value::Map(_) | Value::Object(_), key) => {
            let key = heap.text_of(key)?;
            property(value, &key, heap)
        }
        _ => Ok(Value::Null),
    }
}

/// Assigns to a property. What has none to be assigned to is left as it is.
pub(crate) fn set_property(
    owner: &Value,
    name: Arc<str>,
    value: Value,
    heap: &mut Heap,
) -> Result<(), Thrown> {
    match owner {
        Value::Map(map) => heap.put(*map, name, value).map(|_| ()),
        Value::Entry(map, key) if &*name == "value" => heap.put(*map, key.clone(), value).map(|_| ()),
        _ => Ok(()),
    }
}

pub(crate) fn set_at_index(
    owner: &Value,
    index: &Value,
    value: Value,
    heap: &mut Heap,
) -> Result<(), Thrown> {
    match (owner, index) {
        (Value::List(list), Value::Int(index)) => {
            let place = place_from_either_end(*list, *index, heap)?;
            heap.items_mut(*list)?[place] = value;
            Ok(())
        }
        (Value::Map(_), key) => {
            let key = heap.text_of(key)?;
            set_property(owner, key, value, heap)
        }
        _ => Ok(()),
    }
}

fn place_from_either_end(list: List, index: i64, heap: &Heap) -> Result<usize, Thrown> {
    let count = heap.items(list).len();
    let from_start =
        if index < 0 { i64::try_from(count).unwrap_or(i64::MAX).checked_add(index) } else { Some(index) };
    place(from_start.unwrap_or(-1), count)
}

/// An index below `count`.
fn place(index: i64, count: usize) -> Result<usize, Thrown> {
    let place = usize::try_from(index).ok().filter(|place| *place < count);
    place.ok_or_else(|| Thrown::new(format!("index {index} is out of bounds for length {count}")))
}

/// A method that Java has, but this crate has not.
fn unbuilt(class: &str, name: &str) -> Thrown {
    Thrown::new(format!("the method {name} of {class} is not built"))
}

#[cfg(test)]
mod tests;
