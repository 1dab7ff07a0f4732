//! Token buckets: so many requests a second on average, so many at once.
//!
//! They live beside the store, for what they forget at the end of the process is less than a second's worth. Never here: what
//! is counted, and what who is refused is told.

use foldhash::HashMap;
use names::Scope;
use parking_lot::Mutex;

/// Beyond that many, those that are full again are forgotten: they are as good as new.
const KEPT_MAX: usize = 65_536;

/// What the APIs of an account take together in a region, unless it asks for more: so many a second, so many at once.
pub const APIS_RATE: f64 = 10_000.0;
/// See [`APIS_RATE`].
pub const APIS_BURST: i32 = 5_000;

/// Buckets by names.
#[derive(Default)]
pub struct Buckets(Mutex<HashMap<String, Bucket>>);

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at_ms: i64,
    rate: f64,
    burst: f64,
}

impl Bucket {
    /// As it is at a later moment.
    fn at(self, now_ms: i64) -> Self {
        // Milliseconds of a running process are far below what a double holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "a difference of moments is small")]
        let seconds = now_ms.saturating_sub(self.at_ms).max(0) as f64 / 1000.0;
        let tokens = (self.tokens + seconds * self.rate).min(self.burst);
        Bucket { tokens, at_ms: now_ms.max(self.at_ms), ..self }
    }
}

impl Buckets {
    /// Takes one of what all APIs of an account may take in a region, of whatever kind they are.
    #[must_use]
    pub fn take_of_apis(&self, scope: &Scope, now_ms: i64) -> bool {
        let name = ["apis ", scope.account.as_str(), "/", scope.region.as_str()].concat();
        self.take(&name, APIS_RATE, f64::from(APIS_BURST), now_ms)
    }

    /// Takes a token from a bucket, if there is one: `rate` are filled in a second, `burst` fit in.
    #[must_use]
    pub fn take(&self, name: &str, rate: f64, burst: f64, now_ms: i64) -> bool {
        let mut buckets = self.0.lock();
        let found = buckets.get(name).copied();
        let bucket = found.unwrap_or(Bucket { tokens: burst, at_ms: now_ms, rate, burst });
        let mut bucket = Bucket { rate, burst, ..bucket }.at(now_ms);
        let has_token = bucket.tokens >= 1.0;
        bucket.tokens -= f64::from(u8::from(has_token));
        match buckets.get_mut(name) {
            Some(known) => *known = bucket,
            None => {
                if buckets.len() >= KEPT_MAX {
                    buckets.retain(|_, known| known.at(now_ms).tokens < known.burst);
                }
                buckets.insert(name.to_owned(), bucket);
            }
        }
        has_token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_so_many_a_second() {
        let buckets = Buckets::default();
        let taken = |now_ms| (0..100).filter(|_| buckets.take("a", 10.0, 5.0, now_ms)).count();
        assert_eq!((taken(0), taken(0), taken(100), taken(1100), taken(60_000)), (5, 0, 1, 5, 5));
        assert!(buckets.take("b", 10.0, 5.0, 0), "each name has its own");
        assert!(!buckets.take("none", 0.0, 0.0, 0));
    }

    #[test]
    fn a_clock_that_goes_back_fills_nothing() {
        let buckets = Buckets::default();
        assert!(buckets.take("a", 1.0, 1.0, 10_000));
        assert!(!buckets.take("a", 1.0, 1.0, 5_000));
        assert!(!buckets.take("a", 1.0, 1.0, 10_500));
        assert!(buckets.take("a", 1.0, 1.0, 11_000));
    }

    #[test]
    fn limits_may_change() {
        let buckets = Buckets::default();
        assert!(buckets.take("a", 1.0, 100.0, 0));
        assert!(buckets.take("a", 1.0, 1.0, 0));
        assert!(!buckets.take("a", 1.0, 1.0, 0));
    }

    #[test]
    fn memory_is_bounded() {
        let buckets = Buckets::default();
        for at in 0..i64::try_from(KEPT_MAX).unwrap() + 10 {
            assert!(buckets.take(&at.to_string(), 1000.0, 1.0, at));
        }
        assert!(buckets.0.lock().len() <= KEPT_MAX);
    }
}
