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

use crate::message::Attribute;
use crate::published::{Open, Published};

/// All deliveries that are under way.
const DELIVERIES: Jobs = Jobs::new("sns", "delivery", 64);
/// How long the first retry waits; each further one waits twice as long.
const RETRY_MS: i64 = 1000;
/// The last retry comes an hour after the first failure, or a little more.
const RETRIES_MAX: u32 = 12;

/// A message on its way to one subscription, as that was when the message was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// Of the message, which stands beside (see [`Published`]).
    pub(crate) message_id: String,
    pub(crate) subscription_arn: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) raw: bool,
    pub(crate) failures: u32,
}

/// Notes a delivery.
pub(crate) fn put(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    DELIVERIES.put(tx, now_ms, &id, delivery)
}

/// Carries deliveries out.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let open = Arc::new(Open::count(&cloud)?);
    DELIVERIES.run(cloud, move |cloud, delivery| deliver(cloud, Arc::clone(&open), delivery)).await
}

async fn deliver(cloud: Arc<Cloud>, open: Arc<Open>, delivery: Delivery) -> Result<Verdict<Delivery>> {
    // The message goes when all of its deliveries are done: what finds none was done before the process ended.
    let Some(published) = Published::find(&cloud, &delivery.message_id)? else { return Ok(Verdict::Done) };
    let message_id = delivery.message_id.clone();
    let verdict = attempt(&cloud, &published, delivery).await;
    if verdict == Verdict::Done {
        open.done(&cloud, &message_id, &published)?;
    }
    Ok(verdict)
}

/// One attempt, and what follows from it.
async fn attempt(cloud: &Arc<Cloud>, published: &Published, delivery: Delivery) -> Verdict<Delivery> {
    // The endpoint was checked when it was subscribed.
    let arn = delivery.endpoint.parse::<Arn>().ok();
    let Some((arn, scope)) = arn.and_then(|arn| arn.scope().map(|scope| (arn, scope))) else {
        return Verdict::Done;
    };
    let context = cloud.context_of("sns", scope);
    let outcome = match delivery.protocol.as_str() {
        "sqs" => to_queue(&context, published, &delivery, &arn).await,
        _ => to_function(&context, published, &delivery).await,
    };
    let Err(fault) = outcome else { return Verdict::Done };
    let subscription = &delivery.subscription_arn;
    if fault.is_sender() || delivery.failures >= RETRIES_MAX {
        // What the receiver refuses will be refused again; AWS does not try again either.
        tracing::warn!(%fault, %subscription, message_id = delivery.message_id, "a message is given up");
        return Verdict::Done;
    }
    tracing::info!(%fault, %subscription, message_id = delivery.message_id, "a delivery is tried again later");
    let due_ms = cloud.clock.now().millis() + (RETRY_MS << delivery.failures);
    Verdict::Again(Delivery { failures: delivery.failures + 1, ..delivery }, due_ms)
}

async fn to_queue(
    context: &Context,
    published: &Published,
    delivery: &Delivery,
    queue: &Arn,
) -> Result<(), Fault> {
    let account = context.scope().account;
    let message = &published.message;
    let attributes = || message.attributes.iter().map(|(name, value)| (name.clone(), passed_on(value)));
    let input = sqs::SendMessageInput {
        queue_url: format!("{}/{account}/{}", context.cloud.endpoint, queue.resource()),
        message_body: match delivery.raw {
            true => message.text_for("sqs").to_owned(),
            false => Value::Object(notification(published, delivery)).to_string(),
        },
        message_attributes: (delivery.raw && !message.attributes.is_empty()).then(|| attributes().collect()),
        ..sqs::SendMessageInput::default()
    };
    context.call::<sqs::SendMessage>(input).await.map(drop)
}

fn passed_on(attribute: &Attribute) -> sqs::MessageAttributeValue {
    sqs::MessageAttributeValue {
        data_type: attribute.kind.clone(),
        string_value: attribute.text.clone(),
        binary_value: attribute.bytes.clone(),
        ..sqs::MessageAttributeValue::default()
    }
}

async fn to_function(context: &Context, published: &Published, delivery: &Delivery) -> Result<(), Fault> {
    let event = json!({ "Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": delivery.subscription_arn,
        "Sns": notification(published, delivery),
    }] });
    let input = lambda::InvokeInput {
        function_name: delivery.endpoint.clone(),
        invocation_type: Some("Event".into()),
        payload: Some(Bytes::from(event.to_string())),
        ..lambda::InvokeInput::default()
    };
    context.call::<lambda::Invoke>(input).await.map(drop)
}

/// The message in its envelope. It is not signed: there is no key of AWS's here that a signature could be proved by.
fn notification(published: &Published, delivery: &Delivery) -> Map<String, Value> {
    let whole =
        Timestamp::from_secs(published.published_ms.div_euclid(1000)).format(TimestampFormat::DateTime);
    let millis = published.published_ms.rem_euclid(1000);
    let mut envelope = Map::new();
    let mut put = |name: &str, value: Value| envelope.insert(name.to_owned(), value);
    put("Type", json!("Notification"));
    put("MessageId", json!(delivery.message_id));
    put("TopicArn", json!(published.topic_arn));
    put("Message", json!(published.message.text_for(&delivery.protocol)));
    put("Timestamp", json!(format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))));
    if let Some(subject) = &published.message.subject {
        put("Subject", json!(subject));
    }
    if !published.message.attributes.is_empty() {
        let shown: BTreeMap<_, _> =
            published.message.attributes.iter().map(|(name, attribute)| (name, shown(attribute))).collect();
        put("MessageAttributes", json!(shown));
    }
    envelope
}

fn shown(attribute: &Attribute) -> Value {
    let value = match (&attribute.text, &attribute.bytes) {
        (_, Some(bytes)) => STANDARD.encode(bytes),
        (text, None) => text.clone().unwrap_or_default(),
    };
    json!({ "Type": attribute.kind, "Value": value })
}
