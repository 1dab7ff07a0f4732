//! The SHA-256 of bodies, computed side by side with those of the other requests that came at once on this thread.
//!
//! A thread reads what several connections have sent before it rests, so under load there are some: each costs less than it would
//! alone. It says nothing of a body that has not come whole.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use signing::Payload;

/// Shorter ones are not worth waiting for others.
const TOGETHER_MIN: usize = 512;

/// A body whose hash somebody waits for.
type Waiting = (Bytes, Arc<OnceLock<[u8; 32]>>);

thread_local! {
    /// Those that wait until the first of them has its turn again.
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
}

/// What a signature is proved on, of a body that is here. The requests that are ready on this thread go first.
pub(crate) async fn payload(body: &Bytes) -> Payload<'_> {
    if body.len() < TOGETHER_MIN || !signing::is_faster_side_by_side() {
        return Payload::Bytes(body);
    }
    hashed_together(body).await
}

async fn hashed_together(body: &Bytes) -> Payload<'_> {
    let hash = Arc::<OnceLock<_>>::default();
    WAITING.with_borrow_mut(|waiting| waiting.push((body.clone(), Arc::clone(&hash))));
    tokio::task::yield_now().await;
    if hash.get().is_none() {
        hash_all(&WAITING.take());
    }
    // Where the thread is another one now, it was not among them.
    hash.get().map_or(Payload::Bytes(body), |hash| Payload::Sha256(*hash))
}

fn hash_all(waiting: &[Waiting]) {
    let bodies: Vec<&[u8]> = waiting.iter().map(|(body, _)| &**body).collect();
    for ((_, place), hash) in waiting.iter().zip(signing::sha256_of_each(&bodies)) {
        // Nobody else has filled it.
        let _ = place.set(hash);
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use futures_util::future::join_all;
    use tokio::runtime::Builder;

    use super::*;

    fn body(number: usize) -> Bytes {
        (0..500 + number * 100).map(|at| (at * 31 + number) as u8).collect()
    }

    /// Whether it is a hash; if so, the right one.
    fn is_hashed(payload: Payload<'_>, body: &Bytes) -> bool {
        let Payload::Sha256(hash) = payload else { return false };
        assert_eq!(signing::sha256_of_each(&[body]), [hash]);
        true
    }

    /// How many of thirty requests were hashed here.
    fn hashed(runtime: &tokio::runtime::Runtime) -> usize {
        runtime.block_on(async {
            let requests = (0..30).map(|number| {
                tokio::spawn(async move {
                    let body = body(number);
                    is_hashed(hashed_together(&body).await, &body)
                })
            });
            join_all(requests).await.into_iter().filter(|hashed| *hashed.as_ref().unwrap()).count()
        })
    }

    #[test]
    fn each_gets_its_own() {
        assert_eq!(hashed(&Builder::new_current_thread().build().unwrap()), 30);
    }

    #[tokio::test]
    async fn short_bodies_do_not_wait() {
        let short = Bytes::from_static(b"short");
        assert!(matches!(payload(&short).await, Payload::Bytes(_)));
    }

    #[test]
    fn a_request_may_move_to_another_thread() {
        assert!(hashed(&Builder::new_multi_thread().worker_threads(3).build().unwrap()) <= 30);
    }

    #[test]
    fn who_leaves_takes_nothing_from_the_others() {
        Builder::new_current_thread().build().unwrap().block_on(async {
            let (first, second) = (body(7), body(8));
            let mut leaving = Box::pin(hashed_together(&first));
            let _ = leaving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            drop(leaving);
            assert!(is_hashed(hashed_together(&second).await, &second));
        });
    }
}
