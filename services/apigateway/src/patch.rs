//! PATCH operations: changes of documents by paths, in one way for all of them.
//!
//! What may be changed is a table of the document; how a value is read says its schema. Follows "Patch operations" of
//! the API reference.

use api_apigateway as api;
use serde_json::{Map, Value};
use service::Result;
use wire::{Fault, Kept, Kind, Shape};

use crate::{document, errors};

/// Which paths may be changed, by which operations. A star stands for any one part of a path.
pub(crate) type Table = &'static [(&'static str, &'static [&'static str])];

/// Operations on a value that is always there.
pub(crate) const REPLACE: &[&str] = &["replace"];
/// Operations on an entry of a map, or on a value that may be absent.
pub(crate) const ENTRY: &[&str] = &["add", "replace", "remove"];
/// Operations on a value in a list.
pub(crate) const VALUE: &[&str] = &["add", "replace", "remove"];

/// One change.
pub(crate) struct Change<'a> {
    pub(crate) op: &'a str,
    /// As it came.
    pub(crate) path: &'a str,
    /// Its parts, unescaped.
    pub(crate) parts: Vec<String>,
    pub(crate) value: Option<&'a str>,
}

/// The changes that a client asks for.
///
/// # Errors
/// For one without an operation or a path.
pub(crate) fn changes(operations: &Option<Vec<api::PatchOperation>>) -> Result<Vec<Change<'_>>, Fault> {
    operations.iter().flatten().map(change).collect()
}

fn change(operation: &api::PatchOperation) -> Result<Change<'_>, Fault> {
    let op = operation.op.as_ref().map(api::Op::as_str).unwrap_or_default();
    if !["add", "remove", "replace", "move", "copy", "test"].contains(&op) {
        return Err(errors::bad("Patch operation must be one of [add, remove, replace, move, test, copy]"));
    }
    let path = operation.path.as_deref().unwrap_or_default();
    let rest = path.strip_prefix('/').ok_or_else(|| errors::bad(format!("Invalid patch path {path}")))?;
    let parts = rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    Ok(Change { op, path, parts, value: operation.value.as_deref() })
}

/// A document after these operations.
///
/// # Errors
/// For the first that is not allowed or has a bad value.
pub(crate) fn apply<D: Kept>(
    document: &D,
    operations: &Option<Vec<api::PatchOperation>>,
    table: Table,
) -> Result<D> {
    apply_changes(document, &changes(operations)?, table)
}

/// The same for changes whose paths were brought to the names of the document.
pub(crate) fn apply_changes<D: Kept>(document: &D, changes: &[Change<'_>], table: Table) -> Result<D> {
    let text = wire::to_json(document, D::SHAPE);
    let mut json: Value = serde_json::from_slice(&text).map_err(|why| errors::bad(why.to_string()))?;
    for change in changes {
        allowed(change, table)?;
        at(&mut json, D::SHAPE, &change.parts, change)?;
    }
    Ok(document::from_json(json.to_string().as_bytes())?)
}

fn allowed(change: &Change<'_>, table: Table) -> Result<(), Fault> {
    let fits = |pattern: &str| {
        let mut wanted = pattern[1..].split('/');
        let all =
            change.parts.iter().all(|part| wanted.next().is_some_and(|want| want == "*" || want == part));
        all && wanted.next().is_none()
    };
    let of_op = || table.iter().filter(|(_, ops)| ops.contains(&change.op)).map(|(pattern, _)| *pattern);
    if of_op().any(fits) {
        return Ok(());
    }
    let known: Vec<&str> = of_op().collect();
    Err(errors::bad(format!(
        "Invalid patch path  '{}' specified for op '{}'. Must be one of: [{}]",
        change.path,
        change.op,
        known.join(", ")
    )))
}

/// Walks to where a change belongs. What is missing on the way is made.
fn at(json: &mut Value, shape: &'static Shape, parts: &[String], change: &Change<'_>) -> Result<(), Fault> {
    let unknown = || errors::bad(format!("Invalid patch path {}", change.path));
    let Some((part, rest)) = parts.split_first() else { return set(json, shape, change) };
    let inner = match &shape.kind {
        Kind::List { .. } if rest.is_empty() => return in_list(json, part, change),
        Kind::Map { value, .. } => value.shape,
        Kind::Structure { members, .. } => {
            let member = members.iter().find(|member| member.wire_name() == part);
            member.ok_or_else(unknown)?.shape
        }
        _ => return Err(unknown()),
    };
    if !json.is_object() {
        *json = Value::Object(Map::new());
    }
    let Value::Object(entries) = json else { return Err(unknown()) };
    if rest.is_empty() && change.op == "remove" {
        let is_list = matches!(inner.kind, Kind::List { .. }) && change.value.is_some();
        if !is_list {
            return remove(entries, part, change);
        }
    }
    at(entries.entry(part.clone()).or_insert(Value::Null), inner, rest, change)
}

fn remove(entries: &mut Map<String, Value>, part: &str, change: &Change<'_>) -> Result<(), Fault> {
    let gone = entries.remove(part);
    gone.map(|_| ()).ok_or_else(|| errors::missing(format!("Invalid patch path {}", change.path)))
}

/// A value that a list has or is to have stands in the path.
fn in_list(json: &mut Value, part: &str, change: &Change<'_>) -> Result<(), Fault> {
    if !json.is_array() {
        *json = Value::Array(Vec::new());
    }
    let Value::Array(values) = json else { return Ok(()) };
    let place = values.iter().position(|value| value == part);
    match (change.op, place) {
        ("add", None) => values.push(part.into()),
        ("add", Some(_)) => {}
        ("remove", Some(place)) => {
            values.remove(place);
        }
        ("replace", Some(place)) => values[place] = change.value.unwrap_or(part).into(),
        _ => match part.parse::<usize>().ok().filter(|place| *place < values.len()) {
            Some(place) if change.op == "replace" => values[place] = change.value.unwrap_or_default().into(),
            Some(place) => {
                values.remove(place);
            }
            None => return Err(errors::bad(format!("Invalid patch path {}", change.path))),
        },
    }
    Ok(())
}

/// The value itself, read as its schema says.
fn set(json: &mut Value, shape: &'static Shape, change: &Change<'_>) -> Result<(), Fault> {
    let text = change.value.unwrap_or_default();
    let invalid = |kind: &str| {
        errors::bad(format!("Invalid value '{text}' specified for '{}': expected {kind}", change.path))
    };
    *json = match &shape.kind {
        Kind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return Err(invalid("a boolean")),
        },
        Kind::Integer | Kind::Long => text.parse::<i64>().map_err(|_| invalid("an integer"))?.into(),
        Kind::Float | Kind::Double => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| invalid("a number"))?.into()
        }
        Kind::List { .. } => return listed(json, text, change.op),
        Kind::Map { .. } | Kind::Structure { .. } => {
            serde_json::from_str::<Map<String, Value>>(text).map_err(|_| invalid("an object"))?.into()
        }
        _ => change.value.map_or(Value::Null, Value::from),
    };
    Ok(())
}

/// A list as a whole: values that are added or taken away, or all of them, between commas.
fn listed(json: &mut Value, text: &str, op: &str) -> Result<(), Fault> {
    let said = text.split(',').map(str::trim).filter(|value| !value.is_empty());
    let mut values: Vec<Value> = json.as_array().cloned().unwrap_or_default();
    match op {
        "add" => values.extend(said.map(Value::from)),
        "remove" => {
            let said: Vec<&str> = said.collect();
            values.retain(|value| !said.iter().any(|gone| value == gone));
        }
        _ => values = said.map(Value::from).collect(),
    }
    *json = Value::Array(values);
    Ok(())
}

#[cfg(test)]
mod tests;
