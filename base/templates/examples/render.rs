//! Renders templates for tests from outside: a line of JSON in, a line of JSON out, until the input ends.
//!
//! `{"template", "body", "path", "querystring", "header", "context", "stageVariables"}` gives `{"text", "requestOverride",
//! "responseOverride"}` or `{"error"}`. Members of `variables` are set beside those of API Gateway, by a `#set` that is put
//! before the template.

use std::io::{BufRead, Write};

use cloudlet_templates::gateway::{self, Variables};
use cloudlet_templates::{Limits, Template};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line?)?;
        writeln!(output, "{}", render(&case))?;
    }
    Ok(())
}

fn render(case: &Value) -> Value {
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    let (body, path, querystring) = (text("body"), pairs(&case["path"]), pairs(&case["querystring"]));
    let (header, stage_variables) = (pairs(&case["header"]), pairs(&case["stageVariables"]));
    let variables = Variables {
        body: body.as_bytes(),
        path: &path,
        querystring: &querystring,
        header: &header,
        context: case["context"].clone(),
        stage_variables: &stage_variables,
    };
    let source = format!("{}{}", prelude(&case["variables"]), text("template"));
    let template = match Template::parse(&source) {
        Ok(template) => template,
        Err(error) => return json!({ "error": error.to_string() }),
    };
    match gateway::render(&template, &variables, Limits::default()) {
        Ok(rendered) => json!({
            "text": rendered.text,
            "requestOverride": rendered.request_override,
            "responseOverride": rendered.response_override,
        }),
        Err(failure) => json!({ "error": failure.to_string() }),
    }
}

/// JSON of plain texts is written as literals of the language are. The comment keeps the end of a line from being the
/// prelude's.
fn prelude(variables: &Value) -> String {
    let set = |(name, value): (&String, &Value)| format!("#set(${name} = {value})#**#");
    variables.as_object().into_iter().flatten().map(set).collect()
}

fn pairs(map: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    map.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}
