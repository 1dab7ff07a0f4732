//! Which integrations AWS knows. Whether what they call is here is seen when they are called.

use service::Cloud;
use states_language::definition::Pattern;
use wire::{OperationFacts, ServiceFacts};

/// The ids of all services of AWS, one in a line.
const SERVICES: &str = include_str!("services.txt");

/// What ends tasks of an integration, beside the answer of its call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Nothing else.
    Answer,
    /// Whoever has the token.
    Token,
    /// The end of the job that was begun.
    Job,
    /// Both.
    JobOrToken,
}

use Ends::{Answer, Job, JobOrToken, Token};

/// Integrations that are made for a service, with their actions.
const OPTIMISED: &[(&str, &[(&str, Ends)])] = &[
    ("apigateway", &[("invoke", Token)]),
    (
        "athena",
        &[
            ("startQueryExecution", Job),
            ("stopQueryExecution", Answer),
            ("getQueryExecution", Answer),
            ("getQueryResults", Answer),
        ],
    ),
    ("batch", &[("submitJob", Job)]),
    ("bedrock", &[("invokeModel", Answer), ("createModelCustomizationJob", Job)]),
    (
        "codebuild",
        &[
            ("startBuild", Job),
            ("stopBuild", Answer),
            ("batchDeleteBuilds", Answer),
            ("batchGetReports", Answer),
            ("startBuildBatch", Job),
            ("stopBuildBatch", Answer),
            ("retryBuildBatch", Job),
            ("deleteBuildBatch", Answer),
        ],
    ),
    ("databrew", &[("startJobRun", Job)]),
    ("dynamodb", &[("getItem", Answer), ("putItem", Answer), ("deleteItem", Answer), ("updateItem", Answer)]),
    ("ecs", &[("runTask", JobOrToken)]),
    (
        "eks",
        &[
            ("createCluster", Job),
            ("deleteCluster", Job),
            ("createNodegroup", Job),
            ("deleteNodegroup", Job),
            ("createFargateProfile", Job),
            ("deleteFargateProfile", Job),
            ("call", Answer),
            ("runJob", Job),
        ],
    ),
    (
        "elasticmapreduce",
        &[
            ("createCluster", Job),
            ("terminateCluster", Job),
            ("addStep", Job),
            ("cancelStep", Answer),
            ("modifyInstanceFleetByName", Answer),
            ("modifyInstanceGroupByName", Answer),
            ("setClusterTerminationProtection", Answer),
        ],
    ),
    (
        "emr-containers",
        &[("createVirtualCluster", Answer), ("deleteVirtualCluster", Job), ("startJobRun", Job)],
    ),
    (
        "emr-serverless",
        &[
            ("createApplication", Job),
            ("startApplication", Job),
            ("stopApplication", Job),
            ("deleteApplication", Job),
            ("startJobRun", Job),
            ("cancelJobRun", Job),
        ],
    ),
    ("events", &[("putEvents", Token)]),
    ("glue", &[("startJobRun", Job)]),
    ("http", &[("invoke", Answer)]),
    ("lambda", &[("invoke", Token)]),
    ("mediaconvert", &[("createJob", Job)]),
    (
        "sagemaker",
        &[
            ("createEndpoint", Answer),
            ("createEndpointConfig", Answer),
            ("createHyperParameterTuningJob", Job),
            ("createLabelingJob", Job),
            ("createModel", Answer),
            ("createProcessingJob", Job),
            ("createTrainingJob", Job),
            ("createTransformJob", Job),
            ("updateEndpoint", Answer),
        ],
    ),
    ("sns", &[("publish", Token)]),
    ("sqs", &[("sendMessage", Token)]),
    ("states", &[("startExecution", JobOrToken)]),
];

/// Whether AWS has such an integration.
pub(super) fn knows(cloud: &Cloud, service: &str, action: &str, pattern: Pattern) -> bool {
    let action = bare(action);
    if let Some(service) = service.strip_prefix("aws-sdk:") {
        return !matches!(pattern, Pattern::Sync(_)) && has_action(cloud, service, action);
    }
    let actions = OPTIMISED.iter().find(|(known, _)| *known == service).map(|(_, actions)| *actions);
    let ends = actions.and_then(|actions| actions.iter().find(|(known, _)| *known == action));
    ends.is_some_and(|(_, ends)| match pattern {
        Pattern::RequestResponse => true,
        Pattern::WaitForTaskToken => matches!(ends, Token | JobOrToken),
        Pattern::Sync(1) => matches!(ends, Job | JobOrToken),
        Pattern::Sync(version) => version == 2 && service == "states",
    })
}

/// An action without what ends its tasks.
pub(super) fn bare(action: &str) -> &str {
    action.split('.').next().unwrap_or_default()
}

fn has_action(cloud: &Cloud, service: &str, action: &str) -> bool {
    if let Some(facts) = here(cloud, service) {
        return operation(facts, action).is_some();
    }
    // Of services that are not here nothing is known but their names.
    let is_name = action.starts_with(|first: char| first.is_ascii_lowercase())
        && action.chars().all(|letter| letter.is_ascii_alphanumeric());
    is_name && id_of(service).is_some()
}

/// The service of this program that AWS's SDK for Java calls so.
pub(super) fn here(cloud: &Cloud, name: &str) -> Option<&'static ServiceFacts> {
    cloud.directory().services().map(service::Service::facts).find(|facts| sdk_name(facts.service_id) == name)
}

/// The service here that an integration is with, and the operation that its action calls.
pub(super) fn find(
    cloud: &Cloud,
    service: &str,
    action: &str,
) -> Option<(&'static ServiceFacts, &'static OperationFacts)> {
    let facts = match service.strip_prefix("aws-sdk:") {
        Some(service) => here(cloud, service)?,
        None => cloud.directory().service(service)?.facts(),
    };
    Some((facts, operation(facts, action)?))
}

/// The operation that an action calls.
pub(super) fn operation(facts: &'static ServiceFacts, action: &str) -> Option<&'static OperationFacts> {
    facts.operations.iter().find(|operation| is_method(operation.name, action))
}

/// The id of the service of AWS that its SDK for Java calls so.
pub(super) fn id_of(name: &str) -> Option<&'static str> {
    SERVICES.lines().find(|id| sdk_name(id) == name)
}

/// `DynamoDB Streams` is `dynamodbstreams`; a service is not called one.
fn sdk_name(id: &str) -> String {
    let name: String =
        id.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    let name = name.strip_prefix("amazon").or_else(|| name.strip_prefix("aws")).unwrap_or(&name);
    name.strip_suffix("service").unwrap_or(name).to_owned()
}

/// Whether Java's method for an operation is called so: `PutItem` is `putItem`.
fn is_method(operation: &str, action: &str) -> bool {
    let capitals = operation.chars().take_while(char::is_ascii_uppercase).count();
    // The last capital of an acronym begins the next word.
    let lower = if capitals > 1 && capitals < operation.len() { capitals - 1 } else { capitals };
    let (head, rest) = operation.split_at_checked(lower).unwrap_or((operation, ""));
    let split = action.split_at_checked(lower);
    split.is_some_and(|(first, others)| others == rest && first == head.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_actions_are_called_as_in_java() {
        for (name, id) in [
            ("sfn", "SFN"),
            ("cloudwatchlogs", "CloudWatch Logs"),
            ("config", "Config Service"),
            ("elasticloadbalancingv2", "Elastic Load Balancing v2"),
            ("resourcegroupstaggingapi", "Resource Groups Tagging API"),
        ] {
            assert_eq!(id_of(name), Some(id));
        }
        assert_eq!(id_of("nothing"), None);
        assert!(is_method("PutItem", "putItem") && !is_method("PutItem", "PutItem"));
        assert!(is_method("ListObjectsV2", "listObjectsV2"));
        assert!(is_method("DBInstances", "dbInstances") && !is_method("PutItem", "p"));
    }

    #[test]
    fn what_ends_a_task_is_no_part_of_its_action() {
        let services: Vec<_> = OPTIMISED.iter().map(|(service, _)| *service).collect();
        assert!(services.is_sorted(), "as a reader looks for them");
        assert_eq!(bare("sendMessage.waitForTaskToken"), "sendMessage");
        assert_eq!(bare("startExecution.sync:2"), "startExecution");
    }
}
