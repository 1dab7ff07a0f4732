//! First-class integrations of HTTP APIs: actions of services whose parameters are mapped one by one.
//!
//! Never here: calling them.

use serde_json::Value;
use wire::Fault;

use crate::call::source::Template;
use crate::documents::{self, Members, text};
use crate::errors;

/// An action.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Subtype {
    /// As integrations name it.
    name: &'static str,
    /// As the service's facts are called.
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const ALL: [Subtype; 7] = [
    Subtype {
        name: "SQS-SendMessage",
        service: "sqs",
        operation: "SendMessage",
        required: &["QueueUrl", "MessageBody"],
        optional: &[
            "DelaySeconds",
            "MessageAttributes",
            "MessageDeduplicationId",
            "MessageGroupId",
            "MessageSystemAttributes",
        ],
    },
    Subtype {
        name: "SQS-ReceiveMessage",
        service: "sqs",
        operation: "ReceiveMessage",
        required: &["QueueUrl"],
        optional: &[
            "AttributeNames",
            "MaxNumberOfMessages",
            "MessageAttributeNames",
            "ReceiveRequestAttemptId",
            "VisibilityTimeout",
            "WaitTimeSeconds",
        ],
    },
    Subtype {
        name: "SQS-DeleteMessage",
        service: "sqs",
        operation: "DeleteMessage",
        required: &["QueueUrl", "ReceiptHandle"],
        optional: &[],
    },
    Subtype {
        name: "SQS-PurgeQueue",
        service: "sqs",
        operation: "PurgeQueue",
        required: &["QueueUrl"],
        optional: &[],
    },
    Subtype {
        name: "StepFunctions-StartExecution",
        service: "states",
        operation: "StartExecution",
        required: &["StateMachineArn"],
        optional: &["Name", "Input"],
    },
    Subtype {
        name: "StepFunctions-StartSyncExecution",
        service: "states",
        operation: "StartSyncExecution",
        required: &["StateMachineArn"],
        optional: &["Name", "Input", "TraceHeader"],
    },
    Subtype {
        name: "StepFunctions-StopExecution",
        service: "states",
        operation: "StopExecution",
        required: &["ExecutionArn"],
        optional: &["Cause", "Error"],
    },
];

/// Those that AWS has and that lead to services which are not here.
const ELSEWHERE: [&str; 3] = ["EventBridge-PutEvents", "AppConfig-GetConfiguration", "Kinesis-PutRecord"];

impl Subtype {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|subtype| subtype.name == name)
    }

    fn takes(&self, parameter: &str) -> bool {
        parameter == "Region" || self.required.contains(&parameter) || self.optional.contains(&parameter)
    }
}

/// Checks an integration with such an action.
pub(crate) fn settle(members: &mut Members, name: &str) -> Result<(), Fault> {
    if ELSEWHERE.contains(&name) {
        return Err(::service::not_built("apigatewayv2", &format!("IntegrationSubtype {name}")));
    }
    let subtype = Subtype::find(name);
    let subtype = subtype.ok_or_else(|| errors::bad(format!("Invalid integration subtype: {name}")))?;
    if text(members, "credentialsArn").is_none() {
        return Err(errors::bad("CredentialsArn is required for AWS service integrations"));
    }
    if text(members, "payloadFormatVersion").is_some_and(|version| version != "1.0") {
        return Err(errors::bad("PayloadFormatVersion must be 1.0"));
    }
    documents::default(members, "payloadFormatVersion", "1.0");
    let parameters = members.get("requestParameters").and_then(Value::as_object);
    for (parameter, value) in parameters.into_iter().flatten() {
        if !subtype.takes(parameter) {
            let message = format!("Parameter: {parameter} does not fit schema for Operation: {name}.");
            return Err(errors::bad(message));
        }
        Template::parse(value.as_str().unwrap_or_default()).map_err(errors::bad)?;
    }
    for parameter in subtype.required {
        if parameters.is_none_or(|parameters| !parameters.contains_key(*parameter)) {
            let message = format!("Parameter: {parameter} is required for Operation: {name}.");
            return Err(errors::bad(message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settled(name: &str, parameters: Value, role: Option<&str>) -> Result<(), Fault> {
        let mut members = Members::new();
        members.insert("requestParameters".into(), parameters);
        documents::set(&mut members, "credentialsArn", role);
        settle(&mut members, name)
    }

    #[test]
    fn parameters_are_those_of_the_action() {
        let role = Some("arn:aws:iam::000000000000:role/a");
        let whole = json!({ "QueueUrl": "q", "MessageBody": "$request.body.text", "Region": "us-east-1" });
        assert!(settled("SQS-SendMessage", whole.clone(), role).is_ok());
        assert!(settled("SQS-SendMessage", whole, None).is_err());
        for wrong in [
            json!({ "QueueUrl": "q" }),
            json!({ "QueueUrl": "q", "MessageBody": "b", "Other": "c" }),
            json!({ "QueueUrl": "q", "MessageBody": "$nothing.a" }),
        ] {
            assert!(settled("SQS-SendMessage", wrong.clone(), role).is_err(), "{wrong}");
        }
        assert_eq!(settled("Kinesis-PutRecord", json!({}), role).unwrap_err().code, "NotImplemented");
        assert_eq!(settled("SQS-Nothing", json!({}), role).unwrap_err().code, "BadRequestException");
    }
}
