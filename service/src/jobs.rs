//! Durable work: noted in the transaction that causes it, done in the background at least once, noted again for later
//! when it did not succeed. It survives the end of the process.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::tuple::{Key, Parts};
use store::{Transaction, record};
use tokio::task::JoinSet;
use wire::Timestamp;

use crate::{Cloud, Context, Result, Tx};

/// A kind of work of a service.
///
/// Its records stand at `service, name, due at (ms), id`; the key `service, name` is signalled when there is a new one.
#[derive(Clone, Copy, Debug)]
pub struct Jobs {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    at_work_max: usize,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// It is done, or given up.
    Done,
    /// It is to be done, as it is now, at that moment (in milliseconds).
    Again(T, i64),
}

/// Jobs with their keys, and when the next one will be due.
type Due<T> = (Vec<(Vec<u8>, T)>, Option<i64>);
/// Writes what became of the job at a key. The bytes are fresh, for the id of another one.
pub(crate) type Settle<V> = fn(&Jobs, &mut Transaction, &[u8], &V, &[u8; 16]) -> Result<()>;

impl Jobs {
    /// Work of that name, of which so much is done at once.
    #[must_use]
    pub const fn new(service: &'static str, name: &'static str, at_work_max: usize) -> Self {
        Jobs { service, name, at_work_max }
    }

    /// Notes a job for that moment. `id` tells it from others of the same moment.
    ///
    /// # Errors
    /// When the job cannot be a record.
    pub fn put<T: Serialize>(&self, tx: &mut Transaction, due_ms: i64, id: &[u8; 16], job: &T) -> Result<()> {
        tx.put_record(self.key_of(due_ms, id), job)?;
        tx.signal(self.key());
        Ok(())
    }

    /// Does jobs as they become due, until the store fails.
    ///
    /// # Errors
    /// What the store, or a job, fails with; its record stays.
    pub async fn run<T, F, W>(&self, cloud: Arc<Cloud>, work: F) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(Arc<Cloud>, T) -> W,
        W: Future<Output = Result<Verdict<T>>> + Send + 'static,
    {
        self.run_and_settle(cloud, work, Self::settle).await
    }

    /// Does jobs, each in the one transaction that also writes what became of it: done once, whatever happens. `context` says
    /// for whom a job is done.
    ///
    /// # Errors
    /// What the store, or a job, fails with; its record stays.
    pub async fn run_in_transactions<T>(
        &self,
        cloud: Arc<Cloud>,
        context: fn(&Arc<Cloud>, &T) -> Context,
        work: fn(&mut Tx<'_>, &T) -> Result<Verdict<T>>,
    ) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let jobs = *self;
        let start = |cloud: Arc<Cloud>, key: Vec<u8>, job: T| async move {
            let context = context(&cloud, &job);
            let id = cloud.random.bytes();
            let once = |tx: &mut Tx<'_>| {
                let verdict = work(tx, &job)?;
                jobs.settle(tx, &key, &verdict, &id)
            };
            context.transact(once).await?;
            Ok(key)
        };
        self.take_up(cloud, start).await
    }

    /// The same, for what becomes of jobs of another kind.
    pub(crate) async fn run_and_settle<T, V, F, W>(
        &self,
        cloud: Arc<Cloud>,
        work: F,
        settle: Settle<V>,
    ) -> Result<()>
    where
        T: DeserializeOwned,
        V: Send + Sync + 'static,
        F: Fn(Arc<Cloud>, T) -> W,
        W: Future<Output = Result<V>> + Send + 'static,
    {
        let jobs = *self;
        let start = |cloud: Arc<Cloud>, key, job| {
            let done = work(Arc::clone(&cloud), job);
            do_one(jobs, cloud, key, done, settle)
        };
        self.take_up(cloud, start).await
    }

    /// Starts jobs as they become due. What it starts gives the job's key back when that is settled.
    async fn take_up<T, F, W>(&self, cloud: Arc<Cloud>, start: F) -> Result<()>
    where
        T: DeserializeOwned,
        F: Fn(Arc<Cloud>, Vec<u8>, T) -> W,
        W: Future<Output = Result<Vec<u8>>> + Send + 'static,
    {
        let mut news = cloud.store.watch(self.key());
        let mut at_work = JoinSet::new();
        let mut keys_at_work = HashSet::new();
        loop {
            let (due, next_ms) = self.due(&cloud, &keys_at_work)?;
            for (key, job) in due {
                keys_at_work.insert(key.clone());
                at_work.spawn(start(Arc::clone(&cloud), key, job));
            }
            let sleep_until = Timestamp(next_ms.unwrap_or(i64::MAX));
            tokio::select! {
                () = news.changed() => {}
                () = cloud.clock.sleep_until(sleep_until), if next_ms.is_some() => {}
                Some(done) = at_work.join_next() => match done {
                    Ok(settled) => drop(keys_at_work.remove(&settled?)),
                    // Which job it was is unknown: all that are at work are taken up again by the next run.
                    Err(panic) => return Err(crate::operation::internal(&panic.to_string()).into()),
                },
            }
        }
    }

    /// Jobs that are due, and when the next one will be.
    fn due<T: DeserializeOwned>(&self, cloud: &Cloud, at_work: &HashSet<Vec<u8>>) -> Result<Due<T>> {
        let now_ms = cloud.clock.now().millis();
        let mut due = Vec::new();
        if at_work.len() >= self.at_work_max {
            return Ok((due, None));
        }
        // It writes nothing. A walk from the head does not stumble over the traces of all jobs that were ever done.
        cloud
            .store
            .transact_now(|tx: &mut Transaction| {
                due.clear();
                for entry in tx.scan_head(self.key().prefix_range()) {
                    let (key, value) = entry?;
                    let due_ms = due_of(&key)?;
                    if due_ms > now_ms {
                        return Ok(Some(due_ms));
                    }
                    if !at_work.contains(&key[..]) {
                        due.push((key.to_vec(), record::decode(&value)?));
                    }
                    if at_work.len() + due.len() >= self.at_work_max {
                        break;
                    }
                }
                Ok::<_, crate::Error>(None)
            })
            .map(|next_ms| (due, next_ms))
    }

    fn settle<T: Serialize>(
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
        self.key().i64(due_ms).bytes(id)
    }

    fn key(&self) -> Key {
        Key::new().str(self.service).str(self.name)
    }
}

/// Does a job, and writes what became of it: beside the others, so that they become durable together.
async fn do_one<V>(
    jobs: Jobs,
    cloud: Arc<Cloud>,
    key: Vec<u8>,
    work: impl Future<Output = Result<V>>,
    settle: Settle<V>,
) -> Result<Vec<u8>> {
    let verdict = work.await?;
    let id = cloud.random.bytes();
    cloud.store.transact(|tx: &mut Transaction| settle(&jobs, tx, &key, &verdict, &id)).await?;
    Ok(key)
}

/// The moment in the key of a job.
fn due_of(key: &[u8]) -> Result<i64, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.i64()
}
