//! API Gateway's errors, in its words.

use api_apigateway as api;
use names::Scope;
use wire::Fault;

pub(crate) fn bad(message: impl Into<String>) -> Fault {
    api::error::bad_request_exception(message)
}

pub(crate) fn conflict(message: impl Into<String>) -> Fault {
    api::error::conflict_exception(message)
}

pub(crate) fn missing(message: impl Into<String>) -> Fault {
    api::error::not_found_exception(message)
}

/// There is no such API in that account.
pub(crate) fn no_api(scope: &Scope, id: &str) -> Fault {
    missing(format!("Invalid API identifier specified {}:{id}", scope.account))
}

/// Refuses the first of these that is there: what of the API is not built.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("apigateway", parameters)
}
