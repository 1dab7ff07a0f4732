//! Numbers that only rise, across restarts too.
//!
//! A sequence takes them from the store a block at a time, so that whoever needs one neither writes nor conflicts. Numbers
//! of a block that were not given out when the process ends are never given out: there are gaps. With several processes
//! on one store a number is given out once among all, and rises within each.

use std::ops::Range;

use parking_lot::Mutex;
use store::tuple::Key;
use store::{Reads as _, Store, Transaction};

use crate::Result;

/// One sequence of a service, and what this process has taken from it: one value a store.
///
/// The first number that nobody has taken stands at `service, "sequence", name`, a record of a whole number.
#[derive(Debug)]
pub struct Sequence {
    service: &'static str,
    name: &'static str,
    block: u64,
    /// Taken, and not given out.
    left: Mutex<Range<u64>>,
    taking: tokio::sync::Mutex<()>,
}

impl Sequence {
    /// A sequence that takes so many numbers at once.
    #[must_use]
    pub fn new(service: &'static str, name: &'static str, block: u64) -> Self {
        Sequence {
            service,
            name,
            block: block.max(1),
            left: Mutex::new(0..0),
            taking: tokio::sync::Mutex::default(),
        }
    }

    /// The next number. It waits for the store only where a block begins, whose end is durable before its first number
    /// is given out.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&self, store: &Store) -> Result<u64> {
        if let Some(number) = self.left.lock().next() {
            return Ok(number);
        }
        let _alone = self.taking.lock().await;
        if let Some(number) = self.left.lock().next() {
            return Ok(number);
        }
        // After a reset of the store, which forgets how far it was, this process still rises.
        let at_least = self.left.lock().end;
        let key = Key::new().str(self.service).str("sequence").str(self.name);
        let taken = store.transact(|tx: &mut Transaction| {
            let first = tx.get_record::<u64>(&key)?.unwrap_or(0).max(at_least);
            tx.put_record(&key, &(first + self.block))?;
            Ok::<_, store::Error>(first..first + self.block)
        });
        let mut taken = taken.await?;
        let number = taken.next().unwrap_or(taken.start);
        *self.left.lock() = taken;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::{Options, Store};

    use super::Sequence;

    #[tokio::test]
    async fn numbers_rise_across_restarts_and_resets() {
        let store = Store::open(Options::memory()).unwrap();
        let mut last = None;
        for number_of_start in 0..3 {
            let sequence = Sequence::new("s", "n", 5);
            for _ in 0..7 {
                let number = sequence.next(&store).await.unwrap();
                assert!(last < Some(number), "{last:?}, then {number}");
                last = Some(number);
            }
            if number_of_start == 2 {
                store.reset().unwrap();
                for _ in 0..7 {
                    let number = sequence.next(&store).await.unwrap();
                    assert!(last < Some(number), "{last:?}, then {number} after the reset");
                    last = Some(number);
                }
            }
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_number_is_given_out_twice() {
        let store = Store::open(Options::memory()).unwrap();
        // Two processes on one store.
        let sequences = [Arc::new(Sequence::new("s", "n", 3)), Arc::new(Sequence::new("s", "n", 4))];
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..8 {
            let (sequence, store) = (Arc::clone(&sequences[task % 2]), store.clone());
            tasks.spawn(async move {
                let mut numbers = Vec::new();
                for _ in 0..100 {
                    numbers.push(sequence.next(&store).await.unwrap());
                }
                assert!(numbers.is_sorted());
                numbers
            });
        }
        let mut all = Vec::new();
        while let Some(numbers) = tasks.join_next().await {
            all.extend(numbers.unwrap());
        }
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!((all.len(), count), (800, 800));
    }
}
