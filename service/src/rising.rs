//! Numbers for things that stand in order, as SQS and SNS number the messages of a group.

use std::sync::atomic::{AtomicU64, Ordering};

use wire::Timestamp;

/// Where texts begin, so that each has the 20 digits that AWS's have.
const TEXT_BASE: u128 = 18_000_000_000_000_000_000;
/// Binary digits below the millisecond.
const BITS: u32 = 20;
/// The last number of this process.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A number that is greater than all before it in this process, and than those of earlier milliseconds in any. Whoever needs
/// it to be greater than another one takes the greater of this and the next one of that.
#[must_use]
pub fn rising(now: Timestamp) -> u64 {
    let of_now = u64::try_from(now.millis()).unwrap_or_default() << BITS;
    let later = |last: u64| Some(of_now.max(last + 1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    of_now.max(last.unwrap_or_default() + 1)
}

/// A number of [`rising`] as clients see it: 20 digits.
#[must_use]
pub fn rising_text(number: u64) -> String {
    (TEXT_BASE + u128::from(number)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_have_twenty_digits() {
        let numbers = [5, 5, 3, 1_800_000_000_000].map(|millis| rising(Timestamp(millis)));
        assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
        for number in [0, 1_800_000_000_000 << BITS] {
            assert_eq!(rising_text(number).len(), 20);
        }
    }
}
