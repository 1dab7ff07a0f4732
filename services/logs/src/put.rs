//! PutLogEvents.

use api_logs as api;
use service::{Result, Tx};
use wire::Fault;

use crate::event::{Event, size_bytes};
use crate::group::{self, Group};
use crate::keys::{self, Place};
use crate::{errors, stream};

const HOUR_MS: i64 = 3_600_000;
/// How far a batch may reach from its first to its last event.
const SPAN_MS_MAX: i64 = 24 * HOUR_MS;
/// How far ahead of now an event may be.
const AHEAD_MS_MAX: i64 = 2 * HOUR_MS;
/// How old an event may be when it comes.
const AGE_MS_MAX: i64 = 14 * 24 * HOUR_MS;
/// What a batch may take.
const BATCH_BYTES_MAX: usize = 1_048_576;

pub(crate) fn put(tx: &mut Tx<'_>, input: &api::PutLogEventsInput) -> Result<api::PutLogEventsOutput> {
    check(&input.log_events)?;
    let group = group::find(&**tx, &tx.scope(), &input.log_group_name)?;
    let mut stream = stream::find(&**tx, &group, &input.log_stream_name)?;
    let now_ms = tx.now.millis();
    let (taken, rejected) = divide(&input.log_events, &group, now_ms);
    tx.delete(stream.recently(&group.id));
    for event in taken {
        let place = Place { at_ms: event.timestamp, number: stream.next_number };
        let record = Event { message: event.message.clone(), ingested_ms: now_ms };
        tx.put_record(keys::event(&group.id, &stream.id, place), &record)?;
        tx.put(keys::time(&group.id, &stream.id, place), stream.name.clone().into_bytes());
        stream.next_number += 1;
        stream.bytes += size_bytes(&event.message) as u64;
    }
    if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
        stream.first_ms = Some(stream.first_ms.map_or(first.timestamp, |ms| ms.min(first.timestamp)));
        stream.last_ms = Some(stream.last_ms.map_or(last.timestamp, |ms| ms.max(last.timestamp)));
        stream.ingested_ms = Some(now_ms);
    }
    tx.put(stream.recently(&group.id), Vec::new());
    tx.put_record(keys::stream(&group.id, &stream.name), &stream)?;
    Ok(api::PutLogEventsOutput {
        // AWS gives any token, and asks for none.
        next_sequence_token: Some(format!("{:056}", stream.next_number)),
        rejected_log_events_info: rejected,
        rejected_entity_info: None,
    })
}

/// What makes a batch impossible as a whole.
fn check(events: &[api::InputLogEvent]) -> Result<(), Fault> {
    if !events.is_sorted_by_key(|event| event.timestamp) {
        return Err(errors::invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let (first_ms, last_ms) =
        (events.first().map_or(0, |event| event.timestamp), events.last().map_or(0, |event| event.timestamp));
    if last_ms.saturating_sub(first_ms) > SPAN_MS_MAX {
        return Err(errors::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    let bytes: usize = events.iter().map(|event| size_bytes(&event.message)).sum();
    if bytes > BATCH_BYTES_MAX {
        let message = format!("Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES_MAX}");
        return Err(errors::invalid(message));
    }
    Ok(())
}

/// The events that are taken, of a sorted batch, and what is said of the others.
fn divide<'a>(
    events: &'a [api::InputLogEvent],
    group: &Group,
    now_ms: i64,
) -> (&'a [api::InputLogEvent], Option<api::RejectedLogEventsInfo>) {
    let before = |moment_ms: i64| events.partition_point(|event| event.timestamp < moment_ms);
    let too_old = before(now_ms - AGE_MS_MAX);
    let expired = before(group.expired_before_ms(now_ms));
    let too_new = before(now_ms + AHEAD_MS_MAX + 1);
    let index = |at: usize| i32::try_from(at).ok();
    let rejected = api::RejectedLogEventsInfo {
        too_new_log_event_start_index: index(too_new).filter(|_| too_new < events.len()),
        too_old_log_event_end_index: index(too_old).filter(|_| too_old > 0),
        expired_log_event_end_index: index(expired).filter(|_| expired > too_old),
    };
    let from = too_old.max(expired);
    let is_whole = from == 0 && too_new == events.len();
    (&events[from..too_new.max(from)], (!is_whole).then_some(rejected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(moments_ms: &[i64]) -> Vec<api::InputLogEvent> {
        let event = |timestamp: &i64| api::InputLogEvent { timestamp: *timestamp, message: "m".into() };
        moments_ms.iter().map(event).collect()
    }

    fn group(retention_days: Option<i32>) -> Group {
        Group {
            id: [0; 16],
            name: "g".into(),
            created_ms: 0,
            retention_days,
            retention_set_ms: 0,
            class: "STANDARD".into(),
            protected: false,
        }
    }

    #[test]
    fn impossible_batches_are_refused() {
        assert!(check(&events(&[2, 1])).is_err());
        assert!(check(&events(&[0, SPAN_MS_MAX])).is_ok());
        assert!(check(&events(&[0, SPAN_MS_MAX + 1])).is_err());
        let event = |length| vec![api::InputLogEvent { timestamp: 0, message: "x".repeat(length) }];
        assert!(check(&event(BATCH_BYTES_MAX - 26)).is_ok());
        assert!(check(&event(BATCH_BYTES_MAX - 25)).is_err());
    }

    #[test]
    fn events_out_of_bounds_are_left_out_and_told() {
        let now_ms = 100 * 24 * HOUR_MS;
        let batch =
            events(&[now_ms - AGE_MS_MAX - 1, now_ms - 2 * 24 * HOUR_MS, now_ms, now_ms + AHEAD_MS_MAX + 1]);
        let (taken, rejected) = divide(&batch, &group(Some(1)), now_ms);
        assert_eq!(taken.iter().map(|event| event.timestamp).collect::<Vec<_>>(), [now_ms]);
        let rejected = rejected.unwrap();
        assert_eq!(rejected.too_old_log_event_end_index, Some(1));
        assert_eq!(rejected.expired_log_event_end_index, Some(2));
        assert_eq!(rejected.too_new_log_event_start_index, Some(3));
        let (taken, rejected) = divide(&batch[1..3], &group(None), now_ms);
        assert!(taken.len() == 2 && rejected.is_none());
    }
}
