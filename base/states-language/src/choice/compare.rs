//! Comparisons of a Choice state: what a path finds, and a value or what another path finds.
//!
//! Values of another type are never equal, less or greater.

use std::cmp::Ordering;

use serde_json::Value;

use super::invalid;
use super::pattern::Pattern;
use crate::failure::Failure;
use crate::path::Path;
use crate::scope::Scope;
use crate::time;

/// What is asked of a value.
#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    IsPresent(bool),
    /// It is of that kind, or is not.
    Is(Test, bool),
    Matches(Pattern),
    Ordered(Kind, Order, Operand),
}

/// Whether a value is of a kind.
type Test = fn(&Value) -> bool;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

/// How it must compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Equals,
    Less,
    LessEquals,
    Greater,
    GreaterEquals,
}

#[derive(Clone, Debug)]
pub(crate) enum Operand {
    Value(Value),
    Path(Path),
}

impl Comparison {
    /// Reads a comparison, by the name of its operator.
    pub(super) fn parse(operator: &str, operand: &Value) -> Result<Self, String> {
        if let Some(test) = test(operator) {
            let wanted = operand.as_bool().ok_or_else(|| format!("{operator} needs true or false"))?;
            return Ok(match test {
                Some(test) => Comparison::Is(test, wanted),
                None => Comparison::IsPresent(wanted),
            });
        }
        if operator == "StringMatches" {
            let pattern = operand.as_str().ok_or("StringMatches needs a string")?;
            return Pattern::parse(pattern).map(Comparison::Matches);
        }
        let (plain, is_path) = match operator.strip_suffix("Path") {
            Some(plain) => (plain, true),
            None => (operator, false),
        };
        let (kind, order) = ordered(plain).ok_or_else(|| format!("'{operator}' is no comparison"))?;
        Ok(Comparison::Ordered(kind, order, Operand::parse(operator, operand, kind, is_path)?))
    }

    /// Whether a value is as it is asked.
    pub(super) fn holds(&self, value: &Value, scope: &Scope<'_>, data: &Value) -> Result<bool, Failure> {
        Ok(match self {
            Comparison::IsPresent(wanted) => *wanted,
            Comparison::Is(test, wanted) => test(value) == *wanted,
            Comparison::Matches(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
            Comparison::Ordered(kind, order, Operand::Value(other)) => {
                order.allows(kind.compare(value, other))
            }
            Comparison::Ordered(kind, order, Operand::Path(path)) => {
                let other = path.find(scope, data)?.ok_or_else(|| invalid(path))?;
                order.allows(kind.compare(value, &other))
            }
        })
    }
}

/// The test of an `Is…` operator; that of IsPresent is the path's.
fn test(operator: &str) -> Option<Option<Test>> {
    Some(match operator {
        "IsPresent" => None,
        "IsNull" => Some(Value::is_null),
        "IsNumeric" => Some(Value::is_number),
        "IsString" => Some(Value::is_string),
        "IsBoolean" => Some(Value::is_boolean),
        "IsTimestamp" => Some(|value| Kind::Timestamp.takes(value)),
        _ => return None,
    })
}

fn ordered(operator: &str) -> Option<(Kind, Order)> {
    let kinds = [
        ("String", Kind::String),
        ("Numeric", Kind::Numeric),
        ("Boolean", Kind::Boolean),
        ("Timestamp", Kind::Timestamp),
    ];
    let (order, kind) =
        kinds.iter().find_map(|(name, kind)| operator.strip_prefix(name).map(|order| (order, *kind)))?;
    let order = match order {
        "Equals" => Order::Equals,
        _ if kind == Kind::Boolean => return None,
        "LessThan" => Order::Less,
        "LessThanEquals" => Order::LessEquals,
        "GreaterThan" => Order::Greater,
        "GreaterThanEquals" => Order::GreaterEquals,
        _ => return None,
    };
    Some((kind, order))
}

impl Operand {
    fn parse(operator: &str, operand: &Value, kind: Kind, is_path: bool) -> Result<Self, String> {
        if is_path {
            let path = operand.as_str().and_then(|text| Path::parse(text).ok());
            return path.map(Operand::Path).ok_or_else(|| format!("{operator} needs a valid JSONPath"));
        }
        if kind.takes(operand) {
            return Ok(Operand::Value(operand.clone()));
        }
        Err(format!("{operator} does not take the value {operand}"))
    }
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
        self.compare(value, value).is_some()
    }

    fn compare(self, one: &Value, other: &Value) -> Option<Ordering> {
        match self {
            Kind::String => Some(one.as_str()?.cmp(other.as_str()?)),
            Kind::Boolean => Some(one.as_bool()?.cmp(&other.as_bool()?)),
            Kind::Timestamp => Some(time::parse(one.as_str()?)?.cmp(&time::parse(other.as_str()?)?)),
            Kind::Numeric => match (one.as_i64(), other.as_i64()) {
                (Some(one), Some(other)) => Some(one.cmp(&other)),
                _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
            },
        }
    }
}

impl Order {
    fn allows(self, order: Option<Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Order::Equals => order.is_eq(),
            Order::Less => order.is_lt(),
            Order::LessEquals => order.is_le(),
            Order::Greater => order.is_gt(),
            Order::GreaterEquals => order.is_ge(),
        })
    }
}
