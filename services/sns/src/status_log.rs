//! Delivery status logging: what came of each attempt, in CloudWatch Logs, for topics whose attributes ask for it.
//!
//! Follows "Amazon SNS message delivery status" in the developer guide. The roles that the attributes name are not assumed:
//! that one is named says that lines are wanted.

use std::sync::Arc;

use api_logs as logs;
use md5::{Digest as _, Md5};
use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use wire::{Fault, Timestamp, TimestampFormat};

use crate::content::Content;
use crate::delivery::Delivery;
use crate::delivery::refusal::{Receipt, Refusal};
use crate::topics::Topic;

/// Lines on their way to their log.
const LINES: Jobs = Jobs::new("sns", "status", 4);
/// How long a line waits whose log did not take it.
const RETRY_MS: i64 = 1000;
const RETRIES_MAX: u32 = 12;

/// What is logged of deliveries by a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Feedback {
    /// Of so many of a hundred messages that were delivered.
    success_percent: u32,
    failures: bool,
}

impl Feedback {
    /// What a topic asks for; none when it is nothing.
    pub(crate) fn of(topic: &Topic, protocol: &str) -> Option<Self> {
        let prefix = match protocol {
            "http" | "https" => "HTTP",
            "sqs" => "SQS",
            "lambda" => "Lambda",
            "application" => "Application",
            "firehose" => "Firehose",
            _ => return None,
        };
        let attribute =
            |name: &str| topic.attributes.get(&[prefix, name].concat()).filter(|value| !value.is_empty());
        let success = attribute("SuccessFeedbackRoleArn").is_some();
        let percent = attribute("SuccessFeedbackSampleRate").and_then(|rate| rate.parse().ok());
        let feedback = Feedback {
            success_percent: if success { percent.unwrap_or(0) } else { 0 },
            failures: attribute("FailureFeedbackRoleArn").is_some(),
        };
        (feedback.success_percent > 0 || feedback.failures).then_some(feedback)
    }

    fn wants(self, content: &Content, is_success: bool) -> bool {
        if !is_success {
            return self.failures;
        }
        // Ids are random, so a share of them is that share of the messages.
        let number = content.message_id.get(..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.unwrap_or_default() % 100 < self.success_percent
    }
}

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    scope: Scope,
    group: String,
    at_ms: i64,
    line: String,
    failures: u32,
}

#[cfg(test)]
layouts::stays!(stored_status: Status);

impl Status {
    /// What is to be logged of an attempt, if anything is.
    pub(crate) fn of(
        context: &Context,
        delivery: &Delivery,
        content: &Content,
        answer: &Result<Receipt, Refusal>,
    ) -> Option<Self> {
        delivery.feedback.filter(|feedback| feedback.wants(content, answer.is_ok()))?;
        let now_ms = context.now().millis();
        let (said, status) = match answer {
            Ok(receipt) => (&receipt.text, receipt.status),
            Err(refusal) => (&refusal.message, refusal.status),
        };
        let line = json!({
            "notification": {
                "messageMD5Sum": hex::encode(Md5::digest(content.message.text_for(&delivery.protocol))),
                "messageId": content.message_id,
                "topicArn": content.topic_arn,
                "timestamp": moment(content.published_ms),
            },
            "delivery": {
                "deliveryId": context.random().uuid(),
                "destination": delivery.endpoint,
                "providerResponse": said,
                "dwellTimeMs": now_ms - content.published_ms,
                "attempts": delivery.failures + 1,
                "statusCode": status,
            },
            "status": if answer.is_ok() { "SUCCESS" } else { "FAILURE" },
        });
        let Scope { account, region } = content.scope;
        let topic = content.topic_arn.rsplit(':').next().unwrap_or_default();
        let kind = if answer.is_ok() { "" } else { "/Failure" };
        Some(Status {
            scope: content.scope,
            group: format!("sns/{region}/{account}/{topic}{kind}"),
            at_ms: now_ms,
            line: line.to_string(),
            failures: 0,
        })
    }

    /// Notes it.
    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
        LINES.put(tx, now_ms, &id, self)
    }
}

/// Writes lines.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    LINES.run(cloud, write).await
}

async fn write(cloud: Arc<Cloud>, status: Status) -> Result<Verdict<Status>> {
    let context = cloud.context_of("sns", status.scope);
    let Err(fault) = append(&context, &status).await else { return Ok(Verdict::Done) };
    if fault.is_sender() || status.failures == RETRIES_MAX {
        tracing::warn!(%fault, group = status.group, "a status of a delivery is not logged");
        return Ok(Verdict::Done);
    }
    let due_ms = cloud.clock.now().millis() + (RETRY_MS << status.failures);
    Ok(Verdict::Again(Status { failures: status.failures + 1, ..status }, due_ms))
}

async fn append(context: &Context, status: &Status) -> Result<(), Fault> {
    let day = Timestamp(status.at_ms).format(TimestampFormat::DateTime);
    let stream = day.get(..10).unwrap_or_default();
    let input = || logs::PutLogEventsInput {
        log_group_name: status.group.clone(),
        log_stream_name: stream.to_owned(),
        log_events: vec![logs::InputLogEvent { timestamp: status.at_ms, message: status.line.clone() }],
        ..logs::PutLogEventsInput::default()
    };
    match context.call::<logs::PutLogEvents>(input()).await {
        Err(fault) if fault.code == "ResourceNotFoundException" => {}
        outcome => return outcome.map(drop),
    }
    let group = logs::CreateLogGroupInput {
        log_group_name: status.group.clone(),
        ..logs::CreateLogGroupInput::default()
    };
    there(context.call::<logs::CreateLogGroup>(group).await.map(drop))?;
    let created = logs::CreateLogStreamInput {
        log_group_name: status.group.clone(),
        log_stream_name: stream.to_owned(),
    };
    there(context.call::<logs::CreateLogStream>(created).await.map(drop))?;
    context.call::<logs::PutLogEvents>(input()).await.map(drop)
}

/// What somebody else made meanwhile is there as well.
fn there(outcome: Result<(), Fault>) -> Result<(), Fault> {
    outcome.or_else(|fault| if fault.code == "ResourceAlreadyExistsException" { Ok(()) } else { Err(fault) })
}

/// `2026-11-25 12:00:00.123`.
fn moment(ms: i64) -> String {
    let whole = Timestamp::from_secs(ms.div_euclid(1000)).format(TimestampFormat::DateTime);
    format!("{}.{:03}", whole.trim_end_matches('Z').replace('T', " "), ms.rem_euclid(1000))
}
