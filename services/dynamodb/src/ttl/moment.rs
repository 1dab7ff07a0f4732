//! When an item expires.

use expressions::{Item, Value};
use wire::Timestamp;

/// What is longer past than this is taken for a mistake, and never deleted: five years, in seconds.
const PAST_MAX_S: i64 = 5 * 365 * 86_400;

/// The moment that the attribute names, in whole seconds; none when it is no number, or no moment.
pub(super) fn of(item: &Item, attribute: &str) -> Option<i64> {
    let Some(Value::N(number)) = item.get(attribute) else { return None };
    let text = number.to_string();
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    whole.parse().ok().filter(|due_s| *due_s > 0)
}

/// Whether an item with this moment is ever to be deleted.
pub(super) fn counts(due_s: i64, now: Timestamp) -> bool {
    due_s > now.millis() / 1000 - PAST_MAX_S
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_value(value: Value) -> Option<i64> {
        of(&Item::from([("t".to_owned(), value)]), "t")
    }

    #[test]
    fn numbers_alone_are_moments() {
        let number = |text: &str| of_value(Value::N(text.parse().unwrap()));
        assert_eq!(number("1800000000"), Some(1_800_000_000));
        assert_eq!(number("1800000000.9"), Some(1_800_000_000));
        assert_eq!(number("1.8E9"), Some(1_800_000_000));
        assert_eq!((number("0"), number("-5"), number("1E100"), number("0.5")), (None, None, None, None));
        assert_eq!(of_value(Value::S("1800000000".into())), None);
        assert_eq!(of(&Item::new(), "t"), None);
    }

    #[test]
    fn what_is_long_past_does_not_count() {
        let now = Timestamp(1_800_000_000_000);
        assert!(counts(1_800_000_001, now) && counts(1_799_999_999, now));
        assert!(!counts(1_800_000_000 - PAST_MAX_S, now));
    }
}
