//! How far the shards of a mapping are worked on: a record for each, which moves when a batch is done with.

use names::Arn;
use serde::{Deserialize, Serialize};
use service::{Context, Result, Tx};
use store::{Direction, Reads, record};

use super::stream::Stream;
use super::window::Window;
use crate::keys;
use crate::sources::mapping::Mapping;

/// The place in a shard. Without one, it is read from its oldest record on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// The sequence number of the last record that is done with.
    pub(super) after: String,
    /// What became of the last batch; none when there was none yet.
    pub(super) result: Option<String>,
    /// The tumbling window that is open.
    #[serde(default)]
    pub(super) window: Option<Window>,
}

#[cfg(test)]
layouts::stays!(stored_checkpoint: Checkpoint);

/// Where a new mapping begins: the ends of all shards, when it wants only what comes.
pub(in crate::sources) async fn begin(
    context: &Context,
    source: &Arn,
    from: &str,
) -> Result<Vec<(String, Checkpoint)>> {
    let mut checkpoints = Vec::new();
    if from != "LATEST" {
        return Ok(checkpoints);
    }
    let stream = Stream::of(&context.cloud, source)?;
    for shard in stream.shards().await? {
        if let (Some(after), Some(id)) = (stream.end_of(&shard).await?, shard.shard_id) {
            checkpoints.push((id, Checkpoint { after, result: None, window: None }));
        }
    }
    Ok(checkpoints)
}

/// The place in a shard.
pub(super) fn find(reads: &impl Reads, mapping: &Mapping, shard: &str) -> Result<Option<Checkpoint>> {
    Ok(reads.get_record(&keys::checkpoint(&mapping.scope, &mapping.uuid, shard))?)
}

/// Moves the place in a shard, unless the mapping is gone.
pub(super) fn put(tx: &mut Tx<'_>, mapping: &Mapping, shard: &str, checkpoint: &Checkpoint) -> Result<()> {
    if tx.get(&keys::mapping(&mapping.scope, &mapping.uuid))?.is_some() {
        tx.put_record(keys::checkpoint(&mapping.scope, &mapping.uuid, shard), checkpoint)?;
    }
    Ok(())
}

/// Forgets the places of a mapping.
pub(in crate::sources) fn forget(tx: &mut Tx<'_>, mapping: &Mapping) -> Result<()> {
    let range = keys::checkpoints(&mapping.scope, &mapping.uuid).prefix_range();
    let found = tx.scan(range, Direction::Forward).map(|entry| Ok(entry?.0));
    let found = found.collect::<Result<Vec<_>>>()?;
    found.iter().for_each(|key| tx.delete(&**key));
    Ok(())
}

/// What became of the last batch of some shard, in Lambda's words.
pub(in crate::sources) fn last_result(reads: &impl Reads, mapping: &Mapping) -> Result<String> {
    let range = keys::checkpoints(&mapping.scope, &mapping.uuid).prefix_range();
    let mut last = None;
    for entry in reads.scan(range, Direction::Forward) {
        let Checkpoint { after, result, .. } = record::decode(&entry?.1)?;
        last = last.max(result.map(|result| (after, result)));
    }
    Ok(last.map_or_else(|| "No records processed".into(), |(_, result)| result))
}
