//! Messages that wait in a standard queue: the walk over those that are visible.

use service::{Result, Tx};
use store::tuple::Key;
use store::{Bytes, record};

use crate::claims::Claimed;
use crate::keys::{self, Id};
use crate::message::Transit;
use crate::receive::{CLAIM_MS, LOOKS_MAX};

/// A message that is visible.
pub(crate) struct Waiting {
    /// Where its entry stands.
    pub(crate) entry: Bytes,
    pub(crate) id: Id,
    pub(crate) transit: Transit,
}

/// Claims entries at the head of the index or of a lane that are visible now, and hands them to `take` until that wants no
/// more. Gives the moment when there may be others, if there will be.
pub(crate) fn head(
    tx: &Tx<'_>,
    range: Key,
    claimed: &mut Claimed<'_>,
    mut take: impl FnMut(Waiting) -> bool,
) -> Result<Option<i64>> {
    let now_ms = tx.now.millis();
    let mut next_ms = None;
    for entry in tx.scan_head(range.prefix_range()).take(LOOKS_MAX) {
        let (entry, value) = entry?;
        let Some((at_ms, id)) = keys::place_of(&entry) else { continue };
        if at_ms > now_ms {
            return Ok(next_ms.or(Some(at_ms)));
        }
        if !claimed.claim(&id) {
            // It is being received; should that come to nothing, it is there again at once.
            next_ms = Some(now_ms + CLAIM_MS);
            continue;
        }
        if !take(Waiting { entry, id, transit: record::decode(&value)? }) {
            break;
        }
    }
    Ok(next_ms)
}
