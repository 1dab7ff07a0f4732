//! How many batches of a queue are at work at once: few at first, and more for as long as there are more messages than these
//! can take, until the queue is empty.
//!
//! The figures are those of <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>.

use wire::Timestamp;

use super::mapping::Mapping;

/// At first, and again when the queue is empty.
const FIRST: usize = 5;
/// How long it takes for one more: there are 300 more in a minute.
const STEP_MS: i64 = 200;
/// There are never more.
const MAX: usize = 1000;

/// What one mapping is at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scale {
    /// Since when there has been more to do than could be at work.
    pressed_since: Option<Timestamp>,
}

impl Scale {
    /// How many there may be now.
    pub(super) fn limit(self, mapping: &Mapping, now: Timestamp) -> usize {
        let of_mapping = mapping.concurrency_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(MAX);
        let grown = self.pressed_since.map_or(0, |since| (now.millis() - since.millis()) / STEP_MS);
        (FIRST + usize::try_from(grown).unwrap_or_default()).min(MAX).min(of_mapping)
    }

    /// As many are at work as there may be. Tells when there may be one more, if ever.
    pub(super) fn is_full(&mut self, mapping: &Mapping, now: Timestamp) -> Option<Timestamp> {
        let since = *self.pressed_since.get_or_insert(now);
        let (limit, later) = (self.limit(mapping, now), Timestamp(now.millis() + STEP_MS));
        if limit == self.limit(mapping, later) {
            return None;
        }
        let grown = (now.millis() - since.millis()) / STEP_MS;
        Some(Timestamp(since.millis() + (grown + 1) * STEP_MS))
    }

    /// There is nothing more to do, or what there was could not be run.
    pub(super) fn back(&mut self) {
        self.pressed_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(concurrency_max: Option<i32>) -> Mapping {
        Mapping {
            scope: names::Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap()),
            uuid: String::new(),
            source: "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap(),
            function: "f".to_owned(),
            qualifier: None,
            enabled: true,
            batch_size: 1,
            window_s: 0,
            concurrency_max,
            reports_failures: false,
            modified_ms: 0,
            filters: Vec::new(),
            stream: None,
        }
    }

    #[test]
    fn it_grows_while_it_is_full_and_no_further_than_it_may() {
        let (free, held) = (mapping(None), mapping(Some(7)));
        let mut scale = Scale::default();
        assert_eq!(scale.limit(&free, Timestamp(1_000_000)), 5);
        assert_eq!(scale.is_full(&free, Timestamp(1000)), Some(Timestamp(1200)));
        assert_eq!(scale.limit(&free, Timestamp(1199)), 5);
        assert_eq!(scale.limit(&free, Timestamp(1200)), 6);
        assert_eq!(scale.is_full(&free, Timestamp(1300)), Some(Timestamp(1400)));
        assert_eq!(scale.limit(&free, Timestamp(61_000)), 305);
        assert_eq!(scale.limit(&free, Timestamp(1_000_000)), 1000);
        assert_eq!(scale.is_full(&free, Timestamp(1_000_000)), None);
        assert_eq!(
            (scale.limit(&held, Timestamp(61_000)), scale.is_full(&held, Timestamp(61_000))),
            (7, None)
        );
        scale.back();
        assert_eq!(scale.limit(&free, Timestamp(61_000)), 5);
    }
}
