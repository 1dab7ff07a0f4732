//! The table of services. Adding one is one line here.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use service::{Directory, Service};
use service_lambda::Hosting;

/// Every service of this program, with its settings. `work` is a folder for what can be made again.
///
/// # Errors
/// For a setting that no service has.
pub(crate) fn with_settings(
    work: &Path,
    functions: &Hosting,
    settings: &BTreeMap<String, u32>,
) -> Result<Directory> {
    let mut services = all(work, functions);
    for (name, value) in settings {
        if !services.set(name, *value) {
            let known = services.services().flat_map(|service| {
                service.settings().iter().map(|(name, _)| format!("{}.{name}", service.facts().name))
            });
            bail!("no service has a setting {name}; there is {}", known.collect::<Vec<_>>().join(", "));
        }
    }
    Ok(services)
}

/// Every service of this program, with the settings that nobody changed.
pub(crate) fn all(work: &Path, functions: &Hosting) -> Directory {
    let services: Vec<Service> = vec![
        service_apigateway::service(),
        service_apigatewaymanagementapi::service(),
        service_apigatewayv2::service(),
        service_dynamodb::service(),
        service_dynamodb::streams(),
        service_iam::service(),
        service_lambda::service(work.join("lambda"), functions.clone()),
        service_logs::service(),
        service_s3::service(),
        service_s3::control(),
        service_sns::service(),
        service_sqs::service(),
        service_states::service(),
        service_sts::service(),
        service_tagging::service(),
    ];
    Directory::new(services)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Operations that IAM calls by another name, or asks no permission for (Service Authorization Reference).
    const NAMED_OTHERWISE: [(&str, &str, Option<&str>); 20] = [
        // Who may is asked once it is known whose the connection is.
        ("apigatewaymanagementapi", "DeleteConnection", None),
        ("apigatewaymanagementapi", "GetConnection", None),
        ("apigatewaymanagementapi", "PostToConnection", None),
        // What a statement, or an action of a transaction, does is asked for by itself.
        ("dynamodb", "BatchExecuteStatement", None),
        ("dynamodb", "ExecuteStatement", None),
        ("dynamodb", "ExecuteTransaction", None),
        ("dynamodb", "TransactGetItems", None),
        ("dynamodb", "TransactWriteItems", None),
        ("lambda", "GetLayerVersionByArn", Some("GetLayerVersion")),
        ("lambda", "Invoke", Some("InvokeFunction")),
        ("lambda", "InvokeWithResponseStream", Some("InvokeFunction")),
        ("s3control", "DeletePublicAccessBlock", Some("PutAccountPublicAccessBlock")),
        ("s3control", "GetPublicAccessBlock", Some("GetAccountPublicAccessBlock")),
        ("s3control", "PutPublicAccessBlock", Some("PutAccountPublicAccessBlock")),
        ("sns", "PublishBatch", Some("Publish")),
        ("sqs", "ChangeMessageVisibilityBatch", Some("ChangeMessageVisibility")),
        ("sqs", "DeleteMessageBatch", Some("DeleteMessage")),
        ("sqs", "SendMessageBatch", Some("SendMessage")),
        ("sts", "GetCallerIdentity", None),
        ("sts", "GetSessionToken", None),
    ];

    #[test]
    fn every_operation_is_asked_for_by_the_name_that_policies_use() {
        let mut otherwise = Vec::new();
        for service in all(Path::new("/nonexistent"), &Hosting::default()).services() {
            let facts = service.facts();
            for operation in service.supported().into_iter().filter_map(|name| facts.operation(name)) {
                let action = service.action(operation);
                if facts.signing_name == "apigateway" {
                    assert_eq!(action, Some(operation.http.method), "{}", operation.name);
                } else if facts.name == "s3" {
                    // Half of its operations have another name there; its own table is all that there is to say.
                } else if action != Some(operation.name) {
                    otherwise.push((facts.name, operation.name, action));
                }
            }
        }
        assert_eq!(otherwise, NAMED_OTHERWISE);
    }
}
