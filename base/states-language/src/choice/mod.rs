//! The conditions of a Choice state.
//!
//! Never decides where to go: the state takes the first rule that holds.

mod compare;
mod pattern;

use serde_json::{Map, Value};

pub(crate) use self::compare::Comparison;
use crate::failure::{Failure, names};
use crate::path::Path;
use crate::scope::{Scope, Subject};
use crate::template::Template;

/// A condition that was read.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// What a path finds, compared.
    Compare(Path, Comparison),
    /// A JSONata expression that gives true or false.
    Query(Template),
}

/// Why a condition was refused.
pub(crate) type Wrong = String;

impl Condition {
    /// Reads a condition in JSONPath: the fields of a rule that are not for the state itself.
    pub(crate) fn parse(fields: &Map<String, Value>) -> Result<Self, Wrong> {
        let of_state = ["Next", "Comment", "Assign", "Output"];
        let mut own = fields.iter().filter(|(name, _)| !of_state.contains(&name.as_str()));
        let (Some((name, value)), second, None) = (own.next(), own.next(), own.next()) else {
            return Err("A rule must have exactly one condition".into());
        };
        match (name.as_str(), second) {
            ("And", None) => Self::list(value).map(Condition::And),
            ("Or", None) => Self::list(value).map(Condition::Or),
            ("Not", None) => Ok(Condition::Not(Box::new(Self::nested(value)?))),
            ("Variable", Some((operator, operand))) => Self::compare(value, operator, operand),
            (operator, Some((second, variable))) if second == "Variable" => {
                Self::compare(variable, operator, value)
            }
            _ => Err(format!("'{name}' is no condition")),
        }
    }

    fn list(value: &Value) -> Result<Vec<Self>, Wrong> {
        match value.as_array().filter(|list| !list.is_empty()) {
            Some(list) => list.iter().map(Self::nested).collect(),
            None => Err("And and Or need a list of conditions".into()),
        }
    }

    fn nested(value: &Value) -> Result<Self, Wrong> {
        let fields = value.as_object().ok_or("A condition must be an object")?;
        if fields.contains_key("Next") {
            return Err("A condition within another must have no Next".into());
        }
        Self::parse(fields)
    }

    fn compare(variable: &Value, operator: &str, operand: &Value) -> Result<Self, Wrong> {
        let path = variable.as_str().and_then(|text| Path::parse(text).ok());
        let path = path.ok_or("Variable must be a valid JSONPath")?;
        Ok(Condition::Compare(path, Comparison::parse(operator, operand)?))
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, scope: &Scope<'_>, subject: Subject<'_>) -> Result<bool, Failure> {
        match self {
            Condition::And(all) => {
                let fails = |one: &Condition| one.holds(scope, subject).map(|holds| !holds);
                any(all, fails).map(|is_failed| !is_failed)
            }
            Condition::Or(all) => any(all, |one| one.holds(scope, subject)),
            Condition::Not(inner) => Ok(!inner.holds(scope, subject)?),
            Condition::Query(query) => {
                let value = query.evaluate(scope, subject)?;
                value.as_bool().ok_or_else(|| query.unexpected("boolean", &value))
            }
            Condition::Compare(path, comparison) => {
                let found = path.find(scope, subject.data)?;
                if let Comparison::IsPresent(wanted) = comparison {
                    return Ok(found.is_some() == *wanted);
                }
                let found = found.ok_or_else(|| invalid(path))?;
                comparison.holds(&found, scope, subject.data)
            }
        }
    }
}

/// Whether there is one of which this is said. Those behind it are not asked.
fn any(
    all: &[Condition],
    mut is_said: impl FnMut(&Condition) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    for one in all {
        if is_said(one)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The failure of a path that finds nothing to compare.
fn invalid(path: &Path) -> Failure {
    let cause = format!(
        "Invalid path '{}': The choice state's condition path references an invalid value.",
        path.text()
    );
    Failure::field(names::RUNTIME, cause)
}

#[cfg(test)]
mod tests;
