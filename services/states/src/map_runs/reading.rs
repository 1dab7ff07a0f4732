//! The items of a map run are read, selected and put into batches, and what each execution gets is written, a piece at a time: however
//! many there are, few are held at once. Nothing starts before all are there.
//!
//! Who is interrupted begins again, and writes the same over what is there already.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::Value;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use states_language::execution::{
    self as language, Batches, Frames as _, MapRun, MapSource, Moment, Sourced,
};
use states_language::failure::names as errors;
use store::Reads as _;
use tokio::runtime::Handle;
use tokio::sync::{OwnedMutexGuard, mpsc};

use super::beginning::{Job, fail, in_role};
use super::reader::{Reader, Unread};
use super::run::{Run, State};
use super::ticks;
use crate::execution::Execution;
use crate::run::{self, Ready, Running, ready_for};
use crate::{keys, turns};

const READS: Jobs = Jobs::new("states", "map reads", 16);
/// Items that are read or written together, and from how many bytes on there are no more of them.
const PIECE: usize = 1000;
const PIECE_BYTES: usize = 1 << 20;
/// Pieces that are read ahead.
const AHEAD: usize = 2;

/// Items of a map run are to be read.
pub(super) fn note(tx: &mut Tx<'_>, run: &Run) -> Result<()> {
    let (job, now_ms, id) = (Job::of(tx, run), tx.now.millis(), tx.random().bytes());
    READS.put(tx, now_ms, &id, &job)
}

/// How many items there are, and how many executions for them; or why they were not read. Nothing where they are not wanted.
type Counted = Option<std::result::Result<(u64, u64), Unread>>;

/// Reads the items of map runs.
pub(crate) async fn run_reads(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, job: Arc<Job>| async move {
        let context = cloud.context_of("states", job.scope);
        let counted = read(&context, &job).await?;
        let turn = turns::of(&cloud, &job.at.machine).await;
        Ok((context, (counted, turn)))
    };
    READS
        .run_in_transactions(cloud, prepare, |tx, job, (counted, _): &(Counted, OwnedMutexGuard<()>)| {
            took(tx, job, counted.as_ref())?;
            Ok(Verdict::Done)
        })
        .await
}

fn is_wanted(run: &Run) -> bool {
    run.state == State::Running && run.total.is_none()
}

/// All items were written, or cannot be.
fn took(tx: &mut Tx<'_>, job: &Job, counted: Option<&std::result::Result<(u64, u64), Unread>>) -> Result<()> {
    let Some(mut run) = job.run(&**tx)?.filter(is_wanted) else { return Ok(()) };
    let (items, executions) = match counted {
        Some(Ok(counted)) => *counted,
        Some(Err((error, cause))) => return fail(tx, run, error, cause),
        // It was redriven since.
        None => return note(tx, &run),
    };
    (run.items_total, run.total) = (items, Some(executions));
    let mut what = run.what()?;
    if let MapSource::Items(items) = &mut what.source {
        items.clear();
    }
    run.what = serde_json::to_string(&what).unwrap_or_default();
    tx.put_record(run.key(), &run)?;
    ticks::tick(tx, &run)
}

async fn read(context: &Context, job: &Job) -> Result<Counted> {
    let Some(run) = job.run(&context.cloud.store.snapshot())?.filter(is_wanted) else { return Ok(None) };
    let MapRun { source, batch, .. } = run.what()?;
    let Some(selector) = Selector::of(context, &run).await? else { return Ok(None) };
    let mut filling = Filling {
        context,
        job,
        selector,
        batches: batch.map(Batches::new),
        ready: Vec::new(),
        bytes: 0,
        read: 0,
        written: 0,
    };
    match source {
        // They were selected where they were found.
        MapSource::Items(items) => {
            for item in items {
                filling.push(item);
                filling.write_if_full().await?;
            }
        }
        MapSource::Reader { resource, config, arguments } => {
            let context = in_role(context, &run).await?;
            let reader = Reader { context, resource, config, arguments };
            if let Err(unread) = filling.read(reader).await? {
                return Ok(Some(Err(unread)));
            }
        }
    }
    filling.end().await.map(|counted| counted.map(Ok))
}

/// What ItemSelector is asked about.
struct Selector {
    ready: Arc<Ready>,
    state: language::Execution,
    run: Run,
    moment: Moment,
}

impl Selector {
    /// Nothing where the execution does not wait any more.
    async fn of(context: &Context, run: &Run) -> Result<Option<Self>> {
        let ready = ready_for(context, &run.machine, &run.revision).await?;
        let snapshot = context.cloud.store.snapshot();
        let Some(waiting) = snapshot.get_record::<Running>(&keys::running(&run.parent))? else {
            return Ok(None);
        };
        let parent = snapshot.get_record::<Execution>(&keys::execution(&waiting.place))?;
        let frames = run::Stored { reads: &snapshot, execution: &run.parent }.all()?;
        let input = parent.map(|parent| parent.input).unwrap_or_default();
        let state = language::Execution::restored(waiting.head, input, frames);
        let now_ms = u64::try_from(context.now().millis()).unwrap_or_default();
        let moment = Moment { now_ms, seed: u64::from_le_bytes(context.random().bytes()) };
        Ok(Some(Selector { ready, state, run: run.clone(), moment }))
    }

    fn select(&self, first: u64, items: Vec<Sourced>) -> std::result::Result<Vec<Value>, Unread> {
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        // What is random in one piece is not the same in the next.
        let moment = Moment { seed: self.moment.seed.wrapping_add(first.into()), ..self.moment };
        let definition = &self.ready.definition;
        let selected = language::selected(definition, &self.state, moment, self.run.waited, (first, items));
        selected.map_err(|failure| {
            let error = failure.error().unwrap_or(errors::ITEM_READER).to_owned();
            (error, failure.cause().unwrap_or_default().to_owned())
        })
    }
}

/// Writes what each execution gets.
struct Filling<'a> {
    context: &'a Context,
    job: &'a Job,
    selector: Selector,
    batches: Option<Batches>,
    /// To be written, each with how many items it is.
    ready: Vec<(String, u64)>,
    bytes: usize,
    read: u64,
    written: u64,
}

impl Filling<'_> {
    /// Takes items as they are read on a thread of its own, which waits where they are not written as fast.
    async fn read(&mut self, reader: Reader) -> Result<std::result::Result<(), Unread>> {
        let (sender, mut pieces) = mpsc::channel(AHEAD);
        let runtime = Handle::current();
        let reading = tokio::task::spawn_blocking(move || pump(&reader, runtime, &sender));
        while let Some(piece) = pieces.recv().await {
            match self.selector.select(self.read, piece) {
                Ok(items) => items.into_iter().for_each(|item| self.push(item)),
                Err(unread) => return Ok(Err(unread)),
            }
            if !self.write_if_full().await? {
                break;
            }
        }
        // The thread notices that nobody takes its items any more.
        drop(pieces);
        let told = |error: tokio::task::JoinError| Err((errors::ITEM_READER.to_owned(), error.to_string()));
        Ok(reading.await.unwrap_or_else(told))
    }

    fn push(&mut self, item: Value) {
        self.read += 1;
        let whole = match &mut self.batches {
            Some(batches) => batches.push(item),
            None => Some((item, 1)),
        };
        self.ready(whole);
    }

    fn ready(&mut self, whole: Option<(Value, u64)>) {
        if let Some((input, items)) = whole {
            let input = input.to_string();
            self.bytes += input.len();
            self.ready.push((input, items));
        }
    }

    /// False when they are not wanted any more.
    async fn write_if_full(&mut self) -> Result<bool> {
        if self.ready.len() < PIECE && self.bytes < PIECE_BYTES {
            return Ok(true);
        }
        self.write().await
    }

    async fn write(&mut self) -> Result<bool> {
        let (ready, job, first) = (std::mem::take(&mut self.ready), self.job, self.written);
        self.bytes = 0;
        self.written += ready.len() as u64;
        let written = self.context.transact(|tx: &mut Tx<'_>| {
            let Some(run) = job.run(&**tx)?.filter(is_wanted) else { return Ok(false) };
            for (index, what) in (first..).zip(&ready) {
                tx.put_record(keys::item(&run.id, index), what)?;
            }
            Ok(true)
        });
        written.await
    }

    /// How many items there are, and executions.
    async fn end(mut self) -> Result<Option<(u64, u64)>> {
        let rest = self.batches.as_mut().and_then(Batches::end);
        self.ready(rest);
        let is_wanted = self.write().await?;
        Ok(is_wanted.then_some((self.read, self.written)))
    }
}

/// Reads items, and hands them over in pieces.
fn pump(
    reader: &Reader,
    runtime: Handle,
    pieces: &mpsc::Sender<Vec<Sourced>>,
) -> std::result::Result<(), Unread> {
    let (mut piece, mut bytes) = (Vec::new(), 0);
    reader.read(runtime, &mut |item| {
        bytes += weight(&item.value);
        piece.push(item);
        if piece.len() < PIECE && bytes < PIECE_BYTES {
            return ControlFlow::Continue(());
        }
        bytes = 0;
        match pieces.blocking_send(std::mem::take(&mut piece)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    // Nobody takes them where they are not wanted any more.
    let _ = pieces.blocking_send(piece);
    Ok(())
}

/// How many bytes an item has, more or less.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value) + 4).sum(),
        _ => 8,
    }
}
