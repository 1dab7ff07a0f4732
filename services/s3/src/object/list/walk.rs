//! A walk over the keys of a bucket, in their order, which can jump ahead.
//!
//! It goes over one range of records, or over several at once: then what they have for the same key comes together, from the
//! first range first.

use std::ops::Range;

use bytes::Bytes;
use service::Result;
use store::tuple::{Key, Parts};
use store::{Direction, Reads};

use crate::keys;

/// How many records are passed one by one before a new scan begins, which costs as much as some thirty of them.
const STEPS_MAX: usize = 16;

/// Where a list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin<'a> {
    Start,
    /// With a key.
    At(&'a str),
    /// Behind a key, with all its versions.
    Behind(&'a str),
    /// Behind all keys that begin so.
    BehindAll(&'a str),
    /// Among the older versions of a key, behind the one of that number.
    Within {
        key: &'a str,
        number: u64,
    },
}

pub(crate) struct Walk<'a, R: Reads> {
    trees: Vec<Tree<'a, R>>,
}

impl<'a, R: Reads> Walk<'a, R> {
    /// Over the keys that begin with `prefix`.
    pub(crate) fn new(reads: &'a R, trees: Vec<Key>, prefix: &str, begin: Begin<'_>) -> Result<Self> {
        let trees = trees.into_iter().map(|tree| Tree::new(reads, tree, prefix, begin));
        Ok(Walk { trees: trees.collect::<Result<_>>()? })
    }

    /// The next key with its record.
    pub(crate) fn next(&mut self) -> Result<Option<(String, Bytes)>> {
        let ahead = self.trees.iter_mut().filter(|tree| tree.head.is_some());
        let Some(tree) = ahead.min_by(|one, other| one.place().cmp(other.place())) else { return Ok(None) };
        let key = Parts::new(tree.place()).str()?.into_owned();
        let record = tree.head.take().map(|(_, record)| record);
        tree.step()?;
        Ok(record.map(|record| (key, record)))
    }

    /// Goes behind all keys that begin so.
    pub(crate) fn pass(&mut self, beginning: &str) -> Result<()> {
        self.trees.iter_mut().try_for_each(|tree| tree.pass(beginning))
    }
}

/// One range of records, each under a key of the bucket.
struct Tree<'a, R: Reads + 'a> {
    reads: &'a R,
    /// What all its keys begin with.
    root: Key,
    end: Vec<u8>,
    entries: R::Scan<'a>,
    head: Option<(Bytes, Bytes)>,
    /// How many records the next pass takes one by one: groups are often as large as those before them.
    steps: usize,
}

impl<'a, R: Reads> Tree<'a, R> {
    fn new(reads: &'a R, root: Key, prefix: &str, begin: Begin<'_>) -> Result<Self> {
        let Range { start, end } = root.clone().beginning_with(prefix);
        let start = begin.in_tree(&root).max(start).min(end.clone());
        let entries = reads.scan(start..end.clone(), Direction::Forward);
        let mut tree = Tree { reads, root, end, entries, head: None, steps: STEPS_MAX };
        tree.step()?;
        Ok(tree)
    }

    fn step(&mut self) -> Result<()> {
        self.head = self.entries.next().transpose()?;
        Ok(())
    }

    /// Where the next record stands, which is the same for a key in every tree, but for the versions behind it.
    fn place(&self) -> &[u8] {
        self.head.as_ref().map_or(&[], |(key, _)| &key[self.root.len()..])
    }

    fn pass(&mut self, beginning: &str) -> Result<()> {
        let behind = self.root.clone().beginning_with(beginning).end;
        for _ in 0..self.steps {
            if self.head.as_ref().is_none_or(|(key, _)| **key >= *behind) {
                self.steps = STEPS_MAX;
                return Ok(());
            }
            self.step()?;
        }
        self.steps = (self.steps / 2).max(2);
        self.entries = self.reads.scan(behind.min(self.end.clone())..self.end.clone(), Direction::Forward);
        self.step()
    }
}

impl Begin<'_> {
    /// The least key that a record can have which is not behind this.
    fn in_tree(self, root: &Key) -> Vec<u8> {
        let of_key = |key: &str| root.clone().str(key);
        match self {
            Begin::Start => Vec::new(),
            Begin::At(key) => of_key(key).into(),
            Begin::Behind(key) => of_key(key).prefix_range().end,
            Begin::BehindAll(beginning) => root.clone().beginning_with(beginning).end,
            Begin::Within { key, number } => {
                let mut behind = Vec::from(keys::numbered_version(of_key(key), number));
                behind.push(0);
                behind
            }
        }
    }
}
