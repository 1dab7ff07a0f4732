//! Walks over a range: its direction, and a transaction's own writes laid over what the store has.

use std::cmp::Ordering;
use std::collections::btree_map;
use std::ops::Range;

use bytes::Bytes;

use crate::Error;
use crate::engine::Writes;

/// The direction of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the least key.
    Forward,
    /// From the greatest key.
    Backward,
}

/// An entry, or why there is none.
type Entry = Result<(Bytes, Bytes), Error>;

/// The entries of a range with a transaction's own writes laid over them.
pub(crate) struct Overlay<'a, E: Iterator> {
    below: std::iter::Peekable<E>,
    above: std::iter::Peekable<Walk<'a>>,
    direction: Direction,
}

/// A walk over own writes.
enum Walk<'a> {
    Forward(btree_map::Range<'a, Vec<u8>, Option<Bytes>>),
    Backward(std::iter::Rev<btree_map::Range<'a, Vec<u8>, Option<Bytes>>>),
    Nothing,
}

impl<'a> Iterator for Walk<'a> {
    type Item = (&'a Vec<u8>, &'a Option<Bytes>);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Walk::Forward(walk) => walk.next(),
            Walk::Backward(walk) => walk.next(),
            Walk::Nothing => None,
        }
    }
}

impl<'a, E: Iterator<Item = Entry>> Overlay<'a, E> {
    pub(crate) fn new(below: E, own: &'a Writes, range: &Range<Vec<u8>>, direction: Direction) -> Self {
        let walk = match direction {
            _ if own.is_empty() || range.is_empty() => Walk::Nothing,
            Direction::Forward => Walk::Forward(own.range(range.clone())),
            Direction::Backward => Walk::Backward(own.range(range.clone()).rev()),
        };
        Overlay { below: below.peekable(), above: walk.peekable(), direction }
    }

    /// Where the own write stands, compared with the stored entry.
    fn order(&mut self) -> Option<Ordering> {
        let order = match (self.above.peek(), self.below.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) | (_, Some(Err(_))) => Ordering::Greater,
            (Some((own, _)), Some(Ok((stored, _)))) => match self.direction {
                Direction::Forward => own.as_slice().cmp(stored),
                Direction::Backward => own.as_slice().cmp(stored).reverse(),
            },
        };
        Some(order)
    }
}

impl<E: Iterator<Item = Entry>> Iterator for Overlay<'_, E> {
    type Item = Entry;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.order()? {
                Ordering::Greater => return self.below.next(),
                Ordering::Equal => drop(self.below.next()),
                Ordering::Less => {}
            }
            let (key, value) = self.above.next()?;
            if let Some(value) = value {
                return Some(Ok((Bytes::copy_from_slice(key), value.clone())));
            }
        }
    }
}
