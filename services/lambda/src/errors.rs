//! Lambda's errors, in its words.

use api_lambda as api;
use names::Arn;
use wire::{Encode, Fault, Members, Shape, Writer};

pub(crate) fn no_function(arn: &Arn) -> Fault {
    api::error::resource_not_found_exception(format!("Function not found: {arn}"))
}

pub(crate) fn no_alias(arn: &Arn) -> Fault {
    api::error::resource_not_found_exception(format!("Cannot find alias arn: {arn}"))
}

pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    api::error::invalid_parameter_value_exception(message)
}

pub(crate) fn bad_zip() -> Fault {
    invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

pub(crate) fn changed_meanwhile() -> Fault {
    let message = "The Revision Id provided does not match the latest Revision Id. Call the \
                   GetFunction/GetAlias API to retrieve the latest Revision Id";
    api::error::precondition_failed_exception(message)
}

/// As Lambda's entrance words it, under another code than its model.
pub(crate) fn too_large(message: String) -> Fault {
    let mut fault = api::error::request_too_large_exception(message);
    fault.code = "RequestEntityTooLargeException".into();
    fault
}

/// What of the API is not built.
pub(crate) fn not_built(what: &str) -> Fault {
    service::not_built("lambda", what)
}

/// A runtime that Lambda has no more.
pub(crate) fn of_the_past(runtime: &str) -> Fault {
    invalid(format!(
        "The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. We \
         recommend you use a supported runtime while creating or updating functions."
    ))
}

/// Why a function could not be run, as Invoke says it.
pub(crate) fn of_runtime(error: &runtime::Error) -> Fault {
    let message = error.to_string();
    match error {
        runtime::Error::PayloadTooLarge { .. } => too_large(message),
        runtime::Error::TooManyEnvironments { .. } => throttled("ConcurrentInvocationLimitExceeded"),
        runtime::Error::InterpreterNotFound(_) => api::error::invalid_runtime_exception(message),
        _ => api::error::service_exception(message),
    }
}

/// As many invocations are at work as there may be, for that reason.
pub(crate) fn throttled(reason: &'static str) -> Fault {
    api::error::too_many_requests_exception("Rate Exceeded.").with_detail(Throttled(reason))
}

/// The members of that error: its type comes second, its reason last.
struct Throttled(&'static str);

impl Encode for Throttled {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for Throttled {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        each(1, &"User".to_owned());
        each(3, &self.0.to_owned());
    }
}

/// Most of Lambda's errors also say whose fault they are.
pub(crate) fn with_type(fault: Fault) -> Fault {
    let shape = fault.facts.and_then(|facts| facts.shape);
    let first = shape.and_then(|shape| shape.members().first());
    if fault.detail.is_some() || first.is_none_or(|member| member.name != "Type") {
        return fault;
    }
    let whose = if fault.is_sender() { "User" } else { "Service" };
    fault.with_detail(Type(whose.to_owned()))
}

/// The first member of those errors.
struct Type(String);

impl Encode for Type {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for Type {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        each(0, &self.0);
    }
}
