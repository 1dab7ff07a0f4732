//! Receives from a FIFO queue: the next messages of groups none of whose messages are in flight.

use std::sync::Arc;

use api_sqs as api;
use ring::digest;
use service::{Error, Result, Tx};
use store::Reads as _;

use super::group::Group;
use super::{Slot, attempts};
use crate::claims::Claimed;
use crate::handle::Handle;
use crate::keys::{self, Id};
use crate::message::Body;
use crate::queue::{Address, Queue};
use crate::receive::{CLAIM_MS, LOOKS_MAX, Look, Receives, Wish, write};
use crate::redrive;

/// Dead and expired messages that are cleared away on the way to those that a receive gives.
const CLEARED_MAX: usize = 10;

/// Takes messages of groups that may be received, and locks these groups.
pub(crate) fn look(
    tx: &mut Tx<'_>,
    address: &Address,
    queue: Arc<Queue>,
    wish: &Wish,
    receives: &Receives,
    claimed: &mut Claimed<'_>,
) -> Result<Look> {
    if let Some(messages) = attempts::again(tx, &queue, wish)? {
        return Ok(Look { queue, messages, tenants: Vec::new(), next_ms: None });
    }
    let redrive = redrive::Target::of(&**tx, &queue)?;
    let mut messages = Vec::new();
    let mut looks = 0;
    let next_ms = loop {
        let wanted = wish.count - messages.len();
        let (groups, next_ms) = available(tx, &queue, wanted, claimed)?;
        looks += groups.len();
        if wanted == 0 || groups.is_empty() || looks > LOOKS_MAX {
            break next_ms;
        }
        if messages.is_empty() && !admits(tx, &queue, wish, receives)? {
            break None;
        }
        for name in &groups {
            let wanted = wish.count - messages.len();
            messages.extend(take(tx, address, &queue, wish, redrive.as_ref(), name, wanted)?);
        }
    };
    attempts::remember(tx, &queue, wish, &messages)?;
    Ok(Look { queue, messages, tenants: Vec::new(), next_ms })
}

/// Whether so many messages more may be in flight. AWS gives none instead of an error where they may not.
fn admits(tx: &Tx<'_>, queue: &Queue, wish: &Wish, receives: &Receives) -> Result<bool> {
    let now_ms = tx.now.millis();
    let count = || Ok(super::count(&**tx, queue, now_ms)?.in_flight as usize);
    match receives.in_flight.admit(&queue.contents, wish.count, now_ms, count) {
        Ok(()) => Ok(true),
        Err(Error::Fault(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Groups that may be received now, and when to look again if there are none.
fn available(
    tx: &Tx<'_>,
    queue: &Queue,
    count: usize,
    claimed: &mut Claimed<'_>,
) -> Result<(Vec<String>, Option<i64>)> {
    let now_ms = tx.now.millis();
    let mut groups = Vec::new();
    let mut next_ms = None;
    for entry in tx.scan_head(keys::ready_of(&queue.contents).prefix_range()).take(LOOKS_MAX) {
        let (available_ms, name) = keys::group_of(&entry?.0)?;
        if available_ms > now_ms {
            return Ok((groups, next_ms.or(Some(available_ms))));
        }
        if groups.len() == count {
            break;
        }
        if claimed.claim(&claim_of(&queue.contents, &name)) {
            groups.push(name);
        } else {
            // It is being received; should that come to nothing, it is there again at once.
            next_ms = Some(now_ms + CLAIM_MS);
        }
    }
    Ok((groups, next_ms))
}

/// What stands for a group among the claims.
fn claim_of(contents: &Id, name: &str) -> Id {
    let digest = digest::digest(&digest::SHA256, &keys::group(contents, name));
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// Takes messages from the head of a group.
fn take(
    tx: &mut Tx<'_>,
    address: &Address,
    queue: &Queue,
    wish: &Wish,
    redrive: Option<&redrive::Target>,
    name: &str,
    count: usize,
) -> Result<Vec<api::Message>> {
    let now_ms = tx.now.millis();
    let kept_since_ms = now_ms - queue.number("MessageRetentionPeriod") * 1000;
    let group = Group::open(tx, &queue.contents, name)?;
    let mut messages = Vec::new();
    for (sequence, slot) in group.first(tx, count + CLEARED_MAX)? {
        if slot.visible_at_ms > now_ms || messages.len() == count {
            break;
        }
        let Slot { message, transit, .. } = slot;
        let body = tx.get_record::<Body>(&keys::body(&queue.contents, &message))?;
        let body = body.filter(|_| transit.sent_ms >= kept_since_ms);
        let target = redrive.filter(|target| transit.receives >= target.receives_max);
        match (body, target) {
            (None, _) => group.delete(tx, sequence, &message),
            (Some(body), Some(target)) => {
                group.delete(tx, sequence, &message);
                target.bury(tx, address, &message, body, transit)?;
            }
            (Some(body), None) => {
                let taken = taken(queue, wish, slot, now_ms);
                group.put(tx, sequence, &taken)?;
                messages.push(write(wish, &handle_of(queue, &taken), &taken.transit, body));
            }
        }
    }
    group.settle(tx)?;
    Ok(messages)
}

fn taken(queue: &Queue, wish: &Wish, slot: Slot, now_ms: i64) -> Slot {
    let transit = slot.transit.received(now_ms);
    Slot { transit, visible_at_ms: now_ms + wish.visibility_ms(queue), ..slot }
}

/// The receipt handle of a message as it was received last.
pub(super) fn handle_of(queue: &Queue, slot: &Slot) -> Handle {
    Handle {
        contents: queue.contents,
        message: slot.message,
        receives: slot.transit.receives,
        // A receive that is tried again gives the same handle, and another time.
        visible_at_ms: 0,
    }
}
