//! Writing to the place that a path names: what ResultPath does.
//!
//! Never searches: a path that finds several places is refused when the definition is read.

use serde_json::{Map, Value};

use super::{Step, position};

/// Puts a value to a place. Objects on the way are made, where there is nothing yet.
///
/// Says whether there was such a place; if not, the document may have been made longer.
pub(crate) fn put(document: &mut Value, steps: &[Step], value: Value) -> bool {
    let Some((last, way)) = steps.split_last() else {
        *document = value;
        return true;
    };
    let mut place = document;
    for step in way {
        match within(place, step) {
            Some(next) => place = next,
            None => return false,
        }
    }
    match within(place, last) {
        Some(place) => {
            *place = value;
            true
        }
        None => false,
    }
}

/// One step further: a field that is not there becomes null, and null an object.
fn within<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match step {
        Step::Name(name) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            Some(value.as_object_mut()?.entry(name.as_str()).or_insert(Value::Null))
        }
        Step::Index(index) => {
            let items = value.as_array_mut()?;
            let place = position(*index, items.len())?;
            items.get_mut(place)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Path;
    use super::*;

    fn put_at(mut document: Value, path: &str) -> Option<Value> {
        let path = Path::parse(path).unwrap();
        put(&mut document, path.reference().unwrap(), json!(1)).then_some(document)
    }

    #[test]
    fn places_are_made_or_refused() {
        let cases = [
            (json!({"a": 2}), "$", Some(json!(1))),
            (json!({"a": 2}), "$.a", Some(json!({"a": 1}))),
            (json!({"a": 2}), "$.b.c", Some(json!({"a": 2, "b": {"c": 1}}))),
            (json!({"a": 2}), "$.a.c", None),
            (json!({"a": [2, 3]}), "$.a[1]", Some(json!({"a": [2, 1]}))),
            (json!({"a": [2]}), "$.a[1]", None),
            (json!([2]), "$.a", None),
            (json!("x"), "$.a", None),
            (json!(null), "$.a", Some(json!({"a": 1}))),
        ];
        for (document, path, after) in cases {
            assert_eq!(put_at(document, path), after, "{path}");
        }
        assert!(Path::parse("$.a[*]").unwrap().reference().is_none());
        assert!(Path::parse("$$.a").unwrap().reference().is_none());
    }
}
