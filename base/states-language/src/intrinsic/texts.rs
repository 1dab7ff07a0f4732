//! Intrinsic functions of texts and JSON.

use serde_json::Value;

use super::Given;
use crate::scope::Scope;

/// Puts its arguments where the text has `{}`. A backslash takes what follows it for itself.
pub(super) fn format(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let template = match &given[0].written {
        Some(written) => written.as_str(),
        None => given[0].text()?,
    };
    let mut values = given[1..].iter();
    let mut letters = template.chars().peekable();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            '{' if letters.next_if_eq(&'}').is_some() => {
                let value = values.next().ok_or("There are more placeholders than arguments")?;
                text.push_str(&shown(&value.value));
            }
            '{' | '}' => return Err("A brace has no partner".into()),
            letter => text.push(letter),
        }
    }
    match values.next() {
        Some(_) => Err("There are more arguments than placeholders".into()),
        None => Ok(text.into()),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(super) fn string_to_json(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    serde_json::from_str(given[0].text()?).map_err(|error| error.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "all functions have one type")]
pub(super) fn json_to_string(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    Ok(given[0].value.to_string().into())
}

/// Every character of the second text parts the first one.
pub(super) fn string_split(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let parts: Vec<char> = given[1].text()?.chars().collect();
    let pieces = given[0].text()?.split(parts.as_slice()).filter(|piece| !piece.is_empty());
    Ok(pieces.map(Value::from).collect())
}

pub(super) fn json_merge(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let (Value::Object(one), Value::Object(other)) = (&given[0].value, &given[1].value) else {
        return Err("The arguments to merge must be JSON objects".into());
    };
    if given[2].value != Value::Bool(false) {
        return Err("Only shallow merging is there: the third argument must be false".into());
    }
    let mut merged = one.clone();
    merged.extend(other.clone());
    Ok(merged.into())
}
