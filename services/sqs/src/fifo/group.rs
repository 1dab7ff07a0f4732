//! A group: its record, its place in the index of groups that may be received, and the walk over its messages.

use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::{Direction, Reads as _, record};

use super::Slot;
use crate::keys::{self, Id};

/// What is stored of a group that has messages. A group without any has no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The greatest sequence number that was given out.
    last: u64,
    /// Where its entry in the index of groups stands; none before the first message is placed.
    available_ms: Option<i64>,
}

#[cfg(test)]
layouts::stays!(stored_fifo_group: Record);

/// A group in a transaction, which is one with its record.
pub(super) struct Group {
    contents: Id,
    name: String,
    record: Record,
}

impl Group {
    /// The group of that name. Whoever opens it runs again when somebody else changes it meanwhile.
    pub(super) fn open(tx: &Tx<'_>, contents: &Id, name: &str) -> Result<Self> {
        let record = tx.get_record(&keys::group(contents, name))?.unwrap_or_default();
        Ok(Group { contents: *contents, name: name.to_owned(), record })
    }

    /// The greatest sequence number that it has given out.
    pub(super) fn last(&self) -> u64 {
        self.record.last
    }

    /// Puts a new message at its end.
    pub(super) fn append(&mut self, tx: &mut Tx<'_>, sequence: u64, slot: &Slot) -> Result<()> {
        self.put(tx, sequence, slot)?;
        self.record.last = sequence;
        let available_ms = self.record.available_ms.unwrap_or(slot.visible_at_ms);
        self.stand_at(tx, available_ms)
    }

    /// Writes a message in its place.
    pub(super) fn put(&self, tx: &mut Tx<'_>, sequence: u64, slot: &Slot) -> Result<()> {
        Ok(tx.put_record(keys::slot(&self.contents, &self.name, sequence), slot)?)
    }

    /// Its message of that number.
    pub(super) fn get(&self, tx: &Tx<'_>, sequence: u64) -> Result<Option<Slot>> {
        Ok(tx.get_record(&keys::slot(&self.contents, &self.name, sequence))?)
    }

    /// Takes a message out, with its body.
    pub(super) fn delete(&self, tx: &mut Tx<'_>, sequence: u64, message: &Id) {
        tx.delete(keys::slot(&self.contents, &self.name, sequence));
        tx.delete(keys::body(&self.contents, message));
    }

    /// Its first messages, in order.
    pub(super) fn first(&self, tx: &Tx<'_>, count: usize) -> Result<Vec<(u64, Slot)>> {
        let range = keys::slots(&self.contents, &self.name).prefix_range();
        // The record stands for all of it: whoever changes a message writes that too.
        tx.scan_unchecked(range, Direction::Forward)
            .take(count)
            .map(|entry| {
                let (key, value) = entry?;
                Ok((keys::sequence_of(&key)?, record::decode(&value)?))
            })
            .collect()
    }

    /// Finds out from when on it may be received, and puts it there; a group without messages is no more.
    pub(super) fn settle(mut self, tx: &mut Tx<'_>) -> Result<()> {
        let now_ms = tx.now.millis();
        // What was received stands before what never was, because it was received in order.
        let mut available_ms: Option<i64> = None;
        for (_, slot) in self.first(tx, IN_FLIGHT_MAX + 1)? {
            if slot.is_in_flight(now_ms) {
                available_ms = available_ms.max(Some(slot.visible_at_ms));
            } else if slot.transit.receives == 0 {
                available_ms = available_ms.or(Some(slot.visible_at_ms));
                break;
            } else {
                available_ms = available_ms.or(Some(now_ms.min(slot.visible_at_ms)));
            }
        }
        match available_ms {
            Some(available_ms) => self.stand_at(tx, available_ms),
            None => {
                self.leave_index(tx);
                tx.delete(keys::group(&self.contents, &self.name));
                Ok(())
            }
        }
    }

    fn stand_at(&mut self, tx: &mut Tx<'_>, available_ms: i64) -> Result<()> {
        if self.record.available_ms != Some(available_ms) {
            self.leave_index(tx);
            tx.put(keys::ready(&self.contents, available_ms, &self.name), store::Bytes::new());
            self.record.available_ms = Some(available_ms);
            tx.signal(keys::arrival(&self.contents));
        }
        Ok(tx.put_record(keys::group(&self.contents, &self.name), &self.record)?)
    }

    fn leave_index(&self, tx: &mut Tx<'_>) {
        if let Some(available_ms) = self.record.available_ms {
            tx.delete(keys::ready(&self.contents, available_ms, &self.name));
        }
    }
}

/// Messages of a group that are in flight together, at most: what one receive takes.
const IN_FLIGHT_MAX: usize = 10;
