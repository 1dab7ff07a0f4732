//! A mapping template that shows what a model is: with a value for each of its properties, for people to go on from.

use serde_json::Value;

use crate::Texts;

/// How deep and how long it gets at most: models may refer to themselves.
const DEPTH_MAX: usize = 8;
const LENGTH_MAX: usize = 100_000;

/// The template of the model of that name.
#[must_use]
pub fn sketch(models: &Texts, name: &str) -> String {
    let mut text = String::from("#set($inputRoot = $input.path('$'))\n");
    Sketch { models, text: &mut text }.draw(&schema_of(models, name), 0);
    text
}

fn schema_of(models: &Texts, name: &str) -> Value {
    models.get(name).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// A template that is being written.
struct Sketch<'a> {
    models: &'a Texts,
    text: &'a mut String,
}

impl Sketch<'_> {
    fn draw(&mut self, schema: &Value, depth: usize) {
        if depth > DEPTH_MAX || self.text.len() > LENGTH_MAX {
            self.text.push_str("{}");
            return;
        }
        if let Some(to) = schema["$ref"].as_str() {
            let schema = schema_of(self.models, to.rsplit('/').next().unwrap_or_default());
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
        let text = sketch(&Texts::from([("Own".to_owned(), schema.to_string())]), "Own");
        text.strip_prefix("#set($inputRoot = $input.path('$'))\n").unwrap().to_owned()
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
