//! Fair queues: messages of quiet tenants do not wait behind the backlog of a noisy one.
//!
//! A tenant is a message group of a standard queue. All messages wait in the queue's index, until a tenant is found to be
//! noisy: a tenth of what was received lately was its own, and more of it stands at the head. From then on its waiting messages
//! stand in a lane of their own, and receives take from the lanes what the index does not give; a lane is gone when it is
//! empty. The queue's record says which lanes there are, so everybody agrees on where a message stands, and a restart
//! changes nothing. Messages in flight and delayed ones are in the index, whosever they are.
//!
//! A queue whose messages have no groups has no lanes, and pays for none of this. Nobody is limited: when no quiet tenant
//! has anything, the noisy ones get all of it, and while quiet ones keep the queue busy, a lane has a turn now and then.
//!
//! Follows "How Amazon SQS fair queues work" in the developer guide, with its tenth of the messages, and thirty of them. AWS
//! goes by messages in flight and processing time; here it is what was received last, which needs no count.

mod choice;
mod recent;

use std::num::NonZeroU64;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use store::tuple::Key;

use crate::keys::{self, Id};
use crate::queue::Queue;

pub(crate) use choice::Choice;
pub(crate) use recent::Recent;

/// A message group of a standard queue, as a number that is made of its name: two with the same number would be one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tenant(NonZeroU64);

impl Tenant {
    /// The first eight bytes of the digest of its name.
    pub(crate) fn of(group: &str) -> Self {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 16] = Md5::digest(group).into();
        Tenant(NonZeroU64::new(u64::from_be_bytes([a, b, c, d, e, f, g, h])).unwrap_or(NonZeroU64::MIN))
    }

    pub(crate) fn number(self) -> u64 {
        self.0.get()
    }
}

/// Where a message that is put into a queue stands: in the lane of its tenant, if that has one and it may be received now.
pub(crate) fn place(
    queue: &Queue,
    tenant: Option<Tenant>,
    visible_at_ms: i64,
    now_ms: i64,
    message: &Id,
) -> Key {
    match tenant.filter(|tenant| visible_at_ms <= now_ms && queue.lanes.contains(tenant)) {
        Some(tenant) => keys::lane(&queue.contents, tenant, visible_at_ms, message),
        None => keys::index(&queue.contents, visible_at_ms, message),
    }
}

/// All ranges in which messages of a standard queue stand, by the moments from which they are visible: its lanes and its index.
pub(crate) fn ranges(queue: &Queue) -> impl Iterator<Item = Key> {
    let lanes = queue.lanes.iter().map(|tenant| keys::lane_of(&queue.contents, *tenant));
    lanes.chain([keys::index_of(&queue.contents)])
}
