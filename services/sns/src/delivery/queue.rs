//! Deliveries to queues.

use api_sqs as sqs;
use names::Arn;

use super::refusal::Receipt;
use crate::content::Content;
use crate::message::Attribute;

/// The message as a queue gets it: `body`, and the attributes that were published beside it unless they stand in there.
pub(crate) fn message_for(
    content: &Content,
    queue: &Arn,
    endpoint: &str,
    body: String,
    with_attributes: bool,
) -> sqs::SendMessageInput {
    let message = &content.message;
    let attributes = || message.attributes.iter().map(|(name, value)| (name.clone(), passed_on(value)));
    let is_fifo = queue.resource().ends_with(".fifo");
    sqs::SendMessageInput {
        queue_url: url(queue, endpoint, content),
        message_body: body,
        message_attributes: (with_attributes && !message.attributes.is_empty())
            .then(|| attributes().collect()),
        message_group_id: content.group.clone(),
        message_deduplication_id: content.deduplication.clone().filter(|_| is_fifo),
        ..sqs::SendMessageInput::default()
    }
}

fn url(queue: &Arn, endpoint: &str, content: &Content) -> String {
    let account = queue.scope().map_or(content.scope.account, |scope| scope.account);
    format!("{endpoint}/{account}/{}", queue.resource())
}

fn passed_on(attribute: &Attribute) -> sqs::MessageAttributeValue {
    sqs::MessageAttributeValue {
        data_type: attribute.kind.clone(),
        string_value: attribute.text.clone(),
        binary_value: attribute.bytes.clone(),
        ..sqs::MessageAttributeValue::default()
    }
}

/// What a queue says when it has a message.
pub(crate) fn receipt(request_id: &str, output: &sqs::SendMessageOutput) -> Receipt {
    let message_id = output.message_id.as_deref().unwrap_or_default();
    let text = format!(r#"{{"sqsRequestId":"{request_id}","sqsMessageId":"{message_id}"}}"#);
    Receipt { status: 200, text }
}
