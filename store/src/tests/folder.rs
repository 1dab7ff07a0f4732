//! Data folders: one store at a time, and what is in them when they are opened again.

use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use super::{Bed, Key, content, key, keys};
use crate::{Direction, Durability, Error, Options, Store};

#[test]
fn a_folder_serves_one_store_at_a_time() {
    let bed = Bed::crash();
    let store = bed.open();
    let second = Store::open(Options::folder(bed.folder.path(), Durability::Crash));
    assert!(matches!(second.err(), Some(Error::Locked(_))));
    drop(store);
    bed.open();
}

/// A disk that loses its power in the middle of a sync may have later pages of it and not earlier ones.
#[test]
fn what_was_not_wholly_synced_does_not_keep_a_store_from_opening() {
    let bed = Bed::power();
    let store = bed.open();
    put(&store, 1, vec![1; 100]);
    let journal = bed.folder.path().join("store/0.jnl");
    let synced = end_of(&journal);
    // Longer than some pages, and nothing that can be compressed.
    let mut chance = super::chance::Chance::new(1);
    put(&store, 2, (0..40_000).map(|_| chance.next() as u8).collect());
    put(&store, 3, vec![3; 100]);
    let written = end_of(&journal);
    for page in synced / 4096..=written / 4096 {
        let copy = bed.copy();
        let file =
            std::fs::OpenOptions::new().write(true).open(copy.folder.path().join("store/0.jnl")).unwrap();
        let from = (page * 4096).max(synced);
        file.write_all_at(&vec![0; ((page + 1) * 4096 - from) as usize], from).unwrap();
        let store = copy.open();
        let found = content(&store.snapshot(), keys(), Direction::Forward);
        assert!(!found.is_empty(), "what was synced is gone with page {page}");
        put(&store, 4, vec![4; 100]);
        store.close().unwrap();
        drop(store);
        let again = content(&copy.open().snapshot(), keys(), Direction::Forward);
        assert_eq!(again.len(), found.len() + 1, "what was written after the repair is gone");
    }
}

/// All of it is in tables then, in both trees, and what comes after goes on from there.
#[test]
fn a_store_that_was_closed_leaves_nothing_in_journals() {
    let bed = Bed::crash();
    let large = |round: u64| vec![round as u8; 100_000];
    for round in 1..=3 {
        let store = bed.open();
        for number in 0..30 {
            put(&store, number, large(round));
            put_at(&store, rising(100 * round + number), large(round));
        }
        let deleted = store.transact_now(|tx| {
            tx.delete(key(round));
            Ok::<_, Error>(())
        });
        deleted.unwrap();
        store.close().unwrap();
        drop(store);
        assert_eq!(written(&bed), 0, "round {round}");
        let found = content(&bed.open().snapshot(), keys(), Direction::Forward);
        assert_eq!(found.len(), 29);
        assert!(found.iter().all(|(_, value)| **value == large(round)), "round {round}");
    }
    let unclosed = bed.open();
    put(&unclosed, 1, b"after that".to_vec());
    drop(unclosed);
    let store = bed.open();
    let found = content(&store.snapshot(), keys(), Direction::Forward);
    assert_eq!(found.len(), 29);
    assert_eq!(found[1], (key(1).to_vec(), b"after that".to_vec()));
    assert_eq!(
        content(&store.snapshot(), Key::rising().str("folder").prefix_range(), Direction::Forward).len(),
        90
    );
}

/// What the journals hold, in blocks.
fn written(bed: &Bed) -> u64 {
    let files = std::fs::read_dir(bed.folder.path().join("store")).unwrap().map(Result::unwrap);
    let journals = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "jnl"));
    journals.map(|journal| journal.metadata().unwrap().blocks()).sum()
}

fn rising(number: u64) -> Key {
    Key::rising().str("folder").u64(number)
}

fn put(store: &Store, number: u64, value: Vec<u8>) {
    put_at(store, key(number), value);
}

fn put_at(store: &Store, at: impl AsRef<[u8]>, value: Vec<u8>) {
    let put = store.transact_now(|tx| {
        tx.put(at.as_ref(), value.clone());
        Ok::<_, Error>(())
    });
    put.unwrap();
}

/// Behind the last byte that is not zero.
fn end_of(journal: &std::path::Path) -> u64 {
    let bytes = std::fs::read(journal).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1
}
