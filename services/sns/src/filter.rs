//! Filter policies: which messages a subscription wants (see "Amazon SNS subscription filter policies").
//!
//! Attributes and bodies are both looked at as JSON: an attribute is a text, a number, or an array of values.

use serde_json::{Map, Value};
use wire::Fault;

use crate::errors;

/// Keys of a policy, at most, and values of all keys together.
const KEYS_MAX: usize = 5;
const VALUES_MAX: usize = 150;

/// A policy: all of its rules must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Policy(Vec<Rule>);

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// The value at that name satisfies one of these.
    Field(String, Vec<Test>),
    /// The object at that name satisfies the policy.
    Inside(String, Policy),
    /// One of these holds.
    Or(Vec<Policy>),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Is(Value),
    Prefix(String),
    Suffix(String),
    IgnoringCase(String),
    Not(Vec<Test>),
    /// Comparisons that all hold.
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Policy {
    /// Reads a policy; only policies of bodies may nest.
    pub(crate) fn parse(text: &str, of_body: bool) -> Result<Self, Fault> {
        let parsed: Value = serde_json::from_str(text)
            .map_err(|error| refused(format_args!("failed to parse JSON. {error}")))?;
        let Value::Object(fields) = &parsed else {
            return Err(refused("Filter policy must be a JSON object"));
        };
        let policy = Self::of(fields, of_body)?;
        if fields.len() > KEYS_MAX {
            return Err(refused("Filter policy can not have more than 5 keys"));
        }
        if policy.values() > VALUES_MAX {
            return Err(refused("Filter policy is too complex"));
        }
        Ok(policy)
    }

    fn of(fields: &Map<String, Value>, of_body: bool) -> Result<Self, Fault> {
        let rules = fields.iter().map(|(name, value)| match value {
            Value::Array(policies) if name == "$or" => {
                let parts = policies.iter().map(|part| match part {
                    Value::Object(fields) => Self::of(fields, of_body),
                    _ => Err(refused("$or must be an array of objects")),
                });
                Ok(Rule::Or(parts.collect::<Result<_, _>>()?))
            }
            Value::Array(tests) if tests.is_empty() => Err(refused("Empty arrays are not allowed")),
            Value::Array(tests) => {
                Ok(Rule::Field(name.clone(), tests.iter().map(Test::of).collect::<Result<_, _>>()?))
            }
            Value::Object(fields) if of_body => Ok(Rule::Inside(name.clone(), Self::of(fields, of_body)?)),
            Value::Object(_) => {
                Err(refused("Filter policy scope MessageAttributes does not support nested filter policy"))
            }
            _ => Err(refused(format_args!("\"{name}\" must be an object or an array"))),
        });
        Ok(Policy(rules.collect::<Result<_, _>>()?))
    }

    fn values(&self) -> usize {
        let of_rule = |rule: &Rule| match rule {
            Rule::Field(_, tests) => tests.len(),
            Rule::Inside(_, policy) => policy.values(),
            Rule::Or(policies) => policies.iter().map(Policy::values).sum(),
        };
        self.0.iter().map(of_rule).sum()
    }

    /// Whether a message with these values is wanted.
    pub(crate) fn wants(&self, message: &Value) -> bool {
        self.0.iter().all(|rule| match rule {
            Rule::Field(name, tests) => tests.iter().any(|test| test.holds_for(message.get(name))),
            Rule::Inside(name, policy) => match message.get(name) {
                Some(Value::Array(objects)) => objects.iter().any(|object| policy.wants(object)),
                Some(object) => policy.wants(object),
                None => policy.wants(&Value::Null),
            },
            Rule::Or(policies) => policies.iter().any(|policy| policy.wants(message)),
        })
    }
}

impl Test {
    fn of(value: &Value) -> Result<Self, Fault> {
        let Value::Object(operator) = value else {
            return match value {
                Value::Array(_) => Err(refused("Match value must be String, number, true, false, or null")),
                plain => Ok(Test::Is(plain.clone())),
            };
        };
        let one = operator.iter().next().filter(|_| operator.len() == 1);
        let (name, operand) = one.ok_or_else(|| refused("Only one key allowed in match expression"))?;
        match (name.as_str(), operand) {
            ("prefix", Value::String(text)) => Ok(Test::Prefix(text.clone())),
            ("suffix", Value::String(text)) => Ok(Test::Suffix(text.clone())),
            ("equals-ignore-case", Value::String(text)) => Ok(Test::IgnoringCase(text.to_lowercase())),
            ("exists", Value::Bool(exists)) => Ok(Test::Exists(*exists)),
            ("anything-but", Value::Array(values)) => {
                Ok(Test::Not(values.iter().map(Test::of).collect::<Result<_, _>>()?))
            }
            ("anything-but", value) => Ok(Test::Not(vec![Test::of(value)?])),
            ("numeric", Value::Array(parts)) => comparisons(parts).map(Test::Numeric),
            _ => Err(refused(format_args!("Unrecognized match type {name}"))),
        }
    }

    fn holds_for(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Test::Exists(wanted), value) => *wanted == value.is_some(),
            (_, None) => false,
            (Test::Not(tests), Some(Value::Array(values))) => {
                !values.iter().any(|value| tests.iter().any(|test| test.holds(value)))
            }
            (_, Some(Value::Array(values))) => values.iter().any(|value| self.holds(value)),
            (_, Some(value)) => self.holds(value),
        }
    }

    fn holds(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Test::Is(wanted) => match (wanted.as_f64(), value.as_f64()) {
                (Some(wanted), Some(number)) => wanted == number,
                _ => wanted == value,
            },
            Test::Prefix(start) => text.is_some_and(|text| text.starts_with(start)),
            Test::Suffix(end) => text.is_some_and(|text| text.ends_with(end)),
            Test::IgnoringCase(wanted) => text.is_some_and(|text| text.to_lowercase() == *wanted),
            Test::Not(tests) => !tests.iter().any(|test| test.holds(value)),
            Test::Numeric(comparisons) => value.as_f64().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| match comparison {
                    Comparison::Equal => number == *bound,
                    Comparison::Less => number < *bound,
                    Comparison::LessOrEqual => number <= *bound,
                    Comparison::Greater => number > *bound,
                    Comparison::GreaterOrEqual => number >= *bound,
                })
            }),
            Test::Exists(wanted) => *wanted,
        }
    }
}

/// `[">", 0, "<=", 100]`.
fn comparisons(parts: &[Value]) -> Result<Vec<(Comparison, f64)>, Fault> {
    let pairs = parts.chunks(2).map(|pair| match pair {
        [Value::String(comparison), Value::Number(bound)] => {
            let comparison = match comparison.as_str() {
                "=" => Comparison::Equal,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                other => return Err(refused(format_args!("Unrecognized numeric range operator: {other}"))),
            };
            let bound = bound.as_f64().ok_or_else(|| refused("Value of numeric must be a number"))?;
            Ok((comparison, bound))
        }
        _ => Err(refused("Invalid member in numeric match")),
    });
    let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
    if pairs.is_empty() || pairs.len() > 2 {
        Err(refused("Invalid member in numeric match"))
    } else {
        Ok(pairs)
    }
}

fn refused(why: impl std::fmt::Display) -> Fault {
    errors::invalid(format_args!("FilterPolicy: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Policy;

    fn wants(policy: &Value, message: &Value) -> bool {
        Policy::parse(&policy.to_string(), true).unwrap().wants(message)
    }

    #[test]
    fn each_operator_wants_what_it_names() {
        let table = [
            (
                json!({"a": ["x", 1]}),
                vec![json!({"a": "x"}), json!({"a": 1.0}), json!({"a": ["y", "x"]})],
                vec![json!({"a": "1"}), json!({})],
            ),
            (
                json!({"a": [{"prefix": "ab"}]}),
                vec![json!({"a": "abc"})],
                vec![json!({"a": "ba"}), json!({"a": 1})],
            ),
            (json!({"a": [{"suffix": "bc"}]}), vec![json!({"a": "abc"})], vec![json!({"a": "bcd"})]),
            (json!({"a": [{"equals-ignore-case": "Ä"}]}), vec![json!({"a": "ä"})], vec![json!({"a": "a"})]),
            (
                json!({"a": [{"anything-but": ["x", {"prefix": "z"}]}]}),
                vec![json!({"a": "y"})],
                vec![json!({"a": "x"}), json!({"a": "zz"}), json!({}), json!({"a": ["y", "x"]})],
            ),
            (
                json!({"a": [{"numeric": [">", 0, "<=", 5]}]}),
                vec![json!({"a": 5}), json!({"a": 0.1})],
                vec![json!({"a": 0}), json!({"a": 5.1}), json!({"a": "1"})],
            ),
            (json!({"a": [{"exists": false}]}), vec![json!({"b": 1})], vec![json!({"a": null})]),
            (json!({"a": ["x"], "b": ["y"]}), vec![json!({"a": "x", "b": "y"})], vec![json!({"a": "x"})]),
            (json!({"$or": [{"a": ["x"]}, {"b": ["y"]}]}), vec![json!({"b": "y"})], vec![json!({"b": "x"})]),
            (
                json!({"a": {"b": ["x"]}}),
                vec![json!({"a": {"b": "x"}}), json!({"a": [{"b": "x"}]})],
                vec![json!({"a": "x"})],
            ),
        ];
        for (policy, wanted, unwanted) in table {
            wanted.iter().for_each(|message| assert!(wants(&policy, message), "{policy} wants {message}"));
            unwanted
                .iter()
                .for_each(|message| assert!(!wants(&policy, message), "{policy} does not want {message}"));
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            "",
            "[]",
            r#"{"a":"x"}"#,
            r#"{"a":[]}"#,
            r#"{"a":[{"like":"x"}]}"#,
            r#"{"a":[{"numeric":["!",1]}]}"#,
            r#"{"a":[["x"]]}"#,
        ] {
            assert!(Policy::parse(text, true).is_err(), "{text}");
        }
        assert!(Policy::parse(r#"{"a":{"b":["x"]}}"#, false).is_err(), "attributes do not nest");
    }
}
