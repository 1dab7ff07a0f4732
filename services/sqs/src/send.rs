//! Send messages, alone and in batches.

use std::collections::BTreeMap;

use api_sqs as api;
use service::{Result, Tx};
use wire::Fault;

use crate::keys::Id;
use crate::message::{self, Attribute, Body, Transit};
use crate::queue::{self, Address, Queue};
use crate::{batch, errors, fair, fifo, keys};

/// The longest delay of a message, in seconds.
const DELAY_MAX: i32 = 900;
/// All messages of a batch together, in bytes.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// The only system attribute that a sender may give.
const TRACE: &str = "AWSTraceHeader";

/// A message to send, whichever operation brings it.
struct Draft<'a> {
    text: &'a str,
    digest: String,
    attributes: BTreeMap<String, Attribute>,
    system: BTreeMap<String, Attribute>,
    delay: Option<i32>,
    group: Option<&'a str>,
    deduplication: Option<&'a str>,
}

/// What was sent.
struct Sent {
    id: String,
    body_digest: String,
    attributes_digest: Option<String>,
    system_digest: Option<String>,
    sequence: Option<String>,
}

pub(crate) fn one(tx: &mut Tx<'_>, input: &api::SendMessageInput) -> Result<api::SendMessageOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    let draft = Draft {
        text: &input.message_body,
        digest: message::digest(&input.message_body),
        attributes: message::read_attributes(input.message_attributes.as_ref())?,
        system: read_system(input.message_system_attributes.as_ref())?,
        delay: input.delay_seconds,
        group: input.message_group_id.as_deref(),
        deduplication: input.message_deduplication_id.as_deref(),
    };
    let sent = send(tx, &address, &queue, draft)?;
    Ok(api::SendMessageOutput {
        message_id: Some(sent.id),
        md5_of_message_body: Some(sent.body_digest),
        md5_of_message_attributes: sent.attributes_digest,
        md5_of_message_system_attributes: sent.system_digest,
        sequence_number: sent.sequence,
    })
}

pub(crate) fn batch(
    tx: &mut Tx<'_>,
    input: &api::SendMessageBatchInput,
) -> Result<api::SendMessageBatchOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    batch::check("SendMessageBatchRequestEntry", input.entries.iter().map(|entry| entry.id.as_str()))?;
    check_batch_size(&input.entries)?;
    let mut digests =
        message::digests(input.entries.iter().map(|entry| entry.message_body.as_str())).into_iter();
    let (successful, failed) = batch::each(
        &input.entries,
        |entry| &entry.id,
        |entry| send_entry(tx, &address, &queue, entry, digests.next().unwrap_or_default()),
    )?;
    Ok(api::SendMessageBatchOutput { successful, failed })
}

fn send_entry(
    tx: &mut Tx<'_>,
    address: &Address,
    queue: &Queue,
    entry: &api::SendMessageBatchRequestEntry,
    digest: String,
) -> Result<api::SendMessageBatchResultEntry> {
    let draft = Draft {
        text: &entry.message_body,
        digest,
        attributes: message::read_attributes(entry.message_attributes.as_ref())?,
        system: read_system(entry.message_system_attributes.as_ref())?,
        delay: entry.delay_seconds,
        group: entry.message_group_id.as_deref(),
        deduplication: entry.message_deduplication_id.as_deref(),
    };
    let sent = send(tx, address, queue, draft)?;
    Ok(api::SendMessageBatchResultEntry {
        id: entry.id.clone(),
        message_id: sent.id,
        md5_of_message_body: sent.body_digest,
        md5_of_message_attributes: sent.attributes_digest,
        md5_of_message_system_attributes: sent.system_digest,
        sequence_number: sent.sequence,
    })
}

/// Checks one message and writes it; the queue's record is in the transaction, so it exists when this commits.
fn send(tx: &mut Tx<'_>, address: &Address, queue: &Queue, draft: Draft<'_>) -> Result<Sent> {
    check_size(queue, &draft)?;
    let delay_s = delay(address, queue, draft.delay)?;
    let id = message::id(tx.random(), tx.now);
    let sent_ms = tx.now.millis();
    let mut sent = Sent {
        id: names::ids::uuid(id),
        body_digest: draft.digest,
        attributes_digest: message::digest_of_attributes(&draft.attributes),
        system_digest: message::digest_of_attributes(&draft.system),
        sequence: None,
    };
    let trace = draft.system.into_values().next().and_then(|attribute| match attribute.value {
        message::Value::Text(text) => Some(text),
        message::Value::Binary(_) => None,
    });
    let trace = trace.or_else(|| tx.context.caller.trace.as_deref().map(str::to_owned));
    let body = Body {
        text: draft.text.to_owned(),
        attributes: draft.attributes,
        sender: tx.context.caller.principal.id.clone(),
        trace,
        digest: Some(sent.body_digest.clone()),
        ..Body::default()
    };
    let transit = Transit { sent_ms, ..Transit::default() };
    let visible_at_ms = sent_ms + delay_s * 1000;
    if address.is_fifo() {
        let labels = fifo::Labels::read(queue, draft.text, draft.group, draft.deduplication)?;
        let (id, sequence) = fifo::send(tx, queue, labels, &id, visible_at_ms, body, &transit)?;
        (sent.id, sent.sequence) = (names::ids::uuid(id), Some(sequence));
        return Ok(sent);
    }
    if let Some(deduplication) = draft.deduplication {
        return Err(errors::wrong_kind(deduplication, "MessageDeduplicationId").into());
    }
    draft.group.map(fifo::check_group).transpose()?;
    let body = Body { group: draft.group.map(str::to_owned), ..body };
    place(tx, queue, &id, visible_at_ms, &body, &transit)?;
    Ok(sent)
}

fn check_size(queue: &Queue, draft: &Draft<'_>) -> Result<(), Fault> {
    message::check_text(draft.text)?;
    let size_max = queue.number("MaximumMessageSize");
    if message::size_bytes(draft.text, &draft.attributes) as i64 > size_max {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {size_max} bytes."
        );
        return Err(errors::invalid_value(message));
    }
    Ok(())
}

/// For how long a message is delayed, in seconds. Those of FIFO queues have the queue's delay alone.
fn delay(address: &Address, queue: &Queue, wanted: Option<i32>) -> Result<i64, Fault> {
    match wanted {
        Some(delay) if address.is_fifo() && delay != 0 => Err(errors::wrong_kind(delay, "DelaySeconds")),
        Some(delay) if !(0..=DELAY_MAX).contains(&delay) => Err(errors::invalid_value(format!(
            "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= {DELAY_MAX}."
        ))),
        Some(delay) if !address.is_fifo() => Ok(delay.into()),
        _ => Ok(queue.number("DelaySeconds")),
    }
}

/// Writes a message into a queue and wakes who waits for one.
pub(crate) fn place(
    tx: &mut Tx<'_>,
    queue: &Queue,
    id: &Id,
    visible_at_ms: i64,
    body: &Body,
    transit: &Transit,
) -> Result<()> {
    let tenant = body.group.as_deref().map(fair::Tenant::of);
    let entry = fair::place(queue, tenant, visible_at_ms, tx.now.millis(), id);
    tx.put_compact(keys::body(&queue.contents, id), body)?;
    tx.put_compact(entry, &Transit { tenant, ..*transit })?;
    tx.signal(keys::arrival(&queue.contents));
    Ok(())
}

fn read_system(
    given: Option<&BTreeMap<String, api::MessageSystemAttributeValue>>,
) -> Result<BTreeMap<String, Attribute>, Fault> {
    let mut system = BTreeMap::new();
    for (name, value) in given.into_iter().flatten() {
        match (name.as_str(), value.data_type.as_str(), &value.string_value) {
            (TRACE, "String", Some(text)) => {
                let attribute =
                    Attribute { data_type: "String".into(), value: message::Value::Text(text.clone()) };
                system.insert(name.clone(), attribute);
            }
            _ => {
                let message = format!("Message system attribute name '{name}' is invalid.");
                return Err(errors::invalid_value(message));
            }
        }
    }
    Ok(system)
}

fn check_batch_size(entries: &[api::SendMessageBatchRequestEntry]) -> Result<(), Fault> {
    let attributes = |entry: &api::SendMessageBatchRequestEntry| -> usize {
        let sizes = entry.message_attributes.iter().flatten().map(|(name, value)| {
            let text = value.string_value.as_ref().map_or(0, String::len);
            let bytes = value.binary_value.as_ref().map_or(0, bytes::Bytes::len);
            name.len() + value.data_type.len() + text + bytes
        });
        sizes.sum()
    };
    let size: usize = entries.iter().map(|entry| entry.message_body.len() + attributes(entry)).sum();
    if size > BATCH_BYTES_MAX {
        let message = format!(
            "Batch requests cannot be longer than {BATCH_BYTES_MAX} bytes. You have sent {size} bytes."
        );
        return Err(api::error::batch_request_too_long(message));
    }
    Ok(())
}
