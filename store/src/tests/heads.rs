//! A range that is used as a queue, by many threads at once: nothing is taken twice, nothing is missed.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Bed;
use super::chance::{Chance, seed};
use crate::tuple::Key;
use crate::{Error, Store, Transaction};

const PRODUCERS: u64 = 3;
const CONSUMERS: u64 = 3;
const EACH: u64 = 400;

fn queue() -> Key {
    Key::new().str("q")
}

/// Places go up and down: messages come late, and come back.
fn place(at: u64, id: u64) -> Key {
    queue().u64(at).u64(id)
}

fn produce(store: &Store, chance: &mut Chance, producer: u64) {
    for number in 0..EACH {
        let id = producer * EACH + number;
        let at = chance.below(50);
        // Some are longer than what is kept of a whole range.
        let length = if chance.percent(3) { 5000 } else { 10 };
        let put = |tx: &mut Transaction| {
            tx.put(place(at, id), vec![0; length]);
            Ok::<_, Error>(())
        };
        store.transact_now(put).unwrap();
    }
}

/// What a consumer did.
enum Done {
    Took(u64),
    Moved,
    FoundNothing,
}

/// Takes the first entry, or moves it to another place.
fn take(store: &Store, moves_to: Option<u64>) -> Done {
    let done = store.transact_now(|tx| {
        let Some((key, value)) = tx.scan_head(queue().prefix_range()).next().transpose()? else {
            return Ok(Done::FoundNothing);
        };
        tx.depend_on(&key);
        tx.delete(&*key);
        let mut parts = crate::tuple::Parts::new(&key);
        let (_, _, id) = (parts.str()?.into_owned(), parts.i64()?, parts.i64()? as u64);
        match moves_to {
            Some(at) => {
                tx.put(place(at, id), value);
                Ok(Done::Moved)
            }
            None => Ok::<_, Error>(Done::Took(id)),
        }
    });
    done.unwrap()
}

fn consume(store: &Store, chance: &mut Chance, is_over: &AtomicBool, taken: &Mutex<HashSet<u64>>) {
    loop {
        // Whoever sees an empty queue after the last one was put has missed nothing.
        let was_over = is_over.load(Ordering::Acquire);
        let moves_to = chance.percent(30).then(|| chance.below(50));
        match take(store, moves_to) {
            Done::Moved => {}
            Done::Took(id) => assert!(taken.lock().unwrap().insert(id), "{id} was taken twice"),
            Done::FoundNothing if was_over => return,
            Done::FoundNothing => std::thread::yield_now(),
        }
    }
}

fn everything_is_taken_once(bed: &Bed) {
    let (store, seed) = (bed.open(), seed());
    let (is_over, left, taken) =
        (AtomicBool::new(false), AtomicUsize::new(PRODUCERS as usize), Mutex::default());
    std::thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let (store, is_over, left) = (&store, &is_over, &left);
            scope.spawn(move || {
                produce(store, &mut Chance::new(seed ^ producer), producer);
                if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                    is_over.store(true, Ordering::Release);
                }
            });
        }
        for consumer in 0..CONSUMERS {
            let (store, is_over, taken) = (&store, &is_over, &taken);
            scope.spawn(move || consume(store, &mut Chance::new(!seed ^ consumer), is_over, taken));
        }
    });
    assert_eq!(taken.into_inner().unwrap().len() as u64, PRODUCERS * EACH);
}

#[test]
fn everything_is_taken_once_in_memory() {
    everything_is_taken_once(&Bed::memory());
}

#[test]
fn everything_is_taken_once_on_disk() {
    everything_is_taken_once(&Bed::crash());
}

#[test]
fn a_walk_may_be_longer_than_any_window() {
    let bed = Bed::memory();
    let store = bed.open();
    for length in [1, 3000] {
        let put = |tx: &mut Transaction| {
            (0..2000).for_each(|at| tx.put(place(at, at), vec![7; length]));
            Ok::<_, Error>(())
        };
        store.transact_now(put).unwrap();
        let walk = |tx: &mut Transaction| tx.scan_head(queue().prefix_range()).collect::<Result<Vec<_>, _>>();
        let walked: Vec<_> = store.transact_now(walk).unwrap().into_iter().map(|(key, _)| key).collect();
        let expected: Vec<_> = (0..2000).map(|at| place(at, at).as_bytes().to_vec()).collect();
        assert_eq!(walked, expected);
    }
}

#[test]
fn an_entry_that_moves_is_always_somewhere() {
    let store = Bed::memory().open();
    let is_over = AtomicBool::new(false);
    let put = |at, from: Option<u64>| {
        let moved = store.transact_now(|tx| {
            if let Some(from) = from {
                tx.delete(place(from, 0));
            }
            tx.put(place(at, 0), "");
            Ok::<_, Error>(())
        });
        moved.unwrap();
    };
    put(0, None);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut chance = Chance::new(seed());
            let mut at = 0;
            for _ in 0..3000 {
                let next = chance.below(50);
                put(next, (next != at).then_some(at));
                at = next;
            }
            is_over.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                let first = store.transact_now(|tx| tx.scan_head(queue().prefix_range()).next().transpose());
                assert!(first.unwrap().is_some());
            }
        });
    });
}
