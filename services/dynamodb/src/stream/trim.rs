//! Records go when they are a day old, and a closed stream goes a day after it was closed.
//!
//! A shard with records has one job, which deletes what is old enough and comes again for the rest, at most once a minute.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::tuple::Parts;
use store::{Reads as _, record};

use super::{Head, KEPT_MS, Record, Stream};
use crate::SWEEPER;
use crate::keys::{self, Id};

/// All of it, for all streams.
const TRIMS: Jobs = Jobs::new("dynamodb", "trim", 4);
/// Records that one transaction deletes.
const PIECE: usize = 100;
/// Jobs come at whole minutes.
const GRAIN_MS: i64 = 60_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trim {
    scope: Scope,
    what: What,
}

#[cfg(test)]
layouts::stays!(stored_stream_trim: Trim);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    /// Old records of a shard.
    Shard { stream: Id, shard: u32 },
    /// A closed stream, by its key.
    Stream { key: Vec<u8> },
}

/// Sees to it that a shard is trimmed whose first record is of that moment.
pub(super) fn begin(tx: &mut Tx<'_>, scope: Scope, stream: &Id, shard: u32, at_ms: i64) -> Result<()> {
    let id = tx.random().bytes();
    TRIMS.put(tx, due_ms(at_ms), &id, &Trim { scope, what: What::Shard { stream: *stream, shard } })
}

/// Sees to it that a stream ends.
pub(super) fn end(tx: &mut Tx<'_>, scope: Scope, key: &[u8], due_ms: i64) -> Result<()> {
    let id = tx.random().bytes();
    TRIMS.put(tx, due_ms, &id, &Trim { scope, what: What::Stream { key: key.to_vec() } })
}

fn due_ms(at_ms: i64) -> i64 {
    (at_ms + KEPT_MS + GRAIN_MS - 1).div_euclid(GRAIN_MS) * GRAIN_MS
}

/// Trims as it becomes due.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, trim: Arc<Trim>| async move {
        Ok((cloud.context_of("dynamodb", trim.scope), ()))
    };
    let work = |tx: &mut Tx<'_>, trim: &Trim, (): &()| {
        let again_ms = match &trim.what {
            What::Shard { stream, shard } => self::shard(tx, stream, *shard)?,
            What::Stream { key } => self::stream(tx, key)?,
        };
        Ok(again_ms.map_or(Verdict::Done, |due_ms| Verdict::Again(trim.clone(), due_ms)))
    };
    TRIMS.run_in_transactions(cloud, prepare, work).await
}

/// Deletes what is old, and says when to come again.
fn shard(tx: &mut Tx<'_>, stream: &Id, shard: u32) -> Result<Option<i64>> {
    let head_key = keys::shard(stream, shard);
    // Whoever adds a record changes the head, so nothing comes in meanwhile.
    let Some(mut head) = tx.get_record::<Head>(&head_key)? else { return Ok(None) };
    let records = keys::records(stream, shard);
    let mut old = Vec::new();
    let mut next_ms = None;
    for found in tx.scan_head(records.prefix_range()) {
        let (key, value) = found?;
        let at_ms = record::decode::<Record>(&value)?.at_ms;
        if at_ms > tx.now.millis() - KEPT_MS {
            next_ms = Some(due_ms(at_ms));
            break;
        }
        if old.len() == PIECE {
            next_ms = Some(tx.now.millis());
            break;
        }
        head.trimmed = Parts::new(&key[records.len()..]).u64()?;
        old.push(key);
    }
    old.iter().for_each(|key| tx.delete(&**key));
    head.trims = next_ms.is_some();
    tx.put_compact(head_key, &head)?;
    Ok(next_ms)
}

/// Deletes a stream; the sweeper has the rest.
fn stream(tx: &mut Tx<'_>, key: &[u8]) -> Result<Option<i64>> {
    if let Some(stream) = tx.get_record::<Stream>(key)? {
        tx.delete(key);
        for shard in 0..stream.shards {
            tx.delete(keys::shard(&stream.id, shard));
            SWEEPER.put(tx, &keys::records(&stream.id, shard));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_never_trimmed_too_soon() {
        for at_ms in [0, 1, GRAIN_MS - 1, GRAIN_MS, 1_800_000_000_001] {
            let due_ms = due_ms(at_ms);
            assert!((at_ms + KEPT_MS..at_ms + KEPT_MS + GRAIN_MS).contains(&due_ms), "{at_ms}");
        }
    }
}
