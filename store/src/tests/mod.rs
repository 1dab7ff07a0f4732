//! The store as a whole. `interface` runs against every engine; `model` compares the store with a plain map while writes
//! and syncs fail and processes are killed; `folder` is about data folders alone.
//!
//! What is left to chance comes from one seed, which a failing test prints and `CLOUDLET_SEED` gives back.

pub(crate) mod chance;
pub(crate) mod faulty;
mod folder;
mod heads;
mod interface;
mod killed;
mod map;
mod model;
mod parts;
mod ranges;

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::engine::{Embedded, Engine, Memory};
use crate::tuple::Key;
use crate::{Direction, Durability, Error, Options, Reads, Store};

/// Where a test opens its stores: an engine, and whether it keeps what it has when the store goes.
struct Bed {
    durability: Option<Durability>,
    folder: tempfile::TempDir,
}

impl Bed {
    fn memory() -> Self {
        Bed { durability: None, folder: tempfile::tempdir().unwrap() }
    }

    fn crash() -> Self {
        Bed { durability: Some(Durability::Crash), folder: tempfile::tempdir().unwrap() }
    }

    fn power() -> Self {
        Bed { durability: Some(Durability::Power), folder: tempfile::tempdir().unwrap() }
    }

    fn keeps(&self) -> bool {
        self.durability.is_some()
    }

    fn open(&self) -> Store {
        let options = match self.durability {
            None => Options::memory(),
            Some(durability) => Options::folder(self.folder.path(), durability),
        };
        unlocked(|| Store::open(options.clone()))
    }

    /// The engine alone, for tests that put something between it and the store.
    fn engine(&self) -> Box<dyn Engine> {
        if self.keeps() {
            let store = self.folder.path().join("store");
            Box::new(unlocked(|| Embedded::open(&store, 1 << 20, 16 << 20)))
        } else {
            Box::new(Memory::default())
        }
    }

    /// Goes on with what another process would find if this one were killed now. No thread of the engine may be at work
    /// on its files, that is, what was written must fit into its write buffer.
    fn after_a_kill(self) -> Bed {
        self.copy()
    }

    fn copy(&self) -> Bed {
        let copy = tempfile::tempdir().unwrap();
        let from = self.folder.path().join(".");
        let copied = std::process::Command::new("cp")
            .args(["--archive", "--sparse=always"])
            .arg(from)
            .arg(copy.path())
            .status();
        assert!(copied.unwrap().success());
        Bed { durability: self.durability, folder: copy }
    }
}

/// Opens what this process has just closed. Processes that other tests start at this moment have its locks too, until they
/// run a program of their own.
pub(crate) fn unlocked<T>(open: impl Fn() -> Result<T, Error>) -> T {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match open() {
            Err(Error::Locked(_)) if Instant::now() < until => std::thread::yield_now(),
            Err(Error::Engine(why)) if why.contains("Locked") && Instant::now() < until => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

type Content = Vec<(Vec<u8>, Vec<u8>)>;

fn everything() -> Range<Vec<u8>> {
    Key::new().prefix_range()
}

fn content(reads: &impl Reads, range: Range<Vec<u8>>, direction: Direction) -> Content {
    collected(reads.scan(range, direction))
}

fn collected(entries: impl Iterator<Item = Result<(bytes::Bytes, bytes::Bytes), crate::Error>>) -> Content {
    entries.map(Result::unwrap).map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

fn key(number: u64) -> Key {
    Key::new().str("k").u64(number)
}

/// The range of [`key`].
fn keys() -> Range<Vec<u8>> {
    Key::new().str("k").prefix_range()
}
