//! How far jobs were walked over, so that nobody walks over those again that are at work whenever one of them is done.

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use store::{Bytes, Direction, Reads as _, Transaction, record};

use super::JobRange;
use crate::{Cloud, Result};

/// With as many at work, more than a head keeps may stand before the next job, and the engine is asked in any case.
const FEW: usize = 32;

/// A walk over jobs in the order of their moments.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The last that was taken up. Those before it are at work or done, as long as no other ones came.
    taken_to: Option<Vec<u8>>,
    left: Left,
}

/// What there is behind the last walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Left {
    /// Perhaps more that is due: so many were at work that it was not looked for.
    #[default]
    More,
    /// Nothing that is due, and when the next one will be.
    Later(Option<i64>),
}

impl Walk {
    /// There are jobs that may stand anywhere.
    pub(super) fn begin_anew(&mut self) {
        *self = Walk::default();
    }

    /// Time has passed.
    pub(super) fn go_on(&mut self) {
        self.left = Left::More;
    }

    /// When the next job will be due, where that is known and nothing else comes first.
    pub(super) fn next_ms(&self) -> Option<i64> {
        match self.left {
            Left::Later(next_ms) => next_ms,
            Left::More => None,
        }
    }

    /// Jobs that are due and not at work, with their keys, as many as may be taken up.
    pub(super) fn on<T: DeserializeOwned>(
        &mut self,
        range: &JobRange,
        cloud: &Cloud,
        at_work: &HashSet<Vec<u8>>,
    ) -> Result<Vec<(Vec<u8>, T)>> {
        let mut due = Vec::new();
        if self.left != Left::More || at_work.len() >= range.at_work_max {
            return Ok(due);
        }
        let now_ms = cloud.clock.now().millis();
        let room = range.at_work_max - at_work.len();
        let mut take = |entries: &mut dyn Iterator<Item = Result<(Bytes, Bytes), store::Error>>| {
            due.clear();
            for entry in entries {
                let (key, value) = entry?;
                let due_ms = range.due_of(&key)?;
                if due_ms > now_ms {
                    return Ok(Left::Later(Some(due_ms)));
                }
                if !at_work.contains(&key[..]) {
                    due.push((key.to_vec(), record::decode(&value)?));
                }
                if due.len() >= room {
                    return Ok(Left::More);
                }
            }
            Ok::<_, crate::Error>(Left::Later(None))
        };
        let all = range.key.prefix_range();
        self.left = match &self.taken_to {
            Some(taken_to) if at_work.len() > FEW => {
                // Behind all that are at work there are no traces of jobs that were done.
                let after = [&taken_to[..], &[0]].concat();
                take(&mut cloud.store.snapshot().scan(after..all.end, Direction::Forward))?
            }
            // It writes nothing. A walk from the head does not stumble over the traces of all jobs that were ever done.
            _ => cloud.store.transact_now(|tx: &mut Transaction| take(&mut tx.scan_head(all.clone())))?,
        };
        if let Some((key, _)) = due.last() {
            self.taken_to = Some(key.clone());
        }
        Ok(due)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use store::{Options, Store, Transaction};
    use tokio::sync::Semaphore;
    use tokio::sync::mpsc::unbounded_channel;

    use crate::work::test_cloud;
    use crate::{Cloud, Jobs, Verdict};

    const AT_WORK: usize = 40;
    const JOBS: Jobs = Jobs::new("s", "j", AT_WORK);

    fn put(cloud: &Cloud, due_ms: i64, job: i64) {
        let id = cloud.random.bytes();
        cloud.store.transact_now(|tx: &mut Transaction| JOBS.put(tx, due_ms, &id, &job)).unwrap();
    }

    #[tokio::test]
    async fn each_is_taken_up_once_and_what_comes_later_but_is_due_sooner_is_not_passed_by() {
        let cloud = test_cloud(&Store::open(Options::memory()).unwrap(), vec![]);
        let first_ms = cloud.clock.now().millis() - 10_000;
        for job in 0..300 {
            put(&cloud, first_ms + job, job);
        }
        let (told, mut tells) = unbounded_channel();
        let leave = Arc::new(Semaphore::new(0));
        let (all, allowed) = (Arc::clone(&cloud), Arc::clone(&leave));
        tokio::spawn(async move {
            let work = move |_, job: i64| {
                let (told, allowed) = (told.clone(), Arc::clone(&allowed));
                async move {
                    told.send(job).unwrap();
                    allowed.acquire().await.unwrap().forget();
                    Ok(Verdict::Done)
                }
            };
            JOBS.run(all, work).await
        });
        let mut seen = BTreeSet::new();
        for _ in 0..AT_WORK {
            seen.insert(tells.recv().await.unwrap());
        }
        assert_eq!(seen.last(), Some(&(AT_WORK as i64 - 1)));
        put(&cloud, first_ms - 1, -1);
        leave.add_permits(1);
        assert_eq!(tells.recv().await, Some(-1));
        leave.add_permits(1000);
        for _ in AT_WORK..300 {
            assert!(seen.insert(tells.recv().await.unwrap()));
        }
        assert_eq!(seen.len(), 300);
        // One more of a moment that was walked over long ago.
        put(&cloud, first_ms, 300);
        assert_eq!(tells.recv().await, Some(300));
        assert!(tells.try_recv().is_err());
    }
}
