//! JSON for people and for diffs: sorted keys (what a thing is called and what it is come first), and a value on one
//! line where it fits.

use serde_json::{Map, Value};

const COLUMNS_MAX: usize = 110;

/// The text of a value, ending in a line break.
pub(crate) fn print(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, 0, 0);
    text.push('\n');
    text
}

/// Writes a value whose line is indented by `depth` and already holds `used` columns after that.
fn write(text: &mut String, value: &Value, depth: usize, used: usize) {
    let line = one_line(value);
    // One more column for the comma that may follow.
    let fits = depth * 2 + used + line.chars().count() < COLUMNS_MAX;
    match value {
        Value::Object(object) if !fits || is_index(object, depth) => {
            text.push('{');
            for (index, (key, inner)) in ordered(object).into_iter().enumerate() {
                begin_line(text, index, depth + 1);
                let key = format!("{}: ", Value::from(key));
                text.push_str(&key);
                write(text, inner, depth + 1, key.chars().count());
            }
            end(text, depth, '}');
        }
        Value::Array(entries) if !fits => {
            text.push('[');
            for (index, inner) in entries.iter().enumerate() {
                begin_line(text, index, depth + 1);
                write(text, inner, depth + 1, 0);
            }
            end(text, depth, ']');
        }
        _ => text.push_str(&line),
    }
}

/// The outermost objects have a line for each entry, however short, so that a diff shows entries.
fn is_index(object: &Map<String, Value>, depth: usize) -> bool {
    depth < 2 && !object.is_empty()
}

fn begin_line(text: &mut String, index: usize, depth: usize) {
    text.push_str(if index == 0 { "\n" } else { ",\n" });
    text.push_str(&"  ".repeat(depth));
}

fn end(text: &mut String, depth: usize, bracket: char) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(bracket);
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(object) if !object.is_empty() => {
            let entries: Vec<String> = ordered(object)
                .into_iter()
                .map(|(key, inner)| format!("{}: {}", Value::from(key), one_line(inner)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Array(entries) => {
            let entries: Vec<String> = entries.iter().map(one_line).collect();
            format!("[{}]", entries.join(", "))
        }
        other => other.to_string(),
    }
}

fn ordered(object: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let rank =
        |key: &str| ["service", "name", "type"].iter().position(|first| *first == key).unwrap_or(usize::MAX);
    let mut entries: Vec<_> = object.iter().map(|(key, value)| (key.as_str(), value)).collect();
    entries.sort_by_key(|(key, _)| (rank(key), *key));
    entries
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::print;

    #[test]
    fn short_values_stand_on_one_line_and_long_ones_do_not() {
        let long = "x".repeat(100);
        let value = json!({ "shapes": { "S": { "type": "structure", "members": [{ "shape": "T", "name": "A" }] } },
            "list": { "only": [long, 1.5, {}, []] } });
        let expected = format!(
            "{{\n  \"list\": {{\n    \"only\": [\n      \"{long}\",\n      1.5,\n      {{}},\n      []\n    ]\n  }},\n  \
             \"shapes\": {{\n    \"S\": {{ \"type\": \"structure\", \"members\": [{{ \"name\": \"A\", \"shape\": \"T\" }}] }}\n  \
             }}\n}}\n"
        );
        assert_eq!(print(&value), expected);
    }

    #[test]
    fn what_is_printed_reads_back() {
        let value =
            json!({ "pattern": "\\d\"\u{0}é", "n": [1, 1.0, -3, true, null], "o": { "a": { "b": {} } } });
        assert_eq!(serde_json::from_str::<serde_json::Value>(&print(&value)).unwrap(), value);
    }
}
