//! Whose the messages were that a queue gave last. Nothing of it is stored: after a restart it is found out anew.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::HashMap;
use parking_lot::Mutex;

use super::Tenant;
use crate::keys::Id;

/// Messages that are remembered of one queue.
const MESSAGES_MAX: usize = 300;
/// A tenant that had as many of them takes more than its share: a tenth, and thirty messages.
const NOISY_MESSAGES: usize = 30;
/// Queues of which some are remembered.
const QUEUES_MAX: usize = 1_000;

/// What all queues gave last whose messages have groups.
#[derive(Default)]
pub(crate) struct Recent {
    queues: Mutex<HashMap<Id, Received>>,
    /// Whether there is any: most clouds have no such queue.
    is_used: AtomicBool,
}

/// The tenants of the messages that a queue gave last, the latest at the end; a message without a group is nobody's.
#[derive(Clone, Default)]
pub(super) struct Received(VecDeque<Option<Tenant>>);

impl Recent {
    /// Notes what a receive gave: messages of tenants, and so many others.
    pub(crate) fn note(&self, contents: &Id, tenants: &[Tenant], others: usize) {
        if tenants.is_empty() && !self.is_used.load(Ordering::Relaxed) {
            return;
        }
        let mut queues = self.queues.lock();
        if tenants.is_empty() && !queues.contains_key(contents) {
            return;
        }
        if queues.len() >= QUEUES_MAX && !queues.contains_key(contents) {
            // Queues come and go; whichever is still there is found out about anew.
            queues.clear();
        }
        self.is_used.store(true, Ordering::Relaxed);
        let received = queues.entry(*contents).or_default();
        tenants.iter().for_each(|tenant| received.note(Some(*tenant)));
        (0..others).for_each(|_| received.note(None));
    }

    /// What a queue gave last.
    pub(super) fn of(&self, contents: &Id) -> Received {
        self.queues.lock().get(contents).cloned().unwrap_or_default()
    }
}

impl Received {
    fn note(&mut self, tenant: Option<Tenant>) {
        if self.0.len() == MESSAGES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(tenant);
    }

    /// How many messages of a tenant are among them.
    pub(super) fn count(&self, tenant: Tenant) -> usize {
        self.0.iter().filter(|other| **other == Some(tenant)).count()
    }

    /// Whether a tenant got more than its share.
    pub(super) fn is_noisy(&self, tenant: Tenant) -> bool {
        self.count(tenant) >= NOISY_MESSAGES
    }

    /// Whether none of the last thirty messages was one of theirs: it is their turn then, whoever else waits.
    pub(super) fn is_without(&self, tenants: &[Tenant]) -> bool {
        let is_one = |tenant: &Option<Tenant>| tenant.is_some_and(|tenant| tenants.contains(&tenant));
        !self.0.iter().rev().take(NOISY_MESSAGES).any(is_one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_too_much_and_nobody_is_forgotten() {
        let (recent, queue) = (Recent::default(), [1; 16]);
        let (one, other) = (Tenant::of("one"), Tenant::of("other"));
        recent.note(&queue, &[], 10);
        assert!(recent.queues.lock().is_empty(), "nobody asks about queues without tenants");
        recent.note(&queue, &[one; 29], 0);
        assert!(!recent.of(&queue).is_noisy(one));
        recent.note(&queue, &[one], 0);
        assert!(recent.of(&queue).is_noisy(one) && !recent.of(&queue).is_noisy(other));
        assert!(!recent.of(&queue).is_without(&[other, one]) && recent.of(&queue).is_without(&[other]));
        recent.note(&queue, &[], 30);
        assert!(recent.of(&queue).is_noisy(one) && recent.of(&queue).is_without(&[one]));
        recent.note(&queue, &[], 241);
        assert!(!recent.of(&queue).is_noisy(one), "others got the rest");
        assert_eq!(recent.of(&queue).0.len(), MESSAGES_MAX);
        assert_eq!(recent.of(&[2; 16]).count(one), 0);
    }

    #[test]
    fn queues_that_are_gone_are_forgotten() {
        let recent = Recent::default();
        for number in 0..3 * QUEUES_MAX as u128 {
            recent.note(&number.to_be_bytes(), &[Tenant::of("one")], 0);
        }
        assert!(recent.queues.lock().len() <= QUEUES_MAX);
    }
}
