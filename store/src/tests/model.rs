//! The store against a plain map: random transactions, other transactions in their middle, failing writes and syncs,
//! resets, restarts and kills. After each step the store has what the map has.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::chance::{Chance, seed};
use super::faulty::{Faults, Faulty};
use super::{Bed, Content, collected, content, everything, key, keys};
use crate::tuple::Key;
use crate::{Direction, Error, Reads as _, Snapshot, Store, Transaction};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// How long one engine is tried, unless `CLOUDLET_MODEL_SECONDS` says otherwise.
const SECONDS: u64 = 2;

macro_rules! model {
    ($($engine:ident)*) => {
        $(#[test]
        fn $engine() {
            World::new(Bed::$engine(), Chance::new(seed())).run();
        })*
    };
}

model!(memory crash power);

/// A part of a transaction.
#[derive(Debug)]
enum Op {
    Get(Vec<u8>),
    Put(Vec<u8>, Vec<u8>),
    Delete(Vec<u8>),
    Scan { range: Range<Vec<u8>>, direction: Direction, at_most: usize, checked: bool },
    Head { at_most: usize },
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Commit,
    Abandon,
    WriteFails,
}

struct World {
    bed: Bed,
    store: Store,
    faults: Arc<Faults>,
    chance: Chance,
    model: Model,
    kept: Vec<(Snapshot, Model)>,
    runtime: tokio::runtime::Runtime,
    /// The number of the next rising key: each is put once.
    rising: u64,
}

impl World {
    fn new(bed: Bed, chance: Chance) -> Self {
        let (store, faults) = open(&bed);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        World { bed, store, faults, chance, model: Model::new(), kept: Vec::new(), runtime, rising: 0 }
    }

    fn run(mut self) {
        let seconds = std::env::var("CLOUDLET_MODEL_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut steps = 0;
        while Instant::now() < until {
            self.step();
            self.compare();
            steps += 1;
        }
        println!("{steps} steps");
    }

    fn step(&mut self) {
        match self.chance.below(1000) {
            0..10 => self.kill(),
            10..20 => self.restart(),
            20..30 => self.fail_to_sync(),
            30..50 => {
                self.store.reset().unwrap();
                self.model.clear();
            }
            50..150 => self.kept.push((self.store.snapshot(), self.model.clone())),
            150..200 => self.kept.clear(),
            _ => self.transaction(),
        }
    }

    fn compare(&self) {
        let expected: Content = self.model.clone().into_iter().collect();
        let snapshot = self.store.snapshot();
        assert!(content(&snapshot, everything(), Direction::Forward) == expected, "forward");
        let against: Content = expected.into_iter().rev().collect();
        assert!(content(&snapshot, everything(), Direction::Backward) == against, "backward");
        for (snapshot, model) in &self.kept {
            let then: Content = model.clone().into_iter().collect();
            assert!(content(snapshot, everything(), Direction::Forward) == then, "a snapshot changed");
        }
    }

    fn transaction(&mut self) {
        let ops: Vec<Op> = (0..self.chance.below(12)).map(|_| self.op()).collect();
        let end = match self.chance.below(10) {
            0 => End::Abandon,
            1 => End::WriteFails,
            _ => End::Commit,
        };
        let mut other = self.chance.percent(40).then(|| (self.chance.below(12) as usize, self.writes()));
        let (store, faults, model) = (self.store.clone(), Arc::clone(&self.faults), &mut self.model);
        let mut seen = Vec::new();
        let body = |tx: &mut Transaction| {
            seen.clear();
            let mut view = model.clone();
            let mut changed = Vec::new();
            for (index, op) in ops.iter().enumerate() {
                if let Some((_, writes)) = other.take_if(|(at, _)| *at == index) {
                    commit(&store, &writes);
                    apply(&writes, model);
                    changed = writes.into_iter().map(|(key, _)| key).collect();
                }
                seen.push(carry_out(op, tx, &mut view, &changed));
            }
            faults.write.store(end == End::WriteFails, Ordering::Relaxed);
            if end == End::Abandon { Err(Error::Failed("abandoned".into())) } else { Ok(()) }
        };
        let outcome = if self.chance.percent(50) {
            self.store.transact_now(body)
        } else {
            self.runtime.block_on(self.store.transact(body))
        };
        let wrote = ops.iter().any(|op| matches!(op, Op::Put(..) | Op::Delete(_)));
        let fails = end == End::Abandon || (end == End::WriteFails && wrote);
        assert_eq!(outcome.is_err(), fails, "{outcome:?} of {}", short(&format!("{ops:?}")));
        self.faults.write.store(false, Ordering::Relaxed);
        // What only read may have seen an earlier state, as a whole.
        if outcome.is_ok() && wrote {
            // As if it had run alone, after all that committed before it.
            let again: Vec<_> = ops.iter().map(|op| replay(op, &mut self.model)).collect();
            assert!(again == seen, "{}", short(&format!("{ops:?} alone sees {again:?}, not {seen:?}")));
        }
    }

    fn op(&mut self) -> Op {
        let chance = &mut self.chance;
        match chance.below(12) {
            10 => {
                self.rising += 1;
                Op::Put(rising(self.rising).into(), some_value(chance))
            }
            11 => Op::Delete(rising(self.rising - chance.below(20).min(self.rising)).into()),
            0 | 1 => Op::Get(some_key(chance)),
            2..5 => Op::Put(some_key(chance), some_value(chance)),
            5 | 6 => Op::Delete(some_key(chance)),
            7 => Op::Head { at_most: chance.below(4) as usize },
            _ => {
                let range = match chance.below(4) {
                    0 | 1 => keys(),
                    2 => some_key(chance)..some_key(chance),
                    _ => some_key(chance)..rising(self.rising.saturating_sub(chance.below(20))).into(),
                };
                let direction = if chance.percent(50) { Direction::Forward } else { Direction::Backward };
                Op::Scan { range, direction, at_most: chance.below(20) as usize, checked: chance.percent(60) }
            }
        }
    }

    fn writes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let chance = &mut self.chance;
        let write = |chance: &mut Chance| {
            (some_key(chance), if chance.percent(60) { Some(some_value(chance)) } else { None })
        };
        (0..=chance.below(3)).map(|_| write(chance)).collect()
    }

    /// The store goes on in a copy of its folder, as another process would after a SIGKILL.
    fn kill(&mut self) {
        let bed = std::mem::replace(&mut self.bed, Bed::memory());
        self.bed = bed.after_a_kill();
        self.reopen();
    }

    fn restart(&mut self) {
        self.store.close().unwrap();
        self.store = Store::open(crate::Options::memory()).unwrap();
        self.reopen();
    }

    fn reopen(&mut self) {
        self.kept.clear();
        (self.store, self.faults) = open(&self.bed);
        if !self.bed.keeps() {
            self.model.clear();
        }
    }

    /// A failed sync stops the store for good. What was not acknowledged may be there all the same.
    fn fail_to_sync(&mut self) {
        if !self.bed.keeps() {
            return;
        }
        self.faults.syncs.store(true, Ordering::Relaxed);
        let writes = self.writes();
        let failed = self.store.transact_now(|tx| put_all(tx, &writes));
        failed.unwrap_err();
        self.faults.syncs.store(false, Ordering::Relaxed);
        for _ in 0..3 {
            assert!(matches!(self.store.transact_now(|tx| put_all(tx, &writes)), Err(Error::Failed(_))));
            let later = self.runtime.block_on(self.store.transact(|tx| put_all(tx, &writes)));
            assert!(matches!(later, Err(Error::Failed(_))));
            assert!(matches!(self.store.reset(), Err(Error::Failed(_))));
        }
        let mut with = self.model.clone();
        apply(&writes, &mut with);
        self.kill();
        let found = content(&self.store.snapshot(), everything(), Direction::Forward);
        if found == with.clone().into_iter().collect::<Content>() {
            self.model = with;
        }
    }
}

fn open(bed: &Bed) -> (Store, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let engine = Faulty { engine: bed.engine(), faults: Arc::clone(&faults) };
    (Store::on(Box::new(engine), bed.durability), faults)
}

/// The beginning of what went wrong: the seed gives the rest.
fn short(text: &str) -> &str {
    &text[..text.len().min(2000)]
}

/// A key of the queue or of the rest.
fn some_key(chance: &mut Chance) -> Vec<u8> {
    if chance.percent(30) {
        Key::new().str("q").u64(chance.below(12)).into()
    } else {
        key(chance.below(30)).into()
    }
}

fn some_value(chance: &mut Chance) -> Vec<u8> {
    let length = if chance.percent(5) { 5000 } else { chance.below(20) as usize };
    vec![chance.next() as u8; length]
}

fn rising(number: u64) -> Key {
    Key::rising().u64(number)
}

fn queue() -> Range<Vec<u8>> {
    Key::new().str("q").prefix_range()
}

fn put_all(tx: &mut Transaction, writes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), Error> {
    for (key, value) in writes {
        match value {
            Some(value) => tx.put(&**key, value.clone()),
            None => tx.delete(&**key),
        }
    }
    Ok(())
}

fn commit(store: &Store, writes: &[(Vec<u8>, Option<Vec<u8>>)]) {
    store.transact_now(|tx| put_all(tx, writes)).unwrap();
}

fn apply(writes: &[(Vec<u8>, Option<Vec<u8>>)], model: &mut Model) {
    for (key, value) in writes {
        match value {
            Some(value) => drop(model.insert(key.clone(), value.clone())),
            None => drop(model.remove(key)),
        }
    }
}

/// Does it in the store and in the view, compares them, and gives back what was read and must stay true until the commit.
fn carry_out(op: &Op, tx: &mut Transaction, view: &mut Model, changed: &[Vec<u8>]) -> Option<Content> {
    let found = match op {
        Op::Get(key) => {
            Some(tx.get(key).unwrap().map(|value| (key.clone(), value.to_vec())).into_iter().collect())
        }
        Op::Put(key, value) => {
            tx.put(&**key, value.clone());
            None
        }
        Op::Delete(key) => {
            tx.delete(&**key);
            None
        }
        Op::Scan { range, direction, at_most, checked: true } => {
            Some(collected(tx.scan(range.clone(), *direction).take(*at_most)))
        }
        Op::Scan { range, direction, at_most, checked: false } => {
            Some(collected(tx.scan_unchecked(range.clone(), *direction).take(*at_most)))
        }
        Op::Head { at_most } => {
            check_head(&collected(tx.scan_head(queue()).take(*at_most)), *at_most, view, changed);
            return None;
        }
    };
    let expected = read(op, view);
    assert!(found == expected, "{}", short(&format!("{op:?} found {found:?}, not {expected:?}")));
    replay(op, view)
}

/// The head of the queue has what the view has, but for what another transaction has changed meanwhile: that may show or not.
fn check_head(found: &Content, at_most: usize, view: &Model, changed: &[Vec<u8>]) {
    let is_sure = |key: &Vec<u8>| !changed.contains(key);
    let sure: Vec<_> = found.iter().filter(|(key, _)| is_sure(key)).collect();
    let expected = view.range(queue()).filter(|(key, _)| is_sure(key)).collect::<Vec<_>>();
    let is_whole = found.len() < at_most;
    let fits = expected.iter().zip(&sure).all(|((key, value), found)| (*key, *value) == (&found.0, &found.1));
    assert!(fits && (sure.len() == expected.len() || !is_whole), "the head is {found:?}, not {expected:?}");
    assert!(sure.len() <= expected.len() && found.len() <= at_most);
    assert!(found.is_sorted_by(|(one, _), (other, _)| one < other), "{found:?}");
}

/// Does it in the map alone.
fn replay(op: &Op, model: &mut Model) -> Option<Content> {
    match op {
        Op::Put(key, value) => drop(model.insert(key.clone(), value.clone())),
        Op::Delete(key) => drop(model.remove(key)),
        Op::Get(_) | Op::Scan { checked: true, .. } => return read(op, model),
        Op::Scan { checked: false, .. } | Op::Head { .. } => {}
    }
    None
}

/// What it reads in the map.
fn read(op: &Op, model: &Model) -> Option<Content> {
    let own = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
    match op {
        Op::Put(..) | Op::Delete(_) => None,
        Op::Get(key) => Some(model.get_key_value(key).map(own).into_iter().collect()),
        Op::Scan { range, .. } if range.is_empty() => Some(Vec::new()),
        Op::Scan { range, direction: Direction::Forward, at_most, .. } => {
            Some(model.range(range.clone()).take(*at_most).map(own).collect())
        }
        Op::Scan { range, direction: Direction::Backward, at_most, .. } => {
            Some(model.range(range.clone()).rev().take(*at_most).map(own).collect())
        }
        Op::Head { at_most } => Some(model.range(queue()).take(*at_most).map(own).collect()),
    }
}
