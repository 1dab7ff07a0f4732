//! Whether a mocked result is what its service's API could give: its fields, by their names and kinds.

use api_states as api;
use serde_json::Value;
use service::Cloud;
use states_language::definition::{Pattern, Resource, ResourceKind};
use wire::{Fault, Kind, Member, Shape, Spelling};

use crate::{errors, tasks};

/// Refuses a result that the operation behind a task does not give. What is known of no API is taken as it is.
pub(super) fn check(
    cloud: &Cloud,
    resource: &str,
    result: &Value,
    mode: Option<&api::MockResponseValidationMode>,
) -> Result<(), Fault> {
    let is_strict = match mode {
        Some(api::MockResponseValidationMode::None) => return Ok(()),
        Some(api::MockResponseValidationMode::Present) => false,
        _ => true,
    };
    let Some(shape) = output_of(cloud, resource) else { return Ok(()) };
    let refused = |why| errors::validation(format!("Mock result schema validation error: {why}"));
    structure(shape, result, is_strict).map_err(refused)
}

/// What the operation of a task gives; the end of a job is not what its call gives.
fn output_of(cloud: &Cloud, resource: &str) -> Option<&'static Shape> {
    match Resource::parse(resource)?.kind {
        ResourceKind::Service { service, action, pattern: Pattern::RequestResponse } => {
            tasks::operation(cloud, &service, &action)?.output
        }
        _ => None,
    }
}

fn structure(shape: &'static Shape, value: &Value, is_strict: bool) -> Result<(), String> {
    let payload = match shape.kind {
        Kind::Structure { payload, .. } => payload,
        _ => None,
    };
    for (index, member) in shape.members().iter().enumerate() {
        let name = Spelling::Capital.name(member);
        let found = value.get(&name).or_else(|| value.get(Spelling::Pascal.name(member)));
        match found {
            // What is a whole body may be anything.
            Some(_) if payload == Some(index) => {}
            Some(value) => field(&name, member.shape, value, is_strict)?,
            None if member.required && is_strict => {
                return Err(format!("Required field '{name}' is missing"));
            }
            None => {}
        }
    }
    Ok(())
}

fn field(name: &str, shape: &'static Shape, value: &Value, is_strict: bool) -> Result<(), String> {
    let is_kind = |is: bool, kind: &str| {
        if is { Ok(()) } else { Err(format!("Field '{name}' must be {kind}")) }
    };
    match &shape.kind {
        Kind::Boolean => is_kind(value.is_boolean(), "a boolean"),
        Kind::Integer | Kind::Long | Kind::Float | Kind::Double => {
            is_kind(value.is_number(), "a number")?;
            within(name, shape, value.as_f64().unwrap_or_default())
        }
        Kind::String { .. } | Kind::Blob { .. } | Kind::Timestamp(_) => {
            is_kind(value.is_string(), "a string")?;
            text(name, shape, value.as_str().unwrap_or_default())
        }
        Kind::Document => Ok(()),
        Kind::List { member, .. } => {
            is_kind(value.is_array(), "an array")?;
            all(name, member, value.as_array().into_iter().flatten(), is_strict)
        }
        Kind::Map { value: member, .. } => {
            is_kind(value.is_object(), "an object")?;
            all(name, member, value.as_object().into_iter().flat_map(|map| map.values()), is_strict)
        }
        Kind::Structure { .. } => {
            is_kind(value.is_object(), "an object")?;
            structure(shape, value, is_strict)
        }
    }
}

fn all<'a>(
    name: &str,
    member: &'static Member,
    mut values: impl Iterator<Item = &'a Value>,
    is_strict: bool,
) -> Result<(), String> {
    values.try_for_each(|value| field(name, member.shape, value, is_strict))
}

fn within(name: &str, shape: &Shape, number: f64) -> Result<(), String> {
    if shape.constraints.min.is_some_and(|min| number < min) {
        return Err(format!("Field '{name}' is less than the minimum value"));
    }
    if shape.constraints.max.is_some_and(|max| number > max) {
        return Err(format!("Field '{name}' exceeds the maximum value"));
    }
    Ok(())
}

fn text(name: &str, shape: &Shape, text: &str) -> Result<(), String> {
    let (constraints, length) = (&shape.constraints, text.chars().count() as f64);
    if !constraints.values.is_empty() && !constraints.values.contains(&text) {
        return Err(format!("Field '{name}' is not an expected value"));
    }
    if constraints.min.is_some_and(|min| length < min) {
        return Err(format!("Field '{name}' is smaller than the minimum length"));
    }
    if constraints.max.is_some_and(|max| length > max) {
        return Err(format!("Field '{name}' is larger than the maximum length"));
    }
    Ok(())
}
