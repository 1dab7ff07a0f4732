//! SNS's errors, in its words.

use api_sns as api;
use service::Denial;
use wire::Fault;

pub(crate) fn invalid(what: impl std::fmt::Display) -> Fault {
    api::error::invalid_parameter_exception(format!("Invalid parameter: {what}"))
}

/// A parameter that should be the ARN of something of SNS.
pub(crate) fn invalid_arn(parameter: &str, arn: &str) -> Fault {
    let elements = arn.split(':').count();
    if elements >= 6 {
        return invalid(parameter);
    }
    invalid(format_args!("{parameter} Reason: An ARN must have at least 6 elements, not {elements}"))
}

pub(crate) fn no_topic() -> Fault {
    api::error::not_found_exception("Topic does not exist")
}

pub(crate) fn no_subscription() -> Fault {
    api::error::not_found_exception("Subscription does not exist")
}

/// Somebody who may not. SNS writes its own name large.
pub(crate) fn denied(denial: &Denial<'_>) -> Fault {
    let message = denial.message(&denial.action.replace("sns:", "SNS:"));
    api::error::authorization_error_exception(message)
}

/// What of the API is not built.
pub(crate) fn not_built(what: &str) -> Fault {
    service::not_built("sns", what)
}
