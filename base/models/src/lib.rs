//! Models of API Gateway: JSON Schemas of the fourth draft that bodies are held against, and templates that show what they are.
//!
//! The models of an API may refer to each other by address: `https://apigateway.amazonaws.com/restapis/{api}/models/{name}`.

mod flat;
mod sketch;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub use flat::flattened;
pub use sketch::sketch;

/// The texts of an API's models, by name.
pub type Texts = BTreeMap<String, String>;

/// How many violations are told.
const TOLD_MAX: usize = 10;

/// A model that was read, or why it cannot be.
pub struct Schema(Result<jsonschema::Validator, String>);

/// Refuses a text that is no JSON object.
///
/// # Errors
/// Why it is none.
pub fn check(text: &str) -> Result<(), String> {
    let json: Value = serde_json::from_str(text).map_err(|why| why.to_string())?;
    if json.is_object() { Ok(()) } else { Err("it is no object".into()) }
}

impl Schema {
    /// All models of an API, by name.
    #[must_use]
    pub fn all(models: &Texts) -> BTreeMap<String, Schema> {
        let read = |(name, text): (&String, &String)| {
            let mut schema = serde_json::from_str(text).unwrap_or_else(|_| json!({}));
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
    pub fn violations(&self, value: &Value) -> Result<Vec<String>, &str> {
        let validator = self.0.as_ref().map_err(String::as_str)?;
        Ok(validator.iter_errors(value).take(TOLD_MAX).map(|error| error.to_string()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, schema: &Value) -> (String, String) {
        (name.to_owned(), schema.to_string())
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
        let schemas = Schema::all(&Texts::from([of("Leg", &leg), of("Trip", &trip)]));
        let wrong = |value: Value| schemas["Trip"].violations(&value).unwrap().len();
        assert_eq!((wrong(json!([{"to": "x"}])), wrong(json!([{}])), wrong(json!({}))), (0, 1, 1));
    }

    #[test]
    fn a_model_that_is_only_itself_ends() {
        for schema in [json!({"$ref": "#"}), json!({"allOf": [{"$ref": "#"}]})] {
            let _ = Schema::all(&Texts::from([of("Loop", &schema)]))["Loop"].violations(&json!({"a": 1}));
        }
    }

    #[test]
    fn the_fourth_draft_is_meant() {
        let schema = json!({"type": "number", "minimum": 3, "exclusiveMinimum": true});
        let schemas = Schema::all(&Texts::from([of("N", &schema)]));
        assert_eq!(schemas["N"].violations(&json!(3)).unwrap().len(), 1);
        assert!(schemas["N"].violations(&json!(4)).unwrap().is_empty());
    }

    #[test]
    fn models_are_objects() {
        assert!(check("{}").is_ok());
        for text in ["", "[]", "{", "1"] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
