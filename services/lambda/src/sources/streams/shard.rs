//! The reader of one shard: reads on from its checkpoint, gathers batches, hands them on, and moves the checkpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use patterns::Pattern;
use runtime::PAYLOAD_BYTES_MAX;
use service::{Cloud, Result, news};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use wire::{Fault, Timestamp};

use super::checkpoint::{self, Checkpoint};
use super::deliver::{self, deliver};
use super::event::{self, Record};
use super::settings::Streaming;
use super::stream::{Page, Stream, is_trimmed};
use super::window;
use crate::host::Host;
use crate::sources::mapping::Mapping;

/// How long a reader rests after its first failure; after each further one in a row twice as long.
const REST_MS: i64 = 250;
/// Rests get no longer than 2^8 times the first: a minute.
const REST_DOUBLINGS_MAX: u32 = 8;

/// One shard of a mapping.
pub(super) struct Reader {
    pub(super) host: Arc<Host>,
    pub(super) cloud: Arc<Cloud>,
    pub(super) mapping: Mapping,
    pub(super) settings: Streaming,
    pub(super) patterns: Vec<Pattern>,
    pub(super) shard: String,
    /// True when the mapping changes: what is at work is finished, and nothing is begun.
    pub(super) stop: watch::Receiver<bool>,
}

/// What a turn came to.
pub(super) enum Turn {
    Done,
    /// There will never be more.
    Over,
}

/// What was gathered.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) wanted: Vec<Record>,
    /// The sequence number of the last record that was looked at; none when there was nothing new.
    pub(super) last: Option<String>,
    /// Whether there will never be more.
    pub(super) is_over: bool,
}

impl Reader {
    /// Reads on until there will never be more, or until it is stopped.
    pub(super) async fn run(self: Arc<Self>) {
        let mut failures = 0;
        while !self.is_stopped() {
            let turn = match self.settings.tumbling_s {
                0 => self.turn().await,
                _ => window::turn(&self).await,
            };
            match turn {
                Ok(Turn::Done) => failures = 0,
                Ok(Turn::Over) => return,
                Err(error) => {
                    tracing::warn!(%error, stream = self.mapping.source.as_str(), "a stream cannot be worked on");
                    self.rest(failures).await;
                    failures += 1;
                }
            }
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(super) async fn stopped(&self) {
        // An error says that nobody can stop it any more: its owner is gone.
        let _ = self.stop.clone().wait_for(|stops| *stops).await;
    }

    /// Waits before what failed so often is tried again.
    pub(super) async fn rest(&self, failures: u32) {
        let rest_ms = REST_MS << failures.min(REST_DOUBLINGS_MAX);
        let until = Timestamp(self.cloud.clock.now().millis() + rest_ms);
        tokio::select! {
            () = self.stopped() => {}
            () = self.cloud.clock.sleep_until(until) => {}
        }
    }

    async fn turn(self: &Arc<Self>) -> Result<Turn> {
        let gathered = self.gather(None).await?;
        let Some(last) = gathered.last else {
            return Ok(if gathered.is_over { Turn::Over } else { Turn::Done });
        };
        let result = match gathered.wanted.is_empty() {
            // What no filter wants is done with.
            true => Some(None),
            false => self.hand_on(gathered.wanted).await?.map(Some),
        };
        if let Some(result) = result {
            let result = result.map(str::to_owned);
            self.put(&Checkpoint { after: last, result, window: None }).await?;
        }
        Ok(Turn::Done)
    }

    /// Moves the checkpoint.
    pub(super) async fn put(&self, checkpoint: &Checkpoint) -> Result<()> {
        let context = self.cloud.context_of("lambda", self.mapping.scope);
        context.transact(|tx| checkpoint::put(tx, &self.mapping, &self.shard, checkpoint)).await
    }

    /// Waits for records, until that moment if one is told, and then for more of them as long as the batching window is open.
    pub(super) async fn gather(&self, wake: Option<Timestamp>) -> Result<Gathered> {
        let stream = Stream::of(&self.cloud, &self.mapping.source)?;
        // Before it looks: what comes after the look wakes it.
        let mut news = self.cloud.store.watch(news(&self.mapping.source));
        let checkpoint = checkpoint::find(&self.cloud.store.snapshot(), &self.mapping, &self.shard)?;
        let batch = usize::try_from(self.mapping.batch_size).unwrap_or(1);
        let wish = batch.saturating_mul(self.lanes());
        let mut gathered =
            Gathered { last: checkpoint.map(|checkpoint| checkpoint.after), ..Gathered::default() };
        let mut is_new = false;
        let mut until: Option<Timestamp> = None;
        let mut bytes = 0;
        while gathered.wanted.len() < wish && bytes < PAYLOAD_BYTES_MAX && !self.is_stopped() {
            let page = self.look(&stream, gathered.last.as_deref(), wish - gathered.wanted.len()).await?;
            gathered.is_over = page.is_over;
            if page.records.is_empty() {
                let now = self.cloud.clock.now();
                let wake = [until, wake].into_iter().flatten().min();
                if page.is_over || wake.is_some_and(|wake| wake <= now) {
                    break;
                }
                tokio::select! {
                    () = news.changed() => {}
                    () = self.stopped() => {}
                    () = self.cloud.clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
                }
                continue;
            }
            is_new = true;
            for record in page.records {
                let (document, record) = event::read(self.mapping.source.as_str(), record);
                gathered.last = Some(record.number.clone());
                if self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(&document))
                {
                    bytes += record.text.len() + 1;
                    gathered.wanted.push(record);
                }
            }
            let opened = self.cloud.clock.now().millis() + i64::from(self.mapping.window_s) * 1000;
            until = until
                .or((!gathered.wanted.is_empty() || self.mapping.window_s == 0).then_some(Timestamp(opened)));
        }
        gathered.last = gathered.last.filter(|_| is_new && !self.is_stopped());
        Ok(gathered)
    }

    /// Looks for records; where those that come next are gone already, for the oldest that are left.
    async fn look(&self, stream: &Stream, after: Option<&str>, count: usize) -> Result<Page, Fault> {
        match stream.read(&self.shard, after, count).await {
            Err(fault) if is_trimmed(&fault) => {
                tracing::warn!(
                    stream = self.mapping.source.as_str(),
                    "records were gone before they were read"
                );
                stream.read(&self.shard, None, count).await
            }
            page => page,
        }
    }

    /// Windows have one lane: their state goes from batch to batch.
    fn lanes(&self) -> usize {
        if self.settings.tumbling_s > 0 {
            return 1;
        }
        usize::try_from(self.settings.lanes).unwrap_or(1).max(1)
    }

    /// Hands records on in batches: those of an item one after the other, different lanes at once. Returns what became of
    /// them, or None when it was stopped before all were done with.
    async fn hand_on(self: &Arc<Self>, records: Vec<Record>) -> Result<Option<&'static str>> {
        let lanes = self.lanes() as u64;
        let mut parts: BTreeMap<u64, Vec<Record>> = BTreeMap::new();
        for record in records {
            parts.entry(record.item % lanes).or_default().push(record);
        }
        let mut at_work = JoinSet::new();
        for part in parts.into_values() {
            let reader = Arc::clone(self);
            at_work.spawn(async move {
                let mut result = None;
                for batch in divide(part, usize::try_from(reader.mapping.batch_size).unwrap_or(1)) {
                    result = deliver(&reader, batch, None).await?;
                    if result.is_none() {
                        break;
                    }
                }
                Ok::<_, service::Error>(result)
            });
        }
        let mut outcome = Ok(Some(deliver::OK));
        // All of them are waited for, whatever becomes of one: what is at work must not be broken off.
        while let Some(lane) = at_work.join_next().await {
            let panicked = |panic: JoinError| Fault::new("InternalFailure", 500, panic.to_string());
            outcome = match (outcome, lane.map_err(panicked)?) {
                (Err(error), _) | (_, Err(error)) => Err(error),
                (Ok(Some(deliver::OK)), Ok(result)) => Ok(result),
                (Ok(Some(failed)), Ok(Some(_))) => Ok(Some(failed)),
                (Ok(_), Ok(_)) => Ok(None),
            };
        }
        outcome
    }
}

/// Divides records into batches that a function can be given.
pub(super) fn divide(records: Vec<Record>, count_max: usize) -> Vec<Vec<Record>> {
    let mut batches: Vec<Vec<Record>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        let size = record.text.len() + 1;
        match batches.last_mut() {
            Some(batch) if batch.len() < count_max && bytes + size <= PAYLOAD_BYTES_MAX => batch.push(record),
            _ => {
                bytes = event::FRAME_BYTES;
                batches.push(vec![record]);
            }
        }
        bytes += size;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_what_fits_in_order() {
        let record = |number: usize| Record {
            number: number.to_string(),
            at_s: 0,
            item: 0,
            text: "x".repeat(if number < 3 { PAYLOAD_BYTES_MAX / 2 - 100 } else { 10 }),
        };
        let sizes = |count_max| -> Vec<usize> {
            let batches = divide((0..8).map(record).collect(), count_max);
            assert!(batches.iter().all(|batch| event::event(batch, "").len() <= PAYLOAD_BYTES_MAX));
            let numbers: Vec<_> = batches.concat().into_iter().map(|record| record.number).collect();
            assert_eq!(numbers, (0..8).map(|number| number.to_string()).collect::<Vec<_>>());
            batches.iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(100), [2, 6]);
        assert_eq!(sizes(3), [2, 3, 3]);
        assert_eq!(sizes(1), [1; 8]);
    }
}
