//! Tags as earlier programs had them: inside of the records of their resources.

use std::collections::BTreeMap;
use std::ops::Range;

use names::{Arn, Scope};
use serde::Deserialize;
use store::tuple::Key;
use store::{Bytes, Direction, Error, Reads as _, Store};

use super::{Kept, key};

/// Records that one transaction takes over.
const PIECE: usize = 500;

/// The tags in a record, whatever else is there.
#[derive(Debug, Default, Deserialize)]
pub struct Inside {
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Says of which resources a record has which tags: by its key and what it is.
pub type Whose = fn(&[u8], &[u8]) -> Result<Vec<(Scope, Arn, Inside)>, Error>;

/// Takes over the tags in the records of a range, once.
///
/// # Errors
/// The store's.
pub fn take_over(store: &Store, kind: &str, records: Range<Vec<u8>>, whose: Whose) -> Result<(), Error> {
    let done: Vec<u8> = Key::new().str("tags taken over").str(kind).into();
    let snapshot = store.snapshot();
    if snapshot.get(&done)?.is_some() {
        return Ok(());
    }
    let mut records = snapshot.scan(records, Direction::Forward).peekable();
    while records.peek().is_some() {
        let piece = records.by_ref().take(PIECE).collect::<Result<Vec<_>, _>>()?;
        take_piece(store, &piece, whose)?;
    }
    store.transact_now(|tx| {
        tx.put(done.clone(), Vec::new());
        Ok(())
    })
}

fn take_piece(store: &Store, piece: &[(Bytes, Bytes)], whose: Whose) -> Result<(), Error> {
    store.transact_now(|tx| {
        for (record, value) in piece {
            for (scope, arn, Inside { tags }) in whose(record, value)? {
                if !tags.is_empty() {
                    tx.put_record(key(&scope, &arn), &Kept { tags })?;
                }
            }
        }
        Ok(())
    })
}
