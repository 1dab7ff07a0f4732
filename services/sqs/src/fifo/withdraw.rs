//! Messages that leave a FIFO queue without being received: the oldest of each group that is not locked.

use service::{Result, Tx};
use store::Reads as _;

use super::group::Group;
use crate::keys;
use crate::message::Body;
use crate::moves::{Taker, Withdrawn};
use crate::queue::Queue;

/// Takes messages out of groups none of whose messages are in flight.
pub(crate) fn withdraw(tx: &mut Tx<'_>, queue: &Queue, count: usize, taker: Taker<'_>) -> Result<Withdrawn> {
    let mut left = count;
    for name in available(tx, queue, count)? {
        let group = Group::open(tx, &queue.contents, &name)?;
        for (sequence, slot) in group.first(tx, left)? {
            if slot.visible_at_ms > tx.now.millis() {
                break;
            }
            let body = tx.get_record::<Body>(&keys::body(&queue.contents, &slot.message))?;
            if let Some(body) = body
                && let Some(why) = taker(tx, body)?
            {
                group.settle(tx)?;
                return Ok(Withdrawn::Stopped(why));
            }
            group.delete(tx, sequence, &slot.message);
            left -= 1;
        }
        group.settle(tx)?;
        if left == 0 {
            return Ok(Withdrawn::Enough);
        }
    }
    Ok(Withdrawn::All)
}

/// Groups that may be received now, so many at most.
fn available(tx: &Tx<'_>, queue: &Queue, count: usize) -> Result<Vec<String>> {
    let mut groups = Vec::new();
    for entry in tx.scan_head(keys::ready_of(&queue.contents).prefix_range()).take(count) {
        let (available_ms, name) = keys::group_of(&entry?.0)?;
        if available_ms > tx.now.millis() {
            break;
        }
        groups.push(name);
    }
    Ok(groups)
}
