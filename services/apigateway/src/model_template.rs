//! A mapping template that shows what a model is: with a value for each of its properties, for people to go on from.

use api_apigateway as api;
use serde_json::Value;
use service::{Result, View};

use crate::apis;

/// How deep and how long it gets at most: models may refer to themselves.
const DEPTH_MAX: usize = 8;
const LENGTH_MAX: usize = 100_000;

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetModelTemplateInput,
) -> Result<api::GetModelTemplateOutput> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let model: api::Model = home.find(&**view, &input.model_name)?;
    let others = home.all::<api::Model>(&**view)?;
    let mut text = String::from("#set($inputRoot = $input.path('$'))\n");
    Sketch { others: &others, text: &mut text }.draw(&schema_of(&model), 0);
    Ok(api::GetModelTemplateOutput { value: Some(text) })
}

fn schema_of(model: &api::Model) -> Value {
    serde_json::from_str(model.schema.as_deref().unwrap_or_default()).unwrap_or_default()
}

/// A template that is being written.
struct Sketch<'a> {
    others: &'a [api::Model],
    text: &'a mut String,
}

impl Sketch<'_> {
    fn draw(&mut self, schema: &Value, depth: usize) {
        if depth > DEPTH_MAX || self.text.len() > LENGTH_MAX {
            self.text.push_str("{}");
            return;
        }
        if let Some(to) = schema["$ref"].as_str() {
            let name = to.rsplit('/').next();
            let found = self.others.iter().find(|model| model.name.as_deref() == name);
            let schema = found.map(schema_of).unwrap_or_default();
            return self.draw(&schema, depth + 1);
        }
        match schema["type"].as_str() {
            Some("string") => self.text.push_str("\"foo\""),
            Some("integer") => self.text.push_str("42"),
            Some("number") => self.text.push_str("1.1"),
            Some("boolean") => self.text.push_str("true"),
            Some("null") => self.text.push_str("null"),
            Some("array") => self.list(schema, depth),
            _ => self.object(schema, depth),
        }
    }

    fn list(&mut self, schema: &Value, depth: usize) {
        let margin = "  ".repeat(depth);
        self.text.push_str("[\n##TODO: Update this foreach loop to reference array from input json\n");
        self.text.push_str("#foreach($elem in $inputRoot)\n");
        self.text.push_str(&format!("{margin}  "));
        self.draw(&schema["items"], depth + 1);
        self.text.push_str("#if($foreach.hasNext),#end\n\n#end\n");
        self.text.push_str(&format!("{margin}]"));
    }

    fn object(&mut self, schema: &Value, depth: usize) {
        let margin = "  ".repeat(depth);
        self.text.push('{');
        for (number, (name, inner)) in schema["properties"].as_object().into_iter().flatten().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            self.text.push_str(&format!("{comma}\n{margin}  {} : ", Value::from(name.as_str())));
            self.draw(inner, depth + 1);
        }
        self.text.push_str(&format!("\n{margin}}}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn drawn(schema: &Value) -> String {
        let own = api::Model {
            name: Some("Own".into()),
            schema: Some(schema.to_string()),
            ..api::Model::default()
        };
        let mut text = String::new();
        Sketch { others: &[own], text: &mut text }.draw(schema, 0);
        text
    }

    #[test]
    fn properties_have_values() {
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "integer" } } });
        assert_eq!(drawn(&schema), "{\n  \"a\" : \"foo\",\n  \"b\" : 42\n}");
        let list = drawn(&json!({ "type": "array", "items": { "type": "boolean" } }));
        assert!(list.contains("#foreach($elem in $inputRoot)\n  true#if($foreach.hasNext),#end"), "{list}");
    }

    #[test]
    fn a_model_of_itself_ends() {
        let reference = json!({ "$ref": "https://apigateway.amazonaws.com/restapis/a/models/Own" });
        let properties: serde_json::Map<_, _> =
            (0..20).map(|number| (format!("p{number}"), reference.clone())).collect();
        let text = drawn(&json!({ "type": "object", "properties": properties }));
        assert!(text.len() < 3 * LENGTH_MAX, "{}", text.len());
    }
}
