//! Processes that write, copy and release, and are killed in the middle: what they acknowledged can be read, what is there is
//! whole, and what they left behind is swept.
//!
//! The child is this test binary again, told by an environment variable to run [`child`] alone.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::*;
use crate::Reads as _;
use crate::tests::chance::{Chance, seed};

/// `<seed> <first number> <folder>`.
const CHILD: &str = "CLOUDLET_BLOBS_CHILD";
const WRITERS: u64 = 3;
/// Each writer overwrites so many objects all the time.
const OBJECTS: u64 = 5;

/// What the record of an object has: the number of the write, and its blobs.
type Object = (u64, Vec<Blob>);

#[test]
fn at_any_moment() {
    let seed = seed();
    let mut chance = Chance::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut first = 1;
    let mut unreferenced = 0;
    for _ in 0..8 {
        let acknowledged = killed_after(folder.path(), seed, first, 1 + chance.below(60));
        let store = open(folder.path());
        let checked = store.blobs().check().unwrap();
        assert_eq!(checked.damages, []);
        unreferenced += checked.unreferenced.len();
        store.blobs().shared.holds.doubt_all();
        store.blobs().sweep_now().unwrap();
        let swept = store.blobs().check().unwrap();
        assert_eq!(swept, Checked { unreferenced: Vec::new(), ..checked });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        first = runtime.block_on(check_objects(&store, seed, &acknowledged)) + 1;
        store.close().unwrap();
    }
    assert!(unreferenced > 0, "no kill was in the middle of anything");
}

/// Reads all objects. Returns the greatest number of a write.
async fn check_objects(store: &Store, seed: u64, acknowledged: &HashMap<u64, u64>) -> u64 {
    let mut last = 0;
    for slot in 0..WRITERS * OBJECTS {
        let object: Option<Object> = store.snapshot().get_record(&key(slot)).unwrap();
        let Some((number, list)) = object else {
            assert!(!acknowledged.contains_key(&slot), "an object is missing");
            continue;
        };
        assert!(acknowledged.get(&slot).is_none_or(|wanted| *wanted <= number), "a write is missing");
        let reader = store.blobs().read(&list, 0..u64::MAX).await.unwrap().unwrap();
        assert!(all(reader).await.unwrap() == content(seed, number).concat());
        last = last.max(number);
    }
    last
}

/// Runs the child until it has acknowledged so many, kills it, and says which was the last acknowledged write of each object.
fn killed_after(folder: &Path, seed: u64, first: u64, goal: u64) -> HashMap<u64, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "blobs::tests::killed::child", "--nocapture"])
        .env(CHILD, format!("{seed} {first} {}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let done = lines.filter_map(|line| line.unwrap().strip_prefix("acknowledged ")?.parse::<u64>().ok());
    let mut last = HashMap::new();
    for (count, number) in (1..).zip(done) {
        last.insert(slot(number), number);
        if count == goal {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(!last.is_empty(), "the child did nothing");
    last
}

/// Not a test: what a killed process does.
#[test]
fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let [seed, first, folder] = told.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
    let (seed, first) = (seed.parse().unwrap(), first.parse::<u64>().unwrap());
    let store = open(Path::new(folder));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let blobs = store.blobs();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { blobs.sweep().await.unwrap() });
        for writer in 0..WRITERS {
            let store = store.clone();
            let numbers = (first..).filter(move |number| number % WRITERS == writer);
            tasks.spawn(async move {
                for number in numbers {
                    write_object(&store, seed, number).await;
                    // Past the harness, which would keep it in memory.
                    std::io::stdout().write_all(format!("acknowledged {number}\n").as_bytes()).unwrap();
                }
            });
        }
        tasks.join_next().await.unwrap().unwrap();
    });
}

/// Writes an object of parts over another one, whose blobs are released. Every fourth object is a copy of itself.
async fn write_object(store: &Store, seed: u64, number: u64) {
    let mut parts = Vec::new();
    for (part, bytes) in (0..).zip(content(seed, number)) {
        let mut writing = store.blobs().create(name(number, part));
        for piece in bytes.chunks(100_000) {
            writing.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        parts.push(writing.finish().await.unwrap());
    }
    let put = |tx: &mut Transaction| {
        let old: Option<Object> = tx.get_record(&key(slot(number)))?;
        old.iter().flat_map(|(_, list)| list).for_each(|blob| blob.release(tx));
        let mut list: Vec<_> = parts.iter().map(|part| part.refer(tx)).collect::<Result<_, _>>()?;
        if number.is_multiple_of(4) {
            for (part, blob) in (100..).zip(&mut list) {
                let copy = blob.copy(tx, name(number, part))?.expect("it was referred to just now");
                std::mem::replace(blob, copy).release(tx);
            }
        }
        tx.put_record(key(slot(number)), &(number, list))
    };
    store.transact(put).await.unwrap();
}

fn name(number: u64, part: u8) -> BlobId {
    BlobId::new(number, [part; 8])
}

fn slot(number: u64) -> u64 {
    number % (WRITERS * OBJECTS)
}

fn key(slot: u64) -> Key {
    Key::new().str("object").u64(slot)
}

/// The parts of an object.
fn content(seed: u64, number: u64) -> Vec<Vec<u8>> {
    let mut chance = Chance::new(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let length_max = if chance.percent(30) { 1_300_000 } else { 40_000 };
    (0..1 + chance.below(3)).map(|_| bytes_of(&mut chance, length_max)).collect()
}

fn bytes_of(chance: &mut Chance, length_max: u64) -> Vec<u8> {
    let (length, first) = (chance.below(length_max) as usize, chance.next() as u8);
    bytes(length).into_iter().map(|byte| byte ^ first).collect()
}

fn open(folder: &Path) -> Store {
    crate::tests::unlocked(|| Store::open(Options::folder(folder, Durability::Crash)))
}
