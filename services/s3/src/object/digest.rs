//! The MD5 of a body while it comes, computed side by side with those of the other bodies that come on this thread.
//!
//! Alone, MD5 is slower than all else that an upload costs together; of several that come at once, each costs less. It says nothing
//! of a body that it has not seen whole.

use std::cell::RefCell;
use std::sync::Arc;

use checksums::Md5;
use parking_lot::Mutex;

/// Bytes that wait until they are caught up with; twice as many do at most.
const WAITING_MAX: usize = 64 << 10;
/// Fewer are not worth waiting for others.
const TOGETHER_MIN: usize = 1 << 10;

thread_local! {
    /// Those that wait to be caught up with, until the first of them has its turn again.
    static TOGETHER: RefCell<Vec<Arc<Mutex<Md5>>>> = const { RefCell::new(Vec::new()) };
}

/// A digest under way.
#[derive(Default)]
pub(super) struct Digest(Arc<Mutex<Md5>>);

impl Digest {
    /// Takes the next bytes.
    pub(super) async fn push(&self, bytes: &[u8]) {
        for bytes in bytes.chunks(WAITING_MAX) {
            self.0.lock().push(bytes);
            self.catch_up(WAITING_MAX).await;
        }
    }

    /// The digest of all that came.
    pub(super) async fn finish(self) -> [u8; 16] {
        self.catch_up(TOGETHER_MIN).await;
        std::mem::take(&mut *self.0.lock()).finish()
    }

    /// Lets the other bodies of this thread have their turns, and then catches up with all that came here meanwhile, unless one of
    /// the others did it. Where fewer bytes wait it does nothing.
    async fn catch_up(&self, least: usize) {
        if self.0.lock().waiting() < least {
            return;
        }
        TOGETHER.with_borrow_mut(|together| together.push(Arc::clone(&self.0)));
        tokio::task::yield_now().await;
        if self.0.lock().waiting() < least {
            return;
        }
        let mut together = TOGETHER.take();
        // Where the thread is another one now, it is not among them.
        if !together.iter().any(|digest| Arc::ptr_eq(digest, &self.0)) {
            together.push(Arc::clone(&self.0));
        }
        // One that moved to another thread may be busy there.
        let mut locked: Vec<_> = together.iter().filter_map(|digest| digest.try_lock()).collect();
        Md5::catch_up(&mut locked.iter_mut().map(|digest| &mut **digest).collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use checksums::Algorithm;
    use futures_util::future::join_all;

    use super::*;

    fn text(number: usize) -> Vec<u8> {
        (0..number * 70_001).map(|at| (at * 31 + number) as u8).collect()
    }

    async fn digest_of(text: &[u8]) -> Vec<u8> {
        let digest = Digest::default();
        for piece in text.chunks(10_007) {
            digest.push(piece).await;
        }
        digest.finish().await.into()
    }

    fn digests(runtime: &tokio::runtime::Runtime) {
        runtime.block_on(async {
            let bodies = (0..20).map(|number| tokio::spawn(async move { digest_of(&text(number)).await }));
            for (number, digest) in join_all(bodies).await.into_iter().enumerate() {
                assert_eq!(digest.unwrap(), Algorithm::Md5.of(&text(number)));
            }
        });
    }

    #[test]
    fn each_is_what_it_is_alone() {
        digests(&tokio::runtime::Builder::new_current_thread().build().unwrap());
    }

    #[test]
    fn a_body_may_move_to_another_thread() {
        digests(&tokio::runtime::Builder::new_multi_thread().worker_threads(3).build().unwrap());
    }
}
