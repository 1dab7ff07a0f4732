//! `apis/corrections/<service>.toml`: where the published description is wrong, too strict or silent.
//!
//! Each `[[correction]]` says `why`, and does any of three things with JSON pointers into the facts:
//!
//! ```toml
//! [[correction]]
//! why = "AWS takes an empty list, although the description demands one entry."
//! remove = ["/shapes/NameList/min"]
//! set = { "/shapes/Request/members/Names/unchecked" = true }
//! add = { "/operations/Read/errors" = ["Throttled"] }
//! ```
//!
//! `set` gives a fact a value (the object that holds it must be there), `remove` takes facts away, `add` appends entries
//! to a list, which it begins when there is none. Members of structures are addressed by name. A correction that would
//! change nothing is refused: the description has caught up with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    correction: Vec<Correction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    why: String,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    add: BTreeMap<String, Vec<Value>>,
}

/// Applies the corrections in `path` to the facts, in the order of the file; a service without a file has none.
pub(crate) fn apply(path: &Path, facts: &mut Value) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let text = fs::read_to_string(path).map_err(Error::file(path))?;
    correct(&text, facts).map_err(|why| Error::content(path, why))
}

fn correct(text: &str, facts: &mut Value) -> Result<(), String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    for correction in file.correction {
        let told = format!("the correction \"{}\"", correction.why);
        if correction.why.trim().is_empty() {
            return Err("a correction without a `why`".into());
        }
        correction.apply(facts).map_err(|problem| format!("{told}: {problem}"))?;
    }
    Ok(())
}

impl Correction {
    fn apply(self, facts: &mut Value) -> Result<(), String> {
        if self.remove.is_empty() && self.set.is_empty() && self.add.is_empty() {
            return Err("has no `set`, `remove` or `add`".into());
        }
        for pointer in &self.remove {
            remove(facts, pointer).map_err(|problem| format!("{pointer} {problem}"))?;
        }
        for (pointer, value) in self.set {
            set(facts, &pointer, value).map_err(|problem| format!("{pointer} {problem}"))?;
        }
        for (pointer, entries) in self.add {
            add(facts, &pointer, entries).map_err(|problem| format!("{pointer} {problem}"))?;
        }
        Ok(())
    }
}

fn remove(facts: &mut Value, pointer: &str) -> Result<(), String> {
    let (parent, last) = parent(facts, pointer)?;
    let removed = match parent {
        Value::Object(object) => object.remove(&last),
        Value::Array(entries) => position(entries, &last).map(|index| entries.remove(index)),
        _ => None,
    };
    removed.map(drop).ok_or_else(|| "is not there to be removed".into())
}

fn set(facts: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    let (parent, last) = parent(facts, pointer)?;
    let object = parent.as_object_mut().ok_or("does not stand in an object")?;
    if object.get(&last) == Some(&value) {
        return Err("has that value already".into());
    }
    object.insert(last, value);
    Ok(())
}

fn add(facts: &mut Value, pointer: &str, entries: Vec<Value>) -> Result<(), String> {
    let (parent, last) = parent(facts, pointer)?;
    let list = match parent {
        Value::Object(object) => {
            object.entry(last).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
        }
        _ => None,
    };
    let list = list.ok_or("is not a list")?;
    for entry in entries {
        if list.iter().any(|present| *present == entry || same_name(present, &entry)) {
            return Err(format!("has {entry} already"));
        }
        list.push(entry);
    }
    Ok(())
}

/// The value that holds what the pointer names, and the pointer's last token.
fn parent<'a>(facts: &'a mut Value, pointer: &str) -> Result<(&'a mut Value, String), String> {
    let path = pointer.strip_prefix('/').ok_or("does not begin with `/`")?;
    let mut tokens: Vec<String> =
        path.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let last = tokens.pop().unwrap_or_default();
    let mut place = facts;
    for token in &tokens {
        let inner = match place {
            Value::Object(object) => object.get_mut(token),
            Value::Array(entries) => position(entries, token).and_then(|index| entries.get_mut(index)),
            _ => None,
        };
        place = inner.ok_or_else(|| format!("leads nowhere: there is no `{token}`"))?;
    }
    Ok((place, last))
}

/// The entry of that name in a list of members, or the entry that is that text.
fn position(entries: &[Value], token: &str) -> Option<usize> {
    let name = |entry: &Value| entry.get("name").or(Some(entry)).and_then(Value::as_str) == Some(token);
    entries.iter().position(name)
}

fn same_name(one: &Value, other: &Value) -> bool {
    let name =
        |value: &Value| value.as_object().and_then(|object: &Map<String, Value>| object.get("name").cloned());
    name(one).is_some_and(|found| Some(found) == name(other))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::correct;

    fn facts() -> Value {
        json!({ "operations": { "Read": { "errors": ["A", "B"] }, "Write": {} },
            "shapes": { "L": { "type": "list", "min": 1, "max": 9 },
                "S": { "type": "structure", "required": ["N"], "members": [{ "name": "M" }, { "name": "N" }] } } })
    }

    fn corrected(body: &str) -> Result<Value, String> {
        let mut facts = facts();
        correct(&format!("[[correction]]\nwhy = \"because\"\n{body}"), &mut facts).map(|()| facts)
    }

    #[test]
    fn a_fact_is_set() {
        let text = "set = { \"/shapes/L/max\" = 100, \"/shapes/S/members/N/unchecked\" = true }";
        let facts = corrected(text).unwrap();
        assert_eq!(facts["shapes"]["L"]["max"], json!(100));
        assert_eq!(
            facts["shapes"]["S"]["members"],
            json!([{ "name": "M" }, { "name": "N", "unchecked": true }])
        );
    }

    #[test]
    fn facts_and_entries_are_removed() {
        let text = "remove = [\"/shapes/L/min\", \"/operations/Read/errors/A\", \"/shapes/S/members/M\"]";
        let facts = corrected(text).unwrap();
        assert_eq!(facts["shapes"]["L"], json!({ "type": "list", "max": 9 }));
        assert_eq!(facts["operations"]["Read"]["errors"], json!(["B"]));
        assert_eq!(facts["shapes"]["S"]["members"], json!([{ "name": "N" }]));
    }

    #[test]
    fn entries_are_added_to_lists_old_and_new() {
        let facts = corrected(
            "add = { \"/operations/Read/errors\" = [\"C\"], \"/operations/Write/errors\" = [\"C\"], \
             \"/shapes/S/members\" = [{ name = \"O\", shape = \"L\" }] }",
        )
        .unwrap();
        assert_eq!(facts["operations"]["Read"]["errors"], json!(["A", "B", "C"]));
        assert_eq!(facts["operations"]["Write"]["errors"], json!(["C"]));
        assert_eq!(facts["shapes"]["S"]["members"][2], json!({ "name": "O", "shape": "L" }));
    }

    #[test]
    fn what_changes_nothing_is_refused() {
        for (body, problem) in [
            ("set = { \"/shapes/L/max\" = 9 }", "already"),
            ("remove = [\"/shapes/L/pattern\"]", "not there"),
            ("add = { \"/operations/Read/errors\" = [\"A\"] }", "already"),
            ("add = { \"/shapes/S/members\" = [{ name = \"M\" }] }", "already"),
            ("", "has no"),
        ] {
            let told = corrected(body).unwrap_err();
            assert!(told.contains(problem) && told.contains("because"), "{body}: {told}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        assert!(corrected("set = { \"/shapes/Gone/max\" = 9 }").unwrap_err().contains("no `Gone`"));
        assert!(corrected("set = { \"shapes\" = 9 }").unwrap_err().contains("begin with"));
        assert!(corrected("add = { \"/shapes/L/type\" = [1] }").unwrap_err().contains("not a list"));
        assert!(corrected("sett = {}").unwrap_err().contains("sett"));
    }

    #[test]
    fn a_reason_is_demanded() {
        assert!(correct("[[correction]]\nwhy = \" \"\nremove = [\"/x\"]", &mut facts()).is_err());
        assert!(correct("[[correction]]\nremove = [\"/x\"]", &mut facts()).is_err());
    }
}
