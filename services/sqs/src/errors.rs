//! SQS's errors that its model does not have, and the words of those that it has.

use api_sqs::error;
use service::{Denial, PrincipalKind};
use wire::Fault;

use crate::queue::Address;

/// A code without a shape: JSON clients see it with the suffix, query clients without.
fn unmodelled(code: &'static str, query_code: &'static str, message: impl Into<String>) -> Fault {
    let mut fault = Fault::new(code, 400, message);
    fault.query_code = Some(query_code.into());
    fault
}

pub(crate) fn no_queue() -> Fault {
    error::queue_does_not_exist("The specified queue does not exist.")
}

pub(crate) fn invalid_value(message: impl Into<String>) -> Fault {
    unmodelled("InvalidParameterValueException", "InvalidParameterValue", message)
}

/// Somebody who may not. SQS writes its actions small here, and tells who is unknown no more than the address.
pub(crate) fn denied(denial: &Denial<'_>) -> Fault {
    let caller = denial.caller;
    let message = if caller.principal.kind == PrincipalKind::Anonymous {
        let address = denial.resource.and_then(|arn| Address::from_arn(arn.as_str()));
        let url =
            address.map_or_else(|| format!("{}/", caller.endpoint), |queue| queue.url(&caller.endpoint));
        format!("Access to the resource {url} is denied.")
    } else {
        denial.message(&denial.action.to_ascii_lowercase())
    };
    let mut fault = unmodelled("AccessDeniedException", "AccessDenied", message);
    fault.status = 403;
    fault
}

/// A number outside of its range.
pub(crate) fn out_of_range(value: i64, parameter: &str, min: i64, max: i64) -> Fault {
    invalid_value(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: Must be between {min} and {max}, if provided."
    ))
}

pub(crate) fn missing(parameter: &str) -> Fault {
    let message = format!("The request must contain the parameter {parameter}.");
    unmodelled("MissingRequiredParameterException", "MissingParameter", message)
}

pub(crate) fn unknown_attribute(name: &str) -> Fault {
    error::invalid_attribute_name(format!("Unknown Attribute {name}."))
}

pub(crate) fn attribute_value(name: &str) -> Fault {
    error::invalid_attribute_value(format!("Invalid value for the parameter {name}."))
}

pub(crate) fn bad_handle(handle: &str) -> Fault {
    error::receipt_handle_is_invalid(format!(
        "The input receipt handle \"{handle}\" is not a valid receipt handle."
    ))
}

/// A change of the visibility of what nobody is at work on.
pub(crate) fn not_in_flight(handle: &str) -> Fault {
    error::message_not_inflight(format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for \
         visibility timeout change."
    ))
}

/// A parameter that queues of the other kind have.
pub(crate) fn wrong_kind(value: impl std::fmt::Display, parameter: &str) -> Fault {
    invalid_value(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: The request include parameter that is not valid for this \
         queue type."
    ))
}

pub(crate) fn over_limit() -> Fault {
    error::over_limit("Too many messages are in flight.")
}

/// A parameter that is not there has an error of SQS's own, which names the first one.
pub(crate) fn of_model(fault: Fault) -> Fault {
    let named = fault.message.split_once(": Value null at '").and_then(|(_, rest)| rest.split_once('\''));
    match named.filter(|(path, _)| !path.contains('.')) {
        Some((path, _)) => {
            let first = path.chars().take(1).map(|letter| letter.to_ascii_uppercase());
            missing(&first.chain(path.chars().skip(1)).collect::<String>())
        }
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_parameter_that_is_not_there_is_missing() {
        let refused = |what: &str| of_model(Fault::new("ValidationException", 400, what));
        let null = "failed to satisfy constraint: Member must not be null";
        let both = format!(
            "2 validation errors detected: Value null at 'queueUrl' {null}; Value null at 'x' {null}"
        );
        let fault = refused(&both);
        assert_eq!(fault.message, "The request must contain the parameter QueueUrl.");
        assert_eq!(fault.query_code.as_deref(), Some("MissingParameter"));
        let inside = format!("1 validation error detected: Value null at 'entries.1.member.id' {null}");
        for other in
            [inside.as_str(), "1 validation error detected: Value 'x' at 'y' failed", "Unexpected value"]
        {
            assert_eq!(refused(other).message, other);
        }
    }
}
