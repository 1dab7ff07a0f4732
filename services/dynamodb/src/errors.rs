//! DynamoDB's errors, in its words.

use api_dynamodb as api;
use wire::Fault;

pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("ValidationException", 400, message)
}

/// Most refusals of values open alike.
pub(crate) fn invalid_values(what: impl std::fmt::Display) -> Fault {
    invalid(format!("One or more parameter values were invalid: {what}"))
}

pub(crate) fn of_expression(error: expressions::Error) -> Fault {
    invalid(error.message())
}

pub(crate) fn no_table() -> Fault {
    api::error::resource_not_found_exception("Requested resource not found")
}

pub(crate) fn wrong_key() -> Fault {
    invalid("The provided key element does not match the schema")
}

/// Refuses the first of these that is there: what of the API is not built.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("dynamodb", parameters)
}
