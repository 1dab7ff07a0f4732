//! Pollers: one for each mapping, for as long as it is there.

use std::collections::HashSet;
use std::sync::Arc;

use runtime::PAYLOAD_BYTES_MAX;
use service::{Cloud, Result};
use store::{Direction, Reads as _, record};
use tokio::task::{JoinError, JoinSet};
use wire::{Fault, Timestamp};

use super::batch::Batch;
use super::filters::Filters;
use super::mapping::Mapping;
use super::queue::Queue;
use super::scale::Scale;
use super::streams;
use crate::host::{Call, Host};
use crate::{function, keys, trace};

/// How long one look at an empty queue waits, in seconds.
const WAIT_S: i32 = 20;
/// How long a poller rests after its first failure; after each further one in a row twice as long.
const REST_MS: i64 = 1000;
/// Rests get no longer than 2^6 times the first.
const REST_DOUBLINGS_MAX: u32 = 6;

/// Keeps a poller for every mapping.
pub(crate) async fn run(host: Arc<Host>, cloud: Arc<Cloud>) -> Result<()> {
    let mut news = cloud.store.watch(keys::mappings());
    let mut pollers = JoinSet::new();
    let mut polled = HashSet::new();
    loop {
        for entry in cloud.store.snapshot().scan(keys::mappings().prefix_range(), Direction::Forward) {
            let key = entry?.0.to_vec();
            if polled.insert(key.clone()) {
                let poller = Poller { host: Arc::clone(&host), cloud: Arc::clone(&cloud), key: key.clone() };
                pollers.spawn(async move { (key, poller.run().await) });
            }
        }
        tokio::select! {
            () = news.changed() => {}
            Some(ended) = pollers.join_next() => match ended {
                Ok((key, outcome)) => {
                    polled.remove(&key);
                    outcome?;
                }
                // All pollers start again: which mapping it was is unknown.
                Err(panic) => return Err(Fault::new("InternalFailure", 500, panic.to_string()).into()),
            },
        }
    }
}

/// Serves one mapping.
struct Poller {
    host: Arc<Host>,
    cloud: Arc<Cloud>,
    key: Vec<u8>,
}

impl Poller {
    /// Receives and invokes until the mapping is deleted; batches at work are finished.
    async fn run(self) -> Result<()> {
        let mapping = self.cloud.store.snapshot().get_record::<Mapping>(&self.key)?;
        if mapping.is_some_and(|mapping| mapping.stream.is_some()) {
            return streams::run(self.host, self.cloud, self.key).await;
        }
        let mut at_work = JoinSet::new();
        let mut failures = 0;
        let mut scale = Scale::default();
        loop {
            let mut change = self.cloud.store.watch(self.key.clone());
            let mapping = self.cloud.store.snapshot().get(&self.key)?;
            let Some(mapping) = mapping.map(|value| record::decode::<Mapping>(&value)).transpose()? else {
                break;
            };
            if !mapping.enabled {
                scale.back();
                change.changed().await;
                continue;
            }
            while let Some(ended) = at_work.try_join_next() {
                scale.heed(ended);
            }
            // Batches at work are counted by the poller alone, so that a new limit holds at once.
            let now = self.cloud.clock.now();
            let (is_full, grows) = scale.look(&mapping, at_work.len(), now);
            tokio::select! {
                () = change.changed() => {}
                Some(ended) = at_work.join_next(), if is_full => scale.heed(ended),
                () = self.cloud.clock.sleep_until(grows.unwrap_or_default()), if grows.is_some() => {}
                gathered = self.gather(&mapping), if !is_full => match gathered {
                    Ok(batches) => {
                        failures = 0;
                        if batches.is_empty() {
                            scale.back();
                        }
                        let mapping = Arc::new(mapping);
                        for batch in batches {
                            at_work.spawn(process(
                                Arc::clone(&self.host),
                                Arc::clone(&self.cloud),
                                Arc::clone(&mapping),
                                batch,
                            ));
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, queue = mapping.source.as_str(), "a queue cannot be read");
                        self.rest(failures, &mut change).await;
                        failures += 1;
                    }
                },
            }
        }
        while at_work.join_next().await.is_some() {}
        Ok(())
    }

    /// Waits for messages, and then for more of them as long as the window is open.
    async fn gather(&self, mapping: &Mapping) -> Result<Vec<Batch>> {
        // Without its function, a queue is left alone.
        function::find(&self.cloud.store.snapshot(), &mapping.function())?;
        let queue = Queue::of(&self.cloud, &mapping.source)?;
        let filters = Filters::new(&mapping.filters)?;
        let size = usize::try_from(mapping.batch_size).unwrap_or(1);
        let mut messages = queue.receive_wanted(&filters, size, WAIT_S).await?;
        let until_ms = self.cloud.clock.now().millis() + i64::from(mapping.window_s) * 1000;
        while !messages.is_empty() && messages.len() < size && body_bytes(&messages) < PAYLOAD_BYTES_MAX {
            let rest_ms = until_ms - self.cloud.clock.now().millis();
            if rest_ms <= 0 {
                break;
            }
            let wait_s = rest_ms.unsigned_abs().div_ceil(1000).min(WAIT_S.unsigned_abs().into()) as i32;
            messages.extend(queue.receive_wanted(&filters, size - messages.len(), wait_s).await?);
        }
        Ok(Batch::divide(&mapping.source, messages, PAYLOAD_BYTES_MAX))
    }

    async fn rest(&self, failures: u32, change: &mut store::Watch) {
        let rest_ms = REST_MS << failures.min(REST_DOUBLINGS_MAX);
        let until = Timestamp(self.cloud.clock.now().millis() + rest_ms);
        tokio::select! {
            () = change.changed() => {}
            () = self.cloud.clock.sleep_until(until) => {}
        }
    }
}

/// Whether a batch was run.
enum Ran {
    Yes,
    No,
}

impl Scale {
    /// Where batches cannot be run, more of them cannot either.
    fn heed(&mut self, ended: Result<Ran, JoinError>) {
        if !matches!(ended, Ok(Ran::Yes)) {
            self.back();
        }
    }
}

fn body_bytes(messages: &[api_sqs::Message]) -> usize {
    messages.iter().filter_map(|message| message.body.as_ref()).map(String::len).sum()
}

/// Hands a batch to the function, and deletes what it took. What it did not take comes again when its time is over.
async fn process(host: Arc<Host>, cloud: Arc<Cloud>, mapping: Arc<Mapping>, batch: Batch) -> Ran {
    let context = cloud.context_of("lambda", mapping.scope);
    let trace = trace::of_batch(&context, batch.traces());
    let context = context.traced(Some(trace.into()));
    let work = async {
        let name = mapping.function();
        let function = function::choose(&*context.view(), &name, context.random())?;
        let call = Call::of(&context.caller.request_id, batch.event());
        let outcome = host.run(&context, &function, &name, call).await?;
        if outcome.function_error.is_some() {
            return Ok(());
        }
        let done = batch.done(&outcome.payload, mapping.reports_failures);
        Ok::<_, service::Error>(Queue::of(&cloud, &mapping.source)?.delete(&done).await?)
    };
    let Err(error) = work.await else { return Ran::Yes };
    tracing::warn!(%error, function = mapping.function, "a batch could not be worked on");
    Ran::No
}
