//! Events that nobody can see any more are deleted: those of deleted streams, and those that their retention has passed.

use std::collections::HashMap;
use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::tuple::within;
use store::{Direction, Reads as _, Transaction};

use crate::event::{Event, size_bytes};
use crate::group::Group;
use crate::keys::{self, Id};
use crate::stream::Stream;

/// Events that one transaction deletes.
const PIECE: usize = 500;
/// How often a group with a retention is looked through.
const EXPIRE_EVERY_MS: i64 = 3_600_000;
const CHORES: Jobs = Jobs::new("logs", "chore", 4);

/// Something to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Chore {
    /// All events of a deleted stream.
    Forget { group: Id, stream: Id },
    /// Events past the retention that was set at that moment, again and again.
    Expire { scope: Scope, group: String, set_ms: i64 },
}

#[cfg(test)]
layouts::stays!(stored_chore: Chore);

/// Notes a chore.
pub(crate) fn put(tx: &mut Tx<'_>, chore: &Chore) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    CHORES.put(tx, now_ms, &id, chore)
}

/// Does chores as they become due.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    CHORES.run(cloud, carry_out).await
}

async fn carry_out(cloud: Arc<Cloud>, chore: Chore) -> Result<Verdict<Chore>> {
    let now_ms = cloud.clock.now().millis();
    let next_ms = cloud.store.transact(|tx: &mut Transaction| match &chore {
        Chore::Forget { group, stream } => forget(tx, group, stream, now_ms),
        Chore::Expire { scope, group, set_ms } => expire(tx, scope, group, *set_ms, now_ms),
    });
    Ok(match next_ms.await? {
        Some(next_ms) => Verdict::Again(chore, next_ms),
        None => Verdict::Done,
    })
}

/// Deletes a piece of a deleted stream; none when nothing is left, else when to go on.
fn forget(tx: &mut Transaction, group: &Id, stream: &Id, now_ms: i64) -> Result<Option<i64>> {
    let doomed = tx.scan_head(keys::events(group, stream).prefix_range()).take(PIECE);
    let doomed = doomed.map(|entry| Ok(entry?.0)).collect::<Result<Vec<_>>>()?;
    for key in &doomed {
        tx.delete(&**key);
        tx.delete(keys::time(group, stream, keys::place_of(key)?));
    }
    Ok((!doomed.is_empty()).then_some(now_ms))
}

/// Deletes a piece of what has expired; none when the retention is another one by now, else when to go on.
fn expire(tx: &mut Transaction, scope: &Scope, group: &str, set_ms: i64, now_ms: i64) -> Result<Option<i64>> {
    let group: Option<Group> = tx.get_record(&keys::group(scope, group))?;
    let Some(group) = group.filter(|group| group.retention_set_ms == set_ms) else { return Ok(None) };
    let times = keys::times(&group.id);
    let end = keys::times(&group.id).i64(group.expired_before_ms(now_ms));
    let is_old = |entry: &Result<(store::Bytes, store::Bytes), _>| {
        entry.as_ref().map_or(true, |(key, _)| **key < *end)
    };
    let doomed =
        tx.scan_head(within(&times)).take_while(is_old).take(PIECE).collect::<Result<Vec<_>, _>>()?;
    let mut freed: HashMap<String, u64> = HashMap::new();
    for (key, name) in &doomed {
        let (stream, place) = keys::moment_of(key)?;
        let event = keys::event(&group.id, &stream, place);
        let bytes = tx.get_record::<Event>(&event)?.map_or(0, |event| size_bytes(&event.message));
        *freed.entry(String::from_utf8_lossy(name).into_owned()).or_default() += bytes as u64;
        tx.delete(&**key);
        tx.delete(&event);
    }
    for (name, bytes) in freed {
        shrink(tx, &group, &name, bytes)?;
    }
    Ok(Some(if doomed.len() == PIECE { now_ms } else { now_ms + EXPIRE_EVERY_MS }))
}

/// A stream has less in it, and begins later.
fn shrink(tx: &mut Transaction, group: &Group, name: &str, bytes: u64) -> Result<()> {
    let key = keys::stream(&group.id, name);
    let Some(mut stream) = tx.get_record::<Stream>(&key)? else { return Ok(()) };
    stream.bytes = stream.bytes.saturating_sub(bytes);
    let events = keys::events(&group.id, &stream.id).prefix_range();
    let first = tx.scan_unchecked(events, Direction::Forward).next().transpose()?;
    stream.first_ms = first.map(|(key, _)| keys::place_of(&key)).transpose()?.map(|place| place.at_ms);
    Ok(tx.put_record(&key, &stream)?)
}
