//! Where the frame stores what it stores: each kind of its keys once, as `stored.txt` has it.

use std::sync::Arc;
use std::time::Duration;

use store::tuple::Key;
use store::{Bytes, Direction, Options, Reads as _, Store, Transaction};
use wire::Timestamp;

use crate::{Idempotency, JobLanes, Jobs, Lease, Remembered, Result, Sequence, Sweeper, Timers};

fn write(tx: &mut Transaction) -> Result<()> {
    let id = [1; 16];
    Jobs::new("service", "jobs", 1).put(tx, 7, &id, &())?;
    JobLanes::new("service", "lanes", 1).put(tx, "lane", 7, &id, &())?;
    Timers::new("service", "timers", 1).set(tx, 7, "timer", &id, &())?;
    let answer = Remembered { fingerprint: Bytes::new(), answer: Bytes::new() };
    Idempotency::new("service", "answers", 1).put(tx, Timestamp(7), "of", "token", answer)?;
    let owner: Arc<str> = "owner".into();
    Lease::new("service", "lease").acquire(tx, &owner, Timestamp(7), Duration::from_secs(1))?;
    Sweeper::new("service").put(tx, &Key::new().str("prefix"));
    Ok(())
}

#[tokio::test]
async fn keys_stay() {
    let store = Store::open(Options::memory()).unwrap();
    store.transact_now(write).unwrap();
    Sequence::new("service", "sequence", 1).next(&store).await.unwrap();
    let now = store.snapshot();
    let entries = now.scan(Key::new().prefix_range(), Direction::Forward);
    let keys: Vec<_> =
        entries.enumerate().map(|(at, entry)| (format!("frame-{at}"), entry.unwrap().0)).collect();
    layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
}
