//! Destinations are tried before they are kept: queues and topics get `s3:TestEvent`, functions are asked whether they could
//! be invoked.

use api_lambda as lambda;
use api_s3 as api;
use api_sns as sns;
use api_sqs as sqs;
use names::{Arn, Scope};
use serde_json::json;
use service::{Context, Result};
use wire::{Fault, TimestampFormat};

use crate::bucket::Bucket;
use crate::errors;

/// What e-mail about a bucket is called.
pub(crate) const SUBJECT: &str = "Amazon S3 Notification";

/// Tries all destinations; S3 names the first that does not answer well.
pub(super) async fn try_all(
    context: &Context,
    bucket: &Bucket,
    wanted: &api::NotificationConfiguration,
) -> Result<()> {
    let own =
        context.cloud.context_of("s3", Scope::new(bucket.owner, bucket.region)).for_source(bucket.arn());
    let event = test_event(context, bucket);
    for part in wanted.topic_configurations.iter().flatten() {
        let (topic_arn, message) = (Some(part.topic_arn.clone()), event.clone());
        let subject = Some(SUBJECT.to_owned());
        let input = sns::PublishInput { topic_arn, message, subject, ..Default::default() };
        tried(&part.topic_arn, own.call::<sns::Publish>(input).await)?;
    }
    for part in wanted.queue_configurations.iter().flatten() {
        let queue_url = queue_url(&part.queue_arn, &context.cloud.endpoint);
        let input = sqs::SendMessageInput { queue_url, message_body: event.clone(), ..Default::default() };
        tried(&part.queue_arn, own.call::<sqs::SendMessage>(input).await)?;
    }
    for part in wanted.lambda_function_configurations.iter().flatten() {
        let input = lambda::InvokeInput {
            function_name: part.lambda_function_arn.clone(),
            invocation_type: Some(lambda::InvocationType::DryRun),
            ..Default::default()
        };
        tried(&part.lambda_function_arn, own.call::<lambda::Invoke>(input).await)?;
    }
    Ok(())
}

fn test_event(context: &Context, bucket: &Bucket) -> String {
    json!({
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": context.now().format(TimestampFormat::DateTime),
        "Bucket": bucket.name,
        "RequestId": &*context.caller.request_id,
        "HostId": "",
    })
    .to_string()
}

/// The URL of a queue, by its ARN.
pub(crate) fn queue_url(queue: &str, endpoint: &str) -> String {
    let arn = queue.parse::<Arn>().ok();
    let account = arn.as_ref().map(|arn| arn.account_text().to_owned()).unwrap_or_default();
    let name = arn.as_ref().map(|arn| arn.resource().to_owned()).unwrap_or_default();
    format!("{endpoint}/{account}/{name}")
}

fn tried<T>(destination: &str, outcome: Result<T, Fault>) -> Result<(), Fault> {
    let Err(fault) = outcome else { return Ok(()) };
    if fault.status >= 500 {
        return Err(fault);
    }
    let why = if fault.status == 403 {
        "Permissions on the destination do not allow S3 to publish notifications from this bucket"
    } else {
        "The destination does not exist"
    };
    Err(errors::invalid_argument("Unable to validate the following destination configurations")
        .with_element("ArgumentName1", destination)
        .with_element("ArgumentValue1", why))
}
