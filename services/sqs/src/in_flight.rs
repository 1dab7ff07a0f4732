//! How many messages of each queue are in flight, as far as it matters: whether the limit may have been reached.
//!
//! Counting walks over every message in flight, and over the traces of those that were deleted. So each process keeps an
//! upper bound: the last count, and all receives since. Only when the bound reaches the limit it counts again.

use foldhash::HashMap;
use parking_lot::Mutex;
use service::Result;

use crate::errors;
use crate::keys::Id;

/// Messages of one standard queue that may be in flight.
pub(crate) const IN_FLIGHT_MAX: usize = 120_000;
/// After a refusal, as long as this passes without another count, in milliseconds.
const REFUSE_MS: i64 = 100;

/// Queues of which a bound is kept.
const QUEUES_MAX: usize = 10_000;

/// The bounds of all queues.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<HashMap<Id, Bound>>);

#[derive(Clone, Copy)]
struct Bound {
    at_most: usize,
    refused_until_ms: i64,
}

impl InFlight {
    /// Lets `more` messages of a queue be received, or refuses them as AWS does. `count` counts what is in flight.
    pub(crate) fn admit(
        &self,
        contents: &Id,
        more: usize,
        now_ms: i64,
        count: impl FnOnce() -> Result<usize>,
    ) -> Result<()> {
        if let Some(bound) = self.0.lock().get_mut(contents) {
            if now_ms < bound.refused_until_ms {
                return Err(errors::over_limit().into());
            }
            if bound.at_most + more <= IN_FLIGHT_MAX {
                bound.at_most += more;
                return Ok(());
            }
        }
        let at_most = count()? + more;
        if at_most > IN_FLIGHT_MAX {
            self.know(contents, Bound { at_most: IN_FLIGHT_MAX, refused_until_ms: now_ms + REFUSE_MS });
            return Err(errors::over_limit().into());
        }
        self.know(contents, Bound { at_most, refused_until_ms: 0 });
        Ok(())
    }

    fn know(&self, contents: &Id, bound: Bound) {
        let mut bounds = self.0.lock();
        if bounds.len() >= QUEUES_MAX {
            // Queues come and go; whichever is still there is counted again.
            bounds.clear();
        }
        bounds.insert(*contents, bound);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn it_counts_only_when_the_limit_may_have_been_reached() {
        let (bounds, counts, id) = (InFlight::default(), Cell::new(0), [7; 16]);
        let admit = |more, now_ms, there: usize| {
            let count = || {
                counts.set(counts.get() + 1);
                Ok(there)
            };
            bounds.admit(&id, more, now_ms, count)
        };
        for _ in 0..11_999 {
            admit(10, 0, 0).unwrap();
        }
        assert_eq!(counts.get(), 1, "the first one counts");
        admit(10, 0, 0).unwrap();
        assert_eq!(counts.get(), 1);
        admit(10, 0, IN_FLIGHT_MAX - 10).unwrap();
        assert_eq!(counts.get(), 2, "the bound was reached, the limit was not");
        assert!(admit(1, 0, IN_FLIGHT_MAX).is_err());
        assert!(admit(1, REFUSE_MS - 1, 0).is_err());
        assert_eq!(counts.get(), 3, "refused without counting again");
        admit(1, REFUSE_MS, 0).unwrap();
    }
}
