//! How many messages a queue holds, by where they stand.

use service::Result;
use store::{Direction, Reads, record};

use crate::message::Transit;
use crate::queue::{Address, Queue};
use crate::{fair, fifo};

/// The three counts that AWS gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
}

/// Counts by a scan of the index and the lanes; expired messages do not count.
pub(crate) fn of(reads: &impl Reads, address: &Address, queue: &Queue, now_ms: i64) -> Result<Counts> {
    if address.is_fifo() {
        return fifo::count(reads, queue, now_ms);
    }
    let kept_since_ms = now_ms - queue.number("MessageRetentionPeriod") * 1000;
    let mut counts = Counts::default();
    for range in fair::ranges(queue) {
        let visible_until = range.clone().i64(now_ms + 1);
        for entry in reads.scan(range.prefix_range(), Direction::Forward) {
            let (key, value) = entry?;
            let transit: Transit = record::decode(&value)?;
            if transit.sent_ms < kept_since_ms {
                continue;
            }
            if *key < *visible_until.as_bytes() {
                counts.visible += 1;
            } else if transit.receives > 0 {
                counts.in_flight += 1;
            } else {
                counts.delayed += 1;
            }
        }
    }
    Ok(counts)
}
