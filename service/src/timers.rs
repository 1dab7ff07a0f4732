//! Durable timers: [`Jobs`] with names of their own, that can be set anew and cancelled.
//!
//! Whatever is only to be done once, at a moment that stays, is a job. A timer is for what may change its mind: a task's
//! time limit, a schedule, an item's end. It rings at least once at its moment of the cloud's clock, which users move. It
//! may also ring once more after it was set anew or cancelled, when it was just about to: what it finds then, the work
//! must read in its own transaction.

use std::future::Future;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::tuple::Key;
use store::{Reads, Transaction};

use crate::{Cloud, Jobs, Result, Verdict};

/// A kind of timers of a service.
///
/// | key | value |
/// |---|---|
/// | `service, name, due at (ms), nonce` | what is to be done: a job, see [`Jobs`] |
/// | `service, "timer", name, id` | the record of when it is due, and of the nonce |
#[derive(Clone, Copy, Debug)]
pub struct Timers(Jobs);

/// The job of a timer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ring<T> {
    id: String,
    work: T,
}

#[cfg(test)]
layouts::stays!(stored_ring: Ring<String>);

/// Where the job of a timer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    due_ms: i64,
    nonce: [u8; 16],
}

#[cfg(test)]
layouts::stays!(stored_timer: Place);

impl Timers {
    /// Timers of that name, of which so many are at work at once.
    #[must_use]
    pub const fn new(service: &'static str, name: &'static str, at_work_max: usize) -> Self {
        Timers(Jobs::new(service, name, at_work_max))
    }

    /// Sets the timer `id`, and forgets what it was set to. `nonce` are fresh random bytes.
    ///
    /// # Errors
    /// When the work cannot be a record, or the store's.
    pub fn set<T: Serialize>(
        &self,
        tx: &mut Transaction,
        due_ms: i64,
        id: &str,
        nonce: &[u8; 16],
        work: &T,
    ) -> Result<()> {
        self.cancel(tx, id)?;
        tx.put_record(self.key(id), &Place { due_ms, nonce: *nonce })?;
        self.0.put(tx, due_ms, nonce, &Ring { id: id.to_owned(), work })
    }

    /// Forgets the timer `id`. False when there was none.
    ///
    /// # Errors
    /// The store's.
    pub fn cancel(&self, tx: &mut Transaction, id: &str) -> Result<bool> {
        let place = tx.get_record::<Place>(&self.key(id))?;
        if let Some(place) = place {
            tx.delete(self.0.key_of(place.due_ms, &place.nonce));
            tx.delete(self.key(id));
        }
        Ok(place.is_some())
    }

    /// When the timer `id` rings (in milliseconds), if it is set.
    ///
    /// # Errors
    /// The store's.
    pub fn due_ms(&self, reads: &impl Reads, id: &str) -> Result<Option<i64>> {
        Ok(reads.get_record::<Place>(&self.key(id))?.map(|place| place.due_ms))
    }

    /// Does what timers are set to, as they become due, until the store fails. Of [`Verdict::Again`] nothing comes when
    /// the timer was meanwhile set anew or cancelled.
    ///
    /// # Errors
    /// What the store, or the work, fails with; the timer stays.
    pub async fn run<T, F, W>(&self, cloud: Arc<Cloud>, work: F) -> Result<()>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(Arc<Cloud>, String, T) -> W,
        W: Future<Output = Result<Verdict<T>>> + Send + 'static,
    {
        let ring = |cloud, ring: Ring<T>| {
            let done = work(cloud, ring.id.clone(), ring.work);
            async move { Ok((ring.id, done.await?)) }
        };
        let timers = *self;
        let settle =
            move |tx: &mut Transaction,
                  rang: &[u8],
                  (id, verdict): &(String, Verdict<T>),
                  nonce: &[u8; 16]| { timers.settle(tx, rang, id, verdict, nonce) };
        self.0.range().run(cloud, ring, settle, None).await
    }

    /// Writes what became of a timer that rang, unless it was set anew or cancelled meanwhile.
    fn settle<T: Serialize>(
        &self,
        tx: &mut Transaction,
        rang: &[u8],
        id: &str,
        verdict: &Verdict<T>,
        nonce: &[u8; 16],
    ) -> Result<()> {
        tx.delete(rang);
        let place = tx.get_record::<Place>(&self.key(id))?;
        if place.is_none_or(|place| *self.0.key_of(place.due_ms, &place.nonce) != *rang) {
            return Ok(());
        }
        match verdict {
            Verdict::Done => self.cancel(tx, id).map(drop),
            Verdict::Again(work, due_ms) => self.set(tx, *due_ms, id, nonce, work),
        }
    }

    fn key(&self, id: &str) -> Key {
        Key::new().str(self.0.service).str("timer").str(self.0.name).str(id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::{Options, Store};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::work::test_cloud;

    const TIMERS: Timers = Timers::new("s", "t", 4);

    fn set(cloud: &Cloud, in_seconds: i64, id: &str, work: &str) {
        let due_ms = cloud.clock.now().millis() + in_seconds * 1000;
        let nonce = cloud.random.bytes();
        cloud.store.transact_now(|tx| TIMERS.set(tx, due_ms, id, &nonce, &work)).unwrap();
    }

    fn cancel(cloud: &Cloud, id: &str) -> bool {
        cloud.store.transact_now(|tx| TIMERS.cancel(tx, id)).unwrap()
    }

    fn is_set(cloud: &Cloud, id: &str) -> bool {
        TIMERS.due_ms(&cloud.store.snapshot(), id).unwrap().is_some()
    }

    /// A cloud whose clock only moves when it is told to.
    fn cloud() -> Arc<Cloud> {
        let cloud = test_cloud(&Store::open(Options::memory()).unwrap(), vec![]);
        cloud.clock.freeze();
        cloud
    }

    /// Runs timers and tells of what rang; `snooze` rings again after a minute, once, as `again`.
    fn run(cloud: &Arc<Cloud>) -> UnboundedReceiver<(String, String)> {
        let (told, tells) = unbounded_channel();
        let cloud = Arc::clone(cloud);
        tokio::spawn(async move {
            let ring = |cloud: Arc<Cloud>, id: String, work: String| {
                told.send((id, work.clone())).unwrap();
                async move {
                    let in_a_minute = cloud.clock.now().millis() + 60_000;
                    Ok(if work == "snooze" {
                        Verdict::Again("again".into(), in_a_minute)
                    } else {
                        Verdict::Done
                    })
                }
            };
            TIMERS.run(cloud, ring).await
        });
        tells
    }

    fn rang(id: &str, work: &str) -> Option<(String, String)> {
        Some((id.to_owned(), work.to_owned()))
    }

    #[tokio::test]
    async fn timers_ring_in_order_as_the_clock_is_moved() {
        let cloud = cloud();
        let mut tells = run(&cloud);
        set(&cloud, 3600, "late", "2");
        set(&cloud, 60, "early", "1");
        cloud.clock.advance(Duration::from_secs(61));
        assert_eq!(tells.recv().await, rang("early", "1"));
        cloud.clock.advance(Duration::from_secs(3600));
        assert_eq!(tells.recv().await, rang("late", "2"));
    }

    #[tokio::test]
    async fn a_timer_that_is_set_anew_rings_once_and_a_cancelled_one_never() {
        let cloud = cloud();
        set(&cloud, 10, "moved", "old");
        set(&cloud, 10, "cancelled", "old");
        set(&cloud, 20, "moved", "new");
        assert!(cancel(&cloud, "cancelled"));
        assert!(!cancel(&cloud, "cancelled"));
        set(&cloud, 30, "last", "");
        cloud.clock.advance(Duration::from_secs(60));
        let mut tells = run(&cloud);
        assert_eq!(tells.recv().await, rang("moved", "new"));
        assert_eq!(tells.recv().await, rang("last", ""));
    }

    #[tokio::test]
    async fn a_timer_that_rings_again_is_the_same_timer() {
        let cloud = cloud();
        let mut tells = run(&cloud);
        set(&cloud, 0, "t", "snooze");
        assert_eq!(tells.recv().await, rang("t", "snooze"));
        cloud.clock.advance(Duration::from_secs(61));
        assert_eq!(tells.recv().await, rang("t", "again"));
        set(&cloud, 0, "end", "");
        assert_eq!(tells.recv().await, rang("end", ""));
    }

    #[tokio::test]
    async fn what_is_set_or_cancelled_while_the_timer_rings_stays_so() {
        let cloud = cloud();
        let mut tells = run_once_asked(&cloud);
        set(&cloud, 0, "anew", "ask");
        set(&cloud, 0, "cancelled", "ask");
        let mut answers = std::collections::HashMap::new();
        for _ in 0..2 {
            let (id, answer) = tells.recv().await.unwrap();
            answers.insert(id, answer);
        }
        set(&cloud, 0, "anew", "now");
        cancel(&cloud, "cancelled");
        answers.into_values().for_each(|answer| answer.send(()).unwrap());
        let (id, answer) = tells.recv().await.unwrap();
        assert_eq!(id, "anew");
        assert!(is_set(&cloud, "anew"), "its first ringing did not end it");
        answer.send(()).unwrap();
        assert!(!is_set(&cloud, "cancelled"), "that it wanted to ring again does not count");
    }

    /// Runs timers that end, to ring again at once, only when the test says so.
    fn run_once_asked(cloud: &Arc<Cloud>) -> UnboundedReceiver<(String, tokio::sync::oneshot::Sender<()>)> {
        let (told, tells) = unbounded_channel();
        let cloud = Arc::clone(cloud);
        tokio::spawn(async move {
            let ring = |_, id: String, work: String| {
                let (answer, answered) = tokio::sync::oneshot::channel();
                told.send((id, answer)).unwrap();
                async move {
                    answered.await.unwrap();
                    Ok(Verdict::Again(work, 0))
                }
            };
            TIMERS.run(cloud, ring).await
        });
        tells
    }
}
