//! Activities: tasks for which workers ask, wherever these run.
//!
//! A task waits behind its activity until a worker takes it, in the order in which tasks come. Who takes it gets its token, with which
//! it ends it as any other task of a token.

use std::time::Duration;

use api_states as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Result, Tx, View};
use states_language::execution::{FailedAt, Id as Waited, Input, Scheduled};
use store::{Reads, record};
use wire::Timestamp;

use crate::execution::Execution;
use crate::keys::{self, Id};
use crate::run::{self, token};
use crate::tags::{self, TAGGING};
use crate::{SWEEPER, machine, machines, name};

/// How long a worker waits for a task.
const PATIENCE: Duration = Duration::from_secs(60);
/// Tasks that one transaction looks at.
const LOOKED_AT: usize = 100;

/// An activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) created_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_activity: Activity);

/// A task that no worker has taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    execution: Id,
    waited: Waited,
    input: String,
}

#[cfg(test)]
layouts::stays!(stored_waiting: Waiting);

pub(crate) fn arn(scope: &Scope, name: &str) -> Arn {
    Arn::in_scope("states", scope, format_args!("activity:{name}"))
}

/// The activity that an ARN names.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Activity> {
    let missing = || api::error::activity_does_not_exist(format!("Activity Does Not Exist: '{arn}'"));
    let name = name::activity_of(scope, arn)?;
    Ok(reads.get_record(&keys::activity(scope, name))?.ok_or_else(missing)?)
}

/// Whether there is surely no such activity.
pub(crate) fn is_missing(cloud: &Cloud, arn: &str) -> bool {
    let scope = arn.parse::<Arn>().ok().and_then(|arn| arn.scope());
    let found = scope.map(|scope| find(&cloud.store.snapshot(), &scope, arn));
    matches!(found, Some(Err(service::Error::Fault(_))))
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateActivityInput) -> Result<api::CreateActivityOutput> {
    let scope = tx.scope();
    let name = name::checked(&input.name)?;
    machines::encryption(input.encryption_configuration.as_ref())?;
    let arn = arn(&scope, name);
    let done = |created_ms| api::CreateActivityOutput {
        activity_arn: arn.to_string(),
        creation_date: Timestamp(created_ms),
    };
    if let Some(known) = tx.get_record::<Activity>(&keys::activity(&scope, name))? {
        return Ok(done(known.created_ms));
    }
    let activity = Activity { id: tx.random().bytes(), name: name.to_owned(), created_ms: tx.now.millis() };
    tx.put_record(keys::activity(&scope, name), &activity)?;
    TAGGING.add(tx, &scope, &arn, tags::given(input.tags.as_deref()))?;
    Ok(done(activity.created_ms))
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeActivityInput,
) -> Result<api::DescribeActivityOutput> {
    let scope = view.scope();
    let activity = find(&**view, &scope, &input.activity_arn)?;
    Ok(api::DescribeActivityOutput {
        activity_arn: arn(&scope, &activity.name).to_string(),
        name: activity.name,
        creation_date: Timestamp(activity.created_ms),
        encryption_configuration: Some(machine::own_key()),
    })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListActivitiesInput) -> Result<api::ListActivitiesOutput> {
    let scope = view.scope();
    let pages = machines::pages("states:ListActivities", input.next_token.as_deref(), input.max_results);
    let page = pages.of_range(view, keys::activities(&scope).prefix_range(), |_, value| {
        let activity: Activity = record::decode(value)?;
        Ok(Some(api::ActivityListItem {
            activity_arn: arn(&scope, &activity.name).to_string(),
            name: activity.name,
            creation_date: Timestamp(activity.created_ms),
        }))
    })?;
    Ok(api::ListActivitiesOutput { activities: page.items, next_token: page.next_token })
}

/// Its tasks are waited for until they time out.
pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteActivityInput) -> Result<api::DeleteActivityOutput> {
    let scope = tx.scope();
    let key = keys::activity(&scope, name::activity_of(&scope, &input.activity_arn)?);
    if let Some(activity) = tx.get_record::<Activity>(&key)? {
        tx.delete(key);
        service::tags::forget(tx, &scope, &arn(&scope, &activity.name));
        SWEEPER.put(tx, &keys::all_waiting(&activity.id));
    }
    Ok(api::DeleteActivityOutput::default())
}

/// Lets a task wait for a worker. What comes of it at once, if there is no such activity, is given back.
pub(crate) fn schedule(tx: &mut Tx<'_>, execution: &Execution, task: Scheduled) -> Result<Option<Input>> {
    let activity = match find(&**tx, &tx.scope(), &task.resource.arn) {
        Ok(activity) => activity,
        Err(service::Error::Fault(fault)) => {
            let (error, cause) = (Some(fault.code.into_owned()), Some(fault.message));
            return Ok(Some(Input::TaskFailed { id: task.id, at: FailedAt::Schedule, error, cause }));
        }
        Err(error) => return Err(error),
    };
    let waiting = Waiting { execution: execution.id, waited: task.id, input: task.parameters };
    let nonce: Id = tx.random().bytes();
    let now_ms = tx.now.millis();
    tx.put_record(keys::waiting(&activity.id, now_ms, &nonce), &waiting)?;
    tx.signal(keys::all_waiting(&activity.id));
    Ok(None)
}

pub(crate) async fn take(
    context: Context,
    input: api::GetActivityTaskInput,
) -> Result<api::GetActivityTaskOutput> {
    let activity = find(&*context.view(), &context.scope(), &input.activity_arn)?;
    let mut news = context.cloud.store.watch(keys::all_waiting(&activity.id));
    let poll = async {
        loop {
            let first = |tx: &mut Tx<'_>| first(tx, &activity.id, input.worker_name.as_deref());
            match context.transact(first).await? {
                Looked::Found(task) => return Ok(task),
                Looked::Again => {}
                Looked::Nothing => news.changed().await,
            }
        }
    };
    // Whom nothing comes to is answered without a token.
    tokio::time::timeout(PATIENCE, poll).await.unwrap_or_else(|_| Ok(api::GetActivityTaskOutput::default()))
}

/// What a look at the tasks of an activity found.
enum Looked {
    Found(api::GetActivityTaskOutput),
    /// Only tasks that nobody waits for any more; there may be others.
    Again,
    Nothing,
}

/// Takes the first task that is still waited for.
fn first(tx: &mut Tx<'_>, activity: &Id, worker: Option<&str>) -> Result<Looked> {
    let tasks = tx.scan_head(keys::all_waiting(activity).prefix_range()).take(LOOKED_AT);
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    if tasks.is_empty() {
        return Ok(Looked::Nothing);
    }
    for (key, value) in tasks {
        // Who takes the same one at once is told by this.
        tx.depend_on(&key);
        tx.delete(&*key);
        let Waiting { execution, waited, input } = record::decode(&value)?;
        if run::awaits(&**tx, &execution, waited)? {
            let started = Input::TaskStarted { id: waited, worker: worker.map(str::to_owned) };
            run::give(tx, &execution, started)?;
            let task_token = Some(token::of(tx.context, &execution, waited));
            return Ok(Looked::Found(api::GetActivityTaskOutput { task_token, input: Some(input) }));
        }
    }
    Ok(Looked::Again)
}
