//! What a transaction has read, to find out whether another one changed it meanwhile.

use std::ops::Range;

use foldhash::HashSet;

/// Up to so many keys are looked through one by one: most transactions read two or three.
const FEW: usize = 8;

/// Keys and ranges that a transaction has read.
#[derive(Debug, Default)]
pub(crate) struct ReadSet {
    few: Vec<Vec<u8>>,
    more: HashSet<Vec<u8>>,
    ranges: Vec<Range<Vec<u8>>>,
}

impl ReadSet {
    pub(crate) fn add_key(&mut self, key: &[u8]) {
        if self.has_key(key) {
            return;
        }
        if self.few.len() < FEW {
            self.few.push(key.to_vec());
        } else {
            self.more.insert(key.to_vec());
        }
    }

    pub(crate) fn add_range(&mut self, range: Range<Vec<u8>>) {
        if !range.is_empty() {
            self.ranges.push(range);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.few.is_empty() && self.ranges.is_empty()
    }

    /// Whether a write at `key` changes what was read.
    pub(crate) fn has(&self, key: &[u8]) -> bool {
        let inside = |range: &Range<Vec<u8>>| range.start.as_slice() <= key && key < range.end.as_slice();
        self.has_key(key) || self.ranges.iter().any(inside)
    }

    fn has_key(&self, key: &[u8]) -> bool {
        self.few.iter().any(|read| read == key) || (!self.more.is_empty() && self.more.contains(key))
    }
}
