//! Data folders: one store at a time, and what is in them when they are opened again.

use super::Bed;
use crate::{Durability, Error, Options, Store};

#[test]
fn a_folder_serves_one_store_at_a_time() {
    let bed = Bed::crash();
    let store = bed.open();
    let second = Store::open(Options::folder(bed.folder.path(), Durability::Crash));
    assert!(matches!(second.err(), Some(Error::Locked(_))));
    drop(store);
    bed.open();
}
