//! Leases: among several processes on one store, one does a piece of work, and another one goes on when it dies.
//!
//! A lease belongs to an owner until a moment, which the owner moves on as long as it lives. Whoever finds it expired
//! takes it, with a higher fence. An owner that was only slow may not know: what it writes must be in a transaction that
//! calls [`Lease::check`], which fails, or runs again and fails, once somebody else has the lease.
//!
//! Leases go by the machine's clock, never by the one that users move, and machines must agree on the time to less than
//! the time that a lease is good for.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::tuple::Key;
use store::{Reads as _, Transaction};
use wire::Timestamp;

use crate::{Cloud, Result};

/// A lease of a service.
///
/// Its record stands at `service, "lease", name`, and is never deleted, so that fences only rise. The key is signalled
/// when the lease is given back.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    service: &'static str,
    name: &'static str,
}

/// A lease that is held, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    owner: Arc<str>,
    /// Higher than that of everybody who held the lease before.
    pub fence: u64,
    /// It is good until then.
    pub until: Timestamp,
}

/// What is stored.
#[derive(Serialize, Deserialize)]
struct Record {
    owner: String,
    fence: u64,
    until_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_lease: Record);

/// Who has a lease after it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whoever asked.
    Mine(Held),
    /// Somebody else, until then.
    Taken(Timestamp),
}

impl Lease {
    /// The lease of that name.
    #[must_use]
    pub const fn new(service: &'static str, name: &'static str) -> Self {
        Lease { service, name }
    }

    /// Takes the lease when it is free or has expired. `owner` is a name that no other process has, nor this one before
    /// its last start.
    ///
    /// # Errors
    /// The store's.
    pub fn acquire(
        &self,
        tx: &mut Transaction,
        owner: &Arc<str>,
        now: Timestamp,
        good_for: Duration,
    ) -> Result<Asked> {
        let before = tx.get_record::<Record>(&self.key())?;
        if let Some(before) = &before
            && before.until_ms > now.millis()
        {
            return Ok(Asked::Taken(Timestamp(before.until_ms)));
        }
        let fence = before.map_or(0, |before| before.fence) + 1;
        let held = Held { owner: Arc::clone(owner), fence, until: later(now, good_for) };
        self.put(tx, &held)?;
        Ok(Asked::Mine(held))
    }

    /// Moves on until when it is good; none when somebody else has taken it.
    ///
    /// # Errors
    /// The store's.
    pub fn renew(
        &self,
        tx: &mut Transaction,
        held: &Held,
        now: Timestamp,
        good_for: Duration,
    ) -> Result<Option<Held>> {
        if !self.is_held(tx, held)? {
            return Ok(None);
        }
        let held = Held { until: later(now, good_for), ..held.clone() };
        self.put(tx, &held)?;
        Ok(Some(held))
    }

    /// Gives it back, unless somebody else has taken it.
    ///
    /// # Errors
    /// The store's.
    pub fn release(&self, tx: &mut Transaction, held: &Held) -> Result<()> {
        if self.is_held(tx, held)? {
            self.put(tx, &Held { until: Timestamp(0), ..held.clone() })?;
            tx.signal(self.key());
        }
        Ok(())
    }

    /// Makes the transaction fail when somebody else has taken the lease, now or before it commits.
    ///
    /// # Errors
    /// An internal failure, or the store's.
    pub fn check(&self, tx: &Transaction, held: &Held) -> Result<()> {
        match self.is_held(tx, held)? {
            true => Ok(()),
            false => Err(crate::operation::internal("a lease was lost to another process").into()),
        }
    }

    /// Does `work` while this process has the lease: waits for it, renews it, and stops the work where that does not
    /// succeed. Returns what the work returns.
    ///
    /// # Errors
    /// What the work fails with; or the store, or that the lease was lost.
    pub async fn hold<T, W>(
        &self,
        cloud: &Arc<Cloud>,
        owner: &Arc<str>,
        good_for: Duration,
        work: impl FnOnce(Held) -> W,
    ) -> Result<T>
    where
        W: Future<Output = Result<T>>,
    {
        let held = self.wait(cloud, owner, good_for).await?;
        let outcome = tokio::select! {
            outcome = work(held.clone()) => outcome,
            lost = self.keep(cloud, held.clone(), good_for) => Err(lost),
        };
        cloud.store.transact(|tx: &mut Transaction| self.release(tx, &held)).await?;
        outcome
    }

    async fn wait(&self, cloud: &Cloud, owner: &Arc<str>, good_for: Duration) -> Result<Held> {
        loop {
            let mut given_back = cloud.store.watch(self.key());
            let now = cloud.clock.machine_now();
            let asked = cloud.store.transact(|tx: &mut Transaction| self.acquire(tx, owner, now, good_for));
            match asked.await? {
                Asked::Mine(held) => return Ok(held),
                Asked::Taken(until) => {
                    let left_ms = (until.millis() - now.millis()).unsigned_abs();
                    // Its end, or its being given back within this process: other processes signal only themselves.
                    let _ = tokio::time::timeout(Duration::from_millis(left_ms), given_back.changed()).await;
                }
            }
        }
    }

    /// Renews until that fails.
    async fn keep(&self, cloud: &Cloud, mut held: Held, good_for: Duration) -> crate::Error {
        loop {
            tokio::time::sleep(good_for / 3).await;
            let now = cloud.clock.machine_now();
            let renewed = cloud.store.transact(|tx: &mut Transaction| self.renew(tx, &held, now, good_for));
            match renewed.await {
                Ok(Some(renewed)) => held = renewed,
                Ok(None) => return crate::operation::internal("a lease was lost to another process").into(),
                Err(error) => return error,
            }
        }
    }

    fn is_held(&self, tx: &Transaction, held: &Held) -> Result<bool> {
        let now = tx.get_record::<Record>(&self.key())?;
        Ok(now.is_some_and(|now| now.fence == held.fence && *now.owner == *held.owner))
    }

    fn put(&self, tx: &mut Transaction, held: &Held) -> Result<()> {
        let record =
            Record { owner: held.owner.to_string(), fence: held.fence, until_ms: held.until.millis() };
        Ok(tx.put_record(self.key(), &record)?)
    }

    fn key(&self) -> Key {
        Key::new().str(self.service).str("lease").str(self.name)
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    Timestamp(now.millis().saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests;
