//! A delivery: a message for one subscription, what its receiver gets, and what becomes of it when that refuses it.

use std::sync::Arc;

use api_lambda as lambda;
use api_sqs as sqs;
use bytes::Bytes;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Cloud, Context};
use wire::{Fault, Timestamp};

use crate::content::Content;
use crate::message::Attribute;
use crate::subscription::Subscription;

/// How long the first retry waits; each further one waits twice as long.
const RETRY_MS: i64 = 1000;
/// The last retry comes an hour after the first failure, or a little more.
const RETRIES_MAX: u32 = 12;

/// Where a message goes: the subscription as it was when the message was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) subscription_arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) raw: bool,
    pub(crate) failures: u32,
    /// The ARN of the queue for dead letters.
    pub(crate) dead_letters: Option<String>,
}

/// What came of an attempt.
pub(crate) enum Outcome {
    /// It is delivered, or given up.
    Done,
    /// It is to be tried again at that moment (in milliseconds).
    Later(Box<Delivery>, i64),
}

/// What becomes of a delivery that was refused.
pub(crate) enum Fate {
    /// It is tried again, or given up.
    Over(Outcome),
    /// It is given up, and goes to the queue for dead letters: [`Delivery::buried`] is told what that says.
    Buried(Delivery, Box<sqs::SendMessageInput>),
}

impl Delivery {
    /// The first delivery of a message to a subscription.
    pub(crate) fn new(subscription: &Subscription) -> Self {
        Delivery {
            subscription_arn: subscription.arn().to_string(),
            protocol: subscription.protocol.clone(),
            endpoint: subscription.endpoint.clone(),
            raw: subscription.is_raw(),
            failures: 0,
            dead_letters: subscription.dead_letters(),
        }
    }

    pub(crate) fn is_to_queue(&self) -> bool {
        self.protocol == "sqs"
    }

    /// What becomes of it, now that its receiver has answered so.
    pub(crate) fn refused(self, context: &Context, content: &Content, fault: &Fault) -> Fate {
        let (subscription, message_id) = (&self.subscription_arn, &content.message_id);
        if !fault.is_sender() && self.failures < RETRIES_MAX {
            tracing::info!(%fault, subscription, message_id, "a delivery is tried again later");
            return Fate::Over(self.later(context.now()));
        }
        // What the receiver refuses will be refused again; AWS does not try again either.
        tracing::warn!(%fault, subscription, message_id, "a message is given up");
        match self.dead_letter(context, content, fault) {
            Some(letter) => Fate::Buried(self, Box::new(letter)),
            None => Fate::Over(Outcome::Done),
        }
    }

    /// What becomes of it, now that the queue for dead letters has answered so.
    pub(crate) fn buried(self, context: &Context, content: &Content, outcome: Result<(), Fault>) -> Outcome {
        match outcome {
            Ok(()) => Outcome::Done,
            Err(fault) if fault.is_sender() => {
                let (topic, message_id) = (&content.topic_arn, &content.message_id);
                tracing::warn!(%fault, topic, message_id, "a dead letter is lost");
                Outcome::Done
            }
            Err(_) => self.later(context.now()),
        }
    }

    fn later(self, now: Timestamp) -> Outcome {
        let due_ms = now.millis() + (RETRY_MS << self.failures.min(RETRIES_MAX));
        Outcome::Later(Box::new(Delivery { failures: self.failures + 1, ..self }), due_ms)
    }

    /// The ARN of its receiver, and where that is. It was checked when it was subscribed.
    pub(crate) fn receiver(&self) -> Option<(Arn, Scope)> {
        let arn = self.endpoint.parse::<Arn>().ok()?;
        let scope = arn.scope()?;
        Some((arn, scope))
    }

    /// The message for the queue for dead letters, with the reason.
    fn dead_letter(
        &self,
        context: &Context,
        content: &Content,
        why: &Fault,
    ) -> Option<sqs::SendMessageInput> {
        let queue = self.dead_letters.as_ref()?.parse::<Arn>().ok()?;
        let reason = |value: &str| sqs::MessageAttributeValue {
            data_type: "String".into(),
            string_value: Some(value.to_owned()),
            ..sqs::MessageAttributeValue::default()
        };
        let mut input =
            message_for(content, self.raw, &queue, &context.cloud.endpoint, &|| envelope(content));
        input.message_attributes.get_or_insert_default().extend([
            ("RequestID".to_owned(), reason(&context.caller.request_id)),
            ("ErrorCode".to_owned(), reason(&why.code)),
            ("ErrorMessage".to_owned(), reason(&why.message)),
        ]);
        Some(input)
    }
}

/// Tries one delivery by itself.
pub(crate) async fn attempt(cloud: &Arc<Cloud>, content: &Content, delivery: Delivery) -> Outcome {
    let Some((arn, scope)) = delivery.receiver() else { return Outcome::Done };
    let context = cloud.context_of("sns", scope);
    let outcome = if delivery.is_to_queue() {
        let input = message_for(content, delivery.raw, &arn, &cloud.endpoint, &|| envelope(content));
        context.call::<sqs::SendMessage>(input).await.map(drop)
    } else {
        to_function(&context, content, &delivery).await
    };
    let Err(fault) = outcome else { return Outcome::Done };
    match delivery.refused(&context, content, &fault) {
        Fate::Over(outcome) => outcome,
        Fate::Buried(delivery, letter) => {
            let buried = context.call::<sqs::SendMessage>(*letter).await.map(drop);
            delivery.buried(&context, content, buried)
        }
    }
}

/// The message in its envelope, as queues get it.
pub(crate) fn envelope(content: &Content) -> String {
    Value::Object(content.notification("sqs")).to_string()
}

/// The message as a queue gets it. `envelope` is asked for unless the message goes as it is.
pub(crate) fn message_for(
    content: &Content,
    raw: bool,
    queue: &Arn,
    endpoint: &str,
    envelope: &dyn Fn() -> String,
) -> sqs::SendMessageInput {
    let message = &content.message;
    let attributes = || message.attributes.iter().map(|(name, value)| (name.clone(), passed_on(value)));
    let account = queue.scope().map_or(content.scope.account, |scope| scope.account);
    let is_fifo = queue.resource().ends_with(".fifo");
    sqs::SendMessageInput {
        queue_url: format!("{endpoint}/{account}/{}", queue.resource()),
        message_body: if raw { message.text_for("sqs").to_owned() } else { envelope() },
        message_attributes: (raw && !message.attributes.is_empty()).then(|| attributes().collect()),
        message_group_id: content.group.clone(),
        message_deduplication_id: content.deduplication.clone().filter(|_| is_fifo),
        ..sqs::SendMessageInput::default()
    }
}

fn passed_on(attribute: &Attribute) -> sqs::MessageAttributeValue {
    sqs::MessageAttributeValue {
        data_type: attribute.kind.clone(),
        string_value: attribute.text.clone(),
        binary_value: attribute.bytes.clone(),
        ..sqs::MessageAttributeValue::default()
    }
}

async fn to_function(context: &Context, content: &Content, delivery: &Delivery) -> Result<(), Fault> {
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": content.notification(&delivery.protocol),
    }] });
    let input = lambda::InvokeInput {
        function_name: delivery.endpoint.clone(),
        invocation_type: Some("Event".into()),
        payload: Some(Bytes::from(event.to_string())),
        ..lambda::InvokeInput::default()
    };
    context.call::<lambda::Invoke>(input).await.map(drop)
}
