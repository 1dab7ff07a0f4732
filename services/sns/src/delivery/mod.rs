//! A delivery: a message for one subscription, what its receiver gets, and what becomes of it when that refuses it.

pub(crate) mod letter;
pub(crate) mod queue;
pub(crate) mod refusal;
pub(crate) mod web;

use std::sync::Arc;

use api_lambda as lambda;
use api_sqs as sqs;
use bytes::Bytes;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{Cloud, Context, Result};
use wire::Timestamp;

use self::refusal::{Receipt, Refusal, answered};
use crate::content::Content;
use crate::delivery_policy::Effective;
use crate::envelope::Envelope;
use crate::retries::Retries;
use crate::status_log::{Feedback, Status};
use crate::subscription::Subscription;
use crate::topics::Topic;

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
    /// How a web server gets it.
    #[serde(default)]
    pub(crate) web: Option<Effective>,
    /// What is logged of it.
    #[serde(default)]
    pub(crate) feedback: Option<Feedback>,
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
    pub(crate) fn new(topic: &Topic, subscription: &Subscription) -> Self {
        let protocol = subscription.protocol.clone();
        Delivery {
            subscription_arn: subscription.arn().to_string(),
            endpoint: subscription.endpoint.clone(),
            raw: subscription.is_raw(),
            failures: 0,
            dead_letters: subscription.dead_letters(),
            web: matches!(protocol.as_str(), "http" | "https").then(|| subscription.effective_policy(topic)),
            feedback: Feedback::of(topic, &protocol),
            protocol,
        }
    }

    /// A message to a person who subscribed to nothing: a phone number, or a device.
    pub(crate) fn direct(protocol: &str, endpoint: &str) -> Self {
        Delivery {
            subscription_arn: String::new(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            raw: true,
            failures: 0,
            dead_letters: None,
            web: None,
            feedback: None,
        }
    }

    pub(crate) fn is_to_queue(&self) -> bool {
        self.protocol == "sqs"
    }

    /// What becomes of it, now that its receiver has refused it. `body` is what that was sent.
    pub(crate) fn refused(self, context: &Context, content: &Content, why: &Refusal, body: &str) -> Fate {
        let (subscription, message_id) = (&self.subscription_arn, &content.message_id);
        let (code, message) = (&why.code, &why.message);
        if !why.is_final
            && let Some(due_ms) = self.next_attempt(context.now())
        {
            tracing::info!(code, message, subscription, message_id, "a delivery is tried again later");
            return Fate::Over(self.later(due_ms));
        }
        tracing::warn!(code, message, subscription, message_id, "a message is given up");
        match self.dead_letter(context, content, why, body) {
            Some(letter) => Fate::Buried(self, Box::new(letter)),
            None => Fate::Over(Outcome::Done),
        }
    }

    /// What becomes of it, now that the queue for dead letters has answered so.
    pub(crate) fn buried(
        self,
        context: &Context,
        content: &Content,
        outcome: Result<(), Refusal>,
    ) -> Outcome {
        let Err(why) = outcome else { return Outcome::Done };
        if !why.is_final
            && let Some(due_ms) = self.next_attempt(context.now())
        {
            return self.later(due_ms);
        }
        let (topic, message_id) = (&content.topic_arn, &content.message_id);
        tracing::warn!(code = why.code, why.message, topic, message_id, "a dead letter is lost");
        Outcome::Done
    }

    /// When it would be tried again after one more failure; none when it would not.
    fn next_attempt(&self, now: Timestamp) -> Option<i64> {
        let of_protocol = || Retries::of_protocol(&self.protocol);
        let retries = self.web.as_ref().map_or_else(of_protocol, |web| &web.retries);
        Some(now.millis() + retries.wait_ms(self.failures + 1)?)
    }

    fn later(self, due_ms: i64) -> Outcome {
        Outcome::Later(Box::new(Delivery { failures: self.failures + 1, ..self }), due_ms)
    }

    /// The ARN of its receiver, and where that is. It was checked when it was subscribed.
    pub(crate) fn receiver(&self) -> Option<(Arn, Scope)> {
        let arn = self.endpoint.parse::<Arn>().ok()?;
        let scope = arn.scope()?;
        Some((arn, scope))
    }

    /// What its receiver gets, as text.
    pub(crate) fn body(&self, content: &Content, envelope: Option<&Envelope>) -> String {
        match envelope {
            Some(envelope) if !self.raw => envelope.text(&self.subscription_arn),
            _ => content.message.text_for(&self.protocol).to_owned(),
        }
    }

    /// The message for the queue for dead letters, with the reason.
    fn dead_letter(
        &self,
        context: &Context,
        content: &Content,
        why: &Refusal,
        body: &str,
    ) -> Option<sqs::SendMessageInput> {
        let queue = self.dead_letters.as_ref()?.parse::<Arn>().ok()?;
        let reason = |value: &str| sqs::MessageAttributeValue {
            data_type: "String".into(),
            string_value: Some(value.to_owned()),
            ..sqs::MessageAttributeValue::default()
        };
        let endpoint = &context.cloud.endpoint;
        let mut input = queue::message_for(content, &queue, endpoint, body.to_owned(), self.raw);
        input.message_attributes.get_or_insert_default().extend([
            ("RequestID".to_owned(), reason(&context.caller.request_id)),
            ("ErrorCode".to_owned(), reason(&why.code)),
            ("ErrorMessage".to_owned(), reason(&why.message)),
        ]);
        Some(input)
    }
}

/// Tries one delivery by itself.
pub(crate) async fn attempt(cloud: &Arc<Cloud>, content: &Content, delivery: Delivery) -> Result<Outcome> {
    let scope = delivery.receiver().map_or(content.scope, |(_, scope)| scope);
    let context = content.sender(cloud, scope);
    let wants_envelope =
        !delivery.raw && !matches!(delivery.protocol.as_str(), "email" | "sms" | "application");
    let envelope =
        if wants_envelope { Some(Envelope::new(cloud, content, &delivery.protocol).await?) } else { None };
    let body = delivery.body(content, envelope.as_ref());
    let answer = hand_over(&context, content, &delivery, envelope.as_ref(), &body).await?;
    if let Some(status) = Status::of(&context, &delivery, content, &answer) {
        context.transact(|tx| status.put(tx)).await?;
    }
    let Err(refusal) = answer else { return Ok(Outcome::Done) };
    Ok(match delivery.refused(&context, content, &refusal, &body) {
        Fate::Over(outcome) => outcome,
        Fate::Buried(delivery, letter) => {
            let buried = context.call::<sqs::SendMessage>(*letter).await.map(drop);
            delivery.buried(&context, content, buried.map_err(Refusal::from))
        }
    })
}

/// Gives it to its receiver.
async fn hand_over(
    context: &Context,
    content: &Content,
    delivery: &Delivery,
    envelope: Option<&Envelope>,
    body: &str,
) -> Result<Result<Receipt, Refusal>> {
    let (cloud, endpoint) = (&context.cloud, &delivery.endpoint);
    match delivery.protocol.as_str() {
        "sqs" => Ok(to_queue(context, content, delivery, body).await),
        "lambda" => Ok(to_function(context, content, delivery, envelope).await),
        "http" | "https" => {
            let content_type = delivery.web.as_ref().map_or("text/plain", |web| &web.content_type);
            let labels = web::Labels {
                kind: "Notification",
                message_id: &content.message_id,
                topic_arn: &content.topic_arn,
                subscription_arn: Some(&delivery.subscription_arn),
                content_type,
                is_raw: delivery.raw,
                trace: content.trace.as_deref(),
            };
            Ok(web::post(cloud, endpoint, &labels, body.to_owned()).await)
        }
        protocol => letter::deliver(cloud, content, protocol, endpoint, &delivery.subscription_arn).await,
    }
}

async fn to_queue(
    context: &Context,
    content: &Content,
    delivery: &Delivery,
    body: &str,
) -> Result<Receipt, Refusal> {
    let Some((queue, _)) = delivery.receiver() else { return Ok(nobody()) };
    let endpoint = &context.cloud.endpoint;
    let input = queue::message_for(content, &queue, endpoint, body.to_owned(), delivery.raw);
    let output = context.call::<sqs::SendMessage>(input).await?;
    Ok(queue::receipt(&context.caller.request_id, &output))
}

async fn to_function(
    context: &Context,
    content: &Content,
    delivery: &Delivery,
    envelope: Option<&Envelope>,
) -> Result<Receipt, Refusal> {
    let Some(envelope) = envelope else { return Ok(nobody()) };
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": envelope.event(content, &delivery.subscription_arn),
    }] });
    let input = lambda::InvokeInput {
        function_name: delivery.endpoint.clone(),
        invocation_type: Some("Event".into()),
        payload: Some(Bytes::from(event.to_string())),
        ..lambda::InvokeInput::default()
    };
    context.call::<lambda::Invoke>(input).await?;
    let text = format!(r#"{{"lambdaRequestId":"{}"}}"#, context.caller.request_id);
    Ok(Receipt { status: 202, text })
}

/// There is nobody to deliver to: what is stored is no address.
fn nobody() -> Receipt {
    Receipt { status: 0, text: String::new() }
}

/// What a queue answers within a transaction.
pub(crate) fn queue_answered(
    request_id: &str,
    outcome: Result<sqs::SendMessageOutput>,
) -> Result<Result<Receipt, Refusal>> {
    Ok(answered(outcome)?.map(|output| queue::receipt(request_id, &output)))
}
