//! Jobs that go in lanes, so that one lane full of slow work delays no other: each is walked by a task of its own, while
//! there is something in it.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::tuple::{Key, Parts};
use store::{Direction, Reads as _, Transaction};
use tokio::task::JoinSet;

use super::{JobRange, Verdict};
use crate::{Cloud, Result};

/// How long a lane stays open when nothing is left in it: to close it, the store walks over the traces of all that was.
const REST: Duration = Duration::from_secs(10);

/// A kind of work of a service, in lanes.
///
/// | key | value |
/// |---|---|
/// | `service, name, "open", lane` | nothing; the key `service, name` is signalled when there is a new one |
/// | `service, name, "lane", lane, due at (ms), id` | a job |
#[derive(Clone, Copy, Debug)]
pub struct JobLanes {
    service: &'static str,
    name: &'static str,
    at_work_max: usize,
}

impl JobLanes {
    /// Work of that name, of which so much is done at once in each lane.
    #[must_use]
    pub const fn new(service: &'static str, name: &'static str, at_work_max: usize) -> Self {
        JobLanes { service, name, at_work_max }
    }

    /// Notes a job of a lane for that moment. `id` tells it from others of the same moment.
    ///
    /// # Errors
    /// When the job cannot be a record, or the store's.
    pub fn put<T: Serialize>(
        &self,
        tx: &mut Transaction,
        lane: &str,
        due_ms: i64,
        id: &[u8; 16],
        job: &T,
    ) -> Result<()> {
        // Who closes the lane deletes this, and a transaction that still found it runs again.
        let open = self.opened().str(lane);
        if tx.get(&open)?.is_none() {
            tx.put(open, Vec::new());
            tx.signal(self.key());
        }
        self.range(lane).put(tx, due_ms, id, job)
    }

    /// Does jobs as they become due, until the store fails.
    ///
    /// # Errors
    /// What the store, or a job, fails with; its record stays.
    pub async fn run<T, F, W>(&self, cloud: Arc<Cloud>, work: F) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(Arc<Cloud>, T) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Verdict<T>>> + Send + 'static,
    {
        let mut news = cloud.store.watch(self.key());
        let mut walks = JoinSet::new();
        let mut walked = HashSet::new();
        loop {
            for lane in self.open(&cloud)? {
                if walked.insert(lane.clone()) {
                    walks.spawn(self.walk(Arc::clone(&cloud), lane, work.clone()));
                }
            }
            tokio::select! {
                () = news.changed() => {}
                Some(closed) = walks.join_next() => match closed {
                    Ok(lane) => drop(walked.remove(&lane?)),
                    Err(panic) => return Err(crate::operation::internal(&panic.to_string()).into()),
                },
            }
        }
    }

    /// The lanes that are open.
    fn open(&self, cloud: &Cloud) -> Result<Vec<String>> {
        let range = self.opened().prefix_range();
        let lane = |key: &[u8]| {
            let mut parts = Parts::new(key);
            (0..3).try_for_each(|_| parts.str().map(drop))?;
            Ok(parts.str()?.into_owned())
        };
        // It writes nothing: see `JobRange::due`.
        cloud.store.transact_now(|tx: &mut Transaction| {
            tx.scan_head(range.clone()).map(|entry| lane(&entry?.0)).collect::<Result<_>>()
        })
    }

    /// Does what is in a lane, and closes it when there is nothing any more. Gives its name back.
    async fn walk<T, F, W>(self, cloud: Arc<Cloud>, lane: String, work: F) -> Result<String>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(Arc<Cloud>, T) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = Result<Verdict<T>>> + Send + 'static,
    {
        let range = self.range(&lane);
        loop {
            range.run_jobs(Arc::clone(&cloud), work.clone(), Some(REST)).await?;
            if self.close(&cloud, &lane).await? {
                return Ok(lane);
            }
        }
    }

    /// Closes a lane; false when there is something in it again.
    async fn close(&self, cloud: &Cloud, lane: &str) -> Result<bool> {
        let close = |tx: &mut Transaction| {
            let jobs = self.range(lane).key.prefix_range();
            let is_empty = tx.scan(jobs, Direction::Forward).next().transpose()?.is_none();
            if is_empty {
                tx.delete(self.opened().str(lane));
            }
            Ok::<_, crate::Error>(is_empty)
        };
        cloud.store.transact(close).await
    }

    fn range(&self, lane: &str) -> JobRange {
        JobRange { key: self.key().str("lane").str(lane), at_work_max: self.at_work_max }
    }

    fn opened(&self) -> Key {
        self.key().str("open")
    }

    fn key(&self) -> Key {
        Key::new().str(self.service).str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use store::{Options, Store};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::work::test_cloud;

    const LANES: JobLanes = JobLanes::new("s", "l", 2);

    fn cloud() -> Arc<Cloud> {
        test_cloud(&Store::open(Options::memory()).unwrap(), vec![])
    }

    fn put(cloud: &Cloud, lane: &str, job: &str) {
        let (due_ms, id) = (cloud.clock.now().millis(), cloud.random.bytes());
        cloud.store.transact_now(|tx: &mut Transaction| LANES.put(tx, lane, due_ms, &id, &job)).unwrap();
    }

    /// Does jobs and tells of them; `never` is never done.
    fn run(cloud: &Arc<Cloud>) -> UnboundedReceiver<String> {
        let (told, tells) = unbounded_channel();
        let cloud = Arc::clone(cloud);
        tokio::spawn(async move {
            let work = move |_, job: String| {
                let told = told.clone();
                async move {
                    if job == "never" {
                        std::future::pending::<()>().await;
                    }
                    told.send(job).unwrap();
                    Ok(Verdict::Done)
                }
            };
            LANES.run(cloud, work).await
        });
        tells
    }

    fn is_open(cloud: &Cloud, lane: &str) -> bool {
        LANES.open(cloud).unwrap().iter().any(|open| open == lane)
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_is_full_delays_no_other() {
        let cloud = cloud();
        for _ in 0..100 {
            put(&cloud, "slow", "never");
        }
        put(&cloud, "quick", "first");
        let mut tells = run(&cloud);
        assert_eq!(tells.recv().await.unwrap(), "first");
        put(&cloud, "quick", "second");
        assert_eq!(tells.recv().await.unwrap(), "second");
    }

    #[tokio::test(start_paused = true)]
    async fn lanes_close_when_nothing_is_in_them_and_open_again() {
        let cloud = cloud();
        let mut tells = run(&cloud);
        for job in ["one", "two", "three"] {
            put(&cloud, "lane", job);
            assert!(is_open(&cloud, "lane"));
            assert_eq!(tells.recv().await.unwrap(), job);
            tokio::time::sleep(REST * 2).await;
            assert!(!is_open(&cloud, "lane"));
        }
        put(&cloud, "other", "never");
        tokio::time::sleep(REST * 2).await;
        assert!(is_open(&cloud, "other"));
    }
}
