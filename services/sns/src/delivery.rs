//! Deliveries: messages on their way to queues and functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_lambda as lambda;
use api_sqs as sqs;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use names::Arn;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use wire::{Fault, Timestamp, TimestampFormat};

use crate::content::{Content, Open};
use crate::message::Attribute;
use crate::publish::Published;
use crate::subscription::Subscription;

/// All deliveries that are under way.
const DELIVERIES: Jobs = Jobs::new("sns", "delivery", 64);
/// How long the first retry waits; each further one waits twice as long.
const RETRY_MS: i64 = 1000;
/// The last retry comes an hour after the first failure, or a little more.
const RETRIES_MAX: u32 = 12;

/// A message on its way to one subscription, as that was when the message was published. What it says is its [`Content`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) subscription_arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) raw: bool,
    pub(crate) message_id: String,
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
    pub(crate) fn new(subscription: &Subscription, published: &Published) -> Self {
        Delivery {
            subscription_arn: subscription.arn().to_string(),
            protocol: subscription.protocol.clone(),
            endpoint: subscription.endpoint.clone(),
            raw: subscription.is_raw(),
            message_id: published.id.clone(),
            failures: 0,
            group: None,
            deduplication: None,
            sequence: None,
            dead_letters: subscription.dead_letters(),
        }
    }

    /// Whether it is one of a FIFO topic.
    fn is_fifo(&self) -> bool {
        self.sequence.is_some()
    }
}

/// Notes a delivery.
pub(crate) fn put(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    DELIVERIES.put(tx, now_ms, &id, delivery)
}

/// Carries deliveries out.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let open = Arc::new(Open::count(&cloud, false).await?);
    DELIVERIES.run(cloud, move |cloud, delivery| deliver(cloud, Arc::clone(&open), delivery)).await
}

async fn deliver(cloud: Arc<Cloud>, open: Arc<Open>, delivery: Delivery) -> Result<Verdict<Delivery>> {
    let message_id = delivery.message_id.clone();
    Ok(match attempt(&cloud, delivery).await? {
        Outcome::Done => {
            open.done(&cloud, &message_id).await?;
            Verdict::Done
        }
        Outcome::Later(delivery, due_ms) => Verdict::Again(*delivery, due_ms),
    })
}

/// Tries to deliver.
pub(crate) async fn attempt(cloud: &Arc<Cloud>, delivery: Delivery) -> Result<Outcome> {
    // A message goes when all of its deliveries are done: one that finds none was done before the process ended.
    let Some(content) = Content::find(cloud, delivery.is_fifo(), &delivery.message_id)? else {
        return Ok(Outcome::Done);
    };
    // The endpoint was checked when it was subscribed.
    let arn = delivery.endpoint.parse::<Arn>().ok();
    let Some((arn, scope)) = arn.and_then(|arn| arn.scope().map(|scope| (arn, scope))) else {
        return Ok(Outcome::Done);
    };
    let context = cloud.context_of("sns", scope);
    let outcome = match delivery.protocol.as_str() {
        "sqs" => to_queue(&context, &content, &delivery, &arn).await,
        _ => to_function(&context, &content, &delivery).await,
    };
    let Err(fault) = outcome else { return Ok(Outcome::Done) };
    let subscription = &delivery.subscription_arn;
    if fault.is_sender() || delivery.failures >= RETRIES_MAX {
        // What the receiver refuses will be refused again; AWS does not try again either.
        tracing::warn!(%fault, %subscription, message_id = delivery.message_id, "a message is given up");
        return Ok(bury(&context, &content, delivery, &fault).await);
    }
    tracing::info!(%fault, %subscription, message_id = delivery.message_id, "a delivery is tried again later");
    Ok(later(cloud, delivery))
}

fn later(cloud: &Cloud, delivery: Delivery) -> Outcome {
    let due_ms = cloud.clock.now().millis() + (RETRY_MS << delivery.failures.min(RETRIES_MAX));
    Outcome::Later(Box::new(Delivery { failures: delivery.failures + 1, ..delivery }), due_ms)
}

/// Sends what is given up to the queue for dead letters, if the subscription has one, with the reason.
async fn bury(context: &Context, content: &Content, delivery: Delivery, why: &Fault) -> Outcome {
    let Some(queue) = delivery.dead_letters.as_ref().and_then(|arn| arn.parse::<Arn>().ok()) else {
        return Outcome::Done;
    };
    let reason = |value: &str| sqs::MessageAttributeValue {
        data_type: "String".into(),
        string_value: Some(value.to_owned()),
        ..sqs::MessageAttributeValue::default()
    };
    let mut input = message_for(content, &delivery, &queue, &context.cloud.endpoint);
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

async fn to_queue(
    context: &Context,
    content: &Content,
    delivery: &Delivery,
    queue: &Arn,
) -> Result<(), Fault> {
    let input = message_for(content, delivery, queue, &context.cloud.endpoint);
    context.call::<sqs::SendMessage>(input).await.map(drop)
}

/// The message as a queue gets it.
fn message_for(content: &Content, delivery: &Delivery, queue: &Arn, endpoint: &str) -> sqs::SendMessageInput {
    let message = &content.message;
    let attributes = || message.attributes.iter().map(|(name, value)| (name.clone(), passed_on(value)));
    let account = queue.scope().map_or(content.scope.account, |scope| scope.account);
    sqs::SendMessageInput {
        queue_url: format!("{endpoint}/{account}/{}", queue.resource()),
        message_body: match delivery.raw {
            true => message.text_for("sqs").to_owned(),
            false => Value::Object(delivery.notification(content)).to_string(),
        },
        message_attributes: (delivery.raw && !message.attributes.is_empty()).then(|| attributes().collect()),
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

async fn to_function(context: &Context, content: &Content, delivery: &Delivery) -> Result<(), Fault> {
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": delivery.notification(content),
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
    fn notification(&self, content: &Content) -> Map<String, Value> {
        let whole =
            Timestamp::from_secs(content.published_ms.div_euclid(1000)).format(TimestampFormat::DateTime);
        let millis = content.published_ms.rem_euclid(1000);
        let mut envelope = Map::new();
        let mut put = |name: &str, value: Value| envelope.insert(name.to_owned(), value);
        put("Type", json!("Notification"));
        put("MessageId", json!(self.message_id));
        if let Some(sequence) = &self.sequence {
            put("SequenceNumber", json!(sequence));
        }
        put("TopicArn", json!(content.topic_arn));
        put("Message", json!(content.message.text_for(&self.protocol)));
        put("Timestamp", json!(format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))));
        if let Some(subject) = &content.message.subject {
            put("Subject", json!(subject));
        }
        if !content.message.attributes.is_empty() {
            let shown: BTreeMap<_, _> =
                content.message.attributes.iter().map(|(name, attribute)| (name, shown(attribute))).collect();
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
