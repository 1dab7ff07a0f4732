//! Long polls of one queue wait in the order in which they came: only the first looks when something arrives.
//!
//! So a message wakes one of them and not all, and who has waited longest is served first. Receives that find something at
//! once never come here. Nothing of it is stored.

use std::sync::{Arc, Weak};

use foldhash::HashMap;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Line, OwnedMutexGuard};

use crate::keys::Id;

/// The lines before all queues.
#[derive(Default)]
pub(crate) struct Turns(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// By the contents of a queue; a line is gone with its last poll.
    lines: HashMap<Id, Weak<Line<()>>>,
    /// At so many lines those that are gone are forgotten.
    limit: usize,
}

/// The right to look at the queue. It goes to the next in line when it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Waits in line until it is this poll's turn. Whoever stops waiting leaves the line.
    pub(crate) async fn wait(&self, contents: &Id) -> Turn {
        self.line(contents).lock_owned().await
    }

    fn line(&self, contents: &Id) -> Arc<Line<()>> {
        let mut all = self.0.lock();
        if let Some(line) = all.lines.get(contents).and_then(Weak::upgrade) {
            return line;
        }
        if all.lines.len() >= all.limit {
            all.lines.retain(|_, line| line.strong_count() > 0);
            all.limit = (2 * all.lines.len()).max(64);
        }
        let line = Arc::default();
        all.lines.insert(*contents, Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn turns_come_in_order_and_pass_over_those_who_left() {
        let turns = Turns::default();
        let first = turns.wait(&[1; 16]).await;
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(turns.wait(&[1; 16]))).collect();
        for turn in &mut waiting {
            assert!(poll(turn).is_pending());
        }
        turns.wait(&[2; 16]).await;
        drop(waiting.remove(0));
        drop(first);
        assert!(poll(&mut waiting[1]).is_pending(), "another one is before it");
        let Poll::Ready(second) = poll(&mut waiting[0]) else { panic!("it is its turn") };
        drop(second);
        assert!(poll(&mut waiting[1]).is_ready());
    }

    #[tokio::test]
    async fn lines_that_are_gone_are_forgotten() {
        let turns = Turns::default();
        let held = turns.wait(&[0; 16]).await;
        for number in 0..10_000_u32 {
            let mut contents = [1; 16];
            contents[..4].copy_from_slice(&number.to_be_bytes());
            turns.wait(&contents).await;
        }
        assert!(turns.0.lock().lines.len() <= 64);
        assert!(turns.0.lock().lines.contains_key(&[0; 16]));
        drop(held);
    }

    fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
        std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    }
}
