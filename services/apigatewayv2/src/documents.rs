//! What is configured is kept as it came: documents in JSON by the names of the model, so that creating, changing and showing are
//! the same for everything that an API has.
//!
//! Never here: what a member means.

use serde_json::{Map, Value, json};
use service::Result;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wire::{Fault, Kept};

/// A document.
pub(crate) type Members = Map<String, Value>;

/// Members whose entries are changed one by one: one that is empty is taken away.
const MERGED: [&str; 8] = [
    "requestModels",
    "requestParameters",
    "requestTemplates",
    "responseModels",
    "responseParameters",
    "responseTemplates",
    "routeSettings",
    "stageVariables",
];

/// What an input says.
pub(crate) fn of<T: Kept>(input: &T) -> Result<Members> {
    read(&String::from_utf8_lossy(&wire::to_json(input, T::SHAPE)))
}

/// A document as it is stored.
pub(crate) fn read(text: &str) -> Result<Members> {
    Ok(serde_json::from_str(text).map_err(broken)?)
}

/// A document as an output shows it. What the output has no member for is left out.
pub(crate) fn show<T: Kept>(members: &Members) -> Result<T> {
    Ok(wire::from_json(Value::Object(members.clone()).to_string().as_bytes(), T::SHAPE).map_err(broken)?)
}

/// A page of documents as an output shows it.
pub(crate) fn show_page<T: Kept>(page: service::Page<Members>) -> Result<T> {
    let mut members = Map::from_iter([("items".to_owned(), json!(page.items))]);
    set(&mut members, "nextToken", page.next_token);
    show(&members)
}

/// What is stored can be read by who wrote it.
fn broken(error: impl std::fmt::Display) -> Fault {
    tracing::error!(%error, "a document of an API cannot be read");
    Fault::new("InternalServerErrorException", 500, "Internal server error")
}

/// Changes what a change names.
pub(crate) fn merge(members: &mut Members, change: Members) {
    for (name, value) in change {
        match (value, members.get_mut(&name)) {
            (Value::Object(changes), Some(Value::Object(entries))) if MERGED.contains(&name.as_str()) => {
                entries.extend(changes);
                entries.retain(|_, entry| !is_nothing(entry));
            }
            (value, _) => {
                members.insert(name, value);
            }
        }
    }
}

fn is_nothing(entry: &Value) -> bool {
    entry.as_str() == Some("") || entry.as_object().is_some_and(Map::is_empty)
}

/// The text of a member.
pub(crate) fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// Sets a member that there is.
pub(crate) fn set(members: &mut Members, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value.into());
    }
}

/// Sets a member that the client did not.
pub(crate) fn default(members: &mut Members, name: &str, value: impl Into<Value>) {
    members.entry(name).or_insert_with(|| value.into());
}

/// A moment as documents have it.
pub(crate) fn moment(at_ms: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000)).ok();
    moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(before: Value, change: Value) -> Value {
        let (Value::Object(mut members), Value::Object(change)) = (before, change) else {
            return Value::Null;
        };
        merge(&mut members, change);
        Value::Object(members)
    }

    #[test]
    fn entries_change_one_by_one_and_go_when_they_are_empty() {
        let before = json!({ "stageVariables": { "a": "1", "b": "2" }, "description": "d" });
        let change = json!({ "stageVariables": { "a": "", "c": "3" } });
        let after = json!({ "stageVariables": { "b": "2", "c": "3" }, "description": "d" });
        assert_eq!(merged(before, change), after);
        let before = json!({ "responseParameters": { "200": { "remove:header.a": "''" } } });
        let change = json!({ "responseParameters": { "200": {} } });
        assert_eq!(merged(before, change), json!({ "responseParameters": {} }));
    }

    #[test]
    fn other_members_are_replaced() {
        let before = json!({ "corsConfiguration": { "maxAge": 1 }, "authorizationScopes": ["a"] });
        let change = json!({ "corsConfiguration": { "allowOrigins": ["*"] }, "authorizationScopes": [] });
        assert_eq!(merged(before, change.clone()), change);
    }

    #[test]
    fn moments_are_whole_seconds() {
        assert_eq!(moment(1_500), "1970-01-01T00:00:01Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59Z");
    }
}
