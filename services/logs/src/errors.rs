//! CloudWatch Logs' errors, in its words.

use api_logs as api;
use wire::Fault;

pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    api::error::invalid_parameter_exception(message)
}

pub(crate) fn no_group() -> Fault {
    api::error::resource_not_found_exception("The specified log group does not exist.")
}

pub(crate) fn no_stream() -> Fault {
    api::error::resource_not_found_exception("The specified log stream does not exist.")
}

pub(crate) fn bad_token() -> Fault {
    invalid("The specified nextToken is invalid.")
}

/// Refuses the first of these that is there: what of the API is not built.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("logs", parameters)
}

pub(crate) fn not_built(what: &str) -> Fault {
    service::not_built("logs", what)
}
