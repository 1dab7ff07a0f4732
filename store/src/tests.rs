//! The store as a whole: a model of it in a plain map, conflicts, signals, and what is there after a restart.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use crate::tuple::Key;
use crate::{Direction, Durability, Error, Options, Reads, Store};

fn in_folder(path: &Path) -> Store {
    Store::open(Options::folder(path, Durability::Crash)).unwrap()
}

/// A store of each engine; the folder lives as long as the value.
fn of_each_engine() -> Vec<(Store, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    vec![(Store::open(Options::memory()).unwrap(), None), (in_folder(folder.path()), Some(folder))]
}

fn everything() -> std::ops::Range<Vec<u8>> {
    Key::new().prefix_range()
}

fn content(reads: &impl Reads, direction: Direction) -> Vec<(Vec<u8>, Vec<u8>)> {
    let entries = reads.scan(everything(), direction).map(Result::unwrap);
    entries.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8),
    Delete(u8),
    Commit,
    Abandon,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..20, any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => (0u8..20).prop_map(Step::Delete),
        1 => Just(Step::Commit),
        1 => Just(Step::Abandon),
    ]
}

fn key(number: u8) -> Key {
    Key::new().str("k").u64(number.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Transactions of random steps: each sees its own writes in order and against it, and only committed ones stay.
    #[test]
    fn a_store_is_an_ordered_map(steps in prop::collection::vec(step(), 1..120)) {
        for (store, _folder) in of_each_engine() {
            let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
            for transaction in steps.split_inclusive(|step| matches!(step, Step::Commit | Step::Abandon)) {
                let mut changed = model.clone();
                let outcome = store.transact_now(|tx| {
                    for step in transaction {
                        match step {
                            Step::Put(number, value) => {
                                tx.put(&key(*number), vec![*value]);
                                changed.insert(key(*number).into(), vec![*value]);
                            }
                            Step::Delete(number) => {
                                tx.delete(&key(*number));
                                changed.remove(&Vec::from(key(*number)));
                            }
                            Step::Commit => {}
                            Step::Abandon => return Err(Error::Failed("abandoned".into())),
                        }
                    }
                    let expected: Vec<_> = changed.clone().into_iter().collect();
                    assert_eq!(content(tx, Direction::Forward), expected);
                    assert_eq!(content(tx, Direction::Backward), expected.into_iter().rev().collect::<Vec<_>>());
                    Ok(())
                });
                if outcome.is_ok() {
                    model = changed;
                }
                prop_assert_eq!(content(&store.snapshot(), Direction::Forward), model.clone().into_iter().collect::<Vec<_>>());
            }
        }
    }

    /// A queue that is filled and emptied in random order gives what a plain scan gives.
    #[test]
    fn the_head_of_a_queue_is_never_missed(steps in prop::collection::vec((any::<bool>(), 0u8..12), 1..150)) {
        for (store, _folder) in of_each_engine() {
            let range = Key::new().str("k").prefix_range();
            for (put, number) in &steps {
                store.transact_now(|tx| {
                    let first = tx.scan_head(range.clone()).next().transpose()?;
                    match first {
                        _ if *put => tx.put(&key(*number), vec![]),
                        Some((first, _)) => tx.delete(&first),
                        None => {}
                    }
                    Ok::<_, Error>(())
                }).unwrap();
                let (by_head, by_scan) = store.transact_now(|tx| {
                    let by_head: Vec<_> = tx.scan_head(range.clone()).map(Result::unwrap).collect();
                    let by_scan: Vec<_> = tx.scan_unchecked(range.clone(), Direction::Forward).map(Result::unwrap).collect();
                    Ok::<_, Error>((by_head, by_scan))
                }).unwrap();
                prop_assert_eq!(by_head, by_scan);
            }
        }
    }
}

fn counter(store: &Store) -> u64 {
    store.snapshot().get_record(&Key::new().str("counter")).unwrap().unwrap_or(0)
}

#[test]
fn no_increment_is_lost_among_threads() {
    for (store, _folder) in of_each_engine() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        increment(&store);
                    }
                });
            }
        });
        assert_eq!(counter(&store), 400);
    }
}

fn increment(store: &Store) {
    let key = Key::new().str("counter");
    let done = store.transact_now(|tx| {
        let count: u64 = tx.get_record(&key)?.unwrap_or(0);
        tx.put_record(&key, &(count + 1))
    });
    done.unwrap();
}

#[test]
fn a_range_that_changed_makes_its_reader_run_again() {
    for (store, _folder) in of_each_engine() {
        let runs = AtomicUsize::new(0);
        let seen = store.transact_now(|tx| {
            let seen = tx.scan(Key::new().str("k").prefix_range(), Direction::Forward).count();
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                std::thread::scope(|scope| {
                    scope.spawn(|| store.transact_now(|tx| tx.put_record(&key(1), &1)).unwrap());
                });
            }
            tx.put(&Key::new().str("seen"), vec![]);
            Ok::<_, Error>(seen)
        });
        assert_eq!((seen.unwrap(), runs.into_inner()), (1, 2));
    }
}

#[test]
fn a_snapshot_does_not_change() {
    for (store, _folder) in of_each_engine() {
        increment(&store);
        let before = store.snapshot();
        increment(&store);
        assert_eq!(before.get_record::<u64>(&Key::new().str("counter")).unwrap(), Some(1));
        store.reset().unwrap();
        assert_eq!(counter(&store), 0);
    }
}

#[tokio::test]
async fn a_signal_wakes_who_waits_and_comes_with_the_data() {
    let store = Store::open(Options::memory()).unwrap();
    let bell = Key::new().str("bell");
    let mut watch = store.watch(&bell);
    let other = store.clone();
    let ringer = tokio::spawn(async move {
        let rung = other.transact(|tx| {
            tx.put(&key(1), vec![]);
            tx.signal(Key::new().str("bell"));
            Ok::<_, Error>(())
        });
        rung.await.unwrap();
    });
    watch.changed().await;
    assert!(store.snapshot().get(&key(1)).unwrap().is_some());
    ringer.await.unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    for durability in [Durability::Crash, Durability::Power] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Options::folder(folder.path(), durability)).unwrap();
        for number in 0..50 {
            store.transact(|tx| tx.put_record(&key(number), &number)).await.unwrap();
        }
        store.close().unwrap();
        assert!(store.transact(|tx| tx.put_record(&key(99), &1)).await.is_err(), "it is closed");
        drop(store);
        let store = in_folder(folder.path());
        assert_eq!(content(&store.snapshot(), Direction::Forward).len(), 50);
    }
}

#[test]
fn a_folder_serves_one_store_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = in_folder(folder.path());
    let second = Store::open(Options::folder(folder.path(), Durability::Crash));
    assert!(matches!(second.err(), Some(Error::Locked(_))));
    drop(store);
    in_folder(folder.path());
}
