//! Deletion: a state machine goes at once, or as soon as the last of its executions was ended.

use std::sync::Arc;

use api_states as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use states_language::execution::Input;
use store::{Direction, Reads as _};

use crate::execution::{Execution, Place, Status};
use crate::keys::{self, Id};
use crate::machine::Machine;
use crate::{SWEEPER, errors, map_runs, name, run};

const JOBS: Jobs = Jobs::new("states", "deletions", 4);
/// Executions that one transaction ends.
const PIECE: usize = 50;

/// A state machine that goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Deletion {
    scope: Scope,
    machine: Id,
    name: String,
}

#[cfg(test)]
layouts::stays!(stored_deletion: Deletion);

/// A state machine that is not there is as good as deleted.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteStateMachineInput,
) -> Result<api::DeleteStateMachineOutput> {
    let scope = tx.scope();
    let named = name::machine_of(&scope, &input.state_machine_arn)?;
    if named.qualifier.is_some() || named.name.contains('/') {
        let why = "The state machine's ARN must name no version, no alias and no Map state of it";
        return Err(errors::validation(why).into());
    }
    let machine = tx.get_record::<Machine>(&keys::machine(&scope, named.name))?;
    if let Some(mut machine) = machine.filter(|machine| !machine.is_deleting) {
        if running(tx, &machine.id, 1)?.is_empty() && !map_runs::has(&**tx, &machine.id)? {
            forget(tx, &machine);
        } else {
            machine.is_deleting = true;
            tx.put_record(keys::machine(&scope, &machine.name), &machine)?;
            let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
            JOBS.put(tx, now_ms, &id, &Deletion { scope, machine: machine.id, name: machine.name })?;
        }
    }
    Ok(api::DeleteStateMachineOutput::default())
}

/// The first names of executions that run.
fn running(tx: &Tx<'_>, machine: &Id, count: usize) -> Result<Vec<String>> {
    let range = keys::listed_as(machine, Status::Running.as_str()).prefix_range();
    let entries = tx.scan(range, Direction::Forward).take(count);
    entries.map(|entry| Ok(keys::started_and_name(&entry?.0)?.1)).collect()
}

fn forget(tx: &mut Tx<'_>, machine: &Machine) {
    let scope = tx.scope();
    tx.delete(keys::machine(&scope, &machine.name));
    service::tags::forget(tx, &scope, &name::machine(&scope, &machine.name));
    keys::all_of(&machine.id).iter().for_each(|prefix| SWEEPER.put(tx, prefix));
}

/// Ends executions of state machines that go, a piece at a time.
pub(crate) async fn run_deletions(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, deletion: Arc<Deletion>| async move {
        Ok((cloud.context_of("states", deletion.scope), ()))
    };
    JOBS.run_in_transactions(cloud, prepare, |tx, deletion, ()| piece(tx, deletion)).await
}

fn piece(tx: &mut Tx<'_>, deletion: &Deletion) -> Result<Verdict<Deletion>> {
    let names = running(tx, &deletion.machine, PIECE)?;
    // Executions of map runs go before the revision does that they run.
    if names.is_empty() && !map_runs::clear(tx, &deletion.machine)? {
        let machine = tx.get_record::<Machine>(&keys::machine(&deletion.scope, &deletion.name))?;
        if let Some(machine) = machine.filter(|machine| machine.id == deletion.machine) {
            forget(tx, &machine);
        }
        return Ok(Verdict::Done);
    }
    for name in names {
        let place = Place { machine: deletion.machine, label: String::new(), name };
        if let Some(execution) = tx.get_record::<Execution>(&keys::execution(&place))? {
            run::give(tx, &execution.id, Input::Stopped { error: None, cause: None })?;
        }
    }
    Ok(Verdict::Again(deletion.clone(), tx.now.millis()))
}
