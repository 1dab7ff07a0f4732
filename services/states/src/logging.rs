//! What executions do, as CloudWatch Logs gets it: the events that the level of the state machine is for.
//!
//! Lines are a job, noted in the transaction of their step; another one hands them over, so none is lost or told twice. A log group
//! that is not there gets nothing.

mod line;

use std::sync::Arc;

use api_logs as logs;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use states_language::event::{EventType, HistoryEvent};
use wire::TimestampFormat;

use crate::machine::Logging;

const JOBS: Jobs = Jobs::new("states", "lines", 64);
/// Lines of a job: no more events are put at once.
const LINES_MAX: usize = 1000;
/// What CloudWatch Logs takes at once, and what it counts beside each line.
const BYTES_MAX: usize = 1_048_576;
const LINE_OVERHEAD: usize = 26;
/// What it takes of one line.
const LINE_BYTES_MAX: usize = 262_144 - LINE_OVERHEAD;

/// Lines for a log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lines {
    scope: Scope,
    group: String,
    stream: String,
    lines: Vec<(i64, String)>,
}

#[cfg(test)]
layouts::stays!(stored_lines: Lines);

/// Whose events are logged.
pub(crate) struct Logged<'a> {
    pub(crate) machine: &'a str,
    pub(crate) execution_arn: &'a str,
    pub(crate) redrives: u64,
}

/// Notes events to be logged.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    logging: &Logging,
    of: &Logged<'_>,
    events: &[HistoryEvent],
) -> Result<()> {
    let Some(group) = logging.groups.first().and_then(|arn| group_of(arn)) else { return Ok(()) };
    let wanted = events.iter().filter(|event| is_wanted(&logging.level, event.kind));
    let mut lines: Vec<_> = wanted.map(|event| line(event, of, logging.includes_data)).collect();
    let now = tx.now.format(TimestampFormat::DateTime);
    // A stream for each minute.
    let minute = now.get(..16).unwrap_or_default().replace(['T', ':'], "-");
    while !lines.is_empty() {
        let rest = lines.split_off(fitting(&lines));
        let stream = format!("states/{}/{minute}/1", of.machine);
        let job = Lines { scope: tx.scope(), group: group.clone(), stream, lines };
        let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
        JOBS.put(tx, now_ms, &id, &job)?;
        lines = rest;
    }
    Ok(())
}

/// An event as a line, without its payloads where it would be too long with them.
fn line(event: &HistoryEvent, of: &Logged<'_>, includes_data: bool) -> (i64, String) {
    let at_ms = i64::try_from(event.at_ms).unwrap_or_default();
    let whole = line::of(event, of, includes_data).to_string();
    if whole.len() <= LINE_BYTES_MAX {
        (at_ms, whole)
    } else {
        (at_ms, line::of(event, of, false).to_string())
    }
}

/// How many lines are put at once: one at least.
fn fitting(lines: &[(i64, String)]) -> usize {
    let mut bytes = 0;
    let fits = |(_, line): &&(i64, String)| {
        bytes += line.len() + LINE_OVERHEAD;
        bytes <= BYTES_MAX
    };
    lines.iter().take(LINES_MAX).take_while(fits).count().max(1)
}

/// The name in the ARN of a log group.
fn group_of(arn: &str) -> Option<String> {
    let arn: Arn = arn.parse().ok()?;
    arn.resource().strip_prefix("log-group:")?.strip_suffix(":*").map(str::to_owned)
}

fn is_wanted(level: &str, kind: EventType) -> bool {
    let name = kind.as_str();
    let is_end = ["Failed", "Aborted", "TimedOut"].iter().any(|end| name.ends_with(end));
    match level {
        "ALL" => true,
        "ERROR" => is_end || kind == EventType::FailStateEntered,
        "FATAL" => is_end && name.starts_with("Execution"),
        _ => false,
    }
}

/// Hands lines over.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, lines: Arc<Lines>| async move {
        Ok((cloud.context_of("states", lines.scope), ()))
    };
    JOBS.run_in_transactions(cloud, prepare, |tx, lines: &Lines, ()| {
        put(tx, lines)?;
        Ok(Verdict::Done)
    })
    .await
}

fn put(tx: &mut Tx<'_>, lines: &Lines) -> Result<()> {
    let context = tx.context;
    let stream = logs::CreateLogStreamInput {
        log_group_name: lines.group.clone(),
        log_stream_name: lines.stream.clone(),
    };
    // It is there already, or its group is not; the next call tells.
    known(tx.call::<logs::CreateLogStream>(context, stream).map(drop))?;
    let event = |(timestamp, message): &(i64, String)| logs::InputLogEvent {
        timestamp: *timestamp,
        message: message.clone(),
    };
    let input = logs::PutLogEventsInput {
        log_group_name: lines.group.clone(),
        log_stream_name: lines.stream.clone(),
        log_events: lines.lines.iter().map(event).collect(),
        ..logs::PutLogEventsInput::default()
    };
    known(tx.call::<logs::PutLogEvents>(context, input).map(drop))
}

/// What CloudWatch Logs refuses is not logged; only the store's errors are ours.
fn known(called: Result<()>) -> Result<()> {
    match called {
        Err(service::Error::Fault(fault)) => {
            tracing::debug!(code = %fault.code, message = %fault.message, "events of an execution are not logged");
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_choose_events() {
        let chosen = |level| {
            let all = [
                EventType::PassStateEntered,
                EventType::FailStateEntered,
                EventType::TaskFailed,
                EventType::ExecutionTimedOut,
            ];
            all.into_iter().filter(|&kind| is_wanted(level, kind)).count()
        };
        assert_eq!(["ALL", "ERROR", "FATAL", "OFF"].map(chosen), [4, 3, 1, 0]);
    }
}
