//! Parts of transactions, and what is derived from the store: no engine has a hand in them.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::key;
use crate::{Direction, Error, Options, Reads as _, Snapshot, Store, Transaction};

fn write(store: &Store, body: impl Fn(&mut Transaction)) {
    let written = store.transact_now(|tx| {
        body(tx);
        Ok::<_, Error>(())
    });
    written.unwrap();
}

#[test]
fn a_part_that_fails_leaves_nothing_behind() {
    let store = Store::open(Options::memory()).unwrap();
    write(&store, |tx| tx.put(key(1), "there"));
    write(&store, |tx| {
        tx.put(key(2), "mine");
        let failed: Result<(), &str> = tx.part(|tx| {
            tx.delete(key(1));
            tx.put(key(2), "of the part");
            tx.put(key(3), "of the part");
            tx.part(|tx| {
                tx.put(key(2), "of a part of it");
                Ok::<_, &str>(())
            })?;
            Err("no")
        });
        assert_eq!(failed, Err("no"));
        tx.part(|tx| {
            tx.put(key(4), "of another part");
            Ok::<_, Error>(())
        })
        .unwrap();
    });
    let found: Vec<_> = (1..5)
        .map(|number| store.snapshot().get(&key(number)).unwrap().map(|value| value.to_vec()))
        .collect();
    let expected = [Some("there"), Some("mine"), None, Some("of another part")];
    assert_eq!(found, expected.map(|text| text.map(|text| text.as_bytes().to_vec())));
}

#[test]
fn a_part_is_taken_back_whole_though_a_part_of_it_panicked() {
    let store = Store::open(Options::memory()).unwrap();
    write(&store, |tx| {
        tx.put(key(1), "mine");
        let failed: Result<(), ()> = tx.part(|tx| {
            tx.put(key(1), "of the part");
            let panics = std::panic::AssertUnwindSafe(|| {
                tx.part(|tx| -> Result<(), ()> {
                    tx.put(key(2), "of a part of it");
                    std::panic::resume_unwind(Box::new("no"))
                })
            });
            std::panic::catch_unwind(panics).unwrap_err();
            Err(())
        });
        failed.unwrap_err();
    });
    let found = [1, 2].map(|number| store.snapshot().get(&key(number)).unwrap());
    assert_eq!(found, [Some("mine".into()), None]);
}

#[test]
fn what_is_derived_is_made_again_when_its_key_is_written() {
    let store = Store::open(Options::memory()).unwrap();
    let made = AtomicUsize::new(0);
    let count = |snapshot: &Snapshot| {
        made.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Error>(snapshot.scan(super::keys(), Direction::Forward).count())
    };
    let derived = || store.transact_now(|tx| tx.get_derived(b"of the count", count)).unwrap();
    assert_eq!((*derived(), *derived(), made.load(Ordering::Relaxed)), (0, 0, 1));
    write(&store, |tx| {
        tx.put(key(1), "one");
        tx.put(&b"of the count"[..], "changed");
    });
    assert_eq!((*derived(), *derived(), made.load(Ordering::Relaxed)), (1, 1, 2));
    // Who has read it runs again when it changes meanwhile.
    let runs = AtomicUsize::new(0);
    let seen = store.transact_now(|tx| {
        let seen = *tx.get_derived(b"of the count", count)?;
        if runs.fetch_add(1, Ordering::Relaxed) == 0 {
            write(&store, |tx| {
                tx.put(key(2), "two");
                tx.put(&b"of the count"[..], "changed again");
            });
        }
        tx.put(key(9), "nine");
        Ok::<_, Error>(seen)
    });
    assert_eq!((seen.unwrap(), runs.into_inner()), (2, 2));
}
