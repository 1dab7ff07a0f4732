//! What is wrong with a definition, as ValidateStateMachineDefinition says it.

use std::fmt;

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The definition is refused.
    Error,
    /// It may not be what was meant.
    Warning,
}

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// AWS's name for what is wrong.
    pub code: &'static str,
    /// What a human reads.
    pub message: String,
    /// Where it is: a way through the document, or a place in a text that is no JSON.
    pub location: Option<String>,
}

impl Diagnostic {
    /// Something that a field must not be.
    pub(super) fn schema(message: impl Into<String>, location: Option<String>) -> Self {
        Self::error("SCHEMA_VALIDATION_FAILED", message, location)
    }

    pub(super) fn error(code: &'static str, message: impl Into<String>, location: Option<String>) -> Self {
        Diagnostic { severity: Severity::Error, code, message: message.into(), location }
    }

    /// A text that is no JSON.
    pub(super) fn no_json(error: &serde_json::Error) -> Self {
        let place = format!("[Source: (String); line: {}, column: {}]", error.line(), error.column());
        Self::error("INVALID_JSON_DESCRIPTION", format!("{error}\n at {place}"), Some(place))
    }
}

impl fmt::Display for Diagnostic {
    /// As it stands in the message of an `InvalidDefinition`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match &self.location {
            Some(location) => write!(f, " at {location}"),
            None => Ok(()),
        }
    }
}
