//! What is delivered of a publication, to whomever.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::{Timestamp, TimestampFormat};

use crate::message::{Attribute, Message};
use crate::publish::Published;
use crate::topics::Topic;

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) scope: Scope,
    pub(crate) topic_arn: String,
    pub(crate) message_id: String,
    pub(crate) message: Message,
    pub(crate) published_ms: i64,
    /// The message's group, for queues.
    pub(crate) group: Option<String>,
    /// The id by which a FIFO queue knows it again.
    pub(crate) deduplication: Option<String>,
    /// Its number in its group of a FIFO topic.
    pub(crate) sequence: Option<String>,
}

impl Content {
    pub(crate) fn new(topic: &Topic, message: Message, published: &Published, now: Timestamp) -> Self {
        Content {
            scope: topic.scope,
            topic_arn: topic.arn().to_string(),
            message_id: published.id.clone(),
            message,
            published_ms: now.millis(),
            group: None,
            deduplication: None,
            sequence: published.sequence.clone(),
        }
    }

    /// The message in its envelope, with the text for a protocol. It is not signed: there is no key of AWS's here that a
    /// signature could be proved by.
    pub(crate) fn notification(&self, protocol: &str) -> Map<String, Value> {
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
        put("Message", json!(self.message.text_for(protocol)));
        put("Timestamp", json!(format!("{}.{millis:03}Z", whole.trim_end_matches('Z'))));
        if let Some(subject) = &self.message.subject {
            put("Subject", json!(subject));
        }
        if !self.message.attributes.is_empty() {
            let attributes = self.message.attributes.iter();
            let shown: BTreeMap<_, _> =
                attributes.map(|(name, attribute)| (name, shown(attribute))).collect();
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
