//! The table of services. Adding one is one line here.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use service::{Directory, Service};

/// Every service of this program, with its settings. `work` is a folder for what can be made again; `environments` is
/// for how many of functions at once the system has room.
///
/// # Errors
/// For a setting that no service has.
pub(crate) fn with_settings(
    work: &Path,
    environments: usize,
    settings: &BTreeMap<String, u32>,
) -> Result<Directory> {
    let mut services = all(work, environments);
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
pub(crate) fn all(work: &Path, environments: usize) -> Directory {
    let services: Vec<Service> = vec![
        service_apigatewayv2::service(),
        service_dynamodb::service(),
        service_dynamodb::streams(),
        service_iam::service(),
        service_lambda::service(work.join("lambda"), environments),
        service_logs::service(),
        service_s3::service(),
        service_sns::service(),
        service_sqs::service(),
        service_sts::service(),
        service_tagging::service(),
    ];
    Directory::new(services)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Operations that IAM calls by another name, or asks no permission for (Service Authorization Reference).
    const NAMED_OTHERWISE: [(&str, &str, Option<&str>); 53] = [
        // What a statement, or an action of a transaction, does is asked for by itself.
        ("dynamodb", "BatchExecuteStatement", None),
        ("dynamodb", "ExecuteStatement", None),
        ("dynamodb", "ExecuteTransaction", None),
        ("dynamodb", "TransactGetItems", None),
        ("dynamodb", "TransactWriteItems", None),
        ("lambda", "Invoke", Some("InvokeFunction")),
        ("s3", "DeleteBucketAnalyticsConfiguration", Some("PutAnalyticsConfiguration")),
        ("s3", "DeleteBucketCors", Some("PutBucketCORS")),
        ("s3", "DeleteBucketEncryption", Some("PutEncryptionConfiguration")),
        ("s3", "DeleteBucketIntelligentTieringConfiguration", Some("PutIntelligentTieringConfiguration")),
        ("s3", "DeleteBucketInventoryConfiguration", Some("PutInventoryConfiguration")),
        ("s3", "DeleteBucketLifecycle", Some("PutLifecycleConfiguration")),
        ("s3", "DeleteBucketMetricsConfiguration", Some("PutMetricsConfiguration")),
        ("s3", "DeleteBucketOwnershipControls", Some("PutBucketOwnershipControls")),
        ("s3", "DeleteBucketReplication", Some("PutReplicationConfiguration")),
        ("s3", "DeleteBucketTagging", Some("PutBucketTagging")),
        ("s3", "DeletePublicAccessBlock", Some("PutBucketPublicAccessBlock")),
        ("s3", "GetBucketAccelerateConfiguration", Some("GetAccelerateConfiguration")),
        ("s3", "GetBucketAnalyticsConfiguration", Some("GetAnalyticsConfiguration")),
        ("s3", "GetBucketCors", Some("GetBucketCORS")),
        ("s3", "GetBucketEncryption", Some("GetEncryptionConfiguration")),
        ("s3", "GetBucketIntelligentTieringConfiguration", Some("GetIntelligentTieringConfiguration")),
        ("s3", "GetBucketInventoryConfiguration", Some("GetInventoryConfiguration")),
        ("s3", "GetBucketLifecycleConfiguration", Some("GetLifecycleConfiguration")),
        ("s3", "GetBucketMetricsConfiguration", Some("GetMetricsConfiguration")),
        ("s3", "GetBucketNotificationConfiguration", Some("GetBucketNotification")),
        ("s3", "GetBucketReplication", Some("GetReplicationConfiguration")),
        ("s3", "GetObjectLockConfiguration", Some("GetBucketObjectLockConfiguration")),
        ("s3", "GetPublicAccessBlock", Some("GetBucketPublicAccessBlock")),
        ("s3", "HeadBucket", Some("ListBucket")),
        ("s3", "ListBucketAnalyticsConfigurations", Some("GetAnalyticsConfiguration")),
        ("s3", "ListBucketIntelligentTieringConfigurations", Some("GetIntelligentTieringConfiguration")),
        ("s3", "ListBucketInventoryConfigurations", Some("GetInventoryConfiguration")),
        ("s3", "ListBucketMetricsConfigurations", Some("GetMetricsConfiguration")),
        ("s3", "ListBuckets", Some("ListAllMyBuckets")),
        ("s3", "PutBucketAccelerateConfiguration", Some("PutAccelerateConfiguration")),
        ("s3", "PutBucketAnalyticsConfiguration", Some("PutAnalyticsConfiguration")),
        ("s3", "PutBucketCors", Some("PutBucketCORS")),
        ("s3", "PutBucketEncryption", Some("PutEncryptionConfiguration")),
        ("s3", "PutBucketIntelligentTieringConfiguration", Some("PutIntelligentTieringConfiguration")),
        ("s3", "PutBucketInventoryConfiguration", Some("PutInventoryConfiguration")),
        ("s3", "PutBucketLifecycleConfiguration", Some("PutLifecycleConfiguration")),
        ("s3", "PutBucketMetricsConfiguration", Some("PutMetricsConfiguration")),
        ("s3", "PutBucketNotificationConfiguration", Some("PutBucketNotification")),
        ("s3", "PutBucketReplication", Some("PutReplicationConfiguration")),
        ("s3", "PutObjectLockConfiguration", Some("PutBucketObjectLockConfiguration")),
        ("s3", "PutPublicAccessBlock", Some("PutBucketPublicAccessBlock")),
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
        for service in all(Path::new("/nonexistent"), 1).services() {
            let facts = service.facts();
            for operation in service.supported().into_iter().filter_map(|name| facts.operation(name)) {
                let action = service.action(operation);
                if facts.name == "apigatewayv2" {
                    assert_eq!(action, Some(operation.http.method), "{}", operation.name);
                } else if action != Some(operation.name) {
                    otherwise.push((facts.name, operation.name, action));
                }
            }
        }
        assert_eq!(otherwise, NAMED_OTHERWISE);
    }
}
