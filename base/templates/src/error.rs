//! The one error of this crate: what is wrong with a template or its evaluation, and where.
//!
//! Never a status or a code: who evaluates a template knows what its client sees.

use std::fmt;

/// A place in a template, from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The line.
    pub line: u32,
    /// The character of the line.
    pub column: u32,
}

impl At {
    /// Where every template begins.
    pub(crate) const START: At = At { line: 1, column: 1 };
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no template, or why its evaluation came to no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {at}")]
pub struct Error {
    message: String,
    at: At,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>, at: At) -> Self {
        Self { message: message.into(), at }
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where the part begins that it is wrong with.
    #[must_use]
    pub fn at(&self) -> At {
        self.at
    }
}

/// What a method throws, which knows no place: the reference that called it does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Thrown(pub String);

impl Thrown {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    pub(crate) fn at(self, at: At) -> Error {
        Error::new(self.0, at)
    }
}
