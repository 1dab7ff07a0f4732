//! Step Functions' errors, in its words.

use api_states as api;
use states_language::definition::Diagnostic;
use wire::Fault;

pub(crate) fn invalid_arn(why: impl std::fmt::Display) -> Fault {
    api::error::invalid_arn(format!("Invalid Arn: '{why}'"))
}

/// An ARN of another kind than an operation takes.
pub(crate) fn wrong_kind(kind: &str) -> Fault {
    invalid_arn(format_args!("Resource type not valid in this context: {kind}"))
}

pub(crate) fn invalid_name(name: &str) -> Fault {
    api::error::invalid_name(format!("Invalid Name: '{name}'"))
}

pub(crate) fn no_machine(arn: &str) -> Fault {
    api::error::state_machine_does_not_exist(format!("State Machine Does Not Exist: '{arn}'"))
}

pub(crate) fn machine_exists(arn: &str) -> Fault {
    api::error::state_machine_already_exists(format!("State Machine Already Exists: '{arn}'"))
}

pub(crate) fn is_deleting(arn: &str) -> Fault {
    api::error::state_machine_deleting(format!("State Machine is Deleting: '{arn}'"))
}

pub(crate) fn no_execution(arn: &str) -> Fault {
    api::error::execution_does_not_exist(format!("Execution Does Not Exist: '{arn}'"))
}

pub(crate) fn execution_exists(arn: &str) -> Fault {
    api::error::execution_already_exists(format!("Execution Already Exists: '{arn}'"))
}

pub(crate) fn invalid_input(why: impl std::fmt::Display) -> Fault {
    api::error::invalid_execution_input(format!("Invalid State Machine Execution Input: '{why}'"))
}

/// Something that is there for standard state machines alone, or for express ones alone.
pub(crate) fn wrong_type(message: impl Into<String>) -> Fault {
    api::error::state_machine_type_not_supported(message)
}

pub(crate) fn no_resource(arn: &str) -> Fault {
    api::error::resource_not_found(format!("Resource not found: '{arn}'"))
}

pub(crate) fn conflict(message: impl Into<String>) -> Fault {
    api::error::conflict_exception(message)
}

/// Everything that is wrong with a definition.
pub(crate) fn invalid_definition(wrong: &[Diagnostic]) -> Fault {
    let all = wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    api::error::invalid_definition(format!("Invalid State Machine Definition: '{all}'"))
}

pub(crate) fn invalid_logging(why: &str) -> Fault {
    api::error::invalid_logging_configuration(format!("Invalid Logging Configuration: {why}"))
}

pub(crate) fn bad_token() -> Fault {
    api::error::invalid_token("Invalid Token: 'Invalid token'")
}

pub(crate) fn validation(message: impl Into<String>) -> Fault {
    api::error::validation_exception(message)
}

/// Refuses the first of these that is there: what of the API is not built.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("states", parameters)
}

/// The same as [`validation`] with the reason that AWS gives beside the message.
pub(crate) fn validation_for(message: String, reason: &'static str) -> Fault {
    validation(message.clone())
        .with_detail(api::ValidationException { message: Some(message), reason: Some(reason.into()) })
}
