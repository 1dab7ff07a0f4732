//! What an operation may fail with: an error for the client, or the store's own.

use wire::Fault;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client's error, in AWS's words.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store could not read or commit; nothing of the operation happened.
    #[error("store: {0}")]
    Store(#[from] store::Error),
}

impl Error {
    /// As the client sees it. What the store says goes to the log, not to the client.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self {
            Error::Fault(fault) => fault,
            Error::Store(error) => {
                tracing::error!(%error, "the store failed an operation");
                Fault::new(
                    "InternalFailure",
                    500,
                    "The request processing has failed because of an unknown error.",
                )
            }
        }
    }
}
