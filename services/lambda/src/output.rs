//! What functions print, on its way to CloudWatch Logs.
//!
//! Functions never wait for it: lines are queued, and dropped, with a warning, when they come faster than they can be
//! written. Lines that are still in the queue when the process is killed are lost, as they are on AWS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use api_logs as logs;
use names::{Arn, Scope};
use runtime::{LogSink, LogSource};
use service::{Cloud, Context, Result};
use tokio::sync::{Mutex, mpsc};
use wire::Fault;

/// Lines that may wait.
const LINES_MAX: usize = 16_384;
/// Lines that are written together.
const LINES_AT_ONCE: usize = 2048;
/// What one PutLogEvents takes, with 26 bytes beside each message.
const BATCH_BYTES_MAX: usize = 1_048_576;
const EVENT_BYTES: usize = 26;

/// The queue of lines.
pub(crate) struct Output {
    sender: mpsc::Sender<Line>,
    receiver: Mutex<mpsc::Receiver<Line>>,
    dropped: AtomicU64,
}

struct Line {
    stream: Stream,
    message: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Stream {
    function_key: String,
    group: String,
    name: String,
}

impl Output {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(LINES_MAX);
        Output { sender, receiver: Mutex::new(receiver), dropped: AtomicU64::new(0) }
    }

    /// Writes lines as they come.
    pub(crate) async fn run(&self, cloud: Arc<Cloud>) -> Result<()> {
        let mut receiver = self.receiver.lock().await;
        let mut lines = Vec::new();
        while receiver.recv_many(&mut lines, LINES_AT_ONCE).await > 0 {
            let dropped = self.dropped.swap(0, Ordering::Relaxed);
            if dropped > 0 {
                tracing::warn!(dropped, "functions print faster than their lines can be written");
            }
            let at_ms = cloud.clock.now().millis();
            let mut streams: BTreeMap<Stream, Vec<logs::InputLogEvent>> = BTreeMap::new();
            for Line { stream, message } in lines.drain(..) {
                streams.entry(stream).or_default().push(logs::InputLogEvent { timestamp: at_ms, message });
            }
            for (stream, events) in streams {
                if let Err(fault) = stream.put(&cloud, events).await {
                    tracing::warn!(%fault, group = stream.group, "a function's output could not be written");
                }
            }
        }
        Ok(())
    }
}

impl LogSink for Output {
    fn line(&self, source: &LogSource, line: &[u8]) {
        let stream = Stream {
            function_key: source.function_key.clone(),
            group: source.log_group.clone(),
            name: source.log_stream.clone(),
        };
        // Lambda's events keep the end of the line.
        let message = format!("{}\n", String::from_utf8_lossy(line));
        if self.sender.try_send(Line { stream, message }).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Stream {
    async fn put(&self, cloud: &Arc<Cloud>, events: Vec<logs::InputLogEvent>) -> Result<(), Fault> {
        let Some(scope) = self.scope() else { return Ok(()) };
        let context = cloud.context_of("lambda", scope);
        for events in batches(events) {
            match self.put_batch(&context, events.clone()).await {
                Err(fault) if fault.code == "ResourceNotFoundException" => {
                    self.create(&context).await?;
                    self.put_batch(&context, events).await?;
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// The key of an environment begins with the function's ARN.
    fn scope(&self) -> Option<Scope> {
        self.function_key.split('@').next()?.parse::<Arn>().ok()?.scope()
    }

    async fn put_batch(&self, context: &Context, events: Vec<logs::InputLogEvent>) -> Result<(), Fault> {
        let input = logs::PutLogEventsInput {
            log_group_name: self.group.clone(),
            log_stream_name: self.name.clone(),
            log_events: events,
            ..logs::PutLogEventsInput::default()
        };
        context.call::<logs::PutLogEvents>(input).await.map(drop)
    }

    async fn create(&self, context: &Context) -> Result<(), Fault> {
        let group = logs::CreateLogGroupInput {
            log_group_name: self.group.clone(),
            ..logs::CreateLogGroupInput::default()
        };
        unless_there(context.call::<logs::CreateLogGroup>(group).await.map(drop))?;
        let stream = logs::CreateLogStreamInput {
            log_group_name: self.group.clone(),
            log_stream_name: self.name.clone(),
        };
        unless_there(context.call::<logs::CreateLogStream>(stream).await.map(drop))
    }
}

fn unless_there(outcome: Result<(), Fault>) -> Result<(), Fault> {
    match outcome {
        Err(fault) if fault.code == "ResourceAlreadyExistsException" => Ok(()),
        outcome => outcome,
    }
}

/// Events in batches that PutLogEvents takes.
fn batches(events: Vec<logs::InputLogEvent>) -> Vec<Vec<logs::InputLogEvent>> {
    let mut batches = Vec::new();
    let mut room_bytes = 0;
    for event in events {
        let bytes = event.message.len() + EVENT_BYTES;
        if batches.is_empty() || bytes > room_bytes {
            batches.push(Vec::new());
            room_bytes = BATCH_BYTES_MAX;
        }
        room_bytes -= bytes.min(room_bytes);
        batches.last_mut().map(|batch: &mut Vec<_>| batch.push(event)).unwrap_or_default();
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_what_fits_and_keep_the_order() {
        let event = |at| logs::InputLogEvent { timestamp: at, message: "x".repeat(250_000) };
        let batches = batches((0..10).map(event).collect());
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        assert!(batches.concat().is_sorted_by_key(|event| event.timestamp));
    }
}
