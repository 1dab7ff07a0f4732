//! Sends to a FIFO queue.

use ring::digest;
use service::{Result, Tx, rising, rising_text};
use wire::Fault;

use super::group::Group;
use super::{Slot, check_label, deduplication};
use crate::errors;
use crate::keys::{self, Id};
use crate::message::{Body, Transit};
use crate::queue::Queue;

/// What the sender says of a message's place.
pub(crate) struct Labels {
    group: String,
    deduplication: String,
}

/// Refuses what is no id of a group.
pub(crate) fn check_group(group: &str) -> Result<(), Fault> {
    check_label("MessageGroupId", group)
}

impl Labels {
    /// Checks what the sender gave, and completes it.
    pub(crate) fn read(
        queue: &Queue,
        text: &str,
        group: Option<&str>,
        deduplication: Option<&str>,
    ) -> Result<Self, Fault> {
        let group =
            group.filter(|group| !group.is_empty()).ok_or_else(|| errors::missing("MessageGroupId"))?;
        check_group(group)?;
        let deduplication = match deduplication {
            Some(given) => {
                check_label("MessageDeduplicationId", given)?;
                given.to_owned()
            }
            None if queue.is_on("ContentBasedDeduplication") => {
                hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
            }
            None => {
                return Err(errors::invalid_value(
                    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided \
                     explicitly",
                ));
            }
        };
        Ok(Labels { group: group.to_owned(), deduplication })
    }
}

/// Sends a message, or finds that it was sent before. Gives its id and its sequence number.
pub(crate) fn send(
    tx: &mut Tx<'_>,
    queue: &Queue,
    labels: Labels,
    id: &Id,
    visible_at_ms: i64,
    body: Body,
    transit: &Transit,
) -> Result<(Id, String)> {
    let Labels { group, deduplication } = labels;
    let remembered = deduplication::Key::new(queue, &group, &deduplication);
    if let Some(sent) = remembered.find(tx)? {
        return Ok((sent.message, rising_text(sent.sequence)));
    }
    let body = Body { group: Some(group), deduplication: Some(deduplication), ..body };
    let sequence = place(tx, &queue.contents, id, visible_at_ms, body, transit)?;
    remembered.remember(tx, id, sequence)?;
    Ok((*id, rising_text(sequence)))
}

/// Puts a message at the end of its group, and gives its sequence number.
pub(crate) fn place(
    tx: &mut Tx<'_>,
    contents: &Id,
    id: &Id,
    visible_at_ms: i64,
    body: Body,
    transit: &Transit,
) -> Result<u64> {
    let mut group = Group::open(tx, contents, body.group.as_deref().unwrap_or_default())?;
    let sequence = rising(tx.now).max(group.last() + 1);
    tx.put_compact(keys::body(contents, id), &Body { sequence: Some(sequence), ..body })?;
    group.append(tx, sequence, &Slot { message: *id, transit: *transit, visible_at_ms })?;
    Ok(sequence)
}
