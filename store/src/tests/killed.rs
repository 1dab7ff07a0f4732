//! Processes that write, and are killed in the middle: what they acknowledged is there, and what is there is whole.
//!
//! The child is this test binary again, told by an environment variable to run [`child`] alone.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::chance::{Chance, seed};
use super::{Bed, Content, content, everything, unlocked};
use crate::tuple::Key;
use crate::{Durability, Error, Options, Reads as _, Store};

/// `<durability> <seed> <folder>`.
const CHILD: &str = "CLOUDLET_STORE_CHILD";
/// So small that sorted tables are written, merged and journals begun and dropped all the time.
const WRITE_BUFFER_BYTES: u64 = 64 << 10;

#[test]
fn at_crash() {
    rounds(Bed::crash(), 15);
}

#[test]
fn at_power() {
    rounds(Bed::power(), 8);
}

fn rounds(bed: Bed, rounds: usize) {
    let seed = seed();
    let mut chance = Chance::new(seed);
    let mut model = Model::default();
    for _ in 0..rounds {
        let acknowledged = killed_after(&bed, seed, 1 + chance.below(400));
        let store = open(bed.folder.path(), bed.durability.unwrap());
        let reached = reached(&store);
        assert!(
            reached == acknowledged || reached == acknowledged + 1,
            "{acknowledged} were acknowledged, and {reached} are there"
        );
        model.advance(seed, reached);
        let found = content(&store.snapshot(), everything(), crate::Direction::Forward);
        assert!(found == model.content(), "the first {reached} transactions left something else");
    }
}

/// Runs the child until it has acknowledged so many, kills it, and says which transaction was the last that it acknowledged.
fn killed_after(bed: &Bed, seed: u64, goal: u64) -> u64 {
    let durability = if bed.durability == Some(Durability::Power) { "power" } else { "crash" };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::killed::child", "--nocapture"])
        .env(CHILD, format!("{durability} {seed} {}", bed.folder.path().display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let done = lines.filter_map(|line| line.unwrap().strip_prefix("acknowledged ")?.parse::<u64>().ok());
    let mut last = 0;
    for (count, number) in (1..).zip(done) {
        last = number;
        if count == goal {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(last > 0, "the child did nothing");
    last
}

/// Not a test: what a killed process does.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let [durability, seed, folder] = told.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    let durability = if durability == "power" { Durability::Power } else { Durability::Crash };
    let store = open(Path::new(folder), durability);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in reached(&store) + 1.. {
        let writes = writes(seed.parse().unwrap(), number);
        let done = store.transact(|tx| {
            for (key, value) in &writes {
                match value {
                    Some(value) => tx.put(&**key, value.clone()),
                    None => tx.delete(&**key),
                }
            }
            Ok::<_, Error>(())
        });
        runtime.block_on(done).unwrap();
        // Past the harness, which would keep it in memory.
        std::io::stdout().write_all(format!("acknowledged {number}\n").as_bytes()).unwrap();
    }
}

fn open(folder: &Path, durability: Durability) -> Store {
    let options = Options::folder(folder, durability).write_buffer_bytes(WRITE_BUFFER_BYTES);
    unlocked(|| Store::open(options.clone()))
}

/// The number of the last transaction that is there.
fn reached(store: &Store) -> u64 {
    let number = store.snapshot().get(&Key::new().str("number")).unwrap();
    number.map_or(0, |bytes| u64::from_be_bytes(bytes[..].try_into().unwrap()))
}

/// What the transaction of that number writes.
fn writes(seed: u64, number: u64) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut chance = Chance::new(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut writes = vec![(Key::new().str("number").into(), Some(number.to_be_bytes().to_vec()))];
    for _ in 0..chance.below(8) {
        let key = Key::new().str("k").u64(chance.below(300)).into();
        let value = vec![chance.next() as u8; chance.below(1500) as usize];
        writes.push((key, chance.percent(70).then_some(value)));
    }
    writes
}

/// What the first transactions leave.
#[derive(Default)]
struct Model {
    number: u64,
    map: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Model {
    fn advance(&mut self, seed: u64, to: u64) {
        for number in self.number + 1..=to {
            for (key, value) in writes(seed, number) {
                match value {
                    Some(value) => drop(self.map.insert(key, value)),
                    None => drop(self.map.remove(&key)),
                }
            }
        }
        self.number = to;
    }

    fn content(&self) -> Content {
        self.map.clone().into_iter().collect()
    }
}
