//! A request and its answer, for a service whose users want to know of both.

use std::time::Duration;

use wire::{Answer, Message, OperationFacts};

use crate::Context;

/// A call of a client that is over, but for its answer's way back.
pub struct Exchange<'a> {
    /// Who called.
    pub context: &'a Context,
    /// What.
    pub operation: &'static OperationFacts,
    /// The request.
    pub message: &'a Message<'a>,
    /// What is answered.
    pub answer: &'a Answer,
    /// The error's code, if it was one.
    pub code: Option<&'a str>,
    /// How long it took.
    pub took: Duration,
}

/// Looks at exchanges. It must not take long: the answer waits for it.
pub(crate) type Witness = fn(&Exchange<'_>);
