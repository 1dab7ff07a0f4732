//! A model in which all that it refers to stands beside it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Texts;

/// The schema of the model of that name, with others that it names among its definitions. A model that is none stays as it is.
#[must_use]
pub fn flattened(models: &Texts, name: &str) -> String {
    let text = models.get(name).map(String::as_str).unwrap_or_default();
    let Ok(Value::Object(mut schema)) = serde_json::from_str(text) else { return text.to_owned() };
    let mut definitions = match schema.remove("definitions") {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    let mut whole = Value::Object(schema);
    let mut named = BTreeSet::new();
    name_all(&mut whole, &mut named);
    definitions.values_mut().for_each(|own| name_all(own, &mut named));
    let mut done = BTreeSet::new();
    while let Some(other) = named.pop_first() {
        if !done.insert(other.clone()) {
            continue;
        }
        let found = models.get(&other).and_then(|text| serde_json::from_str(text).ok());
        let mut found: Value = found.unwrap_or_default();
        name_all(&mut found, &mut named);
        if let Some(Value::Object(own)) = found.as_object_mut().and_then(|found| found.remove("definitions"))
        {
            for (name, own) in own {
                definitions.entry(name).or_insert(own);
            }
        }
        definitions.insert(other, found);
    }
    if let Some(whole) = whole.as_object_mut().filter(|_| !definitions.is_empty()) {
        whole.insert("definitions".into(), Value::Object(definitions));
    }
    whole.to_string()
}

/// References to other models become references to definitions, and their names are noted.
fn name_all(value: &mut Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get_mut("$ref")
                && let Some((_, other)) = to.rsplit_once("/models/")
            {
                named.insert(other.to_owned());
                *to = format!("#/definitions/{other}");
            }
            map.values_mut().for_each(|value| name_all(value, named));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| name_all(value, named)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_named_stands_beside() {
        let to = |name: &str| json!({ "$ref": format!("https://apigateway.amazonaws.com/restapis/a/models/{name}") });
        let models: Texts = [
            ("Trip", json!({ "type": "array", "items": to("Leg") })),
            ("Leg", json!({ "properties": { "next": to("Leg"), "by": to("Mode") } })),
            ("Mode", json!({ "type": "string" })),
            ("Other", json!({})),
        ]
        .map(|(name, schema)| (name.to_owned(), schema.to_string()))
        .into();
        let flat: Value = serde_json::from_str(&flattened(&models, "Trip")).unwrap();
        assert_eq!(flat["items"], json!({ "$ref": "#/definitions/Leg" }));
        assert_eq!(flat["definitions"]["Leg"]["properties"]["next"], json!({ "$ref": "#/definitions/Leg" }));
        assert_eq!(flat["definitions"].as_object().unwrap().len(), 2);
        assert_eq!(flattened(&models, "Other"), "{}");
        assert_eq!(flattened(&models, "None"), "");
    }
}
