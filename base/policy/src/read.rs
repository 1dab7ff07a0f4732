//! From JSON to a draft: the grammar alone. What a draft means, and for which kind, is checked afterwards.

use serde_json::{Map, Value};

use crate::condition::Operator;
use crate::{Condition, Fault, Patterns, limits};

/// A document that keeps the grammar.
pub(crate) struct Draft {
    pub(crate) version: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) statements: Vec<DraftStatement>,
}

/// A statement that keeps the grammar, though elements that a kind requires may be missing.
pub(crate) struct DraftStatement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: String,
    pub(crate) principals: Option<DraftPrincipals>,
    pub(crate) actions: Option<Patterns>,
    pub(crate) resources: Option<Patterns>,
    pub(crate) conditions: Vec<Condition>,
}

/// `Principal` or `NotPrincipal`: types and values.
pub(crate) struct DraftPrincipals {
    pub(crate) is_negated: bool,
    pub(crate) pairs: Vec<(String, String)>,
}

const DOCUMENT_FIELDS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_FIELDS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

pub(crate) fn document(text: &str) -> Result<Draft, Fault> {
    if text.len() > limits::TEXT_SIZE_MAX {
        return Err(Fault::TooLong);
    }
    let fields = match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        _ => return Err(Fault::NotJson),
    };
    check_names(&fields, &DOCUMENT_FIELDS)?;
    let statements = match fields.get("Statement") {
        Some(Value::Array(list)) if list.is_empty() => return Err(Fault::Empty("Statement")),
        Some(Value::Array(list)) => list.iter().map(statement).collect::<Result<_, _>>()?,
        Some(one @ Value::Object(_)) => vec![statement(one)?],
        Some(_) => return Err(Fault::Malformed("Statement")),
        None => return Err(Fault::Missing("Statement")),
    };
    Ok(Draft { version: string(&fields, "Version")?, id: string(&fields, "Id")?, statements })
}

fn statement(value: &Value) -> Result<DraftStatement, Fault> {
    let fields = value.as_object().ok_or(Fault::Malformed("Statement"))?;
    check_names(fields, &STATEMENT_FIELDS)?;
    Ok(DraftStatement {
        sid: string(fields, "Sid")?,
        effect: string(fields, "Effect")?.ok_or(Fault::Missing("Effect"))?,
        principals: principals(fields)?,
        actions: patterns(fields, "Action", "NotAction")?,
        resources: patterns(fields, "Resource", "NotResource")?,
        conditions: conditions(fields)?,
    })
}

fn check_names(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Fault> {
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Fault::UnknownField(name.clone())),
        None => Ok(()),
    }
}

fn string(fields: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Fault> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Fault::Malformed(name)),
    }
}

/// Reads an element or its negation, of which a statement has at most one.
fn either<'a>(
    fields: &'a Map<String, Value>,
    name: &'static str,
    negation: &str,
) -> Result<Option<(bool, &'a Value)>, Fault> {
    match (fields.get(name), fields.get(negation)) {
        (Some(_), Some(_)) => Err(Fault::Both(name)),
        (Some(value), None) => Ok(Some((false, value))),
        (None, Some(value)) => Ok(Some((true, value))),
        (None, None) => Ok(None),
    }
}

fn patterns(
    fields: &Map<String, Value>,
    name: &'static str,
    negation: &str,
) -> Result<Option<Patterns>, Fault> {
    let Some((is_negated, value)) = either(fields, name, negation)? else { return Ok(None) };
    let list = strings(value).ok_or(Fault::Malformed(name))?;
    Ok(Some(if is_negated { Patterns::AllBut(list) } else { Patterns::Only(list) }))
}

fn principals(fields: &Map<String, Value>) -> Result<Option<DraftPrincipals>, Fault> {
    let Some((is_negated, value)) = either(fields, "Principal", "NotPrincipal")? else { return Ok(None) };
    let mut pairs = Vec::new();
    match value {
        Value::String(everyone) => pairs.push(("AWS".to_owned(), everyone.clone())),
        Value::Object(types) => {
            for (kind, value) in types {
                let values = strings(value).ok_or(Fault::Malformed("Principal"))?;
                pairs.extend(values.into_iter().map(|value| (kind.clone(), value)));
            }
        }
        _ => return Err(Fault::Malformed("Principal")),
    }
    Ok(Some(DraftPrincipals { is_negated, pairs }))
}

fn conditions(fields: &Map<String, Value>) -> Result<Vec<Condition>, Fault> {
    let malformed = Fault::Malformed("Condition");
    let Some(operators) = fields.get("Condition") else { return Ok(Vec::new()) };
    let mut conditions = Vec::new();
    for (operator, keys) in operators.as_object().ok_or(malformed.clone())? {
        let keys = keys.as_object().ok_or(malformed.clone())?;
        // An operator without keys says nothing, and IAM does not ask which it is.
        if keys.is_empty() {
            continue;
        }
        let operator = Operator::parse(operator)?;
        for (key, value) in keys {
            let values = scalars(value).ok_or(malformed.clone())?;
            conditions.push(Condition { operator, key: key.clone(), values });
        }
    }
    Ok(conditions)
}

/// A string or a list of strings.
fn strings(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        _ => one(value).map(|text| vec![text]),
    }
}

/// A string, number or boolean, or a list of them, as text.
fn scalars(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        _ => one(value).map(|text| vec![text]),
    }
}
