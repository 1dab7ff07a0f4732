//! The measurements.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::engine::{Candidate, Durability, Engine};
use crate::message::{Content, Queue, Random};
use crate::meter::{Rate, resident_mb};

const SENDERS: u64 = 4;
const GROUP: u64 = 64;
const SENDS_TIME: Duration = Duration::from_secs(3);
const GROUPS_TIME: Duration = Duration::from_millis(700);

const WAITING: u64 = 1_000;
const ROUNDS_MAX: u64 = 200_000;
const ROUNDS_TIME: Duration = Duration::from_secs(5);
/// Send, receive, delete.
const OPERATIONS: u64 = 3;
const ROUNDS_PER_MS: u64 = 10;
const VISIBILITY_MS: u64 = 30_000;

const RECORDS: u64 = 300_000;
const RECORDS_PER_LOAD: u64 = 1_000;
const READS: u64 = 200_000;

/// What was measured of one engine.
pub(crate) struct Figures {
    pub(crate) sends: Rate,
    pub(crate) naive: Rate,
    pub(crate) remembered: Rate,
    pub(crate) reads: Rate,
    pub(crate) resident_mb: (u64, u64),
    pub(crate) reopen: Duration,
}

/// Measures one engine in an empty folder.
pub(crate) fn all(candidate: &Candidate, folder: &Path) -> Result<Figures> {
    let path = folder.join("data");
    let engine = (candidate.open)(&path, Durability::Crash)?;
    let sends = sends(&*engine)?;
    engine.sync()?;
    let naive = life(&*engine, 2, false)?;
    engine.sync()?;
    let remembered = life(&*engine, 3, true)?;
    engine.sync()?;
    load(&*engine)?;
    let reads = reads(&*engine)?;
    let resident_mb = resident_mb()?;
    drop(engine);
    let reopen = reopen(candidate, &path)?;
    Ok(Figures { sends, naive, remembered, reads, resident_mb, reopen })
}

/// Sends from several threads, each in a transaction of its own.
fn sends(engine: &dyn Engine) -> Result<Rate> {
    let (queue, next) = (Queue::new(1), AtomicU64::new(0));
    let sender = |thread| -> Result<()> {
        let (mut content, mut random) = (Content::new(thread), Random::new(thread + 1));
        let start = Instant::now();
        while start.elapsed() < SENDS_TIME {
            let message = next.fetch_add(1, Ordering::Relaxed);
            content.renew(&mut random);
            queue.send(engine, message / ROUNDS_PER_MS, message, &content)?;
        }
        Ok(())
    };
    Rate::of(|| {
        std::thread::scope(|scope| -> Result<()> {
            let senders: Vec<_> = (0..SENDERS).map(|thread| scope.spawn(move || sender(thread))).collect();
            senders
                .into_iter()
                .try_for_each(|sender| sender.join().map_err(|_| anyhow::anyhow!("a panic"))?)
        })?;
        Ok(next.load(Ordering::Relaxed))
    })
}

/// Sends in synced groups, each one write of the engine's.
pub(crate) fn groups(candidate: &Candidate, folder: &Path) -> Result<Rate> {
    let engine = (candidate.open)(&folder.join("data"), Durability::Power)?;
    let queue = Queue::new(1);
    let mut contents: Vec<_> = (0..GROUP).map(Content::new).collect();
    let mut random = Random::new(1);
    Rate::of(|| {
        let (start, mut sent) = (Instant::now(), 0);
        while start.elapsed() < GROUPS_TIME {
            contents.iter_mut().for_each(|content| content.renew(&mut random));
            queue.send_all(&*engine, sent / ROUNDS_PER_MS, sent..sent + GROUP, &contents)?;
            sent += GROUP;
        }
        Ok(sent)
    })
}

/// A queue whose messages come and go, while some wait.
fn life(engine: &dyn Engine, contents: u8, remember: bool) -> Result<Rate> {
    let queue = Queue::new(contents);
    let (mut content, mut random) = (Content::new(1), Random::new(1));
    for message in 0..WAITING {
        queue.send(engine, message / ROUNDS_PER_MS, message, &content)?;
    }
    let mut head = queue.start().to_vec();
    Rate::of(|| {
        let (start, mut rounds) = (Instant::now(), 0);
        while rounds < ROUNDS_MAX && start.elapsed() < ROUNDS_TIME {
            let message = WAITING + rounds;
            let now_ms = message / ROUNDS_PER_MS;
            content.renew(&mut random);
            queue.send(engine, now_ms, message, &content)?;
            let received = queue.receive(engine, &head, now_ms, now_ms + VISIBILITY_MS)?;
            let received = received.context("a message is missing")?;
            received.delete(engine)?;
            if remember {
                head = received.head;
            }
            rounds += 1;
        }
        Ok(rounds * OPERATIONS)
    })
}

const LOADED: u8 = 4;

fn load(engine: &dyn Engine) -> Result<()> {
    let queue = Queue::new(LOADED);
    let mut contents: Vec<_> = (0..RECORDS_PER_LOAD).map(Content::new).collect();
    let mut random = Random::new(1);
    for start in (0..RECORDS).step_by(RECORDS_PER_LOAD as usize) {
        contents.iter_mut().for_each(|content| content.renew(&mut random));
        queue.send_all(engine, start, start..start + RECORDS_PER_LOAD, &contents)?;
    }
    engine.sync()
}

/// Reads of bodies anywhere, by one thread.
fn reads(engine: &dyn Engine) -> Result<Rate> {
    let (queue, mut random) = (Queue::new(LOADED), Random::new(7));
    Rate::of(|| {
        for _ in 0..READS {
            engine.get(&queue.body(random.next() % RECORDS))?.context("a record is missing")?;
        }
        Ok(READS)
    })
}

/// How long it takes to open what was closed, up to the first read.
fn reopen(candidate: &Candidate, path: &Path) -> Result<Duration> {
    let start = Instant::now();
    let engine = (candidate.open)(path, Durability::Crash)?;
    engine.get(&Queue::new(LOADED).body(RECORDS - 1))?.context("a record is missing")?;
    Ok(start.elapsed())
}
