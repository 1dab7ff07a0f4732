//! Counts of requests by service, operation and outcome, as Prometheus reads them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use foldhash::HashMap;
use parking_lot::Mutex;

/// One line of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// How many requests.
    pub requests: u64,
    /// How long they took together, in microseconds.
    pub total_us: u64,
}

/// The counters. Labels are names from the model, so their number is bounded.
///
/// Each thread counts in one of several places, so that busy threads do not wait for each other.
#[derive(Debug, Default)]
pub struct Metrics([Place; PLACES]);

const PLACES: usize = 8;

/// On a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Place(Mutex<HashMap<Labels, Sample>>);

/// The place of the next thread.
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Where this thread counts.
    static PLACE: usize = NEXT.fetch_add(1, Ordering::Relaxed) % PLACES;
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Labels {
    service: &'static str,
    operation: &'static str,
    code: Cow<'static, str>,
}

impl Metrics {
    /// Counts one request; `code` is the error's, if it was one.
    pub fn request(
        &self,
        service: &'static str,
        operation: &'static str,
        code: Option<Cow<'static, str>>,
        took: Duration,
    ) {
        let labels = Labels { service, operation, code: code.unwrap_or(Cow::Borrowed("ok")) };
        let mut samples = PLACE.with(|place| &self.0[*place]).0.lock();
        let sample = samples.entry(labels).or_default();
        sample.requests += 1;
        sample.total_us = sample.total_us.saturating_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Everything as Prometheus text.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let mut samples = BTreeMap::<Labels, Sample>::new();
        for place in &self.0 {
            for (labels, counted) in &*place.0.lock() {
                let sample = samples.entry(labels.clone()).or_default();
                sample.requests += counted.requests;
                sample.total_us = sample.total_us.saturating_add(counted.total_us);
            }
        }
        let mut text = String::from(
            "# HELP cloudlet_requests_total Requests by service, operation and error code.\n\
             # TYPE cloudlet_requests_total counter\n",
        );
        for (labels, sample) in &samples {
            let _ = writeln!(text, "cloudlet_requests_total{{{labels}}} {}", sample.requests);
        }
        text.push_str(
            "# HELP cloudlet_request_seconds_total Time spent on them.\n\
             # TYPE cloudlet_request_seconds_total counter\n",
        );
        for (labels, sample) in &samples {
            let _ =
                writeln!(text, "cloudlet_request_seconds_total{{{labels}}} {}", sample.total_us as f64 / 1e6);
        }
        text
    }
}

impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Labels { service, operation, code } = self;
        write!(f, "service=\"{service}\",operation=\"{operation}\",code=\"{code}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_outcome() {
        let metrics = Metrics::default();
        let count = || metrics.request("sqs", "SendMessage", None, Duration::from_micros(500));
        count();
        std::thread::scope(|scope| scope.spawn(count).join()).unwrap();
        metrics.request("sqs", "SendMessage", Some("QueueDoesNotExist".into()), Duration::ZERO);
        let text = metrics.prometheus();
        assert!(
            text.contains("requests_total{service=\"sqs\",operation=\"SendMessage\",code=\"ok\"} 2\n"),
            "{text}"
        );
        assert!(
            text.contains("seconds_total{service=\"sqs\",operation=\"SendMessage\",code=\"ok\"} 0.001\n"),
            "{text}"
        );
        assert!(text.contains("code=\"QueueDoesNotExist\"} 1\n"), "{text}");
    }
}
