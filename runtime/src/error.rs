//! What can keep an invocation from reaching a function. A function's own failure is an [`Outcome`](crate::Outcome).

use std::io;

/// Why the function could not be run. None of these was caused by the function's code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The event is larger than [`PAYLOAD_BYTES_MAX`](crate::PAYLOAD_BYTES_MAX). AWS: `RequestTooLargeException`, 413.
    #[error(
        "{size_bytes} byte payload is too large for the RequestResponse invocation type (limit {limit_bytes} bytes)"
    )]
    PayloadTooLarge {
        /// Size of the event.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// Every environment is busy and no more may be started. AWS: `TooManyRequestsException`, 429.
    #[error("Rate Exceeded.")]
    TooManyEnvironments {
        /// [`Options::environments_max`](crate::Options::environments_max).
        limit: usize,
    },
    /// This machine has no interpreter that fits the function's runtime; the text names what was found.
    #[error("Runtime.InterpreterNotFound: {0}")]
    InterpreterNotFound(String),
    /// The sandbox could not be set up.
    #[error("The sandbox of the function could not be set up: {0}")]
    Sandbox(String),
    /// The operating system refused something the runtime needs.
    #[error("{context}: {source}")]
    System {
        /// What was being done.
        context: String,
        /// What the system said.
        source: io::Error,
    },
    /// [`Runtime::shutdown`](crate::Runtime::shutdown) was called.
    #[error("The function runtime is shutting down.")]
    ShuttingDown,
}

impl Error {
    /// Wraps a system error with what was being done; for `map_err`.
    pub(crate) fn system(context: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let context = context.into();
        move |source| Self::System { context, source }
    }
}
