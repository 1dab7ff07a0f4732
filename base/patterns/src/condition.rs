//! What a value must be: one entry of a list of a pattern.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::{Map, Value};

use crate::Error;
use crate::wildcard::Wildcard;

/// A condition on one value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Is(Value),
    Prefix(String),
    Suffix(String),
    IgnoringCase(String),
    Wildcard(Wildcard),
    /// None of these holds.
    AnythingBut(Vec<Condition>),
    /// Comparisons that all hold.
    Numeric(Vec<(Comparison, f64)>),
    Exists(bool),
    Cidr(IpNet),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    pub(crate) fn parse(value: &Value) -> Result<Self, Error> {
        match value {
            Value::Object(operator) => Self::parse_operator(operator),
            Value::Array(_) => Err(Error::new("Match value must be String, number, true, false, or null")),
            plain => Ok(Condition::Is(plain.clone())),
        }
    }

    fn parse_operator(operator: &Map<String, Value>) -> Result<Self, Error> {
        let mut entries = operator.iter();
        let (Some((name, operand)), None) = (entries.next(), entries.next()) else {
            return Err(Error::new("Only one key allowed in match expression"));
        };
        match name.as_str() {
            "prefix" => Ok(Condition::Prefix(text(name, operand)?.to_owned())),
            "suffix" => Ok(Condition::Suffix(text(name, operand)?.to_owned())),
            "equals-ignore-case" => Ok(Condition::IgnoringCase(text(name, operand)?.to_lowercase())),
            "wildcard" => Wildcard::parse(text(name, operand)?).map(Condition::Wildcard),
            "cidr" => {
                let network = text(name, operand)?.parse();
                network.map(Condition::Cidr).map_err(|_| Error::new("Malformed CIDR, one '/' required"))
            }
            "exists" => match operand {
                Value::Bool(exists) => Ok(Condition::Exists(*exists)),
                _ => Err(Error::new("exists match pattern must be either true or false.")),
            },
            "numeric" => comparisons(operand).map(Condition::Numeric),
            "anything-but" => anything_but(operand).map(Condition::AnythingBut),
            other => Err(Error::new(format!("Unrecognized match type {other}"))),
        }
    }

    /// Stars in it.
    pub(crate) fn wildcards(&self) -> usize {
        match self {
            Condition::Wildcard(wildcard) => wildcard.stars(),
            Condition::AnythingBut(conditions) => conditions.iter().map(Condition::wildcards).sum(),
            _ => 0,
        }
    }

    /// Whether it holds for what stands at its key: a value, several, or nothing.
    pub(crate) fn holds(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Condition::Exists(wanted), value) => *wanted == value.is_some(),
            (_, None) => false,
            (Condition::AnythingBut(conditions), Some(value)) => {
                !conditions.iter().any(|condition| condition.holds(Some(value)))
            }
            (_, Some(Value::Array(values))) => values.iter().any(|value| self.holds_for_one(value)),
            (_, Some(value)) => self.holds_for_one(value),
        }
    }

    fn holds_for_one(&self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Condition::Is(wanted) => match (wanted.as_f64(), value.as_f64()) {
                (Some(wanted), Some(number)) => wanted == number,
                _ => wanted == value,
            },
            Condition::Prefix(start) => text.is_some_and(|text| text.starts_with(start)),
            Condition::Suffix(end) => text.is_some_and(|text| text.ends_with(end)),
            Condition::IgnoringCase(wanted) => text.is_some_and(|text| text.to_lowercase() == *wanted),
            Condition::Wildcard(wildcard) => text.is_some_and(|text| wildcard.matches(text)),
            Condition::Cidr(network) => text
                .and_then(|text| text.parse::<IpAddr>().ok())
                .is_some_and(|address| network.contains(&address)),
            Condition::Numeric(comparisons) => value.as_f64().is_some_and(|number| {
                comparisons.iter().all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            Condition::AnythingBut(_) | Condition::Exists(_) => self.holds(Some(value)),
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Comparison::Equal => number == bound,
            Comparison::Less => number < bound,
            Comparison::LessOrEqual => number <= bound,
            Comparison::Greater => number > bound,
            Comparison::GreaterOrEqual => number >= bound,
        }
    }

    fn is_lower_bound(self) -> bool {
        matches!(self, Comparison::Greater | Comparison::GreaterOrEqual)
    }
}

fn text<'a>(operator: &str, operand: &'a Value) -> Result<&'a str, Error> {
    operand.as_str().ok_or_else(|| Error::new(format!("{operator} match pattern must be a string")))
}

/// A value, a list of values, or one operator on texts with its operands.
fn anything_but(operand: &Value) -> Result<Vec<Condition>, Error> {
    let all = |values: &[Value], parse: fn(&Value) -> Result<Condition, Error>| {
        if values.is_empty() {
            return Err(Error::new("Empty arrays are not allowed"));
        }
        values.iter().map(parse).collect()
    };
    let plain = |value: &Value| match value {
        Value::String(_) | Value::Number(_) => Condition::parse(value),
        _ => Err(Error::new("Inside anything but list, start|null|boolean is not supported.")),
    };
    match operand {
        Value::Array(values) => all(values, plain),
        Value::Object(operator) => {
            let (name, operands) = operator
                .iter()
                .next()
                .filter(|_| operator.len() == 1)
                .ok_or_else(|| Error::new("Only one key allowed in match expression"))?;
            if !matches!(name.as_str(), "prefix" | "suffix" | "equals-ignore-case" | "wildcard") {
                return Err(Error::new(format!("Unsupported anything-but pattern: {name}")));
            }
            let of = |operand: &Value| {
                Condition::parse_operator(&Map::from_iter([(name.clone(), operand.clone())]))
            };
            match operands {
                Value::Array(operands) if operands.is_empty() => {
                    Err(Error::new("Empty arrays are not allowed"))
                }
                Value::Array(operands) => operands.iter().map(of).collect(),
                operand => Ok(vec![of(operand)?]),
            }
        }
        value => Ok(vec![plain(value)?]),
    }
}

/// `[">", 0, "<=", 100]`.
fn comparisons(operand: &Value) -> Result<Vec<(Comparison, f64)>, Error> {
    let Value::Array(parts) = operand else {
        return Err(Error::new("Value of numeric must be an array."));
    };
    let pairs = parts.chunks(2).map(|pair| {
        let comparison = match pair.first().and_then(Value::as_str) {
            Some("=") => Comparison::Equal,
            Some("<") => Comparison::Less,
            Some("<=") => Comparison::LessOrEqual,
            Some(">") => Comparison::Greater,
            Some(">=") => Comparison::GreaterOrEqual,
            Some(other) => return Err(Error::new(format!("Unrecognized numeric range operator: {other}"))),
            None => return Err(Error::new("Invalid member in numeric match")),
        };
        let bound = pair.get(1).and_then(Value::as_f64);
        let bound = bound.ok_or_else(|| {
            Error::new(format!("Value of {} must be numeric", pair[0].as_str().unwrap_or_default()))
        })?;
        Ok((comparison, bound))
    });
    let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
    match pairs.as_slice() {
        [_] => Ok(pairs),
        [(lower, bottom), (upper, top)]
            if lower.is_lower_bound() && !upper.is_lower_bound() && *upper != Comparison::Equal =>
        {
            if bottom < top { Ok(pairs) } else { Err(Error::new("Bottom must be less than top")) }
        }
        [] => Err(Error::new("Invalid member in numeric match")),
        _ => Err(Error::new("Too many elements in numeric expression")),
    }
}
