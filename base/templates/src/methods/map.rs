//! Methods of maps. Keys are texts: a number as a key is what it renders as.

use std::sync::Arc;

use super::unbuilt;
use crate::error::Thrown;
use crate::run::equal;
use crate::value::{Heap, Map, Members, Value};

const UNBUILT: [&str; 7] =
    ["compute", "computeIfAbsent", "computeIfPresent", "forEach", "merge", "replace", "replaceAll"];

pub(super) fn call(map: Map, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    let count = heap.members(map).map_or(0, Members::len);
    match (name, arguments) {
        ("size", []) => Ok(Value::count(count)),
        ("isEmpty", []) => Ok(Value::Bool(count == 0)),
        ("get", [key]) => Ok(member(map, key, heap)?.unwrap_or_default()),
        ("getOrDefault", [key, other]) => Ok(member(map, key, heap)?.unwrap_or_else(|| other.clone())),
        ("containsKey", [key]) => Ok(Value::Bool(member(map, key, heap)?.is_some())),
        ("containsValue", [value]) => contains(map, value, heap),
        ("keySet", []) => {
            let keys = keys(map, heap).into_iter().map(Value::Text).collect();
            heap.list(keys)
        }
        ("values", []) => {
            let values = heap.members(map).into_iter().flatten().map(|(_, value)| value.clone()).collect();
            heap.list(values)
        }
        ("entrySet", []) => {
            let entries = keys(map, heap).into_iter().map(|key| Value::Entry(map, key)).collect();
            heap.list(entries)
        }
        _ => change(map, name, arguments, heap),
    }
}

fn change(map: Map, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    match (name, arguments) {
        ("put", [key, value]) => {
            let key = heap.text_of(key)?;
            heap.put(map, key, value.clone())
        }
        ("putIfAbsent", [key, value]) => match member(map, key, heap)? {
            Some(value) if !value.is_null() => Ok(value),
            _ => change(map, "put", &[key.clone(), value.clone()], heap),
        },
        ("putAll", [Value::Map(other)]) => {
            for (key, value) in heap.members(*other).cloned().unwrap_or_default() {
                heap.put(map, key, value)?;
            }
            Ok(Value::Null)
        }
        ("remove", [key]) => {
            let key = heap.text_of(key)?;
            heap.work(heap.members(map).map_or(0, Members::len) / 16)?;
            Ok(heap.members_mut(map)?.shift_remove(&key).unwrap_or_default())
        }
        ("clear", []) => {
            heap.members_mut(map)?.clear();
            Ok(Value::Null)
        }
        _ if UNBUILT.contains(&name) => Err(unbuilt("Map", name)),
        _ => Ok(Value::Null),
    }
}

fn member(map: Map, key: &Value, heap: &mut Heap) -> Result<Option<Value>, Thrown> {
    let key = heap.text_of(key)?;
    Ok(heap.member(map, &key).cloned())
}

fn keys(map: Map, heap: &Heap) -> Vec<Arc<str>> {
    heap.members(map).into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

fn contains(map: Map, value: &Value, heap: &mut Heap) -> Result<Value, Thrown> {
    for key in keys(map, heap) {
        let member = heap.member(map, &key).cloned().unwrap_or_default();
        if equal(&member, value, heap, 0)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
