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
    /// How many more there may be than at first.
    grown: usize,
    /// Since when as many have been at work as there may be.
    full_since: Option<Timestamp>,
}

impl Scale {
    /// How many there may be.
    pub(super) fn limit(self, mapping: &Mapping) -> usize {
        let of_mapping = mapping.concurrency_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(MAX);
        (FIRST + self.grown).min(MAX).min(of_mapping)
    }

    /// Whether as many are at work as there may be, and if so, when there may be one more, if ever.
    pub(super) fn look(
        &mut self,
        mapping: &Mapping,
        at_work: usize,
        now: Timestamp,
    ) -> (bool, Option<Timestamp>) {
        if at_work < self.limit(mapping) {
            self.full_since = None;
            return (false, None);
        }
        let grows = self.is_full(mapping, now);
        // It may just have grown.
        (at_work >= self.limit(mapping), grows)
    }

    /// As many are at work as there may be: it grows for as long as that is so. Tells when there may be one more, if ever.
    fn is_full(&mut self, mapping: &Mapping, now: Timestamp) -> Option<Timestamp> {
        let since = *self.full_since.get_or_insert(now);
        let steps = (now.millis() - since.millis()).max(0) / STEP_MS;
        self.grown = (self.grown + usize::try_from(steps).unwrap_or(MAX)).min(MAX);
        let since = Timestamp(since.millis() + steps * STEP_MS);
        self.full_since = Some(since);
        let more = Scale { grown: self.grown + 1, ..*self };
        (more.limit(mapping) > self.limit(mapping)).then(|| Timestamp(since.millis() + STEP_MS))
    }

    /// There is nothing more to do, or what there was could not be run.
    pub(super) fn back(&mut self) {
        *self = Scale::default();
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
        assert_eq!(scale.limit(&free), 5);
        assert_eq!(scale.is_full(&free, Timestamp(1000)), Some(Timestamp(1200)));
        assert_eq!(scale.limit(&free), 5);
        assert_eq!(scale.is_full(&free, Timestamp(1300)), Some(Timestamp(1400)));
        assert_eq!(scale.limit(&free), 6);
        assert_eq!(scale.is_full(&free, Timestamp(61_000)), Some(Timestamp(61_200)));
        assert_eq!((scale.limit(&free), scale.limit(&held)), (305, 7));
        assert_eq!(scale.is_full(&held, Timestamp(61_000)), None);
        assert_eq!(scale.is_full(&free, Timestamp(1_000_000)), None);
        assert_eq!(scale.limit(&free), 1000);
        scale.back();
        assert_eq!(scale.limit(&free), 5);
    }

    #[test]
    fn it_does_not_grow_while_there_is_room() {
        let free = mapping(None);
        let mut scale = Scale::default();
        assert_eq!(scale.is_full(&free, Timestamp(0)), Some(Timestamp(200)));
        assert_eq!(scale.is_full(&free, Timestamp(200)), Some(Timestamp(400)));
        assert_eq!(scale.look(&free, 3, Timestamp(300)), (false, None));
        assert_eq!(scale.is_full(&free, Timestamp(600_000)), Some(Timestamp(600_200)));
        assert_eq!(scale.limit(&free), 6);
    }
}
