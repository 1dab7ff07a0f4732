//! FIFO queues: messages of a group are received in the order in which they were sent, and no others of it while some are
//! in flight.
//!
//! Each group has a record that everything that happens to it reads and writes, so that its sends and receives are one
//! after the other, and the order of its sequence numbers is that of commits. The groups themselves stand in an index at
//! the moment from which they may be received: a receive never walks over what is locked. [`crate::keys`] has the layout.
//!
//! Follows "FIFO delivery logic in Amazon SQS" and "Exactly-once processing in Amazon SQS" in the developer guide.

mod attempts;
mod counts;
mod deduplication;
mod group;
mod receive;
mod send;
mod settle;
mod withdraw;

pub(crate) use attempts::check as check_attempt_id;
pub(crate) use counts::count;
pub(crate) use receive::look;
pub(crate) use send::{Labels, check_group, place, send};
pub(crate) use settle::{change, delete};
pub(crate) use withdraw::withdraw;

use serde::{Deserialize, Serialize};
use wire::Fault;

use crate::errors;
use crate::keys::Id;
use crate::message::Transit;

/// How long sends and receive attempts are remembered, in milliseconds.
const REMEMBERED_MS: i64 = 5 * 60 * 1000;
/// The longest group id, deduplication id or attempt id.
const LABEL_LEN_MAX: usize = 128;

/// A message in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Slot {
    message: Id,
    transit: Transit,
    /// From when on it may be received, in milliseconds.
    visible_at_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_fifo_slot: Slot);

impl Slot {
    /// Whether somebody has received it and may still be at work on it.
    fn is_in_flight(&self, now_ms: i64) -> bool {
        self.transit.receives > 0 && self.visible_at_ms > now_ms
    }
}

/// The message of a record of a slot.
pub(crate) fn message_of(slot: &[u8]) -> Result<Id, store::Error> {
    Ok(store::record::decode::<Slot>(slot)?.message)
}

/// Refuses what is no id of a group, of a deduplication or of an attempt.
fn check_label(parameter: &str, label: &str) -> Result<(), Fault> {
    let fits = label.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && (1..=LABEL_LEN_MAX).contains(&label.len()) {
        return Ok(());
    }
    Err(errors::invalid_value(format!(
        "Value {label} for parameter {parameter} is invalid. Reason: {parameter} can only include alphanumeric and punctuation \
         characters. 1 to {LABEL_LEN_MAX} in length."
    )))
}

/// A record of a slot, for tests.
#[cfg(test)]
pub(crate) fn a_slot(message: Id) -> Vec<u8> {
    store::record::encode(&Slot { message, transit: Transit::default(), visible_at_ms: 0 })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_of_letters_digits_and_punctuation() {
        for label in ["a", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", &"x".repeat(128)] {
            assert!(check_label("MessageGroupId", label).is_ok(), "{label}");
        }
        for label in ["", "a b", "ä", "\n", &"x".repeat(129)] {
            let fault = check_label("MessageGroupId", label).unwrap_err();
            assert_eq!(fault.query_code.as_deref(), Some("InvalidParameterValue"), "{label}");
        }
    }
}
