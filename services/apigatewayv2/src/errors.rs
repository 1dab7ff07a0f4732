//! API Gateway's errors, in its words.

use api_apigatewayv2 as model;
use wire::Fault;

pub(crate) fn not_found(kind: &str, id: &str) -> Fault {
    missing(format!("Invalid {kind} identifier specified {id}"))
}

pub(crate) fn no_route_for_settings(key: &str) -> Fault {
    missing(format!("Unable to find Route by key {key} within the provided RouteSettings"))
}

pub(crate) fn missing(message: String) -> Fault {
    model::error::not_found_exception(message.clone())
        .with_detail(model::NotFoundException { message: Some(message), resource_type: None })
}

pub(crate) fn bad(message: impl Into<String>) -> Fault {
    model::error::bad_request_exception(message)
}

pub(crate) fn conflict(message: impl Into<String>) -> Fault {
    model::error::conflict_exception(message)
}

/// Refuses the first of these that is there: what of the API is not built.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("apigatewayv2", parameters)
}
