//! Requests are held against what their method says: parameters that must be there, and a model of the body.

use std::collections::BTreeMap;

use api_apigateway as api;
use serde_json::{Value, json};

use super::refusal::{Refusal, Refused};
use super::request::Call;

/// A model that was read, or why it cannot be.
pub(crate) struct Schema(std::result::Result<jsonschema::Validator, String>);

impl Schema {
    /// All models of an API, by name. They may refer to each other by address:
    /// `https://apigateway.amazonaws.com/restapis/{api}/models/{name}`.
    pub(crate) fn all(models: &BTreeMap<String, api::Model>) -> BTreeMap<String, Schema> {
        let read = |(name, model): (&String, &api::Model)| {
            let schema = serde_json::from_str(model.schema.as_deref().unwrap_or("{}"));
            let mut schema = schema.unwrap_or_else(|_| json!({}));
            refer_within(&mut schema, name);
            (name.clone(), schema)
        };
        let documents: BTreeMap<String, Value> = models.iter().map(read).collect();
        documents.keys().map(|name| (name.clone(), Schema::read(&documents, name))).collect()
    }

    fn read(documents: &BTreeMap<String, Value>, name: &str) -> Schema {
        let schema =
            json!({ "definitions": documents, "allOf": [{ "$ref": format!("#/definitions/{name}") }] });
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
        Schema(options.build(&schema).map_err(|error| error.to_string()))
    }

    /// What is wrong with a value.
    ///
    /// # Errors
    /// Where the model is none itself.
    fn violations(&self, value: &Value) -> Result<Vec<String>, &str> {
        let validator = self.0.as_ref().map_err(String::as_str)?;
        Ok(validator.iter_errors(value).take(10).map(|error| error.to_string()).collect())
    }
}

/// All models stand in one schema: references to others, and to parts of a model itself, lead there.
fn refer_within(value: &mut Value, name: &str) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get_mut("$ref") {
                if let Some((_, other)) = to.rsplit_once("/models/") {
                    *to = format!("#/definitions/{other}");
                } else if let Some(part) = to.strip_prefix('#') {
                    *to = format!("#/definitions/{name}{part}");
                }
            }
            for name in ["$schema", "id"] {
                if map.get(name).is_some_and(Value::is_string) {
                    map.remove(name);
                }
            }
            map.values_mut().for_each(|value| refer_within(value, name));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| refer_within(value, name)),
        _ => {}
    }
}

/// Holds a request against its method, as far as the method's validator says.
pub(crate) fn check(call: &Call) -> Refused<()> {
    let Some(method) = call.method() else { return Ok(()) };
    let validator = method.facts.request_validator_id.as_ref().and_then(|id| call.api.validators.get(id));
    let Some(validator) = validator else { return Ok(()) };
    if validator.validate_request_parameters == Some(true) {
        parameters(call, &method.facts)?;
    }
    match validator.validate_request_body == Some(true) {
        true => body(call, &method.facts),
        false => Ok(()),
    }
}

fn parameters(call: &Call, method: &api::Method) -> Refused<()> {
    let required = method.request_parameters.iter().flatten().filter(|(_, required)| **required);
    let missing: Vec<&str> = required
        .filter_map(|(name, _)| name.strip_prefix("method.request."))
        .filter_map(|name| name.split_once('.'))
        .filter(|(place, name)| is_missing(call, place, name))
        .map(|(_, name)| name)
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Refusal::new(
            "BAD_REQUEST_PARAMETERS",
            format!("Missing required request parameters: [{}]", missing.join(", ")),
        )),
    }
}

fn is_missing(call: &Call, place: &str, name: &str) -> bool {
    let has =
        |pairs: &[(String, String)]| pairs.iter().any(|(known, value)| known == name && !value.is_empty());
    match place {
        "header" => call.header(name).is_none_or(str::is_empty),
        "querystring" => !has(&call.query),
        "path" => !has(call.variables()),
        _ => false,
    }
}

fn body(call: &Call, method: &api::Method) -> Refused<()> {
    let Some(models) = method.request_models.as_ref().filter(|models| !models.is_empty()) else {
        return Ok(());
    };
    let content_type = call.header("content-type").unwrap_or("application/json");
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let Some(model) = models.get(kind).or_else(|| models.get("$default")) else { return Ok(()) };
    let Some(schema) = call.api.models.get(model) else { return Ok(()) };
    let wrong = |details: String| {
        let refusal = *Refusal::new("BAD_REQUEST_BODY", "Invalid request body");
        Box::new(Refusal { details: Some(details), ..refusal })
    };
    let text = if call.visit.body.is_empty() { &b"{}"[..] } else { &call.visit.body[..] };
    let value: Value = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
    let violations = schema.violations(&value).map_err(|why| {
        call.notes.say(|| format!("Execution failed due to configuration error: Invalid model: {why}"));
        Refusal::internal()
    })?;
    match violations.is_empty() {
        true => Ok(()),
        false => Err(wrong(format!("[{}]", violations.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(schema: &Value) -> api::Model {
        api::Model { schema: Some(schema.to_string()), ..api::Model::default() }
    }

    #[test]
    fn models_refer_to_each_other() {
        let leg = json!({"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}});
        let to = "https://apigateway.amazonaws.com/restapis/abc/models/Leg";
        let trip = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "definitions": { "legs": { "type": "array", "items": { "$ref": to } } },
            "$ref": "#/definitions/legs",
        });
        let models = BTreeMap::from([("Leg".to_owned(), model(&leg)), ("Trip".to_owned(), model(&trip))]);
        let schemas = Schema::all(&models);
        let wrong = |value: Value| schemas["Trip"].violations(&value).unwrap().len();
        assert_eq!((wrong(json!([{"to": "x"}])), wrong(json!([{}])), wrong(json!({}))), (0, 1, 1));
    }

    #[test]
    fn a_model_that_is_only_itself_ends() {
        for schema in [json!({"$ref": "#"}), json!({"allOf": [{"$ref": "#"}]})] {
            let models = BTreeMap::from([("Loop".to_owned(), model(&schema))]);
            let _ = Schema::all(&models)["Loop"].violations(&json!({"a": 1}));
        }
    }

    #[test]
    fn the_fourth_draft_is_meant() {
        let schema = json!({"type": "number", "minimum": 3, "exclusiveMinimum": true});
        let models = BTreeMap::from([("N".to_owned(), model(&schema))]);
        let schemas = Schema::all(&models);
        assert_eq!(schemas["N"].violations(&json!(3)).unwrap().len(), 1);
        assert!(schemas["N"].violations(&json!(4)).unwrap().is_empty());
    }
}
