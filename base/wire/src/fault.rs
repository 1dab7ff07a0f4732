//! An error on its way to a client: what it is called, whose fault it is, what it says.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::{Encode, ErrorFacts};

/// The members of an error beyond its message.
pub type Faulty = Arc<dyn Encode + Send + Sync>;

/// An error as AWS's clients see it; each protocol writes it in its own shape.
#[derive(Clone)]
pub struct Fault {
    /// The code: `QueueDoesNotExist`.
    pub code: Cow<'static, str>,
    /// The code in query and XML protocols where it differs: `AWS.SimpleQueueService.NonExistentQueue`.
    pub query_code: Option<Cow<'static, str>>,
    /// HTTP status.
    pub status: u16,
    /// What went wrong, in AWS's words.
    pub message: String,
    /// The model's facts, when the error is one of the model.
    pub facts: Option<&'static ErrorFacts>,
    /// The whole modelled structure, for errors with members beyond the message.
    pub detail: Option<Faulty>,
    /// What the protocol says beside the model; S3's errors name what they are about.
    pub beside: Option<Box<Beside>>,
}

/// What an answer says of an error that its model does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Elements of an XML error, in their order: `BucketName`.
    pub elements: Vec<(&'static str, String)>,
    /// Headers of the answer.
    pub headers: Vec<(&'static str, String)>,
}

impl Fault {
    /// An error that is not in the model (`ValidationException`, `AccessDenied`).
    pub fn new(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<String>) -> Self {
        Fault {
            code: code.into(),
            query_code: None,
            status,
            message: message.into(),
            facts: None,
            detail: None,
            beside: None,
        }
    }

    /// An error of the model.
    pub fn modelled(facts: &'static ErrorFacts, message: impl Into<String>) -> Self {
        Fault {
            code: facts.name.into(),
            query_code: facts.query_code.map(Cow::Borrowed),
            status: facts.status,
            message: message.into(),
            facts: Some(facts),
            detail: None,
            beside: None,
        }
    }

    /// The same error with the members of its modelled structure.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Encode + Send + Sync + 'static) -> Self {
        self.detail = Some(Arc::new(detail));
        self
    }

    /// The same error with an element beside its message, where errors are XML.
    #[must_use]
    pub fn with_element(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.beside.get_or_insert_default().elements.push((name, text.into()));
        self
    }

    /// The same error with a header on its answer.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.beside.get_or_insert_default().headers.push((name, text.into()));
        self
    }

    /// Whether the client is to blame.
    #[must_use]
    pub fn is_sender(&self) -> bool {
        self.facts.map_or(self.status < 500, |facts| facts.sender)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.code, self.status, self.message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}
