//! The one error of this crate: the message of a `ValidationException`.
//!
//! Never a status or a code: every failure here is the caller's input, so the service that uses the crate answers
//! `ValidationException` (HTTP 400) with this text.

use std::fmt;

/// Why an expression, a number or an item was refused; its text is the message that the caller of DynamoDB sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The message, as DynamoDB words it.
    pub fn message(&self) -> &str {
        &self.0
    }

    /// The error of the named request parameter: `Invalid <parameter>: <problem>`.
    pub(crate) fn within(parameter: &str, problem: impl fmt::Display) -> Self {
        Self(format!("Invalid {parameter}: {problem}"))
    }
}
