//! Sends to a FIFO queue.

use std::sync::atomic::{AtomicU64, Ordering};

use ring::digest;
use service::{Result, Tx};
use wire::Fault;

use super::group::Group;
use super::{Slot, check_label, deduplication};
use crate::errors;
use crate::keys::{self, Id};
use crate::message::{Body, Transit};
use crate::queue::Queue;

/// The number of the first sequence number, so that each has the 20 digits that AWS's have.
const SEQUENCE_BASE: u128 = 18_000_000_000_000_000_000;
/// Binary digits of a sequence number below its millisecond.
const SEQUENCE_BITS: u32 = 20;
/// The last sequence number of this process.
static LAST: AtomicU64 = AtomicU64::new(0);

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
        return Ok((sent.message, text_of(sent.sequence)));
    }
    let body = Body { group: Some(group), deduplication: Some(deduplication), ..body };
    let sequence = place(tx, &queue.contents, id, visible_at_ms, body, transit)?;
    remembered.remember(tx, id, sequence)?;
    Ok((*id, text_of(sequence)))
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
    let sequence = next(tx.now.millis()).max(group.last() + 1);
    tx.put_record(&keys::body(contents, id), &Body { sequence: Some(sequence), ..body })?;
    group.append(tx, sequence, &Slot { message: *id, transit: *transit, visible_at_ms })?;
    Ok(sequence)
}

/// A number that is greater than all before it in this process, and than those of earlier milliseconds in any.
fn next(now_ms: i64) -> u64 {
    let of_now = u64::try_from(now_ms).unwrap_or_default() << SEQUENCE_BITS;
    let later = |last: u64| Some(of_now.max(last + 1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    of_now.max(last.unwrap_or_default() + 1)
}

/// A sequence number as clients see it.
pub(crate) fn text_of(sequence: u64) -> String {
    (SEQUENCE_BASE + u128::from(sequence)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_rise_and_have_twenty_digits() {
        let numbers: Vec<u64> = [5, 5, 3, 1_800_000_000_000].map(next).to_vec();
        assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
        for number in [0, 1_800_000_000_000 << SEQUENCE_BITS] {
            assert_eq!(text_of(number).len(), 20);
        }
    }
}
