//! The poller of one mapping: a reader for each shard, stopped and started anew when the mapping changes.

use std::sync::Arc;

use service::{Cloud, Result};
use store::{Reads as _, record};
use tokio::sync::watch;
use tokio::task::JoinSet;
use wire::{Fault, Timestamp};

use super::shard::Reader;
use super::stream::Stream;
use crate::host::Host;
use crate::sources::filters;
use crate::sources::mapping::Mapping;

/// How long it rests when the stream cannot be described; after each further failure in a row twice as long.
const REST_MS: i64 = 1000;
/// Rests get no longer than 2^6 times the first.
const REST_DOUBLINGS_MAX: u32 = 6;

/// Reads until the mapping is deleted; batches at work are finished. `key` is the mapping's.
pub(in crate::sources) async fn run(host: Arc<Host>, cloud: Arc<Cloud>, key: Vec<u8>) -> Result<()> {
    let mut failures = 0;
    loop {
        let mut change = cloud.store.watch(key.clone());
        let found = cloud.store.snapshot().get(&key)?;
        let Some(mapping) = found.map(|value| record::decode::<Mapping>(&value)).transpose()? else {
            return Ok(());
        };
        if !mapping.enabled {
            change.changed().await;
            continue;
        }
        let (stop, stops) = watch::channel(false);
        match readers(&host, &cloud, &mapping, &stops).await {
            Ok(mut readers) => {
                failures = 0;
                watch_over(&mut readers, &mut change).await?;
                stop.send_replace(true);
                while readers.join_next().await.is_some() {}
            }
            Err(error) => {
                tracing::warn!(%error, stream = mapping.source.as_str(), "a stream cannot be read");
                let until =
                    Timestamp(cloud.clock.now().millis() + (REST_MS << failures.min(REST_DOUBLINGS_MAX)));
                failures += 1;
                tokio::select! {
                    () = change.changed() => {}
                    () = cloud.clock.sleep_until(until) => {}
                }
            }
        }
    }
}

/// Waits for a change of the mapping. Readers whose shards are over end before; one that panics makes all start again.
async fn watch_over(readers: &mut JoinSet<()>, change: &mut store::Watch) -> Result<()> {
    loop {
        tokio::select! {
            () = change.changed() => return Ok(()),
            Some(ended) = readers.join_next() => {
                ended.map_err(|panic| Fault::new("InternalFailure", 500, panic.to_string()))?;
            }
        }
    }
}

/// Starts a reader for each shard.
async fn readers(
    host: &Arc<Host>,
    cloud: &Arc<Cloud>,
    mapping: &Mapping,
    stop: &watch::Receiver<bool>,
) -> Result<JoinSet<()>> {
    let mut readers = JoinSet::new();
    let Some(settings) = &mapping.stream else { return Ok(readers) };
    for shard in Stream::of(cloud, &mapping.source)?.shards().await? {
        let reader = Reader {
            host: Arc::clone(host),
            cloud: Arc::clone(cloud),
            mapping: mapping.clone(),
            settings: settings.clone(),
            patterns: filters::patterns(&settings.filters)?,
            shard: shard.shard_id.unwrap_or_default(),
            stop: stop.clone(),
        };
        readers.spawn(Arc::new(reader).run());
    }
    Ok(readers)
}
