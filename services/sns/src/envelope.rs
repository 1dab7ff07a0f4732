//! What receivers get around a message: JSON with the fields, the order and the spaces of AWS's, signed.
//!
//! Follows "Parsing Amazon SNS message formats" in the developer guide.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use service::{Cloud, Result};
use wire::{Timestamp, TimestampFormat};

use crate::content::Content;
use crate::message::Attribute;
use crate::signature::{Signer, Version};
use crate::subscription::Subscription;

/// How something is signed.
struct Signed {
    version: Version,
    signature: String,
    certificate_url: String,
}

/// A message in its envelope, ready for any subscription of its topic with that protocol.
pub(crate) struct Envelope {
    /// What stands before the place where the subscription is named.
    head: String,
    /// What stands behind it.
    tail: String,
    endpoint: Arc<str>,
    signed: Option<Signed>,
}

impl Envelope {
    /// The envelope of a message, with its text for a protocol.
    pub(crate) async fn new(cloud: &Arc<Cloud>, content: &Content, protocol: &str) -> Result<Self> {
        let signed =
            if is_signed(cloud, protocol) { Some(sign(cloud, content, protocol).await?) } else { None };
        let mut fields = Fields::new("Notification", &content.message_id);
        if let Some(sequence) = &content.sequence {
            fields.put("SequenceNumber", sequence);
        }
        fields.put("TopicArn", &content.topic_arn);
        if let Some(subject) = &content.message.subject {
            fields.put("Subject", subject);
        }
        fields.put("Message", content.message.text_for(protocol));
        fields.put("Timestamp", &moment(content.published_ms));
        if let Some(signed) = &signed {
            fields.put_signature(signed);
        }
        let mut tail = attributes_text(&content.message.attributes);
        tail.push_str("\n}");
        Ok(Envelope { head: fields.0, tail, endpoint: Arc::clone(&cloud.endpoint), signed })
    }

    /// As queues and web servers get it.
    pub(crate) fn text(&self, subscription_arn: &str) -> String {
        let mut fields = Fields(String::with_capacity(self.head.len() + self.tail.len() + 256));
        fields.0.push_str(&self.head);
        fields.put("UnsubscribeURL", &unsubscribe_url(&self.endpoint, subscription_arn));
        fields.0.push_str(&self.tail);
        fields.0
    }

    /// As functions get it, which is a little different.
    pub(crate) fn event(&self, content: &Content, subscription_arn: &str) -> Value {
        let message = &content.message;
        let attributes: BTreeMap<_, _> =
            message.attributes.iter().map(|(name, attribute)| (name, shown(attribute))).collect();
        let mut event = json!({
            "Type": "Notification",
            "MessageId": content.message_id,
            "TopicArn": content.topic_arn,
            "Subject": message.subject,
            "Message": message.text_for("lambda"),
            "Timestamp": moment(content.published_ms),
            "UnsubscribeUrl": unsubscribe_url(&self.endpoint, subscription_arn),
            "MessageAttributes": attributes,
        });
        if let Some(signed) = &self.signed {
            event["SignatureVersion"] = signed.version.as_str().into();
            event["Signature"] = signed.signature.as_str().into();
            event["SigningCertUrl"] = signed.certificate_url.as_str().into();
        }
        event
    }
}

/// Whether deliveries of that protocol are signed: a user may leave it out for queues, whose receivers know where a message
/// is from.
fn is_signed(cloud: &Cloud, protocol: &str) -> bool {
    protocol != "sqs" || cloud.setting("sns", crate::SIGN_TO_QUEUES) != 0
}

async fn sign(cloud: &Arc<Cloud>, content: &Content, protocol: &str) -> Result<Signed> {
    let timestamp = moment(content.published_ms);
    let mut fields =
        vec![("Message", content.message.text_for(protocol)), ("MessageId", &content.message_id)];
    fields.extend(content.message.subject.as_deref().map(|subject| ("Subject", subject)));
    fields.extend([
        ("Timestamp", timestamp.as_str()),
        ("TopicArn", &content.topic_arn),
        ("Type", "Notification"),
    ]);
    signed(cloud, content.signature, &fields).await
}

async fn signed(cloud: &Arc<Cloud>, version: Version, fields: &[(&str, &str)]) -> Result<Signed> {
    let signer = Signer::of(cloud).await?;
    let signature = signer.sign(version, fields)?;
    Ok(Signed { version, signature, certificate_url: signer.certificate_url(cloud) })
}

/// A question to a receiver: whether it wants the subscription, or whether it wants it back.
pub(crate) struct Question<'a> {
    /// `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    pub(crate) kind: &'static str,
    pub(crate) message_id: &'a str,
    pub(crate) subscription: &'a Subscription,
    pub(crate) token: &'a str,
    pub(crate) asked_ms: i64,
    pub(crate) signature: Version,
}

impl Question<'_> {
    /// What it says.
    pub(crate) fn message(&self) -> String {
        let topic = self.subscription.topic_arn();
        match self.kind {
            "SubscriptionConfirmation" => format!(
                "You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message."
            ),
            _ => format!(
                "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
                self.subscription.arn()
            ),
        }
    }

    /// The link that says yes.
    pub(crate) fn url(&self, cloud: &Cloud) -> String {
        let (endpoint, topic, token) = (&cloud.endpoint, self.subscription.topic_arn(), self.token);
        format!("{endpoint}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}")
    }

    /// As web servers and queues get it.
    pub(crate) async fn text(&self, cloud: &Arc<Cloud>) -> Result<String> {
        let (message, url) = (self.message(), self.url(cloud));
        let (topic, timestamp) = (self.subscription.topic_arn().to_string(), moment(self.asked_ms));
        let mut signed_fields = vec![
            ("Message", message.as_str()),
            ("MessageId", self.message_id),
            ("SubscribeURL", &url),
            ("Timestamp", &timestamp),
        ];
        signed_fields.extend([("Token", self.token), ("TopicArn", &topic), ("Type", self.kind)]);
        let signed = signed(cloud, self.signature, &signed_fields).await?;
        let mut fields = Fields::new(self.kind, self.message_id);
        fields.put("Token", self.token);
        fields.put("TopicArn", &topic);
        fields.put("Message", &message);
        fields.put("SubscribeURL", &url);
        fields.put("Timestamp", &timestamp);
        fields.put_signature(&signed);
        fields.0.push_str("\n}");
        Ok(fields.0)
    }
}

/// JSON as AWS spaces it.
struct Fields(String);

impl Fields {
    fn new(kind: &str, message_id: &str) -> Self {
        let mut fields = Fields("{".to_owned());
        fields.put("Type", kind);
        fields.put("MessageId", message_id);
        fields
    }

    fn put(&mut self, name: &str, value: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        let _ = write!(self.0, "{comma}\n  \"{name}\" : {}", Value::from(value));
    }

    fn put_signature(&mut self, signed: &Signed) {
        self.put("SignatureVersion", signed.version.as_str());
        self.put("Signature", &signed.signature);
        self.put("SigningCertURL", &signed.certificate_url);
    }
}

/// The attributes, where there are some.
fn attributes_text(attributes: &BTreeMap<String, Attribute>) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    let entries = attributes
        .iter()
        .map(|(name, attribute)| format!("\n    {} : {}", Value::from(name.as_str()), shown(attribute)));
    let entries: Vec<_> = entries.collect();
    format!(",\n  \"MessageAttributes\" : {{{}\n  }}", entries.join(","))
}

fn shown(attribute: &Attribute) -> Value {
    let value = match (&attribute.text, &attribute.bytes) {
        (_, Some(bytes)) => STANDARD.encode(bytes),
        (text, None) => text.clone().unwrap_or_default(),
    };
    json!({ "Type": attribute.kind, "Value": value })
}

/// The link that ends a subscription.
pub(crate) fn unsubscribe_url(endpoint: &str, subscription_arn: &str) -> String {
    format!("{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}")
}

/// `2026-11-25T12:00:00.123Z`.
pub(crate) fn moment(ms: i64) -> String {
    let whole = Timestamp::from_secs(ms.div_euclid(1000)).format(TimestampFormat::DateTime);
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), ms.rem_euclid(1000))
}
