//! OpenAPI documents, of versions 2 and 3, in JSON or in YAML, as API Gateway reads and writes them: what all of its kinds of APIs
//! have of them.
//!
//! Never here: what an API is made of. Nothing outside of a document is fetched.

mod base;
#[cfg(feature = "odd")]
mod odd;
mod variables;
mod write;

use serde_json::{Map, Value};

pub use base::base_path;
#[cfg(feature = "odd")]
pub use odd::with_something_odd;
pub use variables::fill;
pub use write::{Form, server, write};

/// The most bytes of a document.
const BYTES_MAX: usize = 6 << 20;
/// How many references may lead to each other.
const REFERENCES_MAX: usize = 16;
const VERBS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"];
const ANY: &str = "x-amazon-apigateway-any-method";

/// Why a document is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub String);

/// Which version of OpenAPI a document is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 2.0, which was called Swagger.
    Two,
    /// 3.0 and its followers.
    Three,
}

/// A document, in JSON or in YAML, and its version.
///
/// # Errors
/// When it is too large, cannot be read, or names no version that is known.
pub fn read(body: &[u8]) -> Result<(Value, Version), Invalid> {
    let invalid = |why: &str| Invalid(format!("Invalid OpenAPI input: {why}"));
    if body.len() > BYTES_MAX {
        return Err(invalid("the document is too large"));
    }
    let text = std::str::from_utf8(body).map_err(|_| invalid("it is no text"))?;
    let source: Value = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).map_err(|why| invalid(&why.to_string()))?,
        false => serde_saphyr::from_str(text).map_err(|why| invalid(&why.to_string()))?,
    };
    let names =
        |name: &str, first: char| source.get(name).map(text_of).is_some_and(|text| text.starts_with(first));
    match (names("swagger", '2'), names("openapi", '3')) {
        (true, _) => Ok((source, Version::Two)),
        (_, true) => Ok((source, Version::Three)),
        _ => Err(invalid("it must name its version: swagger 2.0, or openapi 3.0")),
    }
}

/// A text as it is, anything else as JSON: YAML has numbers where people mean texts.
#[must_use]
pub fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What stands behind references within the document.
#[must_use]
pub fn resolved<'a>(source: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    for _ in 0..REFERENCES_MAX {
        let Some(to) = value.get("$ref").and_then(Value::as_str) else { break };
        match to.strip_prefix('#').and_then(|to| source.pointer(to)) {
            Some(found) => value = found,
            None => break,
        }
    }
    value
}

/// The members of an object of the document, where it is there.
pub fn members<'a>(source: &'a Value, path: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
    let found: Option<&'a Map<String, Value>> = source.pointer(path).and_then(Value::as_object);
    found.into_iter().flatten()
}

/// A scheme of security, in either version's place.
#[must_use]
pub fn scheme<'a>(source: &'a Value, name: &str) -> Option<&'a Value> {
    let places = ["/securityDefinitions", "/components/securitySchemes"].iter();
    places.filter_map(|place| source.pointer(place)).find_map(|all| all.get(name))
}

/// All schemes of security by name, in either version's place.
pub fn schemes(source: &Value) -> impl Iterator<Item = (&String, &Value)> {
    members(source, "/securityDefinitions").chain(members(source, "/components/securitySchemes"))
}

/// The method that a member of a path is; `ANY` for all of them.
#[must_use]
pub fn verb_of(name: &str) -> Option<&'static str> {
    if name == ANY {
        return Some("ANY");
    }
    VERBS.into_iter().find(|verb| verb.to_ascii_lowercase() == name)
}

/// The member of a path that a method is.
#[must_use]
pub fn name_of(verb: &str) -> String {
    if verb == "ANY" { ANY.to_owned() } else { verb.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests;
