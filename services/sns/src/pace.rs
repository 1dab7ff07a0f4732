//! How fast web servers get messages whose delivery policy has a throttle.
//!
//! It is kept in memory: after a restart each server begins anew.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Subscriptions that are kept. Beyond it, those whose turn has come are forgotten.
const KEPT_MAX: usize = 1024;

/// When each subscription may have its next message.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<String, Instant>>);

impl Pace {
    /// Waits for the turn of a message of a subscription that may have so many a second.
    pub(crate) async fn turn(&self, subscription_arn: &str, per_second: u32) {
        let gap = Duration::from_secs(1) / per_second.max(1);
        let turn = {
            let mut turns = self.0.lock();
            let now = Instant::now();
            if turns.len() >= KEPT_MAX {
                turns.retain(|_, next| *next > now);
            }
            let next = turns.entry(subscription_arn.to_owned()).or_insert(now);
            let turn = (*next).max(now);
            *next = turn + gap;
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_of_a_subscription_are_apart_and_others_do_not_wait() {
        let (pace, begun) = (Pace::default(), Instant::now());
        for _ in 0..5 {
            pace.turn("slow", 4).await;
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        pace.turn("other", 4).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        tokio::time::sleep(Duration::from_secs(10)).await;
        pace.turn("slow", 4).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(11));
    }
}
