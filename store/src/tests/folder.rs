//! Data folders: one store at a time, and what is in them when they are opened again.

use std::os::unix::fs::FileExt as _;

use super::{Bed, content, key, keys};
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

fn put(store: &Store, number: u64, value: Vec<u8>) {
    let put = store.transact_now(|tx| {
        tx.put(key(number), value.clone());
        Ok::<_, Error>(())
    });
    put.unwrap();
}

/// Behind the last byte that is not zero.
fn end_of(journal: &std::path::Path) -> u64 {
    let bytes = std::fs::read(journal).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64 + 1
}
