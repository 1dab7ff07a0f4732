//! Documents with something odd in one of their places, for the tests of whoever reads documents.

use serde_json::{Value, json};

/// The document with each odd value in each of its places, one at a time; and which value is where.
pub fn with_something_odd(document: &Value) -> impl Iterator<Item = (String, Value)> + use<'_> {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!("ü/{x}"),
        json!([]),
        json!({}),
        json!([["x"]]),
        json!({ "$ref": "#" }),
    ];
    let mut all = Vec::new();
    places(document, "", &mut all);
    all.into_iter().filter(|place| !place.is_empty()).flat_map(move |place| {
        odd.clone().into_iter().map(move |value| {
            let mut changed = document.clone();
            let which = format!("{place}: {value}");
            if let Some(there) = changed.pointer_mut(&place) {
                *there = value;
            }
            (which, changed)
        })
    })
}

/// Every place of a document.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(name, inner)| places(inner, &format!("{at}/{}", escaped(name)), all));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(place, inner)| places(inner, &format!("{at}/{place}"), all));
        }
        _ => {}
    }
}
