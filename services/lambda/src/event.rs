//! Asynchronous events: records until a function took them, or failed on them often enough.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Result, Tx};
use store::{Direction, Reads as _, record};
use tokio::task::JoinSet;
use wire::Timestamp;

use crate::function::{self, Function};
use crate::host::Host;
use crate::keys::{self, Id};
use crate::name::Name;

/// How often a function is tried again with an event that it failed on (AWS's default).
const RETRIES_MAX: u32 = 2;
/// How long the first retry waits; the second one waits twice as long.
const RETRY_MS: i64 = 60_000;
/// Events at work at once.
const AT_WORK_MAX: usize = 32;

/// An event that waits for its function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    id: Id,
    scope: Scope,
    function: String,
    request_id: String,
    payload: Bytes,
    failures: u32,
}

impl Event {
    pub(crate) fn new(function: &Function, context: &Context, payload: Bytes) -> Self {
        Event {
            id: context.random().bytes(),
            scope: function.scope,
            function: function.name.clone(),
            request_id: context.caller.request_id.to_string(),
            payload,
            failures: 0,
        }
    }
}

/// Notes an event for that moment.
pub(crate) fn put(tx: &mut Tx<'_>, event: &Event, due_ms: i64) -> Result<()> {
    tx.put_record(&keys::event(due_ms, &event.id), event)?;
    tx.signal(keys::bell());
    Ok(())
}

/// Hands events to their functions as they become due.
pub(crate) async fn run(host: Arc<Host>, cloud: Arc<Cloud>) -> Result<()> {
    let mut bell = cloud.store.watch(keys::bell());
    let mut at_work = JoinSet::new();
    let mut keys_at_work = HashSet::new();
    loop {
        let room = AT_WORK_MAX - keys_at_work.len();
        let (due, next_ms) = due(&cloud, &keys_at_work, room)?;
        for (key, event) in due {
            keys_at_work.insert(key.clone());
            let (host, cloud) = (Arc::clone(&host), Arc::clone(&cloud));
            at_work.spawn(async move {
                let outcome = deliver(&host, &cloud, &key, event).await;
                (key, outcome)
            });
        }
        let sleep_until = Timestamp(next_ms.unwrap_or(i64::MAX));
        tokio::select! {
            () = bell.changed() => {}
            () = cloud.clock.sleep_until(sleep_until), if next_ms.is_some() => {}
            Some(done) = at_work.join_next() => if let Ok((key, outcome)) = done {
                keys_at_work.remove(&key);
                outcome?;
            },
        }
    }
}

type Due = (Vec<(Vec<u8>, Event)>, Option<i64>);

/// Events that are due, and when the next one will be.
fn due(cloud: &Cloud, at_work: &HashSet<Vec<u8>>, room: usize) -> Result<Due> {
    let now_ms = cloud.clock.now().millis();
    let mut due = Vec::new();
    if room == 0 {
        return Ok((due, None));
    }
    for entry in cloud.store.snapshot().scan(keys::events().prefix_range(), Direction::Forward) {
        let (key, value) = entry?;
        let at_ms = keys::due_of(&key)?;
        if at_ms > now_ms {
            return Ok((due, Some(at_ms)));
        }
        if !at_work.contains(&key[..]) {
            due.push((key.to_vec(), record::decode(&value)?));
        }
        if due.len() == room {
            break;
        }
    }
    Ok((due, None))
}

/// Runs the function; afterwards the event is gone, or noted for a later moment.
async fn deliver(host: &Host, cloud: &Arc<Cloud>, key: &[u8], event: Event) -> Result<()> {
    let context = cloud.context_of("lambda", event.scope);
    let name = Name { scope: event.scope, name: event.function.clone(), qualifier: None };
    let succeeded = match function::find(&*context.view(), &name) {
        // The function was deleted: nobody will take the event.
        Err(service::Error::Fault(_)) => true,
        Err(error) => return Err(error),
        Ok(function) => match host.run(&context, &function, &event.request_id, event.payload.clone()).await {
            Ok(outcome) => outcome.function_error.is_none(),
            Err(error) => {
                tracing::warn!(%error, function = event.function, "an event could not be handed to its function");
                false
            }
        },
    };
    let done = context.transact(|tx| {
        tx.delete(key);
        if succeeded {
            return Ok(());
        }
        if event.failures >= RETRIES_MAX {
            tracing::warn!(function = event.function, request_id = event.request_id, "an event is given up");
            return Ok(());
        }
        let later = Event { failures: event.failures + 1, ..event.clone() };
        let due_ms = tx.now.millis() + RETRY_MS * i64::from(later.failures);
        put(tx, &later, due_ms)
    });
    done.await
}
