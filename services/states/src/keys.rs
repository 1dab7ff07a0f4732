//! What Step Functions stores, and where. Every key starts with `"states"`.
//!
//! | key | value |
//! |---|---|
//! | `"machine", account, region, name` | [`crate::machine::Machine`] |
//! | `"revision", machine id, revision id` | [`crate::machine::Revision`] |
//! | `"version", machine id, number` | [`crate::versions::Version`] |
//! | `"alias", machine id, name` | [`crate::aliases::Alias`] |
//! | `"execution", machine id, label, name` | [`crate::execution::Execution`]; the label is empty but for items of a map run |
//! | `"listed", parent id, status, start (ms, the newest first), name` | [`crate::execution::Listed`]; the parent is a machine or a map run |
//! | `"event", machine id, execution id, number of the first` | events of a history |
//! | `"running", execution id` | [`crate::run::Running`] |
//! | `"frame", execution id, number` | a frame of the language, while the execution runs |
//! | `"counted", execution id, number` | how many items of that frame were started and are done |
//! | `"left", machine id, execution id` | [`crate::run::Running`]: where an execution ended without success |
//! | `"left frame", machine id, execution id, number` | a frame of it, at what it had counted |
//! | `"followed", execution id, frame, serial` | the job that a task has begun, and waits for |
//! | `"followers", execution id` | [`crate::run::work::Followers`]: who waits for its end |
//! | `"begun", execution id, frame, serial` | nothing: the call of a task has begun that is no part of a transaction |
//! | `"ended", end (ms), execution id` | [`crate::execution::Place`]: executions in the order in which they are forgotten |
//! | `"activity", account, region, name` | [`crate::activities::Activity`] |
//! | `"waiting", activity id, since (ms), nonce` | a task that no worker has taken |
//! | `"map run", machine id, label, name` | [`crate::map_runs::Run`] |
//! | `"map run of", execution id, name` | the label of a map run of an execution |
//! | `"item", map run id, number` | what an execution gets, as JSON, and how many items that is, until it starts |
//! | `"child", map run id, number` | the name of that execution |
//! | `"map run at", execution id, frame, serial` | label and name of the map run that is waited for there |
//! | `"ticking", map run id` | there is a tick noted |
//! | `"over", map run id, execution id` | an execution of it that has ended since the last tick |

use names::Scope;
use service::scoped;
use states_language::execution::{FrameId, Id as Waited};
use store::tuple::{Key, Parts};

use crate::execution::Place;

/// Sixteen random bytes.
pub(crate) type Id = [u8; 16];

fn of(kind: &str) -> Key {
    Key::new().str("states").str(kind)
}

pub(crate) fn machines(scope: &Scope) -> Key {
    scoped("states", "machine", scope)
}

pub(crate) fn machine(scope: &Scope, name: &str) -> Key {
    machines(scope).str(name)
}

pub(crate) fn revisions(machine: &Id) -> Key {
    of("revision").bytes(machine)
}

pub(crate) fn revision(machine: &Id, revision: &Id) -> Key {
    revisions(machine).bytes(revision)
}

pub(crate) fn versions(machine: &Id) -> Key {
    of("version").bytes(machine)
}

pub(crate) fn version(machine: &Id, number: u64) -> Key {
    versions(machine).u64(number)
}

pub(crate) fn aliases(machine: &Id) -> Key {
    of("alias").bytes(machine)
}

pub(crate) fn alias(machine: &Id, name: &str) -> Key {
    aliases(machine).str(name)
}

pub(crate) fn executions(machine: &Id) -> Key {
    of("execution").bytes(machine)
}

pub(crate) fn execution(place: &Place) -> Key {
    executions(&place.machine).str(&place.label).str(&place.name)
}

pub(crate) fn all_listed(parent: &Id) -> Key {
    of("listed").bytes(parent)
}

pub(crate) fn listed_as(parent: &Id, status: &str) -> Key {
    all_listed(parent).str(status)
}

pub(crate) fn listed(parent: &Id, status: &str, started_ms: i64, name: &str) -> Key {
    listed_as(parent, status).i64(-started_ms).str(name)
}

/// The start and the name in a key of [`listed`].
pub(crate) fn started_and_name(key: &[u8]) -> Result<(i64, String), store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    parts.str()?;
    Ok((-parts.i64()?, parts.str()?.into_owned()))
}

pub(crate) fn histories(machine: &Id) -> Key {
    of("event").bytes(machine)
}

pub(crate) fn events(machine: &Id, execution: &Id) -> Key {
    histories(machine).bytes(execution)
}

pub(crate) fn event(machine: &Id, execution: &Id, first: u64) -> Key {
    events(machine, execution).u64(first)
}

pub(crate) fn running(execution: &Id) -> Key {
    of("running").bytes(execution)
}

pub(crate) fn frames(execution: &Id) -> Key {
    of("frame").bytes(execution)
}

pub(crate) fn frame(execution: &Id, number: FrameId) -> Key {
    frames(execution).u64(number.into())
}

/// The number in a key of [`frame`].
pub(crate) fn frame_of(key: &[u8]) -> Result<FrameId, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    number_of(parts)
}

fn number_of(mut parts: Parts<'_>) -> Result<FrameId, store::Error> {
    Ok(FrameId::try_from(parts.u64()?).unwrap_or(FrameId::MAX))
}

pub(crate) fn counted(execution: &Id, number: FrameId) -> Key {
    of("counted").bytes(execution).u64(number.into())
}

pub(crate) fn all_left(machine: &Id) -> Key {
    of("left").bytes(machine)
}

pub(crate) fn left(machine: &Id, execution: &Id) -> Key {
    all_left(machine).bytes(execution)
}

pub(crate) fn all_left_frames(machine: &Id) -> Key {
    of("left frame").bytes(machine)
}

pub(crate) fn left_frames(machine: &Id, execution: &Id) -> Key {
    all_left_frames(machine).bytes(execution)
}

pub(crate) fn left_frame(machine: &Id, execution: &Id, number: FrameId) -> Key {
    left_frames(machine, execution).u64(number.into())
}

/// The number in a key of [`left_frame`].
pub(crate) fn left_frame_of(key: &[u8]) -> Result<FrameId, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    parts.bytes()?;
    number_of(parts)
}

pub(crate) fn followed(execution: &Id, waited: Waited) -> Key {
    of("followed").bytes(execution).u64(waited.frame.into()).u64(waited.serial.into())
}

pub(crate) fn followers(execution: &Id) -> Key {
    of("followers").bytes(execution)
}

pub(crate) fn begun(execution: &Id, waited: Waited) -> Key {
    of("begun").bytes(execution).u64(waited.frame.into()).u64(waited.serial.into())
}

pub(crate) fn all_ended() -> Key {
    of("ended")
}

pub(crate) fn ended(at_ms: i64, execution: &Id) -> Key {
    all_ended().i64(at_ms).bytes(execution)
}

/// The end in a key of [`ended`].
pub(crate) fn ended_ms(key: &[u8]) -> Result<i64, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.i64()
}

pub(crate) fn activities(scope: &Scope) -> Key {
    scoped("states", "activity", scope)
}

pub(crate) fn activity(scope: &Scope, name: &str) -> Key {
    activities(scope).str(name)
}

pub(crate) fn all_waiting(activity: &Id) -> Key {
    of("waiting").bytes(activity)
}

pub(crate) fn waiting(activity: &Id, at_ms: i64, nonce: &Id) -> Key {
    all_waiting(activity).i64(at_ms).bytes(nonce)
}

pub(crate) fn map_runs(machine: &Id) -> Key {
    of("map run").bytes(machine)
}

pub(crate) fn map_run(machine: &Id, label: &str, name: &str) -> Key {
    map_runs(machine).str(label).str(name)
}

pub(crate) fn map_runs_of(execution: &Id) -> Key {
    of("map run of").bytes(execution)
}

pub(crate) fn map_run_of(execution: &Id, name: &str) -> Key {
    map_runs_of(execution).str(name)
}

/// The name in a key of [`map_run_of`].
pub(crate) fn map_run_name(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    parts.bytes()?;
    Ok(parts.str()?.into_owned())
}

pub(crate) fn items(map_run: &Id) -> Key {
    of("item").bytes(map_run)
}

pub(crate) fn item(map_run: &Id, index: u64) -> Key {
    items(map_run).u64(index)
}

pub(crate) fn children(map_run: &Id) -> Key {
    of("child").bytes(map_run)
}

pub(crate) fn child(map_run: &Id, index: u64) -> Key {
    children(map_run).u64(index)
}

pub(crate) fn map_run_at(execution: &Id, waited: Waited) -> Key {
    of("map run at").bytes(execution).u64(waited.frame.into()).u64(waited.serial.into())
}

pub(crate) fn ticking(map_run: &Id) -> Key {
    of("ticking").bytes(map_run)
}

pub(crate) fn all_over(map_run: &Id) -> Key {
    of("over").bytes(map_run)
}

pub(crate) fn over(map_run: &Id, execution: &Id) -> Key {
    all_over(map_run).bytes(execution)
}

/// Everything of a machine but its own record, once none of its executions runs.
pub(crate) fn all_of(machine: &Id) -> [Key; 9] {
    [
        revisions(machine),
        versions(machine),
        aliases(machine),
        executions(machine),
        all_listed(machine),
        histories(machine),
        map_runs(machine),
        all_left(machine),
        all_left_frames(machine),
    ]
}

#[cfg(test)]
mod tests;
