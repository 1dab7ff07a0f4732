//! What a transaction has read, to find out whether another one changed it meanwhile.

use std::ops::Range;

use foldhash::HashSet;

/// Keys and ranges that a transaction has read.
#[derive(Debug, Default)]
pub(crate) struct ReadSet {
    keys: HashSet<Vec<u8>>,
    ranges: Vec<Range<Vec<u8>>>,
}

impl ReadSet {
    pub(crate) fn add_key(&mut self, key: &[u8]) {
        if !self.keys.contains(key) {
            self.keys.insert(key.to_vec());
        }
    }

    pub(crate) fn add_range(&mut self, range: Range<Vec<u8>>) {
        if !range.is_empty() {
            self.ranges.push(range);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.ranges.is_empty()
    }

    /// Whether a write at `key` changes what was read.
    pub(crate) fn has(&self, key: &[u8]) -> bool {
        let inside = |range: &Range<Vec<u8>>| range.start.as_slice() <= key && key < range.end.as_slice();
        self.keys.contains(key) || self.ranges.iter().any(inside)
    }
}
