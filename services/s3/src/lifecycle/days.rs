//! Days as lifecycles count them: what comes due goes at the next midnight, UTC.

pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// So many days after a moment, rounded up to a midnight.
pub(crate) fn after(from_ms: i64, days: i32) -> i64 {
    let due_ms = from_ms.saturating_add(i64::from(days) * DAY_MS);
    match due_ms.rem_euclid(DAY_MS) {
        0 => due_ms,
        since => due_ms.saturating_add(DAY_MS - since),
    }
}

/// The first midnight behind a moment.
pub(crate) fn next_midnight(now_ms: i64) -> i64 {
    after(now_ms.saturating_add(1), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_at_midnight() {
        let hour = 60 * 60 * 1000;
        // The example of the user guide: 10:30 and three days is the midnight behind the third.
        assert_eq!(after(10 * hour + hour / 2, 3), 4 * DAY_MS);
        assert_eq!((after(0, 3), after(1, 3), after(hour, 0)), (3 * DAY_MS, 4 * DAY_MS, DAY_MS));
        assert_eq!((next_midnight(0), next_midnight(DAY_MS - 1)), (DAY_MS, DAY_MS));
        assert!(after(i64::MAX - 5, i32::MAX) > 0);
    }
}
