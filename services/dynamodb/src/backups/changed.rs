//! What changed in a table between two moments, an item at a time: what it was before the first change, and what it became.

use expressions::Item;
use service::{Result, Tx};
use store::{Direction, record};

use super::history::{Before, Reading};
use crate::pieces::{BYTES_MAX, ITEMS_MAX};
use crate::{keys, stored};

/// An item that changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Changed {
    pub(crate) old: Option<Item>,
    pub(crate) new: Option<Item>,
    /// When it was changed last.
    pub(crate) at_ms: i64,
}

/// A piece of a walk over all that changed.
pub(crate) struct ChangedPiece {
    pub(crate) changes: Vec<Changed>,
    /// The last key that is done; None after the last piece.
    pub(crate) done: Option<Vec<u8>>,
}

impl Reading {
    /// The next piece after that key of what changed from that moment on, up to the reader's.
    pub(crate) fn changed_piece(
        &self,
        tx: &Tx<'_>,
        from_ms: i64,
        after: Option<&[u8]>,
    ) -> Result<ChangedPiece> {
        let (mut changes, mut bytes) = (Vec::new(), 0);
        let mut done = after.map(<[u8]>::to_vec);
        for _ in 0..ITEMS_MAX {
            let Some(rest) = self.changed_after(tx, done.as_deref())? else {
                return Ok(ChangedPiece { changes, done: None });
            };
            if let Some(changed) = self.change_of(tx, from_ms, &rest, &mut bytes)? {
                changes.push(changed);
            }
            done = Some(rest);
            if bytes > BYTES_MAX {
                break;
            }
        }
        Ok(ChangedPiece { changes, done })
    }

    /// What became of one item. One that came and went is none.
    fn change_of(
        &self,
        tx: &Tx<'_>,
        from_ms: i64,
        rest: &[u8],
        bytes: &mut usize,
    ) -> Result<Option<Changed>> {
        let mut found: Option<Changed> = None;
        let mut after: Option<Before> = None;
        let past = keys::past(self.history_id(), rest).prefix_range();
        for entry in tx.scan_unchecked(past, Direction::Forward) {
            let (_, value) = entry?;
            *bytes += value.len();
            let before: Before = record::decode(&value)?;
            if self.is_before(&before) {
                after = Some(before);
                break;
            }
            if before.at_ms < from_ms {
                continue;
            }
            match &mut found {
                Some(changed) => changed.at_ms = before.at_ms,
                None => found = Some(Changed { at_ms: before.at_ms, old: before.item, new: None }),
            }
        }
        let Some(mut changed) = found else { return Ok(None) };
        changed.new = match after {
            Some(after) => after.item,
            None => stored::find_item(&**tx, &[&keys::items(self.table_id()), rest].concat())?,
        };
        Ok(Some(changed).filter(|changed| changed.old.is_some() || changed.new.is_some()))
    }
}
