//! Deliveries: messages on their way to queues and functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_lambda as lambda;
use api_sqs as sqs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use wire::{Fault, Timestamp, TimestampFormat};

use crate::message::{Attribute, Message};
use crate::publish::Published;
use crate::subscription::Subscription;
use crate::topics::Topic;

/// All deliveries that are under way.
const DELIVERIES: Jobs = Jobs::new("sns", "delivery", 64);
/// How long the first retry waits; each further one waits twice as long.
const RETRY_MS: i64 = 1000;
/// The last retry comes an hour after the first failure, or a little more.
const RETRIES_MAX: u32 = 12;

/// A message on its way to one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) scope: Scope,
    pub(crate) topic_arn: String,
    pub(crate) subscription_arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) raw: bool,
    pub(crate) message_id: String,
    pub(crate) message: Message,
    pub(crate) published_ms: i64,
    pub(crate) failures: u32,
    /// The message's group, for queues.
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// The id by which a FIFO queue knows it again.
    #[serde(default)]
    pub(crate) deduplication: Option<String>,
    /// Its number in its group of a FIFO topic.
    #[serde(default)]
    pub(crate) sequence: Option<String>,
    /// The ARN of the queue for dead letters.
    #[serde(default)]
    pub(crate) dead_letters: Option<String>,
}

/// What came of an attempt.
pub(crate) enum Outcome {
    /// It is delivered, or given up.
    Done,
    /// It is to be tried again at that moment (in milliseconds).
    Later(Box<Delivery>, i64),
}

impl Delivery {
    /// The first delivery of a message to a subscription.
    pub(crate) fn new(
        topic: &Topic,
        subscription: &Subscription,
        published: &Published,
        message: Message,
        now: Timestamp,
    ) -> Self {
        Delivery {
            scope: topic.scope,
            topic_arn: topic.arn().to_string(),
            subscription_arn: subscription.arn().to_string(),
            protocol: subscription.protocol.clone(),
            endpoint: subscription.endpoint.clone(),
            raw: subscription.is_raw(),
            message_id: published.id.clone(),
            message,
            published_ms: now.millis(),
            failures: 0,
            group: None,
            deduplication: None,
            sequence: None,
            dead_letters: subscription.dead_letters(),
        }
    }
}

/// Notes a delivery.
pub(crate) fn put(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    DELIVERIES.put(tx, now_ms, &id, delivery)
}

/// Carries deliveries out.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    DELIVERIES.run(cloud, deliver).await
}

async fn deliver(cloud: Arc<Cloud>, delivery: Delivery) -> Result<Verdict<Delivery>> {
    Ok(match attempt(&cloud, delivery).await {
        Outcome::Done => Verdict::Done,
        Outcome::Later(delivery, due_ms) => Verdict::Again(*delivery, due_ms),
    })
}

/// Tries to deliver.
pub(crate) async fn attempt(cloud: &Arc<Cloud>, delivery: Delivery) -> Outcome {
    // The endpoint was checked when it was subscribed.
    let arn = delivery.endpoint.parse::<Arn>().ok();
    let Some((arn, scope)) = arn.and_then(|arn| arn.scope().map(|scope| (arn, scope))) else {
        return Outcome::Done;
    };
    let context = cloud.context_of("sns", scope);
    let outcome = match delivery.protocol.as_str() {
        "sqs" => to_queue(&context, &delivery, &arn).await,
        _ => to_function(&context, &delivery).await,
    };
    let Err(fault) = outcome else { return Outcome::Done };
    let subscription = &delivery.subscription_arn;
    if fault.is_sender() || delivery.failures >= RETRIES_MAX {
        // What the receiver refuses will be refused again; AWS does not try again either.
        tracing::warn!(%fault, %subscription, message_id = delivery.message_id, "a message is given up");
        return bury(&context, delivery, &fault).await;
    }
    tracing::info!(%fault, %subscription, message_id = delivery.message_id, "a delivery is tried again later");
    later(cloud, delivery)
}

fn later(cloud: &Cloud, delivery: Delivery) -> Outcome {
    let due_ms = cloud.clock.now().millis() + (RETRY_MS << delivery.failures.min(RETRIES_MAX));
    Outcome::Later(Box::new(Delivery { failures: delivery.failures + 1, ..delivery }), due_ms)
}

/// Sends what is given up to the queue for dead letters, if the subscription has one, with the reason.
async fn bury(context: &Context, delivery: Delivery, why: &Fault) -> Outcome {
    let Some(queue) = delivery.dead_letters.as_ref().and_then(|arn| arn.parse::<Arn>().ok()) else {
        return Outcome::Done;
    };
    let reason = |value: &str| sqs::MessageAttributeValue {
        data_type: "String".into(),
        string_value: Some(value.to_owned()),
        ..sqs::MessageAttributeValue::default()
    };
    let mut input = message_for(&delivery, &queue, &context.cloud.endpoint);
    input.message_attributes.get_or_insert_default().extend([
        ("RequestID".to_owned(), reason(&context.caller.request_id)),
        ("ErrorCode".to_owned(), reason(&why.code)),
        ("ErrorMessage".to_owned(), reason(&why.message)),
    ]);
    match context.call::<sqs::SendMessage>(input).await {
        Ok(_) => Outcome::Done,
        Err(fault) if fault.is_sender() => {
            tracing::warn!(%fault, queue = queue.as_str(), message_id = delivery.message_id, "a dead letter is lost");
            Outcome::Done
        }
        Err(_) => later(&context.cloud, delivery),
    }
}

async fn to_queue(context: &Context, delivery: &Delivery, queue: &Arn) -> Result<(), Fault> {
    let input = message_for(delivery, queue, &context.cloud.endpoint);
    context.call::<sqs::SendMessage>(input).await.map(drop)
}

/// The message as a queue gets it.
fn message_for(delivery: &Delivery, queue: &Arn, endpoint: &str) -> sqs::SendMessageInput {
    let attributes =
        || delivery.message.attributes.iter().map(|(name, value)| (name.clone(), passed_on(value)));
    let account = queue.scope().map_or(delivery.scope.account, |scope| scope.account);
    sqs::SendMessageInput {
        queue_url: format!("{endpoint}/{account}/{}", queue.resource()),
        message_body: match delivery.raw {
            true => delivery.message.text_for("sqs").to_owned(),
            false => Value::Object(delivery.notification()).to_string(),
        },
        message_attributes: (delivery.raw && !delivery.message.attributes.is_empty())
            .then(|| attributes().collect()),
        message_group_id: delivery.group.clone(),
        message_deduplication_id: delivery
            .deduplication
            .clone()
            .filter(|_| queue.resource().ends_with(".fifo")),
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

async fn to_function(context: &Context, delivery: &Delivery) -> Result<(), Fault> {
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": delivery.notification(),
    }] });
    let input = lambda::InvokeInput {
        function_name: delivery.endpoint.clone(),
        invocation_type: Some("Event".into()),
        payload: Some(Bytes::from(event.to_string())),
        ..lambda::InvokeInput::default()
    };
    context.call::<lambda::Invoke>(input).await.map(drop)
}

impl Delivery {
    /// The message in its envelope. It is not signed: there is no key of AWS's here that a signature could be proved by.
    fn notification(&self) -> Map<String, Value> {
        let whole =
            Timestamp::from_secs(self.published_ms.div_euclid(1000)).format(TimestampFormat::DateTime);
        let millis = self.published_ms.rem_euclid(1000);
        let mut envelope = Map::new();
        let mut put = |name: &str, value: Value| envelope.insert(name.to_owned(), value);
        put("Type", json!("Notification"));
        put("MessageId", json!(self.message_id));
        if let Some(sequence) = &self.sequence {
            put("SequenceNumber", json!(sequence));
        }
        put("TopicArn", json!(self.topic_arn));
        put("Message", json!(self.message.text_for(&self.protocol)));
        put("Timestamp", json!(format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))));
        if let Some(subject) = &self.message.subject {
            put("Subject", json!(subject));
        }
        if !self.message.attributes.is_empty() {
            let shown: BTreeMap<_, _> =
                self.message.attributes.iter().map(|(name, attribute)| (name, shown(attribute))).collect();
            put("MessageAttributes", json!(shown));
        }
        envelope
    }
}

fn shown(attribute: &Attribute) -> Value {
    let value = match (&attribute.text, &attribute.bytes) {
        (_, Some(bytes)) => STANDARD.encode(bytes),
        (text, None) => text.clone().unwrap_or_default(),
    };
    json!({ "Type": attribute.kind, "Value": value })
}
