//! Delivers notices to queues, topics and functions, again and again while these do not take them.

use std::sync::Arc;

use api_lambda as lambda;
use api_sns as sns;
use api_sqs as sqs;
use names::{Account, Arn, Region, Scope};
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Result, Verdict};
use wire::Fault;

use super::NOTICES;
use crate::settings::notification;

/// How often a notice is tried, and how long after the first failure for the second time; twice that after each other.
const TRIES_MAX: u32 = 12;
const REST_MS: i64 = 500;

/// A notice on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notice {
    /// The queue, topic or function.
    pub(super) destination: String,
    pub(super) body: String,
    /// Of the bucket that it comes from.
    pub(super) owner: Account,
    pub(super) region: Region,
    pub(super) bucket: String,
    pub(super) tries: u32,
    /// The trace of the request that made it happen.
    #[serde(default)]
    pub(super) trace: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_notice: Notice);

/// Delivers notices until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    NOTICES.run(cloud, deliver).await
}

async fn deliver(cloud: Arc<Cloud>, notice: Notice) -> Result<Verdict<Notice>> {
    let bucket = Arn::unowned("s3", notice.region.partition(), &notice.bucket);
    let context = cloud.context_of("s3", Scope::new(notice.owner, notice.region)).for_source(bucket);
    let context = context.traced(notice.trace.as_deref().map(Arc::from));
    let Err(fault) = hand_over(&context, &notice).await else { return Ok(Verdict::Done) };
    let (destination, tries) = (&notice.destination, notice.tries + 1);
    if tries >= TRIES_MAX {
        tracing::warn!(%fault, destination, bucket = notice.bucket, "a notice of S3 is given up");
        return Ok(Verdict::Done);
    }
    tracing::debug!(%fault, destination, tries, "a notice of S3 is tried again");
    let due_ms = cloud.clock.now().millis() + (REST_MS << notice.tries);
    Ok(Verdict::Again(Notice { tries, ..notice }, due_ms))
}

async fn hand_over(context: &Context, notice: &Notice) -> Result<(), Fault> {
    let (destination, body) = (&notice.destination, notice.body.clone());
    let service = destination.split(':').nth(2).unwrap_or_default();
    match service {
        "sqs" => {
            let queue_url = notification::queue_url(destination, &context.cloud.endpoint);
            let input = sqs::SendMessageInput { queue_url, message_body: body, ..Default::default() };
            context.call::<sqs::SendMessage>(input).await.map(drop)
        }
        "sns" => {
            let (topic_arn, subject) = (Some(destination.clone()), Some(notification::SUBJECT.to_owned()));
            let input = sns::PublishInput { topic_arn, message: body, subject, ..Default::default() };
            context.call::<sns::Publish>(input).await.map(drop)
        }
        _ => {
            let input = lambda::InvokeInput {
                function_name: destination.clone(),
                invocation_type: Some(lambda::InvocationType::Event),
                payload: Some(body.into()),
                ..Default::default()
            };
            context.call::<lambda::Invoke>(input).await.map(drop)
        }
    }
}
