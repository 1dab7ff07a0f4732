//! What is asked of connections and messages before anything behind the API hears of them: parameters, and what bodies look like.

use serde_json::Value;

use super::call::Call;
use super::plan::{Plan, Route};
use super::refusal::Refusal;
use super::select::Source;

/// A request that begins a connection has all parameters that the route requires.
pub(crate) fn connection(call: &Call, route: &Route) -> Result<(), Refusal> {
    let required = route.document.request_parameters.iter().filter(|(_, constraint)| constraint.required);
    for (name, _) in required {
        let value = Source::parse(name).and_then(|source| source.value(call, None));
        if value.is_none_or(|value| value.is_empty()) {
            let reason = format!("a parameter is missing: {name}");
            return Err(Refusal::invalid("Bad request parameters", reason));
        }
    }
    Ok(())
}

/// A message fits the model that the route selects by it. Where a route selects and there is no such model, none fits.
pub(crate) fn message(call: &Call, plan: &Plan, route: &Route) -> Result<(), Refusal> {
    let Some(selection) = &route.model_selection else { return Ok(()) };
    let bad = |reason: String| Refusal::invalid("Bad request body", reason);
    let models = &route.document.request_models;
    let key = selection.key(call, None);
    let name = key.and_then(|key| models.get(&key)).or_else(|| models.get("$default"));
    let schema = name.and_then(|name| plan.models.get(name));
    let schema = schema.ok_or_else(|| bad("no model is for such a message".to_owned()))?;
    let value: Value = serde_json::from_slice(&call.body).map_err(|why| bad(why.to_string()))?;
    let violations = schema.violations(&value);
    let violations = violations.map_err(|why| Refusal::failure(format!("a model is none: {why}")))?;
    match violations.is_empty() {
        true => Ok(()),
        false => Err(bad(format!("[{}]", violations.join(", ")))),
    }
}
