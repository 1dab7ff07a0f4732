//! The policy of a form: until when it is good, and what its fields must be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wire::{Fault, Timestamp, TimestampFormat};

/// A policy.
#[derive(Debug, PartialEq)]
pub(super) struct Policy {
    expires: Timestamp,
    pub(super) conditions: Vec<Condition>,
}

/// One of its conditions, with the names of fields in lower case.
#[derive(Debug, PartialEq)]
pub(super) enum Condition {
    /// `{"acl": "private"}`, `["eq", "$acl", "private"]`.
    Is(String, String),
    /// `["starts-with", "$key", "user/"]`.
    Begins(String, String),
    /// `["content-length-range", 1, 10]`.
    Length(u64, u64),
    /// What nothing satisfies, as it is shown.
    Never(Value),
}

impl Policy {
    /// Reads what a field has, in base64.
    ///
    /// # Errors
    /// `InvalidPolicyDocument`.
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let json = STANDARD.decode(text.trim()).ok();
        let json = json.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        let json = json.ok_or_else(|| invalid("Invalid JSON."))?;
        let expires = json["expiration"].as_str().ok_or_else(|| invalid("Policy missing expiration."))?;
        let expires = Timestamp::parse(expires, TimestampFormat::DateTime)
            .ok_or_else(|| invalid(&format!("Invalid 'expiration' value: '{expires}'")))?;
        let Value::Array(conditions) = &json["conditions"] else {
            return Err(invalid("Policy missing conditions."));
        };
        let conditions = conditions.iter().map(condition).collect::<Result<_, _>>()?;
        Ok(Policy { expires, conditions })
    }

    /// Refuses what is over.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), Fault> {
        if now.millis() < self.expires.millis() {
            return Ok(());
        }
        Err(Fault::new("AccessDenied", 403, "Invalid according to Policy: Policy expired."))
    }
}

fn condition(json: &Value) -> Result<Condition, Fault> {
    match json {
        Value::Object(simple) => {
            let mut pairs = simple.iter();
            let (Some((name, value)), None) = (pairs.next(), pairs.next()) else {
                let message = "Simple-Conditions must have exactly one property specified.";
                return Err(invalid(&format!("Invalid Simple-Condition: {message}")));
            };
            let value =
                value.as_str().ok_or_else(|| invalid("Invalid Simple-Condition: value must be a string."))?;
            Ok(Condition::Is(name.to_ascii_lowercase(), value.to_owned()))
        }
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(operator), first, second] => Ok(compared(operator, first, second, json)),
            _ => Err(invalid("Invalid Condition: wrong number of arguments.")),
        },
        _ => Err(invalid("Invalid Condition: must be an object or an array.")),
    }
}

fn compared(operator: &str, first: &Value, second: &Value, json: &Value) -> Condition {
    let field = first.as_str().and_then(|name| name.strip_prefix('$')).map(str::to_ascii_lowercase);
    let never = || Condition::Never(json.clone());
    match (operator.to_ascii_lowercase().as_str(), field, second.as_str()) {
        ("eq", Some(field), Some(value)) => Condition::Is(field, value.to_owned()),
        ("starts-with", Some(field), Some(value)) => Condition::Begins(field, value.to_owned()),
        ("content-length-range", _, _) => match (number(first), number(second)) {
            (Some(min), Some(max)) => Condition::Length(min, max),
            _ => never(),
        },
        _ => never(),
    }
}

/// Numbers may be written as texts.
fn number(json: &Value) -> Option<u64> {
    json.as_u64().or_else(|| json.as_str()?.parse().ok())
}

fn invalid(why: &str) -> Fault {
    Fault::new("InvalidPolicyDocument", 400, format!("Invalid Policy: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Policy, Fault> {
        Policy::read(&STANDARD.encode(json))
    }

    #[test]
    fn conditions_have_three_forms() {
        let json = r#"{"expiration": "2030-01-01T00:00:00.000Z", "conditions": [{"Bucket": "trips"}, ["starts-with", "$Key", "a/"],
            ["content-length-range", "1", 10], ["eq", "key", "x"]]}"#;
        let policy = read(json).unwrap();
        assert_eq!(policy.conditions[0], Condition::Is("bucket".into(), "trips".into()));
        assert_eq!(policy.conditions[1], Condition::Begins("key".into(), "a/".into()));
        assert_eq!(policy.conditions[2], Condition::Length(1, 10));
        assert!(matches!(policy.conditions[3], Condition::Never(_)));
        assert!(policy.check_time(Timestamp(0)).is_ok());
        assert_eq!(policy.check_time(policy.expires).unwrap_err().status, 403);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"expiration": "soon", "conditions": []}"#,
            r#"{"expiration": "2030-01-01T00:00:00Z"}"#,
            r#"{"expiration": "2030-01-01T00:00:00Z", "conditions": [{"a": "b", "c": "d"}]}"#,
            r#"{"expiration": "2030-01-01T00:00:00Z", "conditions": [{"a": 1}]}"#,
            r#"{"expiration": "2030-01-01T00:00:00Z", "conditions": [["eq"]]}"#,
            r#"{"expiration": "2030-01-01T00:00:00Z", "conditions": ["eq"]}"#,
        ] {
            assert_eq!(read(json).unwrap_err().code, "InvalidPolicyDocument", "{json}");
        }
        assert!(Policy::read("no base64").is_err());
    }
}
