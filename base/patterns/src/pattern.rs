//! A pattern: all of its keys must find what they want.

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::{Dialect, Error};

/// A pattern, ready to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Vec<Rule>);

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// The value at that key satisfies one of these.
    Field(String, Vec<Condition>),
    /// The object at that key satisfies the pattern.
    Inside(String, Pattern),
    /// One of these holds.
    Or(Vec<Pattern>),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in AWS's words.
    pub fn parse(text: &str, dialect: &Dialect) -> Result<Self, Error> {
        let parsed: Value = serde_json::from_str(text)
            .map_err(|error| Error::new(format!("failed to parse JSON. {error}")))?;
        let Value::Object(fields) = &parsed else {
            return Err(Error::new("Filter policy must be a JSON object"));
        };
        if fields.len() > dialect.keys_max {
            return Err(Error::new(format!(
                "Filter policy can not have more than {} keys",
                dialect.keys_max
            )));
        }
        let pattern = Self::of(fields, dialect)?;
        let is_complex = pattern.combinations(1) > dialect.combinations_max;
        if is_complex || pattern.wildcards() > dialect.wildcards_max {
            return Err(Error::new("Filter policy is too complex"));
        }
        Ok(pattern)
    }

    fn of(fields: &Map<String, Value>, dialect: &Dialect) -> Result<Self, Error> {
        let rules = fields.iter().map(|(key, value)| match value {
            Value::Array(patterns) if key == "$or" && patterns.iter().any(Value::is_object) => {
                alternatives(patterns, dialect)
            }
            Value::Array(conditions) if conditions.is_empty() => {
                Err(Error::new("Empty arrays are not allowed"))
            }
            Value::Array(conditions) => {
                let conditions = conditions.iter().map(Condition::parse).collect::<Result<_, _>>()?;
                Ok(Rule::Field(key.clone(), conditions))
            }
            Value::Object(fields) if fields.is_empty() => Err(Error::new("Empty objects are not allowed")),
            Value::Object(fields) if dialect.nests => {
                Ok(Rule::Inside(key.clone(), Self::of(fields, dialect)?))
            }
            Value::Object(_) => {
                Err(Error::new("Filter policy scope MessageAttributes does not support nested filter policy"))
            }
            _ => Err(Error::new(format!("\"{key}\" must be an object or an array"))),
        });
        Ok(Pattern(rules.collect::<Result<_, _>>()?))
    }

    /// The product of the lengths of all lists, each times how deep it stands.
    fn combinations(&self, depth: usize) -> usize {
        let of_rule = |rule: &Rule| match rule {
            Rule::Field(_, conditions) => conditions.len().saturating_mul(depth),
            Rule::Inside(_, pattern) => pattern.combinations(depth + 1),
            Rule::Or(patterns) => {
                let sum = patterns.iter().map(|pattern| pattern.combinations(depth));
                sum.fold(0, usize::saturating_add)
            }
        };
        self.0.iter().map(of_rule).fold(1, usize::saturating_mul)
    }

    fn wildcards(&self) -> usize {
        let of_rule = |rule: &Rule| match rule {
            Rule::Field(_, conditions) => conditions.iter().map(Condition::wildcards).sum(),
            Rule::Inside(_, pattern) => pattern.wildcards(),
            Rule::Or(patterns) => patterns.iter().map(Pattern::wildcards).sum::<usize>(),
        };
        self.0.iter().map(of_rule).sum()
    }

    /// Whether a document is wanted.
    #[must_use]
    pub fn matches(&self, document: &Value) -> bool {
        self.0.iter().all(|rule| match rule {
            Rule::Field(key, conditions) => {
                conditions.iter().any(|condition| condition.holds(document.get(key)))
            }
            Rule::Inside(key, pattern) => match document.get(key) {
                Some(Value::Array(objects)) => objects.iter().any(|object| pattern.matches(object)),
                Some(object) => pattern.matches(object),
                None => pattern.matches(&Value::Null),
            },
            Rule::Or(patterns) => patterns.iter().any(|pattern| pattern.matches(document)),
        })
    }
}

fn alternatives(patterns: &[Value], dialect: &Dialect) -> Result<Rule, Error> {
    let parts = patterns.iter().map(|part| match part {
        Value::Object(fields) => Pattern::of(fields, dialect),
        _ => Err(Error::new("$or must be an array of objects")),
    });
    Ok(Rule::Or(parts.collect::<Result<_, _>>()?))
}
