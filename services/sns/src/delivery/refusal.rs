//! What a receiver answers.

use service::{Error, Result};
use wire::Fault;

/// It has the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// HTTP status, or what comes closest.
    pub(crate) status: u16,
    /// What it said.
    pub(crate) text: String,
}

/// It has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Whether it would be refused again.
    pub(crate) is_final: bool,
    /// HTTP status, or what comes closest; 0 for no answer at all.
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl From<Fault> for Refusal {
    /// What a service of AWS's refuses as the client's mistake will be refused again.
    fn from(fault: Fault) -> Self {
        Refusal {
            is_final: fault.is_sender(),
            status: fault.status,
            code: fault.code.into_owned(),
            message: fault.message,
        }
    }
}

/// What a service of AWS's answered, apart from the store's own errors.
pub(crate) fn answered<T>(outcome: Result<T>) -> Result<Result<T, Refusal>> {
    match outcome {
        Ok(answer) => Ok(Ok(answer)),
        Err(Error::Fault(fault)) => Ok(Err(fault.into())),
        Err(error) => Err(error),
    }
}
