//! What a state says to readers and writers, which templates and expressions may have made of anything.

use serde_json::Value;

/// A text, where there is one.
///
/// # Errors
/// For anything else.
pub(super) fn text<'a>(said: &'a Value, name: &str) -> Result<Option<&'a str>, String> {
    match &said[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        other => Err(unfit(name, other)),
    }
}

/// A count, where there is one.
///
/// # Errors
/// For anything else.
pub(super) fn count(said: &Value, name: &str) -> Result<Option<u64>, String> {
    match &said[name] {
        Value::Null => Ok(None),
        other => other.as_u64().map(Some).ok_or_else(|| unfit(name, other)),
    }
}

/// Refuses arguments that nobody reads.
///
/// # Errors
/// For one that is not among these.
pub(super) fn only(said: &Value, names: &[&str]) -> Result<(), String> {
    let mut given = said.as_object().into_iter().flatten();
    match given.find(|(name, _)| !names.contains(&name.as_str())) {
        Some((name, _)) => Err(format!("The field '{name}' is not supported by Step Functions")),
        None => Ok(()),
    }
}

fn unfit(name: &str, value: &Value) -> String {
    format!("The value '{value}' of the field '{name}' is not supported")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_of_another_kind_is_not_as_if_it_were_not_there() {
        let said = json!({"a": "x", "b": 3, "c": null, "d": 1.5, "e": -1, "f": "3"});
        assert_eq!(
            (text(&said, "a"), text(&said, "c"), text(&said, "z")),
            (Ok(Some("x")), Ok(None), Ok(None))
        );
        assert!(text(&said, "b").is_err());
        assert_eq!(
            (count(&said, "b"), count(&said, "c"), count(&said, "z")),
            (Ok(Some(3)), Ok(None), Ok(None))
        );
        assert!(["a", "d", "e", "f"].iter().all(|name| count(&said, name).is_err()));
    }

    #[test]
    fn what_nobody_reads_is_refused() {
        assert_eq!(only(&json!({"Bucket": "b"}), &["Bucket", "Key"]), Ok(()));
        assert!(
            only(&json!({"Bucket": "b", "Range": "bytes=0-1"}), &["Bucket"]).unwrap_err().contains("'Range'")
        );
    }
}
