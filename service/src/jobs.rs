//! Durable work: noted in the transaction that causes it, done in the background at least once, noted again for later
//! when it did not succeed. It survives the end of the process.

mod lanes;
mod range;
mod walk;

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Transaction;
use store::tuple::Key;

pub use self::lanes::JobLanes;
pub(crate) use self::range::JobRange;
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
        self.range().put(tx, due_ms, id, job)
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
        self.range().run_jobs(cloud, work, None).await
    }

    /// Does jobs, each in the one transaction that also writes what became of it: done once, whatever happens. `prepare` says
    /// for whom a job is done, and finds out beforehand what takes longer than a transaction may.
    ///
    /// # Errors
    /// What the store, or a job, fails with; its record stays.
    pub async fn run_in_transactions<T, P, F, W>(
        &self,
        cloud: Arc<Cloud>,
        prepare: F,
        work: fn(&mut Tx<'_>, &T, &P) -> Result<Verdict<T>>,
    ) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        P: Send + Sync + 'static,
        F: Fn(Arc<Cloud>, Arc<T>) -> W + Clone + Send + 'static,
        W: Future<Output = Result<(Context, P)>> + Send + 'static,
    {
        let range = self.range();
        let start = |cloud: Arc<Cloud>, key: Vec<u8>, job: T| {
            let (range, prepare) = (range.clone(), prepare.clone());
            async move {
                let job = Arc::new(job);
                let id = cloud.random.bytes();
                let (context, prepared) = prepare(cloud, Arc::clone(&job)).await?;
                let once = |tx: &mut Tx<'_>| {
                    let verdict = work(tx, &job, &prepared)?;
                    range.settle(tx, &key, &verdict, &id)
                };
                context.transact(once).await?;
                Ok(key)
            }
        };
        range.take_up(cloud, start, None).await
    }

    /// The key of a job.
    pub(crate) fn key_of(&self, due_ms: i64, id: &[u8; 16]) -> Key {
        self.range().key_of(due_ms, id)
    }

    /// Where they stand.
    pub(crate) fn range(&self) -> JobRange {
        JobRange { key: Key::new().str(self.service).str(self.name), at_work_max: self.at_work_max }
    }
}
