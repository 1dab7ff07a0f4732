//! Publish and PublishBatch: a delivery is noted for each subscription that wants the message.

use std::collections::HashSet;

use api_sns as api;
use names::ids;
use serde::{Deserialize, Serialize};
use service::{Error, Remembered, Result, Tx};
use wire::Fault;

use crate::audience::Audience;
use crate::content::Content;
use crate::delivery::Delivery;
use crate::fifo::{self, Place};
use crate::message::{BYTES_MAX, Message};
use crate::topics::Topic;
use crate::{endpoint, errors, mobile, publication};

/// Messages of a batch.
const ENTRIES_MAX: usize = 10;

pub(crate) fn one(tx: &mut Tx<'_>, input: &api::PublishInput) -> Result<api::PublishOutput> {
    if let Some(number) = &input.phone_number {
        return to_phone(tx, input, number);
    }
    let arn = input.topic_arn.as_deref().or(input.target_arn.as_deref());
    if let Some(device) = input.target_arn.as_deref().filter(|arn| mobile::is_endpoint_arn(arn)) {
        return to_device(tx, input, device);
    }
    let arn =
        arn.ok_or_else(|| errors::invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    let place = Place {
        group: input.message_group_id.as_deref(),
        deduplication: input.message_deduplication_id.as_deref(),
    };
    let (subject, structure) = (input.subject.as_deref(), input.message_structure.as_deref());
    let message = Message::new(&input.message, subject, structure, input.message_attributes.as_ref())?;
    let topic = Topic::shared(&**tx, arn)?;
    let audience = Audience::of(tx, &topic)?;
    let published = publish(tx, &topic, &audience, message, place)?;
    Ok(api::PublishOutput { message_id: Some(published.id), sequence_number: published.sequence })
}

/// A text message.
fn to_phone(tx: &mut Tx<'_>, input: &api::PublishInput, number: &str) -> Result<api::PublishOutput> {
    if input.topic_arn.is_some() || input.target_arn.is_some() {
        let message = "PhoneNumber Reason: only one of TopicArn, TargetArn and PhoneNumber may be given";
        return Err(errors::invalid(message).into());
    }
    if !endpoint::is_phone_number(number) {
        let message = format!("PhoneNumber Reason: {number} does not meet the E164 format");
        return Err(errors::invalid(message).into());
    }
    directly(tx, input, "sms", number)
}

/// A notification to a device.
fn to_device(tx: &mut Tx<'_>, input: &api::PublishInput, device: &str) -> Result<api::PublishOutput> {
    let missing = || errors::invalid("TargetArn Reason: No endpoint found for the target arn specified");
    mobile::reach(&**tx, device)?.ok_or_else(missing)??;
    directly(tx, input, "application", device)
}

/// A message to somebody who subscribed to nothing.
fn directly(
    tx: &mut Tx<'_>,
    input: &api::PublishInput,
    protocol: &str,
    receiver: &str,
) -> Result<api::PublishOutput> {
    let (subject, structure) = (input.subject.as_deref(), input.message_structure.as_deref());
    let message = Message::new(&input.message, subject, structure, input.message_attributes.as_ref())?;
    let published = Published::new(tx);
    let content = Content::direct(tx.scope(), message, &published, tx);
    publication::put(tx, &content, &[&Delivery::direct(protocol, receiver)])?;
    Ok(api::PublishOutput { message_id: Some(published.id), sequence_number: None })
}

/// What a publisher is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) id: String,
    /// In a FIFO topic.
    pub(crate) sequence: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_published: Published);

impl Published {
    pub(crate) fn new(tx: &Tx<'_>) -> Self {
        Published { id: ids::uuid(tx.random().bytes()), sequence: None }
    }

    /// As an answer that is remembered.
    pub(crate) fn remembered(&self) -> Result<Remembered> {
        let answer = store::record::encode(self)?.into();
        Ok(Remembered { fingerprint: store::Bytes::new(), answer })
    }

    /// From an answer that was remembered.
    pub(crate) fn of(answer: &Remembered) -> Result<Self> {
        Ok(store::record::decode(&answer.answer)?)
    }
}

/// Notes the deliveries of a message.
fn publish(
    tx: &mut Tx<'_>,
    topic: &Topic,
    audience: &Audience,
    message: Message,
    place: Place<'_>,
) -> Result<Published> {
    if topic.is_fifo() {
        return fifo::publish(tx, topic, audience, message, place);
    }
    if place.deduplication.is_some() {
        return Err(errors::invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
        )
        .into());
    }
    let published = Published::new(tx);
    let deliveries: Vec<_> = audience.who_want(&message).into_iter().map(|member| &member.delivery).collect();
    let group = place.group.map(str::to_owned);
    let content = Content { group, ..Content::new(topic, message, &published, tx) };
    publication::put(tx, &content, &deliveries)?;
    Ok(published)
}

pub(crate) fn batch(tx: &mut Tx<'_>, input: &api::PublishBatchInput) -> Result<api::PublishBatchOutput> {
    let entries = &input.publish_batch_request_entries;
    check_batch(entries)?;
    let topic = Topic::shared(&**tx, &input.topic_arn)?;
    let audience = Audience::of(tx, &topic)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match publish_entry(tx, &topic, &audience, entry) {
            Ok(published) => successful.push(api::PublishBatchResultEntry {
                id: Some(entry.id.clone()),
                message_id: Some(published.id),
                sequence_number: published.sequence,
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
    audience: &Audience,
    entry: &api::PublishBatchRequestEntry,
) -> Result<Published> {
    let place = Place {
        group: entry.message_group_id.as_deref(),
        deduplication: entry.message_deduplication_id.as_deref(),
    };
    let (subject, structure) = (entry.subject.as_deref(), entry.message_structure.as_deref());
    let message = Message::new(&entry.message, subject, structure, entry.message_attributes.as_ref())?;
    publish(tx, topic, audience, message, place)
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
    if !entries.iter().all(|entry| names::is_plain(&entry.id, "-_", 1..=80)) {
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
