//! The turns of a task: each moves some messages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::{Bytes, Reads as _};

use super::task::{Status, Task};
use crate::keys::Id;
use crate::message::{self, Body, Transit};
use crate::queue::{Address, Queue};
use crate::{fair, fifo, keys, send};

/// All tasks at work.
const TURNS: Jobs = Jobs::new("sqs", "move", 16);
/// Messages of one turn, where there is no rate.
const MESSAGES_MAX: usize = 100;
/// How long a turn of a task with a rate takes, in milliseconds.
const TURN_MS: i64 = 1000;

/// A turn that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Turn {
    /// The source, as an ARN.
    source: String,
    /// Where the task stands.
    task: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_move_turn: Turn);

/// Notes the first turn of a task.
pub(super) fn begin(tx: &mut Tx<'_>, source: &Address, task: &[u8], id: &Id) -> Result<()> {
    let now_ms = tx.now.millis();
    TURNS.put(tx, now_ms, id, &Turn { source: source.arn().to_string(), task: task.to_owned() })
}

/// Carries tasks out.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    TURNS.run(cloud, take).await
}

async fn take(cloud: Arc<Cloud>, turn: Turn) -> Result<Verdict<Turn>> {
    let Some(source) = Address::from_arn(&turn.source) else { return Ok(Verdict::Done) };
    let context = cloud.context_of("sqs", source.scope);
    let again_ms = context.transact(|tx| move_some(tx, &source, &turn.task)).await?;
    Ok(again_ms.map_or(Verdict::Done, |again_ms| Verdict::Again(turn, again_ms)))
}

/// What came of taking messages out of a queue.
pub(crate) enum Withdrawn {
    /// There are no more that are not in flight.
    All,
    /// As many as were asked for.
    Enough,
    /// One could not go where it should, for this reason, and is where it was.
    Stopped(String),
}

/// Takes a message that is to leave its queue; the reason when it must stay.
pub(crate) type Taker<'a> = &'a mut dyn FnMut(&mut Tx<'_>, Body) -> Result<Option<String>>;

/// Takes messages that are not in flight out of a standard queue.
fn withdraw(tx: &mut Tx<'_>, queue: &Queue, count: usize, taker: Taker<'_>) -> Result<Withdrawn> {
    let visible = visible(tx, queue, count)?;
    let is_all = visible.len() < count;
    for (entry, id) in visible {
        // A receive may be faster.
        tx.depend_on(&entry);
        let body_key = keys::body(&queue.contents, &id);
        if let Some(body) = tx.get_record::<Body>(&body_key)?
            && let Some(why) = taker(tx, body)?
        {
            return Ok(Withdrawn::Stopped(why));
        }
        tx.delete(&*entry);
        tx.delete(&body_key);
        tx.delete(keys::moved(&queue.contents, &id));
    }
    Ok(if is_all { Withdrawn::All } else { Withdrawn::Enough })
}

/// Messages of a standard queue that are visible, so many at most: where their entries stand, and their ids.
fn visible(tx: &Tx<'_>, queue: &Queue, count: usize) -> Result<Vec<(Bytes, Id)>> {
    let mut visible = Vec::new();
    for range in fair::ranges(queue) {
        for entry in tx.scan_head(range.prefix_range()).take(count - visible.len()) {
            let (entry, _) = entry?;
            let Some((at_ms, id)) = keys::place_of(&entry) else { continue };
            if at_ms > tx.now.millis() {
                break;
            }
            visible.push((entry, id));
        }
    }
    Ok(visible)
}

/// Moves some messages, and says when the next turn is due, if the task is not over.
fn move_some(tx: &mut Tx<'_>, source: &Address, key: &[u8]) -> Result<Option<i64>> {
    let Some(mut task) = tx.get_record::<Task>(key)? else { return Ok(None) };
    task.status = match (task.status, source.read(&**tx)?) {
        (Status::Cancelling, _) => Status::Cancelled,
        (Status::Running, None) => {
            task.failure = Some("AWS.SimpleQueueService.NonExistentQueue".into());
            Status::Failed
        }
        (Status::Running, Some(queue)) => {
            let count = task.rate.map_or(MESSAGES_MAX, |rate| rate.unsigned_abs() as usize);
            let withdraw = if source.is_fifo() { fifo::withdraw } else { withdraw };
            let outcome = withdraw(tx, &queue, count, &mut |tx, body| deliver(tx, &mut task, body))?;
            match outcome {
                Withdrawn::All => Status::Completed,
                Withdrawn::Enough => Status::Running,
                Withdrawn::Stopped(why) => {
                    task.failure = Some(why);
                    Status::Failed
                }
            }
        }
        (over, _) => over,
    };
    tx.put_record(key, &task)?;
    let now_ms = tx.now.millis();
    let next_ms = if task.rate.is_some() { now_ms + TURN_MS } else { now_ms };
    Ok(task.status.is_active().then_some(next_ms))
}

/// Puts a message where it belongs; the reason where that is nowhere.
fn deliver(tx: &mut Tx<'_>, task: &mut Task, body: Body) -> Result<Option<String>> {
    let Some(arn) = task.destination.as_ref().or(body.source.as_ref()) else {
        return Ok(Some("CouldNotDetermineMessageSource".into()));
    };
    let address = Address::from_arn(arn);
    let queue = address.as_ref().map(|address| address.read(&**tx)).transpose()?.flatten();
    let (Some(address), Some(queue)) = (address, queue) else {
        return Ok(Some("AWS.SimpleQueueService.NonExistentQueue".into()));
    };
    let (id, now_ms) = (message::id(tx.random(), tx.now), tx.now.millis());
    let transit = Transit { sent_ms: now_ms, ..Transit::default() };
    let body = Body { source: None, ..body };
    if address.is_fifo() {
        fifo::place(tx, &queue.contents, &id, now_ms, body, &transit)?;
    } else {
        send::place(tx, &queue, &id, now_ms, &body, &transit)?;
    }
    task.moved += 1;
    Ok(None)
}
