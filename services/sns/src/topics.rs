//! Topics are made, shown, changed and deleted.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_sns as api;
use names::{Arn, Scope};
use policy::Labelled;
use serde::{Deserialize, Serialize};
use service::{Pages, Result, Tx, View};
use store::{Direction, Reads, record};
use wire::Fault;

use crate::audience::Audience;
use crate::fifo::archive::{self, Archive};
use crate::signature::Version;
use crate::subscription::Subscription;
use crate::tags::{self, TAGGING};
use crate::{data_protection, delivery_policy, errors, keys};

/// Entries of a page of any list.
pub(crate) const PAGE: usize = 100;

/// What is said of a topic, by name.
type Said = BTreeMap<String, String>;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) data_protection: Option<String>,
    /// Where its messages are kept, while its `ArchivePolicy` says so.
    #[serde(default)]
    pub(crate) archive: Option<Archive>,
}

#[cfg(test)]
layouts::stays!(stored_topic: Topic);

impl Topic {
    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("sns", &self.scope, &self.name)
    }

    /// Whether it is a FIFO topic: names say so, and only they may.
    pub(crate) fn is_fifo(&self) -> bool {
        self.name.ends_with(FIFO)
    }

    /// Whether an attribute has that value.
    pub(crate) fn is(&self, attribute: &str, value: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|given| given == value)
    }

    /// How its messages are signed.
    pub(crate) fn signature_version(&self) -> Version {
        if self.is("SignatureVersion", "2") { Version::Two } else { Version::One }
    }

    /// Who its e-mails and text messages say that they are from.
    pub(crate) fn display_name(&self) -> Option<String> {
        self.attributes.get("DisplayName").filter(|name| !name.is_empty()).cloned()
    }

    /// Writes it.
    pub(crate) fn keep(&self, tx: &mut Tx<'_>) -> Result<()> {
        Ok(tx.put_record(keys::topics(&self.scope).str(&self.name), self)?)
    }

    /// The topic of that ARN, shared: for every publication.
    pub(crate) fn shared(reads: &impl Reads, arn: &str) -> Result<Arc<Self>> {
        let key = keys::topic(arn).ok_or_else(|| errors::invalid_arn("TopicArn", arn))?;
        Ok(reads.get_shared(&key)?.ok_or_else(errors::no_topic)?)
    }

    /// The topic of that ARN.
    pub(crate) fn find(reads: &impl Reads, arn: &str) -> Result<Self> {
        let key = keys::topic(arn).ok_or_else(|| errors::invalid_arn("TopicArn", arn))?;
        Ok(reads.get_record(&key)?.ok_or_else(errors::no_topic)?)
    }
}

/// How names of FIFO topics end.
const FIFO: &str = ".fifo";

/// Attributes that topics can have. Those of encryption and of tracing are kept, and change nothing yet.
fn check_attribute(name: &str, value: &str, is_fifo: bool) -> Result<(), Fault> {
    match name {
        "FifoTopic" | "ContentBasedDeduplication" if is_fifo && matches!(value, "true" | "false") => Ok(()),
        "FifoThroughputScope" if is_fifo && matches!(value, "Topic" | "MessageGroup") => Ok(()),
        "ContentBasedDeduplication" | "FifoThroughputScope" => Err(errors::invalid(name)),
        "DisplayName" if value.len() <= 100 => Ok(()),
        "DisplayName" => Err(errors::invalid("DisplayName")),
        "FifoTopic" if value == "false" => Ok(()),
        "FifoTopic" => Err(errors::invalid("FifoTopic")),
        "DeliveryPolicy" if value.is_empty() => Ok(()),
        "DeliveryPolicy" => delivery_policy::check_topic(value),
        "Policy" if value.is_empty() || Labelled::parse(value).is_some() => Ok(()),
        "Policy" => Err(errors::invalid("Policy: failed to parse JSON")),
        "SignatureVersion" if matches!(value, "1" | "2") => Ok(()),
        "TracingConfig" if matches!(value, "PassThrough" | "Active") => Ok(()),
        "SignatureVersion" | "TracingConfig" => Err(errors::invalid(name)),
        "KmsMasterKeyId" => Ok(()),
        archive::POLICY if is_fifo => archive::days(value).map(drop),
        archive::POLICY => Err(errors::invalid("ArchivePolicy: only FIFO topics have archives")),
        _ if is_feedback(name) => match name.ends_with("SampleRate") {
            true if value.parse::<u8>().is_ok_and(|percent| percent <= 100) => Ok(()),
            false if value.is_empty() || value.parse::<Arn>().is_ok() => Ok(()),
            _ => Err(errors::invalid(name)),
        },
        _ => Err(errors::invalid("AttributeName")),
    }
}

/// Whether it is one of the attributes of delivery status logging.
fn is_feedback(name: &str) -> bool {
    let kinds = ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"];
    let protocols = ["HTTP", "Firehose", "Lambda", "Application", "SQS"];
    protocols.iter().any(|protocol| name.strip_prefix(protocol).is_some_and(|kind| kinds.contains(&kind)))
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateTopicInput) -> Result<api::CreateTopicOutput> {
    let data_protection =
        data_protection::checked(input.data_protection_policy.as_deref().unwrap_or_default())?;
    let tags = TAGGING.checked(tags::pairs(input.tags.as_deref().unwrap_or_default()))?;
    let mut attributes = input.attributes.clone().unwrap_or_default();
    let is_fifo = attributes.get("FifoTopic").is_some_and(|value| value == "true");
    for (name, value) in &attributes {
        check_attribute(name, value, is_fifo)?;
    }
    check_name(&input.name, is_fifo)?;
    if is_fifo {
        attributes.entry("ContentBasedDeduplication".into()).or_insert_with(|| "false".into());
    } else {
        attributes.remove("FifoTopic");
    }
    let (scope, name) = (tx.scope(), input.name.clone());
    let mut topic = Topic { scope, name, attributes, data_protection, archive: None };
    let key = keys::topics(&topic.scope).str(&topic.name);
    let arn = topic.arn();
    match tx.get_record::<Topic>(&key)? {
        None => {
            archive::follow(tx, &mut topic)?;
            tx.put_record(&key, &topic)?;
            TAGGING.add(tx, &scope, &arn, tags)?;
        }
        Some(old) => {
            check_same("Attributes", "attributes", &old.attributes, &topic.attributes)?;
            check_same("Tags", "tags", &service::tags::of(&**tx, &scope, &arn)?, &tags)?;
        }
    }
    Ok(api::CreateTopicOutput { topic_arn: Some(arn.to_string()) })
}

fn check_name(name: &str, is_fifo: bool) -> Result<(), Fault> {
    let stem = if is_fifo { name.strip_suffix(FIFO).unwrap_or_default() } else { name };
    if name.len() <= 256 && names::is_plain(stem, "-_", 1..=256) {
        return Ok(());
    }
    Err(errors::invalid(if is_fifo {
        "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, \
         underscores, and hyphens, and must be between 1 and 256 characters long."
    } else {
        "Topic Name"
    }))
}

/// Creating a topic again succeeds when nothing new is said of it.
fn check_same(member: &str, what: &str, old: &Said, new: &Said) -> Result<(), Fault> {
    match new.iter().all(|(name, value)| old.get(name) == Some(value)) {
        true => Ok(()),
        false => {
            Err(errors::invalid(format_args!("{member} Reason: Topic already exists with different {what}")))
        }
    }
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteTopicInput) -> Result<api::DeleteTopicOutput> {
    let arn = &input.topic_arn;
    let key = keys::topic(arn).ok_or_else(|| errors::invalid_arn("TopicArn", arn))?;
    // Deleting what is not there succeeds, as in AWS.
    let Some(topic) = tx.get_record::<Topic>(&key)? else { return Ok(api::DeleteTopicOutput::default()) };
    if topic.archive.is_some() {
        let message = "Invalid state: Cannot delete a topic with an ArchivePolicy";
        return Err(api::error::invalid_state_exception(message).into());
    }
    tx.delete(&key);
    service::tags::forget(tx, &topic.scope, &topic.arn());
    for subscription in subscriptions_of(&**tx, &topic)? {
        subscription.delete(tx);
    }
    Ok(api::DeleteTopicOutput::default())
}

/// Every subscription of a topic.
pub(crate) fn subscriptions_of(reads: &impl Reads, topic: &Topic) -> Result<Vec<Subscription>> {
    let Some(range) = keys::subscriptions_of(&topic.arn()) else { return Ok(Vec::new()) };
    let entries = reads.scan(range.prefix_range(), Direction::Forward);
    entries.map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}

pub(crate) fn list(view: &View<'_>, input: &api::ListTopicsInput) -> Result<api::ListTopicsOutput> {
    let range = keys::topics(&view.scope()).prefix_range();
    let (topics, next_token) = page::<Topic>(view, "sns:ListTopics", range, input.next_token.as_deref())?;
    let shown = |topic: Topic| api::Topic { topic_arn: Some(topic.arn().to_string()) };
    Ok(api::ListTopicsOutput { topics: Some(topics.into_iter().map(shown).collect()), next_token })
}

/// A page of the records of a range, and the token of the next one.
pub(crate) fn page<T: serde::de::DeserializeOwned>(
    view: &View<'_>,
    operation: &'static str,
    range: std::ops::Range<Vec<u8>>,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>)> {
    let pages = Pages { operation, token, limit: PAGE, bad_token: || errors::invalid("NextToken") };
    let page = pages.of_range(view, range, |_, value| Ok(Some(record::decode(value)?)))?;
    Ok((page.items, page.next_token))
}

pub(crate) fn get_attributes(
    view: &View<'_>,
    input: &api::GetTopicAttributesInput,
) -> Result<api::GetTopicAttributesOutput> {
    let topic = Topic::find(&**view, &input.topic_arn)?;
    let subscriptions = subscriptions_of(&**view, &topic)?;
    let pending = subscriptions.iter().filter(|subscription| subscription.is_pending()).count();
    let lapsed = keys::lapsed(&topic.scope).str(&topic.name).prefix_range();
    let deleted = view.scan(lapsed, Direction::Forward).count();
    let policy = topic.attributes.get("DeliveryPolicy").map(String::as_str);
    let own = [
        ("TopicArn", topic.arn().to_string()),
        ("Policy", crate::policy::of(&topic)),
        ("EffectiveDeliveryPolicy", delivery_policy::effective_of_topic(policy)),
        ("Owner", topic.scope.account.to_string()),
        ("SubscriptionsConfirmed", (subscriptions.len() - pending).to_string()),
        ("SubscriptionsPending", pending.to_string()),
        ("SubscriptionsDeleted", deleted.to_string()),
    ];
    let mut attributes = topic.attributes;
    let begins = topic.archive.map(|archive| archive.begins(view.now));
    attributes.extend(begins.map(|begins| ("BeginningArchiveTime".to_owned(), begins)));
    attributes.entry("DisplayName".into()).or_default();
    attributes.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(api::GetTopicAttributesOutput { attributes: Some(attributes) })
}

pub(crate) fn set_attributes(
    tx: &mut Tx<'_>,
    input: &api::SetTopicAttributesInput,
) -> Result<api::SetTopicAttributesOutput> {
    let mut topic = Topic::find(&**tx, &input.topic_arn)?;
    let value = input.attribute_value.clone().unwrap_or_default();
    check_attribute(&input.attribute_name, &value, topic.is_fifo())?;
    if input.attribute_name == "FifoTopic" && topic.is_fifo() {
        return Err(errors::invalid("AttributeName").into());
    }
    if value.is_empty() {
        topic.attributes.remove(&input.attribute_name);
    } else {
        topic.attributes.insert(input.attribute_name.clone(), value);
    }
    archive::follow(tx, &mut topic)?;
    topic.keep(tx)?;
    // What it says of deliveries is in what the audience remembers.
    Audience::changes(tx, &topic.scope, &topic.name);
    Ok(api::SetTopicAttributesOutput::default())
}
