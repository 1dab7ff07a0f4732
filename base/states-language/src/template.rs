//! Payload templates: JSON in which some values are found, computed or queried when a state runs.
//!
//! One type serves both query languages. Whatever holds nothing of the kind is a constant, and costs a copy.

use serde_json::{Map, Value};

use crate::failure::{Failure, names};
use crate::intrinsic::Intrinsic;
use crate::jsonata::Expression;
use crate::path::Path;
use crate::scope::{Scope, Subject};

/// The language of a state's paths and expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    JsonPath,
    Jsonata,
}

/// A template that was read.
#[derive(Clone, Debug)]
pub(crate) enum Template {
    Constant(Value),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
    /// What a path finds, for the field of this name.
    Path(Path, Box<str>),
    Call(Intrinsic),
    /// What an expression gives, at this place of the state.
    Query(Expression, Box<str>),
}

/// Why a text is no template, and the place in the state that says so.
pub(crate) type Wrong = (String, String);

impl Template {
    /// Reads the template that stands in a field.
    pub(crate) fn parse(value: &Value, language: Language, at: &str) -> Result<Self, Wrong> {
        match (value, language) {
            (Value::String(text), Language::Jsonata) => Self::text(text, at),
            (Value::Array(items), _) => Self::items(items, language, at),
            (Value::Object(fields), _) => Self::fields(fields, language, at),
            (value, _) => Ok(Template::Constant(value.clone())),
        }
    }

    /// A path as a template, for the field of this name.
    pub(crate) fn path(text: &str, field: &str) -> Result<Self, Wrong> {
        match Path::parse(text) {
            Ok(path) => Ok(Template::Path(path, field.into())),
            Err(_) => Err(("Value is not a valid JSONPath".to_owned(), field.to_owned())),
        }
    }

    fn text(text: &str, at: &str) -> Result<Self, Wrong> {
        let Some(inside) = Expression::inside(text) else { return Ok(Template::Constant(text.into())) };
        match Expression::parse(inside) {
            Ok(expression) => Ok(Template::Query(expression, at.into())),
            Err(why) => Err((format!("The JSONata expression is not valid: {why}"), at.to_owned())),
        }
    }

    fn items(items: &[Value], language: Language, at: &str) -> Result<Self, Wrong> {
        let parts = items
            .iter()
            .enumerate()
            .map(|(index, item)| Self::parse(item, language, &format!("{at}[{index}]")));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        if parts.iter().all(Template::is_constant) {
            return Ok(Template::Constant(Value::Array(items.to_vec())));
        }
        Ok(Template::Array(parts))
    }

    fn fields(fields: &Map<String, Value>, language: Language, at: &str) -> Result<Self, Wrong> {
        let parts = fields.iter().map(|(name, value)| match name.strip_suffix(".$") {
            Some(plain) if language == Language::JsonPath => {
                Ok((plain.to_owned(), Self::dynamic(name, value, at)?))
            }
            _ => Ok((name.clone(), Self::parse(value, language, &format!("{at}/{name}"))?)),
        });
        let parts = parts.collect::<Result<Vec<_>, Wrong>>()?;
        if parts.iter().all(|(_, part)| part.is_constant()) {
            return Ok(Template::Constant(Value::Object(fields.clone())));
        }
        Ok(Template::Object(parts))
    }

    /// The value of a field whose name ends in `.$`.
    fn dynamic(name: &str, value: &Value, at: &str) -> Result<Self, Wrong> {
        let read = value.as_str().and_then(|text| match text.starts_with('$') {
            true => Path::parse(text).ok().map(|path| Template::Path(path, name.into())),
            false => Intrinsic::parse(text).ok().map(Template::Call),
        });
        read.ok_or_else(|| {
            let why = format!(
                "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
            );
            (why, at.to_owned())
        })
    }

    pub(crate) fn is_constant(&self) -> bool {
        matches!(self, Template::Constant(_))
    }

    /// What it comes to.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>, subject: Subject<'_>) -> Result<Value, Failure> {
        match self {
            Template::Constant(value) => Ok(value.clone()),
            Template::Array(items) => items.iter().map(|item| item.evaluate(scope, subject)).collect(),
            Template::Object(fields) => {
                let fields =
                    fields.iter().map(|(name, part)| Ok((name.clone(), part.evaluate(scope, subject)?)));
                Ok(Value::Object(fields.collect::<Result<_, Failure>>()?))
            }
            Template::Path(path, field) => match path.find(scope, subject.data)? {
                Some(found) => scope.copied(&found).map(|()| found.into_owned()),
                None => Err(not_found(path, field, subject.data)),
            },
            Template::Call(call) => call.evaluate(scope, subject.data),
            Template::Query(expression, at) => queried(expression, at, scope, subject),
        }
    }

    /// The failure of a value that its field does not take.
    pub(crate) fn unexpected(&self, expected: &str, value: &Value) -> Failure {
        match self {
            Template::Query(expression, at) => Failure::query(
                at,
                format!(
                    "The JSONata expression '{}' specified for the field '{at}' returned an unexpected result type. \
                     Expected '{expected}', but was '{}' for value: {value}",
                    expression.text(),
                    kind(value)
                ),
            ),
            Template::Path(path, field) => Failure::field(
                names::RUNTIME,
                format!(
                    "The value that '{}' finds for the field '{field}' must be of the type {expected}",
                    path.text()
                ),
            ),
            _ => Failure::field(names::RUNTIME, format!("A value must be of the type {expected}")),
        }
    }
}

fn not_found(path: &Path, field: &str, data: &Value) -> Failure {
    let cause = format!(
        "The JSONPath '{}' specified for the field '{field}' could not be found in the input '{data}'",
        path.text()
    );
    Failure::field(names::PARAMETER_PATH, cause)
}

fn queried(
    expression: &Expression,
    at: &str,
    scope: &Scope<'_>,
    subject: Subject<'_>,
) -> Result<Value, Failure> {
    let specified =
        || format!("The JSONata expression '{}' specified for the field '{at}'", expression.text());
    match expression.evaluate(scope, subject) {
        Ok(Some(value)) => scope.copied(&value).map(|()| value),
        Ok(None) => Err(Failure::query(at, format!("{} returned nothing (undefined).", specified()))),
        Err(why) => {
            Err(Failure::query(at, format!("{} threw an error during evaluation. {why}", specified())))
        }
    }
}

/// What JSONata calls the type of a value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
