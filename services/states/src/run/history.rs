//! Histories: the events of a step are a record, or a few where they are many.

use service::{Result, Tx};
use states_language::event::HistoryEvent;
use store::{Direction, Reads, record};

use crate::keys::{self, Id};

/// How many events a record has at most.
const EVENTS_MAX: usize = 100;
/// From how many bytes of payloads on a record gets no more events.
const BYTES: usize = 64 * 1024;

#[cfg(test)]
layouts::stays!(stored_events: compact Vec<HistoryEvent>);

/// Appends events to the history of an execution.
pub(super) fn append(tx: &mut Tx<'_>, machine: &Id, execution: &Id, events: &[HistoryEvent]) -> Result<()> {
    let mut rest = events;
    while let Some(first) = rest.first() {
        let (now, later) = rest.split_at(fitting(rest));
        tx.put_compact(keys::event(machine, execution, first.id), &now)?;
        rest = later;
    }
    Ok(())
}

/// How many events from the first one on go into a record.
fn fitting(events: &[HistoryEvent]) -> usize {
    let mut bytes = 0;
    let fits = |event: &&HistoryEvent| {
        let has_room = bytes < BYTES;
        bytes += event.payload_bytes();
        has_room
    };
    events.iter().take(EVENTS_MAX).take_while(fits).count()
}

/// The events from a number on, or down from it, as many as are wanted.
pub(crate) fn page(
    reads: &impl Reads,
    (machine, execution): (&Id, &Id),
    from: u64,
    is_reverse: bool,
    count: usize,
) -> Result<Vec<HistoryEvent>> {
    let mut range = keys::events(machine, execution).prefix_range();
    let direction = if is_reverse { Direction::Backward } else { Direction::Forward };
    if is_reverse {
        range.end = keys::event(machine, execution, from.saturating_add(1)).into();
    } else {
        range.start = first_of(reads, (machine, execution), from)?;
    }
    let mut page = Vec::new();
    for entry in reads.scan(range, direction) {
        let mut events: Vec<HistoryEvent> = record::decode(&entry?.1)?;
        if is_reverse {
            events.reverse();
        }
        page.extend(
            events.into_iter().filter(|event| if is_reverse { event.id <= from } else { event.id >= from }),
        );
        if page.len() >= count {
            page.truncate(count);
            break;
        }
    }
    Ok(page)
}

/// The key of the record that has an event of this number.
fn first_of(reads: &impl Reads, (machine, execution): (&Id, &Id), event: u64) -> Result<Vec<u8>> {
    let mut before = keys::events(machine, execution).prefix_range();
    before.end = keys::event(machine, execution, event.saturating_add(1)).into();
    match reads.scan(before.clone(), Direction::Backward).next() {
        Some(entry) => Ok(entry?.0.to_vec()),
        None => Ok(before.start),
    }
}
