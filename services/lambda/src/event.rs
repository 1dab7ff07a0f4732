//! Asynchronous events: records until a function took them, or failed on them often enough.

use std::sync::Arc;

use bytes::Bytes;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};

use crate::function;
use crate::host::Host;
use crate::name::Name;

/// How often a function is tried again with an event that it failed on (AWS's default).
const RETRIES_MAX: u32 = 2;
/// How long the first retry waits; the second one waits twice as long.
const RETRY_MS: i64 = 60_000;
/// All events that wait.
const EVENTS: Jobs = Jobs::new("lambda", "event", 32);

/// An event that waits for its function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    scope: Scope,
    function: String,
    request_id: String,
    payload: Bytes,
    failures: u32,
    /// The version or the alias that was invoked.
    #[serde(default)]
    qualifier: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_event: Event);

impl Event {
    pub(crate) fn new(name: &Name, context: &Context, payload: Bytes) -> Self {
        Event {
            scope: name.scope,
            function: name.name.clone(),
            qualifier: name.qualifier.clone(),
            request_id: context.caller.request_id.to_string(),
            payload,
            failures: 0,
        }
    }
}

/// Notes an event.
pub(crate) fn put(tx: &mut Tx<'_>, event: &Event) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    EVENTS.put(tx, now_ms, &id, event)
}

/// Hands events to their functions as they become due.
pub(crate) async fn run(host: Arc<Host>, cloud: Arc<Cloud>) -> Result<()> {
    EVENTS.run(cloud, |cloud, event| deliver(Arc::clone(&host), cloud, event)).await
}

/// Runs the function.
async fn deliver(host: Arc<Host>, cloud: Arc<Cloud>, event: Event) -> Result<Verdict<Event>> {
    let context = cloud.context_of("lambda", event.scope);
    let name = Name { scope: event.scope, name: event.function.clone(), qualifier: event.qualifier.clone() };
    let function = match function::choose(&*context.view(), &name, context.random()) {
        // The function was deleted: nobody will take the event.
        Err(service::Error::Fault(_)) => return Ok(Verdict::Done),
        found => found?,
    };
    match host.run(&context, &function, &name, &event.request_id, event.payload.clone()).await {
        Ok(outcome) if outcome.function_error.is_none() => return Ok(Verdict::Done),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, function = event.function, "a function could not be run"),
    }
    if event.failures >= RETRIES_MAX {
        tracing::warn!(function = event.function, request_id = event.request_id, "an event is given up");
        return Ok(Verdict::Done);
    }
    let failures = event.failures + 1;
    let due_ms = cloud.clock.now().millis() + RETRY_MS * i64::from(failures);
    Ok(Verdict::Again(Event { failures, ..event }, due_ms))
}
