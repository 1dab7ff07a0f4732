//! Express executions of map runs: they run in memory, at least once, and only what became of them is stored.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{Cloud, Context, Jobs, Result, Tx, Verdict, news};
use states_language::definition::Machine;
use states_language::execution::Outcome;
use store::record;

use super::ticks;
use crate::execution::{Execution, Place, Status};
use crate::executions::about;
use crate::express::Flight;
use crate::keys;
use crate::run::ready_for;

const FLIGHTS: Jobs = Jobs::new("states", "map flights", 1024);

/// An execution to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Departure {
    scope: Scope,
    at: Place,
    processor: Machine,
}

#[cfg(test)]
layouts::stays!(stored_map_departure: Departure);

impl Departure {
    /// The execution, as long as it runs.
    fn execution(&self, reads: &impl store::Reads) -> Result<Option<Execution>> {
        let execution = reads.get_record::<Execution>(&keys::execution(&self.at))?;
        Ok(execution.filter(|execution| execution.status == Status::Running))
    }
}

/// Begins an execution.
pub(super) fn begin(tx: &mut Tx<'_>, execution: &Execution, processor: Machine) -> Result<()> {
    tx.put_record(keys::execution(&execution.place()), execution)?;
    tx.put_compact(execution.listed_at(), &execution.listed())?;
    let departure = Departure { scope: tx.scope(), at: execution.place(), processor };
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    FLIGHTS.put(tx, now_ms, &id, &departure)
}

/// Begins one again that did not succeed.
pub(super) fn again(tx: &mut Tx<'_>, mut execution: Execution, processor: Machine) -> Result<()> {
    tx.delete(execution.listed_at());
    execution.begin_again(tx.now.millis());
    begin(tx, &execution, processor)
}

/// Ends one that is wanted no more.
pub(super) fn stop(tx: &mut Tx<'_>, execution: Execution) -> Result<()> {
    end(tx, execution, &Outcome::Aborted { error: None, cause: None })
}

fn end(tx: &mut Tx<'_>, mut execution: Execution, outcome: &Outcome) -> Result<()> {
    put_ended(tx, &mut execution, outcome)?;
    let of = execution.map_run.as_ref();
    of.map_or(Ok(()), |of| ticks::ended(tx, &execution, of))
}

/// Stores that an execution ended so, and tells who waits for that.
pub(super) fn put_ended(tx: &mut Tx<'_>, execution: &mut Execution, outcome: &Outcome) -> Result<()> {
    tx.delete(execution.listed_at());
    let now_ms = tx.now.millis();
    execution.end(outcome, now_ms);
    tx.put_record(keys::execution(&execution.place()), execution)?;
    tx.put_compact(execution.listed_at(), &execution.listed())?;
    tx.put(keys::ended(now_ms, &execution.id), record::encode(&execution.place())?);
    let arn = execution.arn(&tx.scope());
    tx.signal(news(&arn));
    Ok(())
}

/// Runs executions. What was under way as the process ended runs again.
pub(crate) async fn run_flights(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, departure: Arc<Departure>| async move {
        let context = cloud.context_of("states", departure.scope);
        let outcome = fly(&context, &departure).await?;
        Ok((context, outcome))
    };
    FLIGHTS
        .run_in_transactions(cloud, prepare, |tx, departure: &Departure, outcome: &Option<Outcome>| {
            if let (Some(outcome), Some(execution)) = (outcome, departure.execution(&**tx)?) {
                end(tx, execution, outcome)?;
            }
            Ok(Verdict::Done)
        })
        .await
}

/// Runs an execution to its end; nothing where it is stopped before.
async fn fly(context: &Context, departure: &Departure) -> Result<Option<Outcome>> {
    let Some(execution) = departure.execution(&context.cloud.store.snapshot())? else { return Ok(None) };
    let ready = ready_for(context, &execution.machine, &execution.revision).await?;
    let about = context.transact(|tx: &mut Tx<'_>| Ok(about(tx, &execution, &ready.role_arn))).await?;
    let flight = Flight::new(context, &ready, execution.id, about, departure.processor);
    let input: Value = serde_json::from_str(&execution.input).unwrap_or_default();
    tokio::select! {
        outcome = flight.fly(input) => outcome.map(Some),
        stop = stopped(context, departure, &execution) => stop.map(|()| None),
    }
}

/// Waits until an execution does not run any more.
async fn stopped(context: &Context, departure: &Departure, execution: &Execution) -> Result<()> {
    let store = &context.cloud.store;
    let mut news = store.watch(news(&execution.arn(&departure.scope)));
    while departure.execution(&store.snapshot())?.is_some() {
        news.changed().await;
    }
    Ok(())
}
