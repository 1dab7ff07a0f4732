//! Methods of lists.

use super::{place, unbuilt};
use crate::error::Thrown;
use crate::run::equal;
use crate::value::{Heap, List, Value};

const UNBUILT: [&str; 6] = ["listIterator", "iterator", "retainAll", "sort", "stream", "toArray"];

pub(super) fn call(list: List, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    let count = heap.items(list).len();
    match (name, arguments) {
        ("size", []) => Ok(Value::count(count)),
        ("isEmpty", []) => Ok(Value::Bool(count == 0)),
        ("get", [Value::Int(index)]) => Ok(heap.items(list)[place(*index, count)?].clone()),
        ("contains", [value]) => Ok(Value::Bool(find(list, value, false, heap)?.is_some())),
        ("indexOf", [value]) => Ok(found(find(list, value, false, heap)?)),
        ("lastIndexOf", [value]) => Ok(found(find(list, value, true, heap)?)),
        ("containsAll", [Value::List(others)]) => contains_all(list, *others, heap),
        ("subList", [Value::Int(from), Value::Int(to)]) => part(list, *from, *to, heap),
        _ => change(list, name, arguments, heap),
    }
}

fn change(list: List, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    let count = heap.items(list).len();
    match (name, arguments) {
        ("add", [value]) => insert(list, count, std::slice::from_ref(value), heap),
        ("add", [Value::Int(index), value]) => {
            insert(list, place(*index, count + 1)?, std::slice::from_ref(value), heap)?;
            Ok(Value::Null)
        }
        ("addAll", [Value::List(others)]) => {
            let others = heap.items(*others).to_vec();
            insert(list, count, &others, heap)
        }
        ("set", [Value::Int(index), value]) => {
            let place = place(*index, count)?;
            Ok(std::mem::replace(&mut heap.items_mut(list)?[place], value.clone()))
        }
        ("remove", [Value::Int(index)]) => {
            heap.work(count / 16)?;
            let place = place(*index, count)?;
            Ok(heap.items_mut(list)?.remove(place))
        }
        ("remove", [value]) => remove(list, value, heap).map(Value::Bool),
        ("removeAll", [Value::List(others)]) => {
            let mut changed = false;
            for value in heap.items(*others).to_vec() {
                while remove(list, &value, heap)? {
                    changed = true;
                }
            }
            Ok(Value::Bool(changed))
        }
        ("clear", []) => {
            heap.items_mut(list)?.clear();
            Ok(Value::Null)
        }
        _ if UNBUILT.contains(&name) => Err(unbuilt("List", name)),
        _ => Ok(Value::Null),
    }
}

fn insert(list: List, place: usize, values: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    heap.spend_values(values.len())?;
    let items = heap.items_mut(list)?;
    let moved = items.len() - place;
    items.splice(place..place, values.iter().cloned());
    heap.work(values.len() + moved / 16)?;
    Ok(Value::Bool(!values.is_empty()))
}

fn remove(list: List, value: &Value, heap: &mut Heap) -> Result<bool, Thrown> {
    let Some(place) = find(list, value, false, heap)? else { return Ok(false) };
    heap.items_mut(list)?.remove(place);
    Ok(true)
}

/// Where a value stands in a list, first or last.
fn find(list: List, value: &Value, last: bool, heap: &mut Heap) -> Result<Option<usize>, Thrown> {
    let count = heap.items(list).len();
    for step in 0..count {
        let place = if last { count - 1 - step } else { step };
        let item = heap.items(list)[place].clone();
        heap.work(1)?;
        if std::mem::discriminant(&item) == std::mem::discriminant(value) && equal(&item, value, heap, 0)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

fn found(place: Option<usize>) -> Value {
    place.map_or(Value::Int(-1), Value::count)
}

fn contains_all(list: List, others: List, heap: &mut Heap) -> Result<Value, Thrown> {
    for value in heap.items(others).to_vec() {
        if find(list, &value, false, heap)?.is_none() {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// A copy, where Java has a view.
fn part(list: List, from: i64, to: i64, heap: &mut Heap) -> Result<Value, Thrown> {
    let count = heap.items(list).len();
    let (from, to) = (place(from, count + 1)?, place(to, count + 1)?);
    let Some(items) = heap.items(list).get(from..to) else {
        return Err(Thrown::new(format!("a part from {from} to {to} is none")));
    };
    let items = items.to_vec();
    heap.list(items)
}
