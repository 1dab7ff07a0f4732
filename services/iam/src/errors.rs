//! IAM's errors, in its words.

use api_iam as api;
use wire::Fault;

pub(crate) fn no_such(message: impl Into<String>) -> Fault {
    api::error::no_such_entity_exception(message)
}

pub(crate) fn already_exists(message: impl Into<String>) -> Fault {
    api::error::entity_already_exists_exception(message)
}

pub(crate) fn conflict(message: impl Into<String>) -> Fault {
    api::error::delete_conflict_exception(message)
}

/// A quota of IAM.
pub(crate) fn over_quota(quota: &str, maximum: usize) -> Fault {
    api::error::limit_exceeded_exception(format!("Cannot exceed quota for {quota}: {maximum}"))
}

pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("ValidationError", 400, message)
}

/// Refuses the first of these that is there: what of the API is not built.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("iam", parameters)
}
