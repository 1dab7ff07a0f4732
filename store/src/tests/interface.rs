//! What every engine's store does, however it keeps its data.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::ranges::{
    any_bytes_are_keys_and_values, own_writes_lie_over_stored_ones_both_ways,
    ranges_begin_with_their_start_and_end_before_their_end, rising_keys_stand_behind_all_others,
};
use super::{Bed, collected, content, everything, key, keys};
use crate::tuple::Key;
use crate::{Direction, Error, Reads, Store};

/// All cases, as tests of one engine: a new engine is one line below.
macro_rules! engine {
    ($engine:ident) => {
        engine!(
            $engine:
            it_is_empty_at_first,
            a_transaction_sees_its_own_writes_and_nobody_else_does,
            what_fails_leaves_nothing,
            ranges_begin_with_their_start_and_end_before_their_end,
            own_writes_lie_over_stored_ones_both_ways,
            any_bytes_are_keys_and_values,
            rising_keys_stand_behind_all_others,
            a_value_that_was_read_and_changed_makes_its_reader_run_again,
            a_range_that_changed_makes_its_reader_run_again,
            a_range_counts_as_far_as_it_was_walked,
            what_was_read_unchecked_may_change,
            what_only_writes_never_runs_again,
            who_always_meets_conflicts_runs_alone_at_last,
            no_increment_is_lost_among_threads,
            a_snapshot_does_not_change,
            a_reset_leaves_nothing_and_makes_readers_run_again,
            a_reset_wakes_who_waits,
            the_head_of_a_queue_moves_both_ways,
            a_signal_wakes_who_waits_and_comes_with_the_data,
            what_fails_signals_nobody,
            many_are_acknowledged_at_once,
            what_was_acknowledged_is_there_after_a_restart,
            what_was_acknowledged_is_there_after_a_kill,
            a_reset_is_there_after_a_kill,
            a_closed_store_accepts_nothing,
        );
    };
    ($engine:ident: $($case:ident,)*) => {
        mod $engine {
            $(#[test]
            fn $case() {
                super::$case(super::Bed::$engine());
            })*
        }
    };
}

engine!(memory);
engine!(crash);
engine!(power);

pub(super) fn write(store: &Store, body: impl Fn(&mut crate::Transaction)) {
    let written = store.transact_now(|tx| {
        body(tx);
        Ok::<_, Error>(())
    });
    written.unwrap();
}

fn put_it(tx: &mut crate::Transaction, number: u64) -> Result<(), Error> {
    tx.put(key(number), "");
    Ok(())
}

pub(super) fn put(store: &Store, number: u64, value: &str) {
    let value = value.as_bytes().to_vec();
    write(store, |tx| tx.put(key(number), value.clone()));
}

fn get(reads: &impl Reads, number: u64) -> Option<Vec<u8>> {
    reads.get(&key(number)).unwrap().map(|value| value.to_vec())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn it_is_empty_at_first(bed: Bed) {
    let store = bed.open();
    assert_eq!(content(&store.snapshot(), everything(), Direction::Forward), []);
    assert_eq!(get(&store.snapshot(), 1), None);
}

fn a_transaction_sees_its_own_writes_and_nobody_else_does(bed: Bed) {
    let store = bed.open();
    put(&store, 1, "old");
    let done = store.transact_now(|tx| {
        tx.put(key(1), "new");
        tx.put(key(2), "second");
        tx.delete(key(2));
        assert_eq!((get(tx, 1), get(tx, 2)), (Some(b"new".to_vec()), None));
        assert_eq!(get(&store.snapshot(), 1).unwrap(), b"old");
        Ok::<_, Error>(())
    });
    done.unwrap();
    assert_eq!((get(&store.snapshot(), 1), get(&store.snapshot(), 2)), (Some(b"new".to_vec()), None));
}

fn what_fails_leaves_nothing(bed: Bed) {
    let store = bed.open();
    put(&store, 1, "old");
    let failed = store.transact_now(|tx| {
        tx.put(key(1), "new");
        tx.put(key(2), "new");
        Err::<(), _>(Error::Failed("of its own accord".into()))
    });
    assert!(failed.unwrap_err().to_string().contains("of its own accord"));
    assert_eq!((get(&store.snapshot(), 1), get(&store.snapshot(), 2)), (Some(b"old".to_vec()), None));
}

/// Runs a transaction that reads with `read`, and changes key 1 from outside while it runs for the first time.
fn runs_of(store: &Store, read: impl Fn(&mut crate::Transaction), interfere: impl Fn()) -> usize {
    let runs = AtomicUsize::new(0);
    let done = store.transact_now(|tx| {
        read(tx);
        if runs.fetch_add(1, Ordering::Relaxed) == 0 {
            interfere();
        }
        tx.put(Key::new().str("done"), "");
        Ok::<_, Error>(())
    });
    done.unwrap();
    runs.into_inner()
}

fn a_value_that_was_read_and_changed_makes_its_reader_run_again(bed: Bed) {
    let store = bed.open();
    let read_1 = |tx: &mut crate::Transaction| drop(get(tx, 1));
    assert_eq!(runs_of(&store, read_1, || put(&store, 1, "put")), 2);
    assert_eq!(runs_of(&store, read_1, || put(&store, 2, "another key")), 1);
    let delete = || write(&store, |tx| tx.delete(key(1)));
    assert_eq!(runs_of(&store, read_1, delete), 2);
}

fn a_range_that_changed_makes_its_reader_run_again(bed: Bed) {
    let store = bed.open();
    for direction in [Direction::Forward, Direction::Backward] {
        let walk = |tx: &mut crate::Transaction| drop(content(tx, keys(), direction));
        assert_eq!(runs_of(&store, walk, || put(&store, 1, "inside")), 2);
        let outside = || write(&store, |tx| tx.put(Key::new().str("other"), ""));
        assert_eq!(runs_of(&store, walk, outside), 1);
    }
}

fn a_range_counts_as_far_as_it_was_walked(bed: Bed) {
    let store = bed.open();
    for number in [10, 20, 30] {
        put(&store, number, "");
    }
    let first = |direction| move |tx: &mut crate::Transaction| drop(tx.scan(keys(), direction).next());
    assert_eq!(runs_of(&store, first(Direction::Forward), || put(&store, 5, "before it")), 2);
    assert_eq!(runs_of(&store, first(Direction::Forward), || put(&store, 25, "behind it")), 1);
    assert_eq!(runs_of(&store, first(Direction::Backward), || put(&store, 35, "before it")), 2);
    assert_eq!(runs_of(&store, first(Direction::Backward), || put(&store, 15, "behind it")), 1);
    let unused = |tx: &mut crate::Transaction| drop(tx.scan(keys(), Direction::Forward));
    assert_eq!(runs_of(&store, unused, || put(&store, 1, "")), 1);
}

fn what_was_read_unchecked_may_change(bed: Bed) {
    let store = bed.open();
    put(&store, 1, "");
    let walk = |tx: &mut crate::Transaction| drop(collected(tx.scan_unchecked(keys(), Direction::Forward)));
    assert_eq!(runs_of(&store, walk, || put(&store, 1, "changed")), 1);
    let head = |tx: &mut crate::Transaction| drop(tx.scan_head(keys()).next());
    assert_eq!(runs_of(&store, head, || put(&store, 0, "put")), 1);
}

fn what_only_writes_never_runs_again(bed: Bed) {
    let store = bed.open();
    let blind = |tx: &mut crate::Transaction| tx.put(key(1), "blind");
    assert_eq!(runs_of(&store, blind, || put(&store, 1, "other")), 1);
    assert_eq!(get(&store.snapshot(), 1).unwrap(), b"blind");
}

fn who_always_meets_conflicts_runs_alone_at_last(bed: Bed) {
    let store = bed.open();
    let runs = AtomicUsize::new(0);
    let done = store.transact_now(|tx| {
        get(tx, 1);
        // Others interfere as long as they can: a transaction that runs alone keeps them waiting.
        if runs.fetch_add(1, Ordering::Relaxed) < crate::store::ATTEMPTS_BESIDE_OTHERS {
            put(&store, 1, "again");
        }
        tx.put(key(1), "mine");
        Ok::<_, Error>(())
    });
    done.unwrap();
    assert_eq!(runs.into_inner(), crate::store::ATTEMPTS_BESIDE_OTHERS + 1);
    assert_eq!(get(&store.snapshot(), 1).unwrap(), b"mine");
}

fn increment(store: &Store) {
    let key = Key::new().str("counter");
    let done = store.transact_now(|tx| {
        let count: u64 = tx.get_record(&key)?.unwrap_or(0);
        tx.put_record(&key, &(count + 1))
    });
    done.unwrap();
}

fn counter(reads: &impl Reads) -> Option<u64> {
    reads.get_record(&Key::new().str("counter")).unwrap()
}

fn no_increment_is_lost_among_threads(bed: Bed) {
    let store = bed.open();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|_| increment(&store)));
        }
    });
    assert_eq!(counter(&store.snapshot()), Some(200));
}

fn a_snapshot_does_not_change(bed: Bed) {
    let store = bed.open();
    increment(&store);
    let before = store.snapshot();
    increment(&store);
    assert_eq!(counter(&before), Some(1));
    store.reset().unwrap();
    assert_eq!(counter(&store.snapshot()), None);
}

fn a_reset_leaves_nothing_and_makes_readers_run_again(bed: Bed) {
    let store = bed.open();
    put(&store, 1, "");
    assert_eq!(runs_of(&store, |tx| drop(get(tx, 1)), || store.reset().unwrap()), 2);
    assert_eq!(content(&store.snapshot(), keys(), Direction::Forward), []);
}

fn the_head_of_a_queue_moves_both_ways(bed: Bed) {
    let store = bed.open();
    let head =
        || store.transact_now(|tx| tx.scan_head(keys()).next().transpose()).unwrap().map(|(key, _)| key);
    assert_eq!(head(), None);
    put(&store, 5, "");
    put(&store, 9, "");
    assert_eq!(head().unwrap(), *key(5));
    write(&store, |tx| tx.delete(key(5)));
    assert_eq!(head().unwrap(), *key(9));
    put(&store, 2, "before the remembered head");
    assert_eq!(head().unwrap(), *key(2));
    store.reset().unwrap();
    put(&store, 1, "");
    assert_eq!(head().unwrap(), *key(1));
}

fn a_signal_wakes_who_waits_and_comes_with_the_data(bed: Bed) {
    let store = bed.open();
    runtime().block_on(async {
        let mut watch = store.watch(Key::new().str("bell"));
        let other = store.clone();
        let ringer = tokio::spawn(async move {
            let rung = other.transact(|tx| {
                tx.put(key(1), "");
                tx.signal(Key::new().str("bell"));
                Ok::<_, Error>(())
            });
            rung.await.unwrap();
        });
        watch.changed().await;
        assert!(get(&store.snapshot(), 1).is_some());
        ringer.await.unwrap();
    });
}

fn a_reset_wakes_who_waits(bed: Bed) {
    let store = bed.open();
    runtime().block_on(async {
        let mut watch = store.watch(Key::new().str("bell"));
        store.reset().unwrap();
        watch.changed().await;
        assert!(tokio::time::timeout(Duration::from_millis(20), watch.changed()).await.is_err());
    });
}

fn what_fails_signals_nobody(bed: Bed) {
    let store = bed.open();
    runtime().block_on(async {
        let mut watch = store.watch(Key::new().str("bell"));
        let failed = store.transact(|tx| {
            tx.signal(Key::new().str("bell"));
            Err::<(), _>(Error::Failed("of its own accord".into()))
        });
        failed.await.unwrap_err();
        assert!(tokio::time::timeout(Duration::from_millis(20), watch.changed()).await.is_err());
    });
}

fn many_are_acknowledged_at_once(bed: Bed) {
    let store = bed.open();
    runtime().block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..100 {
            let store = store.clone();
            tasks.spawn(async move { store.transact(|tx| put_it(tx, number)).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
    });
    assert_eq!(content(&store.snapshot(), keys(), Direction::Forward).len(), 100);
}

fn fifty_acknowledged(store: &Store) {
    runtime().block_on(async {
        for number in 0..50 {
            store.transact(|tx| tx.put_record(key(number), &number)).await.unwrap();
        }
    });
}

fn what_was_acknowledged_is_there_after_a_restart(bed: Bed) {
    let store = bed.open();
    fifty_acknowledged(&store);
    store.close().unwrap();
    drop(store);
    let found = content(&bed.open().snapshot(), keys(), Direction::Forward).len();
    assert_eq!(found, if bed.keeps() { 50 } else { 0 });
}

fn what_was_acknowledged_is_there_after_a_kill(bed: Bed) {
    let killed = bed.open();
    fifty_acknowledged(&killed);
    let bed = bed.after_a_kill();
    let found = content(&bed.open().snapshot(), keys(), Direction::Forward).len();
    assert_eq!(found, if bed.keeps() { 50 } else { 0 });
}

fn a_reset_is_there_after_a_kill(bed: Bed) {
    let killed = bed.open();
    fifty_acknowledged(&killed);
    killed.reset().unwrap();
    put(&killed, 7, "after the reset");
    let bed = bed.after_a_kill();
    let found = content(&bed.open().snapshot(), keys(), Direction::Forward).len();
    assert_eq!(found, usize::from(bed.keeps()));
}

fn a_closed_store_accepts_nothing(bed: Bed) {
    let store = bed.open();
    put(&store, 1, "");
    store.close().unwrap();
    let put = |tx: &mut crate::Transaction| put_it(tx, 2);
    assert!(matches!(store.transact_now(put), Err(Error::Failed(_))));
    assert!(matches!(runtime().block_on(store.transact(put)), Err(Error::Failed(_))));
    assert!(matches!(store.reset(), Err(Error::Failed(_))));
    assert_eq!(get(&store.snapshot(), 1), Some(vec![]), "what is there can be read");
}
