//! Walks over all items of a table, a piece in each transaction: how jobs fill, copy and enter what was there before them.
//!
//! A piece says how far it went; where the walk is kept is its job's affair, and so is whether the items may change meanwhile.

use std::ops::Range;

use expressions::Item;
use service::{Result, Tx};
use store::Direction;

use crate::keys::{self, Id};
use crate::stored;

/// Items that one piece looks at.
pub(crate) const ITEMS_MAX: usize = 100;
/// Bytes of items that it reads, about.
pub(crate) const BYTES_MAX: usize = 1 << 20;

/// A piece of a walk.
pub(crate) struct Piece {
    /// Items with their keys behind the table's id, in their order.
    pub(crate) items: Vec<(Vec<u8>, Item)>,
    /// The last key that is done; None after the last piece.
    pub(crate) done: Option<Vec<u8>>,
}

/// The next piece of the items behind that id, after that key. Nobody is kept from changing them.
pub(crate) fn next(tx: &Tx<'_>, items: &Id, after: Option<&[u8]>) -> Result<Piece> {
    let items = keys::items(items);
    let (mut piece, mut bytes) = (Vec::new(), 0);
    for entry in tx.scan_unchecked(behind(&items, after), Direction::Forward) {
        let (key, value) = entry?;
        if piece.len() == ITEMS_MAX || bytes > BYTES_MAX {
            let done = piece.last().map(|(rest, _): &(Vec<u8>, Item)| rest.clone());
            return Ok(Piece { items: piece, done });
        }
        bytes += value.len();
        piece.push((key[items.len()..].to_vec(), stored::item(&stored::read(&value)?)?));
    }
    Ok(Piece { items: piece, done: None })
}

/// All behind a prefix and after that key.
pub(crate) fn behind(prefix: &[u8], after: Option<&[u8]>) -> Range<Vec<u8>> {
    let mut range = store::tuple::within(prefix);
    if let Some(after) = after {
        range.start = [prefix, after, &[0]].concat();
    }
    range
}
