//! Tumbling windows: records of the same stretch of time share a state, which goes from one invocation to the next and to a
//! last one without records, when the window is over.
//!
//! The shapes are those of <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html>. The state is kept in the
//! shard's checkpoint, so a crash repeats a batch with the state that it had.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::Result;
use wire::{Timestamp, TimestampFormat};

use super::checkpoint::{self, Checkpoint};
use super::deliver::{self, deliver};
use super::event::Record;
use super::shard::{Reader, Turn, divide};

/// How long after its end a window waits for records that were on their way, in seconds.
const GRACE_S: i64 = 1;
/// What a state may have; a window with more ends early.
const STATE_BYTES_MAX: usize = 1 << 20;

/// A window that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    start_s: i64,
    length_s: i64,
    /// JSON.
    state: String,
}

impl Window {
    fn of(record: &Record, length_s: i64) -> Self {
        Window { start_s: record.at_s.div_euclid(length_s) * length_s, length_s, state: "{}".into() }
    }

    fn has(&self, record: &Record) -> bool {
        (self.start_s..self.end_s()).contains(&record.at_s)
    }

    fn end_s(&self) -> i64 {
        self.start_s + self.length_s
    }

    fn is_too_large(&self) -> bool {
        self.state.len() > STATE_BYTES_MAX
    }

    /// What an event has beside its records.
    pub(super) fn members(&self, reader: &Reader, is_last: bool) -> String {
        let text = |at_s| Timestamp::from_secs(at_s).format(TimestampFormat::DateTime);
        let window = json!({ "start": text(self.start_s), "end": text(self.end_s()) });
        let (shard, stream) = (json!(reader.shard), json!(reader.mapping.source.as_str()));
        let (state, is_early) = (&self.state, is_last && self.is_too_large());
        format!(
            r#","window":{window},"state":{state},"shardId":{shard},"eventSourceARN":{stream},"isFinalInvokeForWindow":{is_last},"isWindowTerminatedEarly":{is_early}"#
        )
    }

    /// Takes the state out of an answer; `false` when it has none.
    pub(super) fn take(&mut self, answer: &[u8]) -> bool {
        let answer: Option<Value> = serde_json::from_slice(answer).ok();
        let Some(state @ Value::Object(_)) = answer.as_ref().and_then(|answer| answer.get("state")) else {
            return false;
        };
        self.state = state.to_string();
        true
    }
}

/// One batch of a window, or its end.
pub(super) async fn turn(reader: &Arc<Reader>) -> Result<Turn> {
    let found = checkpoint::find(&reader.cloud.store.snapshot(), &reader.mapping, &reader.shard)?;
    let open = found.as_ref().and_then(|found| found.window.clone());
    let closes = open.as_ref().map(|window| Timestamp::from_secs(window.end_s() + GRACE_S));
    let gathered = reader.gather(closes).await?;
    if reader.is_stopped() {
        return Ok(Turn::Done);
    }
    if let (Some(window), Some(found)) = (&open, &found) {
        let is_closed = match gathered.wanted.first() {
            Some(next) => !window.has(next),
            None => gathered.is_over || closes.is_some_and(|closes| closes <= reader.cloud.clock.now()),
        };
        if is_closed || window.is_too_large() {
            return end(reader, found, window.clone()).await;
        }
    }
    let Some(last) = gathered.last else {
        return Ok(if gathered.is_over { Turn::Over } else { Turn::Done });
    };
    let Some(first) = gathered.wanted.first() else {
        // What no filter wants is done with.
        let result = found.and_then(|found| found.result);
        reader.put(&Checkpoint { after: last, result, window: open }).await?;
        return Ok(Turn::Done);
    };
    let mut window = open.unwrap_or_else(|| Window::of(first, reader.settings.tumbling_s.into()));
    let of_window = gathered.wanted.into_iter().take_while(|record| window.has(record)).collect();
    let batch_size = usize::try_from(reader.mapping.batch_size).unwrap_or(1);
    let batch = divide(of_window, batch_size).into_iter().next().unwrap_or_default();
    let after = batch.last().map_or(last, |record| record.number.clone());
    if let Some(result) = deliver(reader, batch, Some(&mut window)).await? {
        let result = Some(result.to_owned());
        reader.put(&Checkpoint { after, result, window: Some(window) }).await?;
    }
    Ok(Turn::Done)
}

/// The last invocation of a window.
async fn end(reader: &Reader, found: &Checkpoint, mut window: Window) -> Result<Turn> {
    if let Some(result) = deliver(reader, Vec::new(), Some(&mut window)).await? {
        let result = if result == deliver::OK { found.result.clone() } else { Some(result.to_owned()) };
        reader.put(&Checkpoint { after: found.after.clone(), result, window: None }).await?;
    }
    Ok(Turn::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_the_records_of_their_time() {
        let record = |at_s| Record { number: String::new(), at_s, item: 0, text: String::new() };
        let window = Window::of(&record(125), 60);
        assert_eq!((window.start_s, window.end_s()), (120, 180));
        assert_eq!([119, 120, 179, 180].map(|at_s| window.has(&record(at_s))), [false, true, true, false]);
    }

    #[test]
    fn the_state_is_what_the_last_answer_with_one_said() {
        let mut window = Window { start_s: 0, length_s: 60, state: "{}".into() };
        for (answer, state) in [
            (r#"{"state":{"n":1}}"#, r#"{"n":1}"#),
            ("null", r#"{"n":1}"#),
            (r#"{"state":7}"#, r#"{"n":1}"#),
            ("", r#"{"n":1}"#),
            (r#"{"state":{}}"#, "{}"),
        ] {
            let has_state = answer.contains(r#""state":{"#);
            assert_eq!(window.take(answer.as_bytes()), has_state, "{answer}");
            assert_eq!(window.state, state, "{answer}");
        }
    }
}
