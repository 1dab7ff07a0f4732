//! Publish and PublishBatch: a delivery is noted for each subscription that wants the message.

use std::collections::HashSet;

use api_sns as api;
use names::ids;
use service::{Error, Result, Tx};
use wire::Fault;

use crate::delivery::{self, Delivery};
use crate::errors;
use crate::message::{BYTES_MAX, Message};
use crate::published::Published;
use crate::subscription::Subscription;
use crate::topics::{self, Topic};

/// Messages of a batch.
const ENTRIES_MAX: usize = 10;

pub(crate) fn one(tx: &mut Tx<'_>, input: &api::PublishInput) -> Result<api::PublishOutput> {
    if input.phone_number.is_some() {
        return Err(errors::not_built("PhoneNumber").into());
    }
    let arn = input.topic_arn.as_deref().or(input.target_arn.as_deref());
    let arn =
        arn.ok_or_else(|| errors::invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    refuse_fifo(input.message_group_id.as_deref(), input.message_deduplication_id.as_deref())?;
    let (subject, structure) = (input.subject.as_deref(), input.message_structure.as_deref());
    let message = Message::new(&input.message, subject, structure, input.message_attributes.as_ref())?;
    let topic = Topic::find(&**tx, arn)?;
    let subscriptions = topics::subscriptions_of(&**tx, &topic)?;
    let message_id = Some(publish(tx, &topic, &subscriptions, message)?);
    Ok(api::PublishOutput { message_id, sequence_number: None })
}

fn refuse_fifo(group: Option<&str>, deduplication: Option<&str>) -> Result<(), Fault> {
    match (group, deduplication) {
        (_, Some(_)) => Err(errors::invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
        )),
        (Some(_), None) => Err(errors::not_built("MessageGroupId")),
        (None, None) => Ok(()),
    }
}

/// Notes the deliveries of a message, and gives it its id.
fn publish(
    tx: &mut Tx<'_>,
    topic: &Topic,
    subscriptions: &[Subscription],
    message: Message,
) -> Result<String> {
    let message_id = ids::uuid(tx.random().bytes());
    let wanting: Vec<_> = subscriptions.iter().filter(|subscription| wants(subscription, &message)).collect();
    if wanting.is_empty() {
        return Ok(message_id);
    }
    for subscription in &wanting {
        let delivery = Delivery {
            message_id: message_id.clone(),
            subscription_arn: subscription.arn().to_string(),
            protocol: subscription.protocol.clone(),
            endpoint: subscription.endpoint.clone(),
            raw: subscription.is_raw(),
            failures: 0,
        };
        delivery::put(tx, &delivery)?;
    }
    let deliveries = wanting.len() as u64;
    let (topic_arn, published_ms) = (topic.arn().to_string(), tx.now.millis());
    Published { topic_arn, message, published_ms, deliveries }.put(tx, &message_id)?;
    Ok(message_id)
}

fn wants(subscription: &Subscription, message: &Message) -> bool {
    let of_body =
        subscription.attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody");
    subscription.policy().is_none_or(|policy| {
        policy.wants(&if of_body { message.body_as_json() } else { message.attributes_as_json() })
    })
}

pub(crate) fn batch(tx: &mut Tx<'_>, input: &api::PublishBatchInput) -> Result<api::PublishBatchOutput> {
    let entries = &input.publish_batch_request_entries;
    check_batch(entries)?;
    let topic = Topic::find(&**tx, &input.topic_arn)?;
    let subscriptions = topics::subscriptions_of(&**tx, &topic)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match publish_entry(tx, &topic, &subscriptions, entry) {
            Ok(message_id) => successful.push(api::PublishBatchResultEntry {
                id: Some(entry.id.clone()),
                message_id: Some(message_id),
                sequence_number: None,
            }),
            Err(Error::Fault(fault)) => failed.push(api::BatchResultErrorEntry {
                id: entry.id.clone(),
                code: fault.query_code.clone().unwrap_or_else(|| fault.code.clone()).into_owned(),
                sender_fault: fault.is_sender(),
                message: Some(fault.message),
            }),
            Err(error) => return Err(error),
        }
    }
    Ok(api::PublishBatchOutput { successful: Some(successful), failed: Some(failed) })
}

fn publish_entry(
    tx: &mut Tx<'_>,
    topic: &Topic,
    subscriptions: &[Subscription],
    entry: &api::PublishBatchRequestEntry,
) -> Result<String> {
    refuse_fifo(entry.message_group_id.as_deref(), entry.message_deduplication_id.as_deref())?;
    let (subject, structure) = (entry.subject.as_deref(), entry.message_structure.as_deref());
    let message = Message::new(&entry.message, subject, structure, entry.message_attributes.as_ref())?;
    publish(tx, topic, subscriptions, message)
}

fn check_batch(entries: &[api::PublishBatchRequestEntry]) -> Result<(), Fault> {
    if entries.is_empty() {
        return Err(api::error::empty_batch_request_exception(
            "The batch request doesn't contain any entries.",
        ));
    }
    if entries.len() > ENTRIES_MAX {
        return Err(api::error::too_many_entries_in_batch_request_exception(
            "The batch request contains more entries than permissible.",
        ));
    }
    let is_id = |id: &str| id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if entries.iter().any(|entry| entry.id.is_empty() || entry.id.len() > 80 || !is_id(&entry.id)) {
        return Err(api::error::invalid_batch_entry_id_exception(
            "The Id of a batch entry in a batch request doesn't abide by the specification.",
        ));
    }
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() < entries.len() {
        return Err(api::error::batch_entry_ids_not_distinct_exception(
            "Two or more batch entries in the request have the same Id.",
        ));
    }
    if entries.iter().map(|entry| entry.message.len()).sum::<usize>() > BYTES_MAX {
        return Err(api::error::batch_request_too_long_exception(
            "The length of all the messages put together is more than the limit.",
        ));
    }
    Ok(())
}
