//! Messages that receives of this process are about to take.
//!
//! Receives of one queue look at the same head of it. What one is taking the others leave alone, so that they take
//! different messages instead of meeting in a conflict. The store would sort it out without this, more slowly.

use foldhash::HashSet;
use parking_lot::Mutex;

use crate::keys::Id;

/// All claims.
#[derive(Default)]
pub(crate) struct Claims(Mutex<HashSet<Id>>);

/// The claims of one receive; they end with it.
pub(crate) struct Claimed<'a> {
    all: &'a Claims,
    own: Vec<Id>,
}

impl Claims {
    /// A receive begins.
    pub(crate) fn begin(&self) -> Claimed<'_> {
        Claimed { all: self, own: Vec::new() }
    }
}

impl Claimed<'_> {
    /// Claims a message; false when another receive has it.
    pub(crate) fn claim(&mut self, message: &Id) -> bool {
        let is_free = self.all.0.lock().insert(*message);
        if is_free {
            self.own.push(*message);
        }
        is_free
    }

    /// Lets go of all claims.
    pub(crate) fn release(&mut self) {
        if !self.own.is_empty() {
            let mut all = self.all.0.lock();
            for message in self.own.drain(..) {
                all.remove(&message);
            }
        }
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::Claims;

    #[test]
    fn a_message_has_one_claim_until_that_ends() {
        let claims = Claims::default();
        let mut first = claims.begin();
        let mut second = claims.begin();
        assert!(first.claim(&[1; 16]) && second.claim(&[2; 16]));
        assert!(!second.claim(&[1; 16]));
        drop(first);
        assert!(second.claim(&[1; 16]));
        second.release();
        assert!(claims.begin().claim(&[2; 16]));
    }
}
