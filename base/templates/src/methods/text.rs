//! Methods of texts. Places are counted in UTF-16, as Java does; one in the middle of a character is the next one's.

use std::sync::Arc;

use super::{regexes, unbuilt};
use crate::error::Thrown;
use crate::value::{Heap, Value};

const UNBUILT: [&str; 14] = [
    "chars",
    "codePointAt",
    "codePoints",
    "format",
    "getBytes",
    "getChars",
    "hashCode",
    "intern",
    "lines",
    "normalize",
    "regionMatches",
    "repeat",
    "toCharArray",
    "valueOf",
];

pub(super) fn call(
    text: &Arc<str>,
    name: &str,
    arguments: &[Value],
    heap: &mut Heap,
) -> Result<Value, Thrown> {
    heap.work(text.len() / 64)?;
    match arguments {
        [] => Ok(alone(text, name, heap)?.unwrap_or_default()),
        [Value::Text(other)] => with_text(text, name, other, heap),
        [Value::Text(from), Value::Text(to)] => with_two(text, name, from, to, heap),
        _ => with_numbers(text, name, arguments, heap),
    }
    .and_then(|value| if value.is_null() { known(name) } else { Ok(value) })
}

/// Nothing, unless Java has a method of that name.
fn known(name: &str) -> Result<Value, Thrown> {
    if UNBUILT.contains(&name) { Err(unbuilt("String", name)) } else { Ok(Value::Null) }
}

fn alone(text: &Arc<str>, name: &str, heap: &mut Heap) -> Result<Option<Value>, Thrown> {
    let made = match name {
        "length" => return Ok(Some(Value::count(units(text)))),
        "isEmpty" => return Ok(Some(Value::Bool(text.is_empty()))),
        "isBlank" => return Ok(Some(Value::Bool(text.trim().is_empty()))),
        "toLowerCase" => text.to_lowercase(),
        "toUpperCase" => text.to_uppercase(),
        "trim" => text.trim_matches(|letter| letter <= ' ').to_owned(),
        "strip" => text.trim().to_owned(),
        _ => return Ok(None),
    };
    heap.text(made).map(Some)
}

fn with_text(text: &Arc<str>, name: &str, other: &Arc<str>, heap: &mut Heap) -> Result<Value, Thrown> {
    Ok(match name {
        "contains" => Value::Bool(text.contains(&**other)),
        "startsWith" => Value::Bool(text.starts_with(&**other)),
        "endsWith" => Value::Bool(text.ends_with(&**other)),
        "equalsIgnoreCase" => Value::Bool(text.to_lowercase() == other.to_lowercase()),
        "contentEquals" => Value::Bool(text == other),
        "indexOf" => index(text, text.find(&**other)),
        "lastIndexOf" => index(text, text.rfind(&**other)),
        "compareTo" => Value::Int(order(text, other)),
        "compareToIgnoreCase" => Value::Int(order(&text.to_lowercase(), &other.to_lowercase())),
        "concat" => {
            heap.spend(text.len() + other.len())?;
            heap.text(format!("{text}{other}"))?
        }
        "matches" => Value::Bool(regexes::matches(text, other, heap)?),
        "split" => regexes::split(text, other, 0, heap)?,
        _ => Value::Null,
    })
}

fn with_two(text: &str, name: &str, from: &str, to: &str, heap: &mut Heap) -> Result<Value, Thrown> {
    match name {
        "replace" => replace(text, from, to, heap),
        "replaceAll" => regexes::replace(text, from, to, usize::MAX, heap),
        "replaceFirst" => regexes::replace(text, from, to, 1, heap),
        _ => Ok(Value::Null),
    }
}

/// Replaces texts, or characters: those are texts here.
fn replace(text: &str, from: &str, to: &str, heap: &mut Heap) -> Result<Value, Thrown> {
    let count = text.matches(from).count();
    heap.spend(count.saturating_mul(to.len()).saturating_add(text.len()))?;
    heap.text(text.replace(from, to))
}

fn with_numbers(text: &Arc<str>, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
    match (name, arguments) {
        ("substring" | "subSequence", [Value::Int(from)]) => part(text, *from, None, heap),
        ("substring" | "subSequence", [Value::Int(from), Value::Int(to)]) => {
            part(text, *from, Some(*to), heap)
        }
        ("charAt", [Value::Int(at)]) => part(text, *at, Some(at.saturating_add(1)), heap),
        ("indexOf", [Value::Text(other), Value::Int(from)]) => {
            let start = byte(text, (*from).max(0)).unwrap_or(text.len());
            Ok(index(text, text[start..].find(&**other).map(|found| start + found)))
        }
        ("startsWith", [Value::Text(other), Value::Int(from)]) => {
            Ok(Value::Bool(byte(text, *from).is_some_and(|start| text[start..].starts_with(&**other))))
        }
        ("split", [Value::Text(pattern), Value::Int(limit)]) => regexes::split(text, pattern, *limit, heap),
        _ => Ok(Value::Null),
    }
}

fn part(text: &str, from: i64, to: Option<i64>, heap: &mut Heap) -> Result<Value, Thrown> {
    let end = to.map_or(Some(text.len()), |to| byte(text, to));
    let part = byte(text, from).zip(end).and_then(|(from, to)| text.get(from..to));
    let part = part.ok_or_else(|| {
        let to = to.map_or(String::new(), |to| format!(" to {to}"));
        Thrown::new(format!("index {from}{to} is out of bounds for length {}", units(text)))
    })?;
    heap.text(part)
}

/// The length as Java counts it.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The place of a Java index.
fn byte(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    if text.is_ascii() {
        return (index <= text.len()).then_some(index);
    }
    let mut passed = 0;
    for (place, letter) in text.char_indices() {
        if passed >= index {
            return Some(place);
        }
        passed += letter.len_utf16();
    }
    (passed >= index).then_some(text.len())
}

/// The Java index of a place.
fn index(text: &str, place: Option<usize>) -> Value {
    place.map_or(Value::Int(-1), |place| Value::count(units(&text[..place])))
}

/// Java's difference: of the first characters that are not the same, or of lengths.
fn order(left: &str, right: &str) -> i64 {
    let differ = left.encode_utf16().zip(right.encode_utf16()).find(|(left, right)| left != right);
    let lengths = || {
        let length = |text| i64::try_from(units(text)).unwrap_or(i64::MAX);
        length(left) - length(right)
    };
    differ.map_or_else(lengths, |(left, right)| i64::from(left) - i64::from(right))
}
