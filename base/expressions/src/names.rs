//! The placeholders of a request: `ExpressionAttributeNames` and `ExpressionAttributeValues`.
//!
//! All expressions of a request are read through one [`Names`], which in the end knows what none of them used.
//! Follows "Expression attribute names" and "Expression attribute values" of the developer guide.

use std::collections::BTreeMap;

use crate::ast;
use crate::condition::Condition;
use crate::key_condition::KeyConditions;
use crate::path::{Path, Step};
use crate::projection::Projection;
use crate::reserved::is_reserved;
use crate::update::Update;
use crate::value::{Value, check_depth};
use crate::{Error, parser, resolve};

/// A placeholder, what it stands for, and whether an expression used it.
#[derive(Debug)]
struct Placeholder<T> {
    name: String,
    meaning: T,
    used: bool,
}

/// Placeholders, sorted by their names.
type Placeholders<T> = Vec<Placeholder<T>>;

/// The names and values that the expressions of one request may refer to.
#[derive(Debug)]
pub struct Names {
    names: Placeholders<String>,
    values: Placeholders<Value>,
}

impl Names {
    /// Placeholders as the request has them, with their `#` and `:`; `None` where the request has no such parameter.
    ///
    /// # Errors
    /// When a parameter is there but empty, a placeholder has no proper name, or a value is nested too deeply.
    pub fn new(
        names: Option<BTreeMap<String, String>>,
        values: Option<BTreeMap<String, Value>>,
    ) -> Result<Self, Error> {
        let names = placeholders("ExpressionAttributeNames", '#', names)?;
        let values = placeholders("ExpressionAttributeValues", ':', values)?;
        check_depth(values.iter().map(|placeholder| &placeholder.meaning))?;
        Ok(Self { names, values })
    }

    /// Reads a condition: the text of the request's parameter `ConditionExpression` or `FilterExpression`.
    ///
    /// # Errors
    /// `Invalid <parameter>: …` when the text is not a condition.
    pub fn condition(&mut self, parameter: &str, text: &str) -> Result<Condition, Error> {
        let parsed = parser::condition(text).map_err(|problem| Error::within(parameter, problem))?;
        resolve::condition::resolve(self, &parsed).map_err(|problem| Error::within(parameter, problem))
    }

    /// Reads the text of `KeyConditionExpression`.
    ///
    /// # Errors
    /// When the text is not a condition, or not one on keys.
    pub fn key_condition(&mut self, text: &str) -> Result<KeyConditions, Error> {
        KeyConditions::new(self.condition("KeyConditionExpression", text)?)
    }

    /// Reads the text of `UpdateExpression`.
    ///
    /// # Errors
    /// `Invalid UpdateExpression: …` when the text is not one.
    pub fn update(&mut self, text: &str) -> Result<Update, Error> {
        let parsed = parser::update(text).map_err(|problem| Error::within("UpdateExpression", problem))?;
        resolve::update::resolve(self, &parsed).map_err(|problem| Error::within("UpdateExpression", problem))
    }

    /// Reads the text of `ProjectionExpression`.
    ///
    /// # Errors
    /// `Invalid ProjectionExpression: …` when the text is not one.
    pub fn projection(&mut self, text: &str) -> Result<Projection, Error> {
        let parsed =
            parser::projection(text).map_err(|problem| Error::within("ProjectionExpression", problem))?;
        resolve::projection(self, &parsed).map_err(|problem| Error::within("ProjectionExpression", problem))
    }

    /// Checks, after all expressions of the request, that every placeholder was used.
    ///
    /// # Errors
    /// `Value provided in … unused in expressions: keys: {…}`.
    pub fn finish(&self) -> Result<(), Error> {
        check_used("ExpressionAttributeNames", &self.names)?;
        check_used("ExpressionAttributeValues", &self.values)
    }

    /// Uses the placeholder of a name.
    pub(crate) fn name(&mut self, placeholder: &str) -> Result<&str, String> {
        used(&mut self.names, placeholder).map(String::as_str).ok_or_else(|| {
            format!(
                "An expression attribute name used in the document path is not defined; attribute name: {placeholder}"
            )
        })
    }

    /// Uses the placeholder of a value.
    pub(crate) fn value(&mut self, placeholder: &str) -> Result<&Value, String> {
        used(&mut self.values, placeholder).ok_or_else(|| {
            format!("An expression attribute value used in expression is not defined; attribute value: {placeholder}")
        })
    }

    /// The path with its names in place.
    pub(crate) fn path(&mut self, path: &ast::Path<'_>) -> Result<Path, String> {
        let mut attribute = None;
        let mut steps = Vec::with_capacity(path.len().saturating_sub(1));
        for step in path {
            let name = match *step {
                ast::Step::Index(index) => {
                    steps.push(Step::Index(index));
                    continue;
                }
                ast::Step::Word(word) => word,
                ast::Step::Name(placeholder) => self.name(placeholder)?,
            };
            match attribute {
                None => attribute = Some(name.to_owned()),
                Some(_) => steps.push(Step::Name(name.to_owned())),
            }
        }
        // The grammar begins every path with a name.
        Ok(Path::new(attribute.unwrap_or_default(), steps))
    }
}

/// Refuses a name that must be written as a placeholder.
pub(crate) fn check_word(word: &str) -> Result<(), String> {
    if is_reserved(word) {
        return Err(format!("Attribute name is a reserved keyword; reserved keyword: {word}"));
    }
    Ok(())
}

fn placeholders<T>(
    parameter: &str,
    mark: char,
    given: Option<BTreeMap<String, T>>,
) -> Result<Placeholders<T>, Error> {
    let Some(given) = given else {
        return Ok(Vec::new());
    };
    if given.is_empty() {
        return Err(Error::new(format!("{parameter} must not be empty")));
    }
    let proper = |key: &str| {
        key.strip_prefix(mark).is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    };
    if let Some(key) = given.keys().find(|key| !proper(key)) {
        return Err(Error::new(format!("{parameter} contains invalid key: Syntax error; key: \"{key}\"")));
    }
    Ok(given.into_iter().map(|(name, meaning)| Placeholder { name, meaning, used: false }).collect())
}

/// Uses a placeholder, if there is one of that name.
fn used<'p, T>(placeholders: &'p mut [Placeholder<T>], name: &str) -> Option<&'p T> {
    let at = placeholders.binary_search_by(|placeholder| placeholder.name.as_str().cmp(name)).ok()?;
    let found = placeholders.get_mut(at)?;
    found.used = true;
    Some(&found.meaning)
}

fn check_used<T>(parameter: &str, placeholders: &[Placeholder<T>]) -> Result<(), Error> {
    let unused = placeholders.iter().filter(|placeholder| !placeholder.used);
    let unused: Vec<&str> = unused.map(|placeholder| placeholder.name.as_str()).collect();
    if unused.is_empty() {
        return Ok(());
    }
    let keys = unused.join(", ");
    Err(Error::new(format!("Value provided in {parameter} unused in expressions: keys: {{{keys}}}")))
}

#[cfg(test)]
mod tests;
