//! Start, list and cancel tasks.

use api_sqs as api;
use service::{Result, Tx, View};
use store::{Direction, Reads, record};
use wire::Fault;

use super::task::{Status, Task, source_of};
use super::turn;
use crate::counts;
use crate::queue::Address;
use crate::{errors, keys, redrive};

/// Tasks of a source that are remembered, and that one answer lists.
const TASKS_MAX: usize = 10;
/// The greatest rate, in messages a second.
const RATE_MAX: i32 = 500;

pub(crate) fn start(
    tx: &mut Tx<'_>,
    input: &api::StartMessageMoveTaskInput,
) -> Result<api::StartMessageMoveTaskOutput> {
    let (source, destination) = check(tx, input)?;
    let tasks = tasks(&**tx, &source)?;
    if tasks.iter().any(|task| task.status.is_active()) {
        return Err(api::error::unsupported_operation(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        )
        .into());
    }
    for forgotten in tasks.iter().skip(TASKS_MAX - 1) {
        tx.delete(keys::task(&source, forgotten.started_ms, &forgotten.id));
    }
    let Some(queue) = source.read(&**tx)? else { return Err(not_found("SourceArn").into()) };
    let task = Task {
        id: tx.random().bytes(),
        status: Status::Running,
        destination: destination.map(|address| address.arn().to_string()),
        rate: input.max_number_of_messages_per_second,
        started_ms: tx.now.millis(),
        moved: 0,
        to_move: counts::of(&**tx, &source, &queue, tx.now.millis())?.visible,
        failure: None,
    };
    let key = keys::task(&source, task.started_ms, &task.id);
    tx.put_record(&key, &task)?;
    turn::begin(tx, &source, &key, &task.id)?;
    Ok(api::StartMessageMoveTaskOutput { task_handle: Some(task.handle(&source)) })
}

/// The source, and the destination where there is one.
fn check(tx: &Tx<'_>, input: &api::StartMessageMoveTaskInput) -> Result<(Address, Option<Address>)> {
    let source = existing(tx, "SourceArn", &input.source_arn)?;
    if redrive::sources(&**tx, &source)?.is_empty() {
        return Err(errors::invalid_value("Source queue must be configured as a Dead Letter Queue.").into());
    }
    if let Some(rate) = input.max_number_of_messages_per_second.filter(|rate| !(1..=RATE_MAX).contains(rate))
    {
        return Err(errors::invalid_value(format!(
            "Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and {RATE_MAX}."
        ))
        .into());
    }
    let given = input.destination_arn.as_deref().filter(|arn| !arn.is_empty());
    let Some(destination) = given.map(|arn| existing(tx, "DestinationArn", arn)).transpose()? else {
        return Ok((source, None));
    };
    if destination == source {
        let message = "Source queue arn and destination queue arn cannot be the same.";
        return Err(errors::invalid_value(message).into());
    }
    if destination.is_fifo() != source.is_fifo() {
        let message = "Source and destination queues must be of the same type.";
        return Err(errors::invalid_value(message).into());
    }
    Ok((source, Some(destination)))
}

/// The queue of an ARN that a client gave.
fn existing(tx: &Tx<'_>, parameter: &str, arn: &str) -> Result<Address> {
    let address = address(parameter, arn)?;
    match address.read(&**tx)?.filter(|_| address.scope == tx.scope()) {
        Some(_) => Ok(address),
        None => Err(not_found(parameter).into()),
    }
}

fn address(parameter: &str, arn: &str) -> Result<Address, Fault> {
    Address::from_arn(arn).ok_or_else(|| {
        errors::invalid_value(format!(
            "You must use this format to specify the {parameter}: \
             arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        ))
    })
}

fn not_found(parameter: &str) -> Fault {
    api::error::resource_not_found_exception(format!(
        "The resource that you specified for the {parameter} parameter doesn't exist."
    ))
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListMessageMoveTasksInput,
) -> Result<api::ListMessageMoveTasksOutput> {
    let source = address("SourceArn", &input.source_arn)?;
    let count = input.max_results.unwrap_or(1);
    if !(1..=TASKS_MAX as i32).contains(&count) {
        return Err(errors::out_of_range(count.into(), "MaxResults", 1, TASKS_MAX as i64).into());
    }
    if source.scope != view.scope() || source.read(&**view)?.is_none() {
        return Err(not_found("SourceArn").into());
    }
    let results =
        tasks(&**view, &source)?.into_iter().take(count as usize).map(|task| entry(&source, task)).collect();
    Ok(api::ListMessageMoveTasksOutput { results: Some(results) })
}

fn entry(source: &Address, task: Task) -> api::ListMessageMoveTasksResultEntry {
    api::ListMessageMoveTasksResultEntry {
        // Only what can be cancelled has a handle.
        task_handle: (task.status == Status::Running).then(|| task.handle(source)),
        status: Some(task.status.text().to_owned()),
        source_arn: Some(source.arn().to_string()),
        destination_arn: task.destination,
        max_number_of_messages_per_second: task.rate,
        approximate_number_of_messages_moved: Some(task.moved.cast_signed()),
        approximate_number_of_messages_to_move: Some(task.to_move.cast_signed()),
        failure_reason: task.failure,
        started_timestamp: Some(task.started_ms),
    }
}

pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    input: &api::CancelMessageMoveTaskInput,
) -> Result<api::CancelMessageMoveTaskOutput> {
    let missing = || api::error::resource_not_found_exception("Task does not exist.");
    let source =
        source_of(&input.task_handle).filter(|source| source.scope == tx.scope()).ok_or_else(missing)?;
    let tasks = tasks(&**tx, &source)?;
    let task =
        tasks.into_iter().find(|task| task.handle(&source) == input.task_handle).ok_or_else(missing)?;
    if task.status != Status::Running {
        return Err(api::error::unsupported_operation("Only active tasks can be cancelled.").into());
    }
    let moved = task.moved.cast_signed();
    let key = keys::task(&source, task.started_ms, &task.id);
    tx.put_record(&key, &Task { status: Status::Cancelling, ..task })?;
    Ok(api::CancelMessageMoveTaskOutput { approximate_number_of_messages_moved: Some(moved) })
}

/// The tasks of a source, the last one first.
fn tasks(reads: &impl Reads, source: &Address) -> Result<Vec<Task>> {
    let entries = reads.scan(keys::tasks(source).prefix_range(), Direction::Backward);
    entries.map(|entry| Ok(record::decode(&entry?.1)?)).collect()
}
