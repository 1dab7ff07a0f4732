//! Asynchronous events: records until a function took them, or until they are given up.
//!
//! A function that fails gets its event again after one and after two more minutes; one that cannot be run now gets it
//! when it can, until the event is too old. See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html>.
//! What became of an event is told to its destinations, or noted to be told, before its record goes: a crash between the two
//! tells them twice.

pub(crate) mod dead_letter;
mod ending;
pub(crate) mod settings;

use std::sync::Arc;

use bytes::Bytes;
use names::Scope;
use runtime::Outcome;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};

pub(crate) use self::ending::in_milliseconds;

use self::ending::Ending;
use self::settings::Settings;
use crate::function::{self, Function};
use crate::host::{Call, Host};
use crate::name::Name;
use crate::{concurrency, recursion, telling, trace};

/// How long the first retry waits; the second one waits twice as long.
const RETRY_MS: i64 = 60_000;
/// How long an event waits that its function could not be run with: twice as long each time, up to a limit.
const PAUSE_MS: i64 = 1000;
const PAUSE_MAX_MS: i64 = 300_000;
/// All events that wait.
const EVENTS: Jobs = Jobs::new("lambda", "event", 64);

/// An event that waits for its function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    scope: Scope,
    function: String,
    request_id: String,
    payload: Bytes,
    failures: u32,
    /// The version or alias that was called.
    #[serde(default)]
    qualifier: Option<String>,
    /// Earlier programs did not say.
    #[serde(default)]
    accepted_ms: Option<i64>,
    /// How often the function could not be run with it.
    #[serde(default)]
    pauses: u32,
    /// The trace that its runs are parts of.
    #[serde(default)]
    trace: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_event: Event);

impl Event {
    pub(crate) fn new(name: &Name, context: &Context, payload: Bytes) -> Self {
        Event {
            scope: name.scope,
            function: name.name.clone(),
            request_id: context.caller.request_id.to_string(),
            payload,
            failures: 0,
            qualifier: name.qualifier.clone(),
            accepted_ms: Some(context.now().millis()),
            pauses: 0,
            trace: Some(trace::begun(context)),
        }
    }

    fn name(&self) -> Name {
        Name { scope: self.scope, name: self.function.clone(), qualifier: self.qualifier.clone() }
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

/// Runs the function, unless the event is too old.
async fn deliver(host: Arc<Host>, cloud: Arc<Cloud>, event: Event) -> Result<Verdict<Event>> {
    let context = cloud.context_of("lambda", event.scope).traced(event.trace.as_deref().map(Arc::from));
    let name = event.name();
    let function = match function::choose(&*context.view(), &name, context.random()) {
        // The function was deleted: nobody will take the event, and nobody is told.
        Err(service::Error::Fault(_)) => return Ok(Verdict::Done),
        found => found?,
    };
    let settings = Settings::of(&*context.view(), &name)?;
    // Who is told what became of it is the next in the chain of calls.
    let next = context.clone().traced(Some(trace::of_next(&context, &function).into()));
    let at = Attempt { context: &next, function: &function, settings: &settings };
    let event = Event { accepted_ms: Some(event.accepted_ms.unwrap_or(context.now().millis())), ..event };
    if concurrency::reserved(&*context.view(), &name.scope, &name.name)? == Some(0) {
        return at.give_up(event, "ZeroReservedConcurrency", None).await;
    }
    if context.now().millis() >= at.end_ms(&event) {
        return at.give_up(event, "EventAgeExceeded", None).await;
    }
    let call = Call::of(&event.request_id, event.payload.clone());
    match host.run(&context, &function, &name, call).await {
        Ok(outcome) if outcome.function_error.is_none() => at.succeeded(event, &outcome).await,
        Ok(outcome) => at.failed(event, &outcome).await,
        Err(error) if recursion::is_circle(&error) => at.give_up(event, "RecursiveInvocation", None).await,
        Err(error) => {
            tracing::warn!(%error, function = event.function, "a function could not be run");
            Ok(at.paused(event))
        }
    }
}

/// One attempt to deliver an event.
struct Attempt<'a> {
    context: &'a Context,
    function: &'a Function,
    settings: &'a Settings,
}

impl Attempt<'_> {
    /// When an event is too old.
    fn end_ms(&self, event: &Event) -> i64 {
        event.accepted_ms.unwrap_or_default() + self.settings.age_max_ms()
    }

    async fn succeeded(&self, event: Event, outcome: &Outcome) -> Result<Verdict<Event>> {
        if let Some(destination) = &self.settings.on_success {
            let ending = Ending {
                event: &event,
                condition: "Success",
                runs: event.failures + 1,
                outcome: Some(outcome),
            };
            telling::tell(self.context, ending.document(self.context, self.function, destination)).await?;
        }
        Ok(Verdict::Done)
    }

    /// The function gets the event again, if it has a retry left and the event does not become too old until then.
    async fn failed(&self, event: Event, outcome: &Outcome) -> Result<Verdict<Event>> {
        let event = Event { failures: event.failures + 1, ..event };
        if event.failures > self.settings.retries_max() {
            return self.give_up(event, "RetriesExhausted", Some(outcome)).await;
        }
        let due_ms = self.context.now().millis() + RETRY_MS * i64::from(event.failures);
        if due_ms > self.end_ms(&event) {
            return self.give_up(event, "EventAgeExceeded", Some(outcome)).await;
        }
        let (function, request_id) = (&event.function, &event.request_id);
        tracing::info!(function, request_id, due_ms, "an event waits for its retry");
        Ok(Verdict::Again(event, due_ms))
    }

    fn paused(&self, event: Event) -> Verdict<Event> {
        let pause_ms = PAUSE_MS.saturating_mul(1 << event.pauses.min(16)).min(PAUSE_MAX_MS);
        let due_ms = (self.context.now().millis() + pause_ms).min(self.end_ms(&event));
        Verdict::Again(Event { pauses: event.pauses + 1, ..event }, due_ms)
    }

    async fn give_up(
        &self,
        event: Event,
        condition: &'static str,
        outcome: Option<&Outcome>,
    ) -> Result<Verdict<Event>> {
        tracing::warn!(
            function = event.function,
            request_id = event.request_id,
            condition,
            "an event is given up"
        );
        let ending = Ending { event: &event, condition, runs: event.failures, outcome };
        if let Some(destination) = &self.settings.on_failure {
            telling::tell(self.context, ending.document(self.context, self.function, destination)).await?;
        }
        if let Some(target) = &self.function.dead_letter {
            telling::tell(self.context, dead_letter::of(&ending, self.function, target)).await?;
        }
        Ok(Verdict::Done)
    }
}
