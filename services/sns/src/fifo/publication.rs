//! Publications in a FIFO topic.

use ring::digest;
use service::{Idempotency, Result, Tx, rising, rising_text};
use wire::Fault;

use super::lane::{InLane, Lane};
use super::stored::Stored;
use crate::audience::{Audience, Member};
use crate::content::Content;
use crate::errors;
use crate::message::Message;
use crate::publish::Published;
use crate::topics::Topic;

/// How long a publication is known again.
const REMEMBERED: Idempotency = Idempotency::new("sns", "publication", 5 * 60 * 1000);
/// The longest group id or deduplication id.
const LABEL_LEN_MAX: usize = 128;

/// Where a publisher wants a message.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) group: Option<&'a str>,
    pub(crate) deduplication: Option<&'a str>,
}

/// Publishes a message at the end of its group, unless it was published before.
pub(crate) fn publish(
    tx: &mut Tx<'_>,
    topic: &Topic,
    audience: &Audience,
    message: Message,
    place: Place<'_>,
) -> Result<Published> {
    let group = place
        .group
        .filter(|group| !group.is_empty())
        .ok_or_else(|| errors::invalid("The MessageGroupId parameter is required for FIFO topics"))?;
    check_label("MessageGroupId", group)?;
    let deduplication = deduplication(topic, &message, place.deduplication)?;
    let topic_arn = topic.arn().to_string();
    let of = if topic.is("FifoThroughputScope", "MessageGroup") {
        [&topic_arn, "\n", group].concat()
    } else {
        topic_arn
    };
    if let Some(answer) = REMEMBERED.get(&**tx, tx.now, &of, &deduplication)? {
        return Published::of(&answer);
    }
    let lanes = lanes(tx, audience, &message, group)?;
    let last = lanes.iter().map(|(_, lane)| lane.last()).max().unwrap_or_default();
    let sequence = rising(tx.now).max(last + 1);
    let published = Published { sequence: Some(rising_text(sequence)), ..Published::new(tx) };
    let content = Content {
        group: Some(group.to_owned()),
        deduplication: Some(deduplication.clone()),
        ..Content::new(topic, message, &published, tx)
    };
    if let Some(archive) = &topic.archive {
        archive.put(tx, &content, sequence)?;
    }
    Stored { content, deliveries: lanes.len() as u64 }.put(tx)?;
    for (member, lane) in lanes {
        let (message_id, delivery) = (published.id.clone(), member.delivery.clone());
        lane.append(tx, sequence, &InLane { message_id, delivery })?;
    }
    let now = tx.now;
    REMEMBERED.put(tx, now, &of, &deduplication, published.remembered()?)?;
    Ok(published)
}

/// The lanes of all subscriptions that want the message.
fn lanes<'a>(
    tx: &Tx<'_>,
    audience: &'a Audience,
    message: &Message,
    group: &str,
) -> Result<Vec<(&'a Member, Lane)>> {
    let members = audience.who_want(message).into_iter();
    members.map(|member| Ok((member, Lane::open(tx, &member.delivery.subscription_arn, group)?))).collect()
}

fn deduplication(topic: &Topic, message: &Message, given: Option<&str>) -> Result<String, Fault> {
    match given {
        Some(given) => check_label("MessageDeduplicationId", given).map(|()| given.to_owned()),
        None if topic.is("ContentBasedDeduplication", "true") => {
            Ok(hex::encode(digest::digest(&digest::SHA256, message.text.as_bytes())))
        }
        None => Err(errors::invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        )),
    }
}

fn check_label(parameter: &str, label: &str) -> Result<(), Fault> {
    let fits = label.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && (1..=LABEL_LEN_MAX).contains(&label.len()) {
        return Ok(());
    }
    Err(errors::invalid(format_args!(
        "{parameter} Reason: {parameter} can only include alphanumeric and punctuation characters. 1 to {LABEL_LEN_MAX} in length."
    )))
}
