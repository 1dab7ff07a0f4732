//! What a service's error is called for a state machine.
//!
//! Two of AWS's SDKs for Java speak here: tasks of `aws-sdk` see the names and words of the second, those that are made for a
//! service the names and words of the first.

use service::Context;
use states_language::definition::{Resource, ResourceKind};
use states_language::execution::FailedAt;
use wire::{Fault, ServiceFacts, pascal};

use super::{TaskFailure, catalog};

/// How the first SDK calls a service.
#[derive(Clone, Copy)]
pub(super) struct First {
    /// What its errors begin with.
    pub(super) prefix: &'static str,
    /// What its causes call it.
    pub(super) client: &'static str,
    /// The error for all that the service's model does not have.
    pub(super) base: &'static str,
}

pub(super) const DYNAMODB: First =
    First { prefix: "DynamoDB", client: "AmazonDynamoDBv2", base: "AmazonDynamoDBException" };
pub(super) const LAMBDA: First = First { prefix: "Lambda", client: "AWSLambda", base: "AWSLambdaException" };
pub(super) const SNS: First = First { prefix: "SNS", client: "AmazonSNS", base: "AmazonSNSException" };
pub(super) const SQS: First = First { prefix: "SQS", client: "AmazonSQS", base: "AmazonSQSException" };
pub(super) const STATES: First =
    First { prefix: "StepFunctions", client: "AWSStepFunctions", base: "AWSStepFunctionsException" };

/// The failure of a task whose call was refused, as the first SDK puts it.
pub(super) fn first(context: &Context, facts: &ServiceFacts, fault: &Fault, sdk: First) -> TaskFailure {
    let First { prefix, client, base } = sdk;
    let error = modelled(facts, fault).map_or_else(|| base.to_owned(), |name| exception(&name));
    let code = fault.query_code.as_ref().unwrap_or(&fault.code);
    let Fault { message, status, .. } = fault;
    let id = &context.caller.request_id;
    let cause = format!(
        "{message} (Service: {client}; Status Code: {status}; Error Code: {code}; Request ID: {id}; Proxy: null)"
    );
    TaskFailure { at: FailedAt::Work, error: format!("{prefix}.{error}"), cause }
}

/// The same as the second SDK puts it.
pub(super) fn second(context: &Context, facts: &ServiceFacts, fault: &Fault) -> TaskFailure {
    let prefix = pascal(facts.service_id);
    let name = modelled(facts, fault).unwrap_or_else(|| prefix.clone());
    let Fault { message, status, .. } = fault;
    let id = &context.caller.request_id;
    let extended = if facts.is_of_s3() { format!(", Extended Request ID: {id}") } else { String::new() };
    let cause = format!("{message} (Service: {prefix}, Status Code: {status}, Request ID: {id}{extended})");
    TaskFailure { at: FailedAt::Work, error: format!("{prefix}.{}", exception(&pascal(&name))), cause }
}

/// The failure of a task whose call ended with the process that made it, as an SDK names a connection that broke.
pub(super) fn lost(context: &Context, resource: &Resource) -> TaskFailure {
    let cause = "The call ended with the process that made it. It is not known what it did.";
    let error = match &resource.kind {
        ResourceKind::Service { service, .. } => match service.strip_prefix("aws-sdk:") {
            Some(name) => {
                let id = catalog::here(&context.cloud, name).map_or(name, |facts| facts.service_id);
                format!("{}.SdkClientException", pascal(id))
            }
            None if service == "apigateway" => "ApiGateway.SdkClientException".to_owned(),
            None => "Lambda.ServiceException".to_owned(),
        },
        _ => "Lambda.ServiceException".to_owned(),
    };
    TaskFailure { at: FailedAt::Work, error, cause: cause.to_owned() }
}

/// The failure of a task that calls a service which is not here.
pub(super) fn not_here(context: &Context, service: &str, action: &str) -> TaskFailure {
    let prefix = pascal(service);
    let id = &context.caller.request_id;
    let cause = format!(
        "{service}: {action} is not implemented. (Service: {prefix}, Status Code: 501, Request ID: {id})"
    );
    TaskFailure { at: FailedAt::Work, error: format!("{prefix}.{}", exception(&prefix)), cause }
}

/// The name of a service's own error, where its model has it.
fn modelled(facts: &ServiceFacts, fault: &Fault) -> Option<String> {
    if let Some(known) = fault.facts {
        return Some(known.name.to_owned());
    }
    let mut errors = facts.operations.iter().flat_map(|operation| operation.errors);
    let known = errors.find(|known| known.name == fault.code || known.query_code == Some(&*fault.code));
    known.map(|known| known.name.to_owned())
}

/// Java calls every error an exception, and none a fault.
fn exception(name: &str) -> String {
    if name.ends_with("Exception") {
        return name.to_owned();
    }
    format!("{}Exception", name.strip_suffix("Fault").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::exception;

    #[test]
    fn every_error_is_an_exception() {
        assert_eq!(exception("NoSuchKey"), "NoSuchKeyException");
        assert_eq!(exception("InvalidArnFault"), "InvalidArnException");
        assert_eq!(exception("ConditionalCheckFailedException"), "ConditionalCheckFailedException");
    }
}
