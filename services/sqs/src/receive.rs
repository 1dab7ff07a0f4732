//! Receive messages, at once or by long poll.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_sqs as api;
use service::{Context, Result, Tx, rising_text};
use store::{Direction, Reads as _, Watch, record};
use wire::{Fault, Timestamp};

use crate::claims::{Claimed, Claims};
use crate::fair::{Choice, Recent, Tenant};
use crate::handle::Handle;
use crate::in_flight::{IN_FLIGHT_MAX, InFlight};
use crate::keys::{self, Id};
use crate::message::{self, Body, Transit};
use crate::queue::{self, Address, Queue};
use crate::turns::{Turn, Turns};
use crate::waiting::Waiting;
use crate::{errors, fifo, redrive};

/// Messages that one receive gives at most.
const MESSAGES_MAX: i32 = 10;
/// Index entries that one receive looks at, at most, when it meets expired or dead ones.
pub(crate) const LOOKS_MAX: usize = 1000;
/// How long a receive waits for another one's message, in milliseconds.
pub(crate) const CLAIM_MS: i64 = 10;

/// What a receive asks for, checked.
pub(crate) struct Wish {
    pub(crate) count: usize,
    /// The id by which a FIFO queue knows a receive that is tried again.
    pub(crate) attempt: Option<String>,
    visibility_s: Option<i64>,
    wait_s: Option<i64>,
    system: Vec<String>,
    attributes: Vec<String>,
}

/// What a look at the queue gave.
pub(crate) struct Look {
    pub(crate) queue: Arc<Queue>,
    pub(crate) messages: Vec<api::Message>,
    /// The tenants of those messages that have one, in a standard queue.
    pub(crate) tenants: Vec<Tenant>,
    /// When the next message becomes visible, if none is now.
    pub(crate) next_ms: Option<i64>,
}

/// What the receives of a process know of one another.
#[derive(Default)]
pub(crate) struct Receives {
    pub(crate) in_flight: InFlight,
    claims: Claims,
    recent: Recent,
    turns: Turns,
}

pub(crate) async fn receive(
    receives: Arc<Receives>,
    context: Context,
    input: api::ReceiveMessageInput,
) -> Result<api::ReceiveMessageOutput> {
    let wish = Wish::read(&input)?;
    let scope = context.scope();
    let begun_ms = context.now().millis();
    let mut place: Option<Place> = None;
    loop {
        // The clock may be moved at any moment; what became visible by that is seen before the wait is over.
        let looked_ms = context.now().millis();
        let mut claimed = receives.claims.begin();
        let look = context.transact(|tx| {
            claimed.release();
            let (address, queue) = queue::find(&**tx, &scope, &input.queue_url)?;
            let look = if address.is_fifo() { fifo::look } else { look };
            look(tx, &address, queue, &wish, &receives, &mut claimed)
        });
        let look = look.await?;
        drop(claimed);
        let others = look.messages.len() - look.tenants.len();
        receives.recent.note(&look.queue.contents, &look.tenants, others);
        let wait_s = wish.wait_s.unwrap_or_else(|| look.queue.number("ReceiveMessageWaitTimeSeconds"));
        let until_ms = begun_ms + wait_s * 1000;
        if !look.messages.is_empty() || looked_ms >= until_ms {
            let messages = (!look.messages.is_empty()).then_some(look.messages);
            return Ok(api::ReceiveMessageOutput { messages });
        }
        let clock = &context.cloud.clock;
        let contents = look.queue.contents;
        let Some(first) = place.as_mut().filter(|place| place.contents == contents) else {
            // After a purge, those behind must see it too.
            drop(place.take());
            // An empty-handed look is repeated once it is known that no arrival after it can be missed.
            place = tokio::select! {
                turn = receives.turns.wait(&contents) => Some(Place {
                    contents,
                    arrival: context.cloud.store.watch(keys::arrival(&contents)),
                    _turn: turn,
                }),
                () = clock.sleep_until(Timestamp(until_ms)) => None,
            };
            continue;
        };
        let wake_ms = look.next_ms.map_or(until_ms, |next_ms| next_ms.min(until_ms));
        tokio::select! {
            () = first.arrival.changed() => {}
            () = clock.sleep_until(Timestamp(wake_ms)) => {}
        }
    }
}

/// The first place in the line before a queue.
struct Place {
    contents: Id,
    /// Messages that arrive.
    arrival: Watch,
    _turn: Turn,
}

impl Wish {
    fn read(input: &api::ReceiveMessageInput) -> Result<Self, Fault> {
        let count = input.max_number_of_messages.unwrap_or(1);
        let checked = |value: Option<i32>, parameter, min, max| match value {
            Some(value) if !(min..=max).contains(&value) => {
                Err(errors::out_of_range(value.into(), parameter, min.into(), max.into()))
            }
            value => Ok(value.map(i64::from)),
        };
        checked(Some(count), "MaxNumberOfMessages", 1, MESSAGES_MAX)?;
        if let Some(attempt) = &input.receive_request_attempt_id {
            fifo::check_attempt_id(attempt)?;
        }
        let old_names = input.attribute_names.iter().flatten().map(|name| name.as_str().to_owned());
        let names =
            input.message_system_attribute_names.iter().flatten().map(|name| name.as_str().to_owned());
        Ok(Wish {
            count: count as usize,
            attempt: input.receive_request_attempt_id.clone(),
            visibility_s: checked(input.visibility_timeout, "VisibilityTimeout", 0, 43_200)?,
            wait_s: checked(input.wait_time_seconds, "WaitTimeSeconds", 0, 20)?,
            system: old_names.chain(names).collect(),
            attributes: input.message_attribute_names.clone().unwrap_or_default(),
        })
    }

    /// For how long what it takes is hidden.
    pub(crate) fn visibility_ms(&self, queue: &Queue) -> i64 {
        self.visibility_s.unwrap_or_else(|| queue.number("VisibilityTimeout")) * 1000
    }

    fn wants_system(&self, name: &str) -> bool {
        self.system.iter().any(|wanted| wanted == "All" || wanted == name)
    }

    /// By name, `All`, `.*`, or `prefix.*`.
    fn wants_attribute(&self, name: &str) -> bool {
        self.attributes.iter().any(|wanted| match wanted.as_str() {
            "All" | ".*" => true,
            wanted => wanted.strip_suffix(".*").map_or(wanted == name, |prefix| name.starts_with(prefix)),
        })
    }
}

/// Takes visible messages from the heads of the index and the lanes, and moves their entries to when they are visible again.
fn look(
    tx: &mut Tx<'_>,
    address: &Address,
    queue: Arc<Queue>,
    wish: &Wish,
    receives: &Receives,
    claimed: &mut Claimed<'_>,
) -> Result<Look> {
    if let Some(attempt) = &wish.attempt {
        return Err(errors::wrong_kind(attempt, "ReceiveRequestAttemptId").into());
    }
    let redrive = redrive::Target::of(&**tx, &queue)?;
    let mut choice = Choice::of(&queue, &receives.recent);
    let (mut messages, mut tenants) = (Vec::new(), Vec::new());
    let mut looks = 0;
    let next_ms = loop {
        let (visible, next_ms) = choice.visible(tx, wish.count - messages.len(), claimed)?;
        looks += visible.len();
        if messages.is_empty() && !visible.is_empty() {
            let count = || count_in_flight(tx, &queue);
            receives.in_flight.admit(&queue.contents, wish.count, tx.now.millis(), count)?;
        }
        if visible.is_empty() || looks > LOOKS_MAX {
            break next_ms;
        }
        for waiting in &visible {
            if let Some(message) = take(tx, address, &queue, wish, redrive.as_ref(), waiting)? {
                messages.push(message);
                tenants.extend(waiting.transit.tenant);
            }
        }
        if messages.len() == wish.count {
            break None;
        }
    };
    choice.settle(tx, address, &tenants)?;
    Ok(Look { queue, messages, tenants, next_ms })
}

/// Takes one message, unless it is gone, expired or dead.
fn take(
    tx: &mut Tx<'_>,
    address: &Address,
    queue: &Queue,
    wish: &Wish,
    redrive: Option<&redrive::Target>,
    Waiting { entry, id, transit }: &Waiting,
) -> Result<Option<api::Message>> {
    let now_ms = tx.now.millis();
    // Another receive may be faster.
    tx.depend_on(entry);
    tx.delete(&**entry);
    if transit.is_moved {
        tx.delete(keys::moved(&queue.contents, id));
    }
    let body_key = keys::body(&queue.contents, id);
    let Some(body) = tx.get_record::<Body>(&body_key)? else { return Ok(None) };
    if transit.sent_ms < now_ms - queue.number("MessageRetentionPeriod") * 1000 {
        tx.delete(&body_key);
        return Ok(None);
    }
    if let Some(target) = redrive.filter(|target| transit.receives >= target.receives_max) {
        tx.delete(&body_key);
        target.bury(tx, address, id, body, *transit)?;
        return Ok(None);
    }
    let transit = transit.received(now_ms);
    let visible_at_ms = now_ms + wish.visibility_ms(queue);
    tx.put_compact(keys::index(&queue.contents, visible_at_ms, id), &transit)?;
    let handle = Handle { contents: queue.contents, message: *id, receives: transit.receives, visible_at_ms };
    Ok(Some(write(wish, &handle, &transit, body)))
}

/// Messages that were received and are hidden.
fn count_in_flight(tx: &Tx<'_>, queue: &Queue) -> Result<usize> {
    let mut range = keys::index_of(&queue.contents).prefix_range();
    range.start = keys::index_at(&queue.contents, tx.now.millis() + 1).into();
    let mut count = 0;
    for entry in tx.scan_unchecked(range, Direction::Forward) {
        // A message that was never received is delayed.
        count += usize::from(record::decode::<Transit>(&entry?.1)?.receives > 0);
        if count == IN_FLIGHT_MAX {
            break;
        }
    }
    Ok(count)
}

/// A message as its receiver gets it.
pub(crate) fn write(wish: &Wish, handle: &Handle, transit: &Transit, body: Body) -> api::Message {
    let attributes: BTreeMap<_, _> = system_attributes(transit, &body)
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.filter(|_| wish.wants_system(name))?)))
        .collect();
    let wanted: BTreeMap<_, _> =
        body.attributes.into_iter().filter(|(name, _)| wish.wants_attribute(name)).collect();
    let message_attributes: BTreeMap<_, _> =
        wanted.iter().map(|(name, attribute)| (name.clone(), message::write_attribute(attribute))).collect();
    api::Message {
        message_id: Some(names::ids::uuid(handle.message)),
        receipt_handle: Some(handle.seal()),
        md5_of_body: Some(body.digest.unwrap_or_else(|| message::digest(&body.text))),
        md5_of_message_attributes: message::digest_of_attributes(&wanted),
        body: Some(body.text),
        attributes: (!attributes.is_empty()).then_some(attributes),
        message_attributes: (!message_attributes.is_empty()).then_some(message_attributes),
    }
}

fn system_attributes(transit: &Transit, body: &Body) -> [(&'static str, Option<String>); 9] {
    [
        ("SenderId", Some(body.sender.clone())),
        ("SentTimestamp", Some(transit.sent_ms.to_string())),
        ("ApproximateReceiveCount", Some(transit.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", transit.first_received_ms.map(|ms| ms.to_string())),
        ("AWSTraceHeader", body.trace.clone()),
        ("DeadLetterQueueSourceArn", body.source.clone()),
        ("MessageGroupId", body.group.clone()),
        ("MessageDeduplicationId", body.deduplication.clone()),
        ("SequenceNumber", body.sequence.map(rising_text)),
    ]
}
