//! The one error of this crate: the message of a `ValidationException`.
//!
//! Never a status or a code: every failure here is the caller's input.

use std::fmt;

use crate::At;

/// Why a statement was refused, in the words that the caller of DynamoDB sees.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The message, as DynamoDB words it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0
    }

    /// A text that is no statement, and why, as far as DynamoDB says it.
    pub(crate) fn malformed(why: &str) -> Self {
        Self(format!("Statement wasn't well formed, can't be processed: {why}"))
    }

    /// An error about what stands at a place of the statement.
    pub(crate) fn at(what: impl fmt::Display, at: At) -> Self {
        Self(format!("{what} at {at}"))
    }
}

impl From<expressions::Error> for Error {
    fn from(error: expressions::Error) -> Self {
        Self(error.message().to_owned())
    }
}
