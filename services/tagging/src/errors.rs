//! The tagging API's errors, in its words.

use api_tagging as api;
use wire::Fault;

pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    api::error::invalid_parameter_exception(message)
}

pub(crate) fn bad_token() -> Fault {
    invalid("Invalid PaginationToken.")
}
