//! A queue, as a mapping uses it: in Lambda's own name, through the operations of SQS.

use std::sync::Arc;

use api_sqs as sqs;
use names::Arn;
use service::{Cloud, Context};
use wire::Fault;

use super::filters::Filters;
use crate::errors;

/// Messages that SQS gives, or takes, at a time.
const MESSAGES_MAX: usize = 10;

/// A queue that a function reads.
pub(super) struct Queue {
    context: Context,
    arn: Arn,
    url: String,
}

impl Queue {
    /// The queue of that ARN.
    pub(super) fn of(cloud: &Arc<Cloud>, arn: &Arn) -> Result<Self, Fault> {
        let scope = arn.scope().ok_or_else(|| errors::invalid("Unrecognized event source."))?;
        let url = format!("{}/{}/{}", cloud.endpoint, scope.account, arn.resource());
        Ok(Queue { context: cloud.context_of("lambda", scope), arn: arn.clone(), url })
    }

    /// For how long it hides a message that was received, in seconds.
    pub(super) async fn visibility_s(&self) -> Result<i32, Fault> {
        const NAME: &str = "VisibilityTimeout";
        let input = sqs::GetQueueAttributesInput {
            queue_url: self.url.clone(),
            attribute_names: Some(vec![NAME.into()]),
        };
        let attributes = self.context.call::<sqs::GetQueueAttributes>(input).await?.attributes;
        let seconds = attributes.and_then(|attributes| attributes.get(NAME)?.parse().ok());
        Ok(seconds.unwrap_or_default())
    }

    /// Messages that are wanted, `count` at most: as soon as there is a message, or none when there is none for `wait_s`
    /// seconds. Those that are not wanted are deleted.
    pub(super) async fn receive_wanted(
        &self,
        filters: &Filters,
        count: usize,
        wait_s: i32,
    ) -> Result<Vec<sqs::Message>, Fault> {
        let messages = self.receive(count, wait_s).await?;
        let (wanted, others): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| filters.want(&self.arn, message));
        let handles: Vec<_> = others.into_iter().filter_map(|message| message.receipt_handle).collect();
        self.delete(&handles).await?;
        Ok(wanted)
    }

    /// Deletes messages by their receipt handles.
    pub(super) async fn delete(&self, receipt_handles: &[String]) -> Result<(), Fault> {
        for handles in receipt_handles.chunks(MESSAGES_MAX) {
            let entry = |(at, handle): (usize, &String)| sqs::DeleteMessageBatchRequestEntry {
                id: at.to_string(),
                receipt_handle: handle.clone(),
            };
            let input = sqs::DeleteMessageBatchInput {
                queue_url: self.url.clone(),
                entries: handles.iter().enumerate().map(entry).collect(),
            };
            let output = self.context.call::<sqs::DeleteMessageBatch>(input).await?;
            for failed in output.failed {
                // The function took longer than the queue hides a message: it will come again.
                tracing::warn!(queue = self.url, code = failed.code, "a message could not be deleted");
            }
        }
        Ok(())
    }

    /// Messages, wanted or not.
    async fn receive(&self, count: usize, wait_s: i32) -> Result<Vec<sqs::Message>, Fault> {
        let input = sqs::ReceiveMessageInput {
            queue_url: self.url.clone(),
            max_number_of_messages: Some(count.min(MESSAGES_MAX) as i32),
            wait_time_seconds: Some(wait_s),
            message_system_attribute_names: Some(vec!["All".into()]),
            message_attribute_names: Some(vec!["All".into()]),
            ..sqs::ReceiveMessageInput::default()
        };
        Ok(self.context.call::<sqs::ReceiveMessage>(input).await?.messages.unwrap_or_default())
    }
}
