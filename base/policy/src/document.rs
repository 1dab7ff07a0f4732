//! The typed document. Well formed by construction: only [`Document::parse`] makes one.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::{Condition, Error, check, read};

/// What a document is attached to; each kind has its own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// To a user, group or role: says what it may do.
    Identity,
    /// To a role: says who may assume it.
    Trust,
    /// To a resource such as a queue or bucket: says who may do what with it.
    Resource,
}

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `2008-10-17`, without policy variables; also where no version is given.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// A well-formed policy document, with the text that it came from. Serializes as that text.
#[derive(Clone, PartialEq)]
pub struct Document {
    text: Arc<str>,
    version: Version,
    id: Option<String>,
    statements: Vec<Statement>,
}

/// One statement of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The statement's id.
    pub sid: Option<String>,
    /// What it does when it applies.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; never in an identity policy.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`.
    pub actions: Patterns,
    /// `Resource` or `NotResource`; never in a trust policy.
    pub resources: Option<Patterns>,
    /// The conditions, all of which must hold.
    pub conditions: Vec<Condition>,
}

/// An element and its negation, as `Action` and `NotAction`: patterns with `*` and `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patterns {
    /// Applies to what matches one of these.
    Only(Vec<String>),
    /// Applies to what matches none of these.
    AllBut(Vec<String>),
}

impl Patterns {
    /// The patterns, whichever way they count.
    pub fn list(&self) -> &[String] {
        match self {
            Self::Only(list) | Self::AllBut(list) => list,
        }
    }
}

/// `Principal` and `NotPrincipal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// Applies to these.
    Only(Vec<Principal>),
    /// Applies to all but these.
    AllBut(Vec<Principal>),
}

impl Principals {
    /// The principals, whichever way they count.
    pub fn list(&self) -> &[Principal] {
        match self {
            Self::Only(list) | Self::AllBut(list) => list,
        }
    }
}

/// One principal that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// `"*"`, or `"AWS": "*"`: everyone.
    Everyone,
    /// `AWS`: an account, a user, a role, a session, or a unique id.
    Aws(String),
    /// `Service`: such as `lambda.amazonaws.com`.
    Service(String),
    /// `Federated`: an identity provider.
    Federated(String),
    /// `CanonicalUser`: an S3 canonical user id.
    CanonicalUser(String),
}

impl Document {
    /// Reads and checks a document of this kind.
    ///
    /// # Errors
    /// The first fault in IAM's order of checks, which is by rule and not by position.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, Error> {
        let draft = read::document(text).and_then(|draft| check::document(kind, draft));
        let (version, id, statements) = draft.map_err(|fault| Error::new(kind, fault))?;
        Ok(Self { text: text.into(), version, id, statements })
    }

    /// The text, exactly as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The version of the language that it is written in.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The document's own id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The statements in their order; at least one.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Document").field(&self.text).finish()
    }
}

impl Serialize for Document {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
