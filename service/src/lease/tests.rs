//! Owners that come, go, and are slow.

use store::{Options, Store};

use super::*;
use crate::work::test_cloud;

const LEASE: Lease = Lease::new("s", "work");
const MINUTE: Duration = Duration::from_secs(60);

fn owner(name: &str) -> Arc<str> {
    name.into()
}

fn acquire(store: &Store, name: &str, now_ms: i64) -> Asked {
    store.transact_now(|tx| LEASE.acquire(tx, &owner(name), Timestamp(now_ms), MINUTE)).unwrap()
}

fn held(asked: Asked) -> Held {
    let Asked::Mine(held) = asked else { panic!("{asked:?}") };
    held
}

#[test]
fn a_lease_has_one_owner_until_it_expires() {
    let store = Store::open(Options::memory()).unwrap();
    let first = held(acquire(&store, "one", 0));
    assert_eq!(acquire(&store, "two", 59_999), Asked::Taken(Timestamp(60_000)));
    let renewed =
        store.transact_now(|tx| LEASE.renew(tx, &first, Timestamp(50_000), MINUTE)).unwrap().unwrap();
    assert_eq!((renewed.fence, renewed.until), (first.fence, Timestamp(110_000)));
    assert_eq!(acquire(&store, "two", 109_999), Asked::Taken(Timestamp(110_000)));
    let second = held(acquire(&store, "two", 110_000));
    assert!(second.fence > first.fence);
    let late = store.transact_now(|tx| LEASE.renew(tx, &renewed, Timestamp(110_001), MINUTE)).unwrap();
    assert_eq!(late, None, "it is another's now");
}

#[test]
fn who_lost_a_lease_writes_nothing() {
    let store = Store::open(Options::memory()).unwrap();
    let slow = held(acquire(&store, "slow", 0));
    let mut runs = 0;
    let written = store.transact_now(|tx| {
        LEASE.check(tx, &slow)?;
        runs += 1;
        // It expires, and is taken, between the check and the commit.
        if runs == 1 {
            held(acquire(&store, "quick", 60_000));
        }
        tx.put(b"result", "of the slow one");
        Ok::<_, crate::Error>(())
    });
    written.unwrap_err();
    assert_eq!((store.snapshot().get(b"result").unwrap(), runs), (None, 1));
}

#[test]
fn a_lease_that_is_given_back_is_free_and_its_fence_goes_on() {
    let store = Store::open(Options::memory()).unwrap();
    let first = held(acquire(&store, "one", 0));
    store.transact_now(|tx| LEASE.release(tx, &first)).unwrap();
    let second = held(acquire(&store, "two", 1));
    assert!(second.fence > first.fence);
    // To give back what one has lost changes nothing.
    store.transact_now(|tx| LEASE.release(tx, &first)).unwrap();
    assert_eq!(acquire(&store, "three", 2), Asked::Taken(second.until));
}

#[tokio::test]
async fn work_moves_on_when_its_owner_dies() {
    let store = Store::open(Options::memory()).unwrap();
    let (one, two) = (test_cloud(&store, vec![]), test_cloud(&store, vec![]));
    let good_for = Duration::from_millis(150);
    let (began, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let work = |cloud: Arc<Cloud>, name: &'static str| {
        let began = began.clone();
        tokio::spawn(async move {
            let forever = |held: Held| async move {
                began.send((name, held.fence)).unwrap();
                std::future::pending::<Result<()>>().await
            };
            LEASE.hold(&cloud, &owner(name), good_for, forever).await
        })
    };
    let first = work(one, "one");
    assert_eq!(begins.recv().await, Some(("one", 1)));
    let _second = work(two, "two");
    // It is renewed beyond its time, so the other one waits.
    assert!(tokio::time::timeout(good_for * 2, begins.recv()).await.is_err());
    first.abort();
    assert_eq!(begins.recv().await, Some(("two", 2)));
}

#[tokio::test]
async fn work_whose_lease_was_stolen_stops() {
    let store = Store::open(Options::memory()).unwrap();
    let cloud = test_cloud(&store, vec![]);
    let steal = |_| async {
        // As if this process had stood still for a day.
        let tomorrow = Timestamp(cloud.clock.machine_now().millis() + 86_400_000);
        store.transact(|tx| LEASE.acquire(tx, &owner("thief"), tomorrow, MINUTE)).await?;
        std::future::pending::<Result<()>>().await
    };
    LEASE.hold(&cloud, &owner("one"), Duration::from_millis(30), steal).await.unwrap_err();
    let taken = acquire(&store, "three", cloud.clock.machine_now().millis());
    assert!(matches!(taken, Asked::Taken(_)), "what was stolen is not given back");
}
