//! The state that a test is for, where a whole definition is given, and states within others.

use serde_json::Value;
use wire::Fault;

use crate::errors;

/// A name for a state without one.
const NAMELESS: &str = "StateName";

/// The state itself, or the one of that name in a whole definition.
pub(super) fn state_of(definition: &Value, name: Option<&str>) -> Result<(String, Value), Fault> {
    let Some(name) = name else { return Ok((NAMELESS.into(), definition.clone())) };
    if definition["States"].is_null() {
        return Ok((name.into(), definition.clone()));
    }
    let language = &definition["QueryLanguage"];
    let found = find(definition, name).cloned();
    let mut state = found.ok_or_else(|| not_found(name))?;
    if let (Value::Object(fields), Value::String(_)) = (&mut state, language) {
        fields.entry("QueryLanguage").or_insert_with(|| language.clone());
    }
    Ok((name.into(), state))
}

pub(super) fn not_found(name: &str) -> Fault {
    errors::validation(format!("State not found in definition: '{name}'"))
}

/// States may lie in branches and processors, one in the other.
fn find<'a>(machine: &'a Value, name: &str) -> Option<&'a Value> {
    let states = machine["States"].as_object()?;
    states.get(name).or_else(|| states.values().find_map(|state| inside(state, name)))
}

/// A state within the branches or the processor of another one.
pub(super) fn inside<'a>(state: &'a Value, name: &str) -> Option<&'a Value> {
    let branches = state["Branches"].as_array().into_iter().flatten();
    let mut within = branches.chain([&state["ItemProcessor"], &state["Iterator"]]);
    within.find_map(|machine| find(machine, name))
}
