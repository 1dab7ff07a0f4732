//! How many messages a FIFO queue holds, by where they stand.

use service::Result;
use store::{Direction, Reads, record};

use super::Slot;
use crate::counts::Counts;
use crate::keys;
use crate::queue::Queue;

/// Counts by a walk over all groups; expired messages do not count. What waits behind messages in flight is visible to AWS.
pub(crate) fn count(reads: &impl Reads, queue: &Queue, now_ms: i64) -> Result<Counts> {
    let kept_since_ms = now_ms - queue.number("MessageRetentionPeriod") * 1000;
    let mut counts = Counts::default();
    for entry in reads.scan(keys::slots_of_all(&queue.contents).prefix_range(), Direction::Forward) {
        let slot: Slot = record::decode(&entry?.1)?;
        if slot.transit.sent_ms < kept_since_ms {
            continue;
        }
        if slot.is_in_flight(now_ms) {
            counts.in_flight += 1;
        } else if slot.visible_at_ms > now_ms {
            counts.delayed += 1;
        } else {
            counts.visible += 1;
        }
    }
    Ok(counts)
}
