//! The one clock. It can be read, moved forward and frozen; everything that waits, waits through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use wire::Timestamp;

/// `frozen_at_ms` while the clock runs.
const RUNNING: i64 = i64::MIN;
/// The longest single sleep; a longer wait is slept in parts.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

/// A movable clock; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    offset_ms: AtomicI64,
    frozen_at_ms: AtomicI64,
    moved: watch::Sender<()>,
}

/// What `GET /_cloudlet/clock` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// The time now.
    pub now: Timestamp,
    /// How far it is ahead of the machine's clock, in milliseconds.
    pub offset_ms: i64,
    /// Whether it stands still.
    pub frozen: bool,
}

impl Default for Clock {
    fn default() -> Self {
        Clock(Arc::new(Shared {
            offset_ms: AtomicI64::new(0),
            frozen_at_ms: AtomicI64::new(RUNNING),
            moved: watch::Sender::new(()),
        }))
    }
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self.0.frozen_at_ms.load(Ordering::Acquire) {
            RUNNING => Timestamp(machine_ms().saturating_add(self.0.offset_ms.load(Ordering::Acquire))),
            frozen => Timestamp(frozen),
        }
    }

    /// The machine's own time, however far this clock was moved: for what others measured by theirs.
    #[must_use]
    pub fn machine_now(&self) -> Timestamp {
        Timestamp(machine_ms())
    }

    /// The time, the offset, and whether it stands still.
    #[must_use]
    pub fn state(&self) -> ClockState {
        let now = self.now();
        let frozen = self.0.frozen_at_ms.load(Ordering::Acquire) != RUNNING;
        ClockState { now, offset_ms: now.millis() - machine_ms(), frozen }
    }

    /// Moves the clock forward; whoever waits for a moment that has now passed wakes.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        if self.0.frozen_at_ms.load(Ordering::Acquire) == RUNNING {
            let _ = self.0.offset_ms.fetch_update(Ordering::AcqRel, Ordering::Acquire, |offset| {
                Some(offset.saturating_add(by_ms))
            });
        } else {
            let _ = self
                .0
                .frozen_at_ms
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |at| Some(at.saturating_add(by_ms)));
        }
        self.0.moved.send_replace(());
    }

    /// Stops the clock where it is.
    pub fn freeze(&self) {
        let now = self.now().millis();
        self.0.frozen_at_ms.store(now, Ordering::Release);
        self.0.moved.send_replace(());
    }

    /// Lets the clock go on from where it stands.
    pub fn resume(&self) {
        let frozen = self.0.frozen_at_ms.load(Ordering::Acquire);
        if frozen != RUNNING {
            self.0.offset_ms.store(frozen - machine_ms(), Ordering::Release);
            self.0.frozen_at_ms.store(RUNNING, Ordering::Release);
            self.0.moved.send_replace(());
        }
    }

    /// Waits until the clock shows `moment`.
    pub async fn sleep_until(&self, moment: Timestamp) {
        let mut moved = self.0.moved.subscribe();
        loop {
            moved.borrow_and_update();
            let state = self.state();
            let left_ms = moment.millis() - state.now.millis();
            if left_ms <= 0 {
                return;
            }
            let left = Duration::from_millis(left_ms.unsigned_abs()).min(SLEEP_MAX);
            if state.frozen {
                let _ = moved.changed().await;
            } else {
                let _ = tokio::time::timeout(left, moved.changed()).await;
            }
        }
    }
}

/// The machine's clock, in milliseconds since 1970.
#[allow(clippy::disallowed_methods, reason = "this is the one door to the machine's clock")]
fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::default();
        clock.freeze();
        let at = clock.now();
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.now().millis(), at.millis() + 60_000);
        assert!(clock.state().frozen);
        clock.resume();
        assert!(!clock.state().frozen);
        assert!(clock.now() >= at);
    }

    #[tokio::test]
    async fn moving_the_clock_wakes_who_waits() {
        let clock = Clock::default();
        clock.freeze();
        let moment = Timestamp(clock.now().millis() + 3_600_000);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(moment).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3600));
        waiting.await.unwrap();
        assert!(clock.now() >= moment);
    }
}
