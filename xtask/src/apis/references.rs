//! Checks that facts hang together: every shape, error and payload that they name is there.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Fails with every name that leads nowhere.
pub(crate) fn check(service: &str, facts: &Value) -> Result<()> {
    let (operations, shapes) = match (facts["operations"].as_object(), facts["shapes"].as_object()) {
        (Some(operations), Some(shapes)) => (operations, shapes),
        _ => return Err(Error::description(service, "it has no operations or no shapes")),
    };
    let mut dangling = Vec::new();
    for (name, operation) in operations {
        let named =
            [&operation["input"], &operation["output"]].into_iter().chain(entries(&operation["errors"]));
        note_missing(&mut dangling, shapes, &format!("operations/{name}"), named);
    }
    for (name, shape) in shapes {
        let inner = ["member", "key", "value"].map(|part| &shape[part]["shape"]);
        let members = entries(&shape["members"]).map(|member| &member["shape"]);
        note_missing(&mut dangling, shapes, &format!("shapes/{name}"), inner.into_iter().chain(members));
        let own: Vec<&Value> = entries(&shape["members"]).map(|member| &member["name"]).collect();
        for wanted in entries(&shape["required"]).chain(shape.get("payload")) {
            if !own.contains(&wanted) {
                dangling.push(format!("shapes/{name}: no member {wanted}"));
            }
        }
    }
    if dangling.is_empty() { Ok(()) } else { Err(Error::description(service, dangling.join("; "))) }
}

fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn note_missing<'a>(
    dangling: &mut Vec<String>,
    shapes: &Map<String, Value>,
    place: &str,
    named: impl Iterator<Item = &'a Value>,
) {
    let missing = named.filter_map(Value::as_str).filter(|name| !shapes.contains_key(*name));
    dangling.extend(missing.map(|name| format!("{place}: no shape {name}")));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn whole_facts_pass() {
        let facts = json!({ "operations": { "O": { "input": "S", "errors": ["S"] } },
            "shapes": { "S": { "members": [{ "name": "M", "shape": "L" }], "required": ["M"], "payload": "M" },
                "L": { "member": { "shape": "L" } } } });
        check("x", &facts).unwrap();
    }

    #[test]
    fn every_dangling_name_is_told() {
        let facts = json!({ "operations": { "O": { "input": "A", "output": "B", "errors": ["C"] } },
            "shapes": { "S": { "members": [{ "name": "M", "shape": "D" }], "required": ["N"], "payload": "P" },
                "L": { "member": { "shape": "E" } }, "M": { "key": { "shape": "F" }, "value": { "shape": "G" } } } });
        let told = check("x", &facts).unwrap_err().to_string();
        for name in ["A", "B", "C", "D", "E", "F", "G"] {
            assert!(told.contains(&format!("no shape {name}")), "{name}: {told}");
        }
        assert!(told.contains("no member \"N\"") && told.contains("no member \"P\""), "{told}");
    }
}
