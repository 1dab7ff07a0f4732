//! Create, find, list, delete and purge queues.

use api_sqs as api;
use names::Scope;
use service::{Pages, Result, Tx, View, scope_and_name};
use store::Reads as _;
use wire::Fault;

use crate::queue::{self, Address, Queue};
use crate::tags::TAGGING;
use crate::{SWEEPER, attributes, errors, keys, redrive};

/// Queues that one page lists at most.
const PAGE_MAX: i32 = 1000;
/// The setting that says for how long the name of a deleted queue cannot be used again, in seconds; AWS's own are 60.
pub(crate) const NAME_REST: &str = "queue-name-rest-seconds";
/// How long a second purge must wait for the first.
const PURGE_REST_MS: i64 = 60_000;

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateQueueInput) -> Result<api::CreateQueueOutput> {
    let wanted = input.attributes.clone().unwrap_or_default();
    queue::check_name(&input.queue_name, wanted.get("FifoQueue").is_some_and(|value| value == "true"))?;
    attributes::check(&wanted, queue::is_fifo(&input.queue_name))?;
    let address = Address { scope: tx.scope(), name: input.queue_name.clone() };
    match address.read(&**tx)? {
        Some(present) => {
            if let Some(name) = attributes::differing(&present, &wanted) {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {name}"
                );
                return Err(api::error::queue_name_exists(message).into());
            }
        }
        None => {
            check_rest(tx, &address)?;
            redrive::check_target(&**tx, &address, &wanted)?;
            let mut made = Queue {
                contents: tx.random().bytes(),
                attributes: Default::default(),
                created_ms: tx.now.millis(),
                modified_ms: tx.now.millis(),
                purged_ms: None,
                lanes: Vec::new(),
            };
            attributes::apply(&mut made, &wanted);
            attributes::check_throughput(&made.attributes)?;
            tx.put_record(keys::queue(&address.scope, &address.name), &made)?;
            TAGGING.add(tx, &address.scope, &address.arn(), input.tags.iter().flatten())?;
        }
    }
    Ok(api::CreateQueueOutput { queue_url: Some(address.url(&tx.context.caller.endpoint)) })
}

/// The queue whose URL is asked for; none where the owner is no account.
pub(crate) fn wanted(scope: &Scope, input: &api::GetQueueUrlInput) -> Option<Address> {
    let owner = input.queue_owner_aws_account_id.as_ref();
    let account = owner.map_or(Some(scope.account), |owner| owner.parse().ok())?;
    Some(Address { scope: Scope::new(account, scope.region), name: input.queue_name.clone() })
}

pub(crate) fn get_url(view: &View<'_>, input: &api::GetQueueUrlInput) -> Result<api::GetQueueUrlOutput> {
    let address = wanted(&view.scope(), input).ok_or_else(errors::no_queue)?;
    address.read(&**view)?.ok_or_else(errors::no_queue)?;
    Ok(api::GetQueueUrlOutput { queue_url: Some(address.url(&view.context.caller.endpoint)) })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListQueuesInput) -> Result<api::ListQueuesOutput> {
    let scope = view.scope();
    let prefix = input.queue_name_prefix.as_deref().unwrap_or_default();
    let pages = pages("sqs:ListQueues", input.next_token.as_deref(), input.max_results)?;
    let page = pages.of_range(view, keys::queues(&scope).beginning_with(prefix), |key, _| {
        let (scope, name) = scope_and_name(key)?;
        Ok(Some(Address { scope, name }.url(&view.context.caller.endpoint)))
    })?;
    // Without MaxResults the answer has no token, as in AWS.
    let next_token = page.next_token.filter(|_| input.max_results.is_some());
    Ok(api::ListQueuesOutput { queue_urls: (!page.items.is_empty()).then_some(page.items), next_token })
}

pub(crate) fn list_dead_letter_sources(
    view: &View<'_>,
    input: &api::ListDeadLetterSourceQueuesInput,
) -> Result<api::ListDeadLetterSourceQueuesOutput> {
    let (target, _) = queue::find(&**view, &view.scope(), &input.queue_url)?;
    let token = input.next_token.as_deref();
    let pages = pages("sqs:ListDeadLetterSourceQueues", token, input.max_results)?;
    let names = redrive::sources(&**view, &target)?;
    let page = pages.of_sorted(view, names.into_iter().map(|name| (name, ())), |name, ()| {
        Ok(Address { scope: target.scope, name }.url(&view.context.caller.endpoint))
    })?;
    Ok(api::ListDeadLetterSourceQueuesOutput { queue_urls: page.items, next_token: page.next_token })
}

/// The page that is asked for.
fn pages<'a>(
    operation: &'static str,
    token: Option<&'a str>,
    wanted: Option<i32>,
) -> Result<Pages<'a>, Fault> {
    let limit = wanted.unwrap_or(PAGE_MAX);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(errors::out_of_range(limit.into(), "MaxResults", 1, PAGE_MAX.into()));
    }
    let bad_token = || errors::invalid_value("Invalid NextToken value.");
    Ok(Pages { operation, token, limit: limit as usize, bad_token })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteQueueInput) -> Result<api::DeleteQueueOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    tx.delete(keys::queue(&address.scope, &address.name));
    service::tags::forget(tx, &address.scope, &address.arn());
    abandon(tx, &address, &queue);
    if name_rest_s(tx) > 0 {
        let now_ms = tx.now.millis();
        tx.put_record(keys::deleted(&address.scope, &address.name), &now_ms)?;
    }
    Ok(api::DeleteQueueOutput::default())
}

fn name_rest_s(tx: &Tx<'_>) -> i64 {
    tx.context.cloud.setting("sqs", NAME_REST).into()
}

/// Refuses the name of a queue that was deleted a moment ago, where names rest.
fn check_rest(tx: &mut Tx<'_>, address: &Address) -> Result<()> {
    let rest_s = name_rest_s(tx);
    let key = keys::deleted(&address.scope, &address.name);
    let deleted_ms: Option<i64> = if rest_s > 0 { tx.get_record(&key)? } else { None };
    let Some(deleted_ms) = deleted_ms else { return Ok(()) };
    if tx.now.millis() - deleted_ms < rest_s * 1000 {
        let message = format!(
            "You must wait {rest_s} seconds after deleting a queue before you can create another with the same name."
        );
        return Err(api::error::queue_deleted_recently(message).into());
    }
    tx.delete(key);
    Ok(())
}

pub(crate) fn purge(tx: &mut Tx<'_>, input: &api::PurgeQueueInput) -> Result<api::PurgeQueueOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    let mut queue = Queue::clone(&queue);
    let now_ms = tx.now.millis();
    if queue.purged_ms.is_some_and(|purged_ms| now_ms - purged_ms < PURGE_REST_MS) {
        let message =
            format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", address.name);
        return Err(api::error::purge_queue_in_progress(message).into());
    }
    abandon(tx, &address, &queue);
    queue.contents = tx.random().bytes();
    queue.lanes.clear();
    queue.purged_ms = Some(now_ms);
    tx.put_record(keys::queue(&address.scope, &address.name), &queue)?;
    Ok(api::PurgeQueueOutput::default())
}

/// Leaves a queue's contents to the sweeper, and wakes who waits for them.
fn abandon(tx: &mut Tx<'_>, address: &Address, queue: &Queue) {
    keys::all_of(&queue.contents, address.is_fifo()).iter().for_each(|prefix| SWEEPER.put(tx, prefix));
    tx.signal(keys::arrival(&queue.contents));
}
