//! SQS: standard and FIFO queues, over both of their protocols.
//!
//! A message is two records: its body, written once, and a small index entry at the moment from which it is visible.
//! Sending, receiving and changing visibility move index entries; nothing polls. `keys` has the layout.
//!
//! FIFO queues keep the same bodies, in the groups of [`fifo`]; standard queues whose messages have groups are [`fair`].
//!
//! Never here: the decisions of queue policies, which are the frame's; it is only told where a queue has its own.

mod attributes;
mod batch;
mod claims;
mod counts;
mod delete;
mod errors;
mod fair;
mod fifo;
mod handle;
mod in_flight;
mod keys;
mod message;
mod moves;
mod permissions;
mod queue;
mod queues;
mod receive;
mod redrive;
mod send;
mod tags;
mod turns;
mod visibility;
mod waiting;

use std::sync::Arc;

use api_sqs as api;
use names::{Arn, Scope};
use service::{Service, Sweeper};
use wire::OperationFacts;

/// Deletes the contents of deleted and purged queues.
const SWEEPER: Sweeper = Sweeper::new("sqs").deleting(keys::delete_body);

/// The service.
#[must_use]
pub fn service() -> Service {
    let receives = Arc::new(receive::Receives::default());
    Service::new(&api::FACTS)
        .path_parameter("QueueUrl", queue::is_path)
        .host_alias("queue")
        .setting(queues::NAME_REST, 0)
        .wording(errors::of_model)
        .actions(action)
        .resource_policies(queue::policy_of, &permissions::ACTIONS)
        .refusing(errors::denied)
        .transaction::<api::CreateQueue>(queues::create, |scope, input| named(scope, &input.queue_name))
        .read::<api::GetQueueUrl>(queues::get_url, |scope, input| {
            queues::wanted(scope, input).map(|queue| queue.arn()).into_iter().collect()
        })
        .read::<api::ListQueues>(queues::list, |_, _| Vec::new())
        .transaction::<api::DeleteQueue>(queues::delete, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::PurgeQueue>(queues::purge, |scope, input| at(scope, &input.queue_url))
        .read::<api::GetQueueAttributes>(attributes::get, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::SetQueueAttributes>(attributes::set, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::TagQueue>(tags::tag, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::UntagQueue>(tags::untag, |scope, input| at(scope, &input.queue_url))
        .read::<api::ListQueueTags>(tags::list, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::SendMessage>(send::one, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::SendMessageBatch>(send::batch, |scope, input| at(scope, &input.queue_url))
        .waiting::<api::ReceiveMessage, _, _>(
            move |context, input| receive::receive(Arc::clone(&receives), context, input),
            |scope, input| at(scope, &input.queue_url),
        )
        .transaction::<api::DeleteMessage>(delete::one, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::DeleteMessageBatch>(delete::batch, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::ChangeMessageVisibility>(visibility::one, |scope, input| {
            at(scope, &input.queue_url)
        })
        .transaction::<api::ChangeMessageVisibilityBatch>(visibility::batch, |scope, input| {
            at(scope, &input.queue_url)
        })
        .transaction::<api::AddPermission>(permissions::add, |scope, input| at(scope, &input.queue_url))
        .transaction::<api::RemovePermission>(permissions::remove, |scope, input| at(scope, &input.queue_url))
        .read::<api::ListDeadLetterSourceQueues>(queues::list_dead_letter_sources, |scope, input| {
            at(scope, &input.queue_url)
        })
        .transaction::<api::StartMessageMoveTask>(moves::start, |_, input| given(&input.source_arn))
        .read::<api::ListMessageMoveTasks>(moves::list, |_, input| given(&input.source_arn))
        .transaction::<api::CancelMessageMoveTask>(moves::cancel, |_, input| {
            moves::source_of(&input.task_handle).map(|source| source.arn()).into_iter().collect()
        })
        .tagging(tags::TAGGING)
        .upgrade(keys::upgrade)
        .work("move", moves::run)
        .work("sweep", |cloud| SWEEPER.run(cloud))
}

/// A batch needs the permission of one.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(operation.name.strip_suffix("Batch").unwrap_or(operation.name))
}

/// The queue of that name, as a resource.
fn named(scope: &Scope, name: &str) -> Vec<Arn> {
    vec![Arn::in_scope("sqs", scope, name)]
}

/// The queue of that ARN, as a resource.
fn given(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}

/// The queue at that address, as a resource.
fn at(scope: &Scope, url: &str) -> Vec<Arn> {
    queue::Address::parse(scope, url).map(|address| vec![address.arn()]).unwrap_or_default()
}
