//! The records of jobs, by the moment at which they are due, and the loop that takes them up.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Transaction;
use store::tuple::{Key, Parts};
use tokio::task::JoinSet;
use wire::Timestamp;

use super::Verdict;
use super::walk::Walk;
use crate::{Cloud, Result};

/// Jobs at `key, due at (ms), id`; the key itself is signalled when there is a new one.
#[derive(Clone, Debug)]
pub(crate) struct JobRange {
    pub(super) key: Key,
    pub(super) at_work_max: usize,
}

/// Writes what became of the job at a key. The bytes are fresh, for the id of another one.
pub(crate) trait Settle<V>:
    Fn(&mut Transaction, &[u8], &V, &[u8; 16]) -> Result<()> + Clone + Send + Sync + 'static
{
}

impl<V, S> Settle<V> for S where
    S: Fn(&mut Transaction, &[u8], &V, &[u8; 16]) -> Result<()> + Clone + Send + Sync + 'static
{
}

impl JobRange {
    /// Notes a job.
    pub(super) fn put<T: Serialize>(
        &self,
        tx: &mut Transaction,
        due_ms: i64,
        id: &[u8; 16],
        job: &T,
    ) -> Result<()> {
        tx.put_record(self.key_of(due_ms, id), job)?;
        tx.signal(&self.key);
        Ok(())
    }

    /// Does jobs as they become due, and notes those again that are to be done again.
    pub(super) async fn run_jobs<T, F, W>(
        &self,
        cloud: Arc<Cloud>,
        work: F,
        rest: Option<Duration>,
    ) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(Arc<Cloud>, T) -> W,
        W: Future<Output = Result<Verdict<T>>> + Send + 'static,
    {
        let range = self.clone();
        let settle = move |tx: &mut Transaction, key: &[u8], verdict: &Verdict<T>, id: &[u8; 16]| {
            range.settle(tx, key, verdict, id)
        };
        self.run(cloud, work, settle, rest).await
    }

    /// Does jobs as they become due, and writes what becomes of them.
    pub(crate) async fn run<T, V, F, W, S>(
        &self,
        cloud: Arc<Cloud>,
        work: F,
        settle: S,
        rest: Option<Duration>,
    ) -> Result<()>
    where
        T: DeserializeOwned,
        V: Send + Sync + 'static,
        F: Fn(Arc<Cloud>, T) -> W,
        W: Future<Output = Result<V>> + Send + 'static,
        S: Settle<V>,
    {
        let start = |cloud: Arc<Cloud>, key, job| {
            let done = work(Arc::clone(&cloud), job);
            do_one(cloud, key, done, settle.clone())
        };
        self.take_up(cloud, start, rest).await
    }

    /// Starts jobs as they become due. What it starts gives the job's key back when that is settled. It ends when there was no
    /// job for as long as `rest`, if that is given.
    pub(super) async fn take_up<T, F, W>(
        &self,
        cloud: Arc<Cloud>,
        start: F,
        rest: Option<Duration>,
    ) -> Result<()>
    where
        T: DeserializeOwned,
        F: Fn(Arc<Cloud>, Vec<u8>, T) -> W,
        W: Future<Output = Result<Vec<u8>>> + Send + 'static,
    {
        let mut news = cloud.store.watch(&self.key);
        let mut at_work = JoinSet::new();
        let mut keys_at_work = HashSet::new();
        let mut walk = Walk::default();
        loop {
            for (key, job) in walk.on(self, &cloud, &keys_at_work)? {
                keys_at_work.insert(key.clone());
                at_work.spawn(start(Arc::clone(&cloud), key, job));
            }
            let next_ms = walk.next_ms();
            let is_idle = next_ms.is_none() && at_work.is_empty();
            let sleep_until = Timestamp(next_ms.unwrap_or(i64::MAX));
            let mut done = tokio::select! {
                () = news.changed() => { walk.begin_anew(); None }
                () = cloud.clock.sleep_until(sleep_until), if next_ms.is_some() => { walk.go_on(); None }
                () = tokio::time::sleep(rest.unwrap_or_default()), if is_idle && rest.is_some() => return Ok(()),
                Some(done) = at_work.join_next() => Some(done),
            };
            while let Some(settled) = done {
                // Which job it was that panicked is unknown: all that are at work are taken up again by the next run.
                let settled = settled.map_err(|panic| crate::operation::internal(&panic.to_string()))?;
                keys_at_work.remove(&settled?);
                done = at_work.try_join_next();
            }
        }
    }

    /// Writes what became of a job.
    pub(super) fn settle<T: Serialize>(
        &self,
        tx: &mut Transaction,
        key: &[u8],
        verdict: &Verdict<T>,
        id: &[u8; 16],
    ) -> Result<()> {
        tx.delete(key);
        match verdict {
            Verdict::Done => Ok(()),
            Verdict::Again(job, due_ms) => self.put(tx, *due_ms, id, job),
        }
    }

    /// The key of a job.
    pub(crate) fn key_of(&self, due_ms: i64, id: &[u8; 16]) -> Key {
        self.key.clone().i64(due_ms).bytes(id)
    }

    /// The moment in the key of a job.
    pub(super) fn due_of(&self, key: &[u8]) -> Result<i64, store::Error> {
        Parts::new(key.get(self.key.len()..).unwrap_or_default()).i64()
    }
}

/// Does a job, and writes what became of it: beside the others, so that they become durable together.
async fn do_one<V>(
    cloud: Arc<Cloud>,
    key: Vec<u8>,
    work: impl Future<Output = Result<V>>,
    settle: impl Settle<V>,
) -> Result<Vec<u8>> {
    let verdict = work.await?;
    let id = cloud.random.bytes();
    cloud.store.transact(|tx: &mut Transaction| settle(tx, &key, &verdict, &id)).await?;
    Ok(key)
}
