//! Publications of standard topics on their way to their receivers.
//!
//! Deliveries to queues go together: one transaction sends to many of them and notes what is left. Every other receiver may
//! be slow, or away, and has a lane of its own.

use std::slice::from_ref;
use std::sync::Arc;

use api_sqs as sqs;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, JobLanes, Jobs, Result, Tx, Verdict};

use crate::content::Content;
use crate::delivery::refusal::{Receipt, Refusal};
use crate::delivery::{self, Delivery, Fate, Outcome, queue};
use crate::envelope::Envelope;
use crate::pace::Pace;
use crate::status_log::Status;

/// What goes to queues.
const TO_QUEUES: Jobs = Jobs::new("sns", "to queues", 64);
/// What goes to anybody else, in a lane for each subscription.
const TO_OTHERS: JobLanes = JobLanes::new("sns", "to others", 16);
/// Queues that get a message in one transaction.
const TOGETHER_MAX: usize = 50;

/// A message with deliveries that are still to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publication {
    content: Content,
    deliveries: Vec<Delivery>,
}

#[cfg(test)]
layouts::stays!(stored_publication: Publication);

/// The same as it is written.
#[derive(Serialize)]
struct Noted<'a> {
    content: &'a Content,
    deliveries: &'a [&'a Delivery],
}

/// Notes deliveries of a message.
pub(crate) fn put(tx: &mut Tx<'_>, content: &Content, deliveries: &[&Delivery]) -> Result<()> {
    let (to_queues, to_others): (Vec<&Delivery>, Vec<_>) =
        deliveries.iter().partition(|delivery| delivery.is_to_queue());
    let now_ms = tx.now.millis();
    for together in to_queues.chunks(TOGETHER_MAX) {
        let id = tx.random().bytes();
        TO_QUEUES.put(tx, now_ms, &id, &Noted { content, deliveries: together })?;
    }
    for one in &to_others {
        let id = tx.random().bytes();
        // Who subscribed to nothing is told from others by where they are.
        let lane = match one.subscription_arn.as_str() {
            "" => &one.endpoint,
            subscription_arn => subscription_arn,
        };
        TO_OTHERS.put(tx, lane, now_ms, &id, &Noted { content, deliveries: from_ref(one) })?;
    }
    Ok(())
}

/// Carries out deliveries to queues.
pub(crate) async fn run_to_queues(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, publication: Arc<Publication>| async move {
        let Publication { content, deliveries } = &*publication;
        // It is the same for all of them.
        let envelope = match deliveries.iter().all(|delivery| delivery.raw) {
            true => None,
            false => Some(Envelope::new(&cloud, content, "sqs").await?),
        };
        Ok((content.sender(&cloud, content.scope), envelope))
    };
    TO_QUEUES.run_in_transactions(cloud, prepare, to_queues).await
}

/// Carries out all other deliveries.
pub(crate) async fn run_to_others(cloud: Arc<Cloud>) -> Result<()> {
    let pace = Arc::new(Pace::default());
    TO_OTHERS.run(cloud, move |cloud, publication| to_others(cloud, Arc::clone(&pace), publication)).await
}

fn to_queues(
    tx: &mut Tx<'_>,
    publication: &Publication,
    envelope: &Option<Envelope>,
) -> Result<Verdict<Publication>> {
    let Publication { content, deliveries } = publication;
    let mut later = Vec::new();
    for delivery in deliveries {
        if let Outcome::Later(delivery, due_ms) = to_queue(tx, content, delivery, envelope.as_ref())? {
            later.push((*delivery, due_ms));
        }
    }
    Ok(verdict(content, later))
}

async fn to_others(
    cloud: Arc<Cloud>,
    pace: Arc<Pace>,
    publication: Publication,
) -> Result<Verdict<Publication>> {
    let Publication { content, deliveries } = publication;
    let mut later = Vec::new();
    for delivery in deliveries {
        if let Some(per_second) = delivery.web.as_ref().and_then(|web| web.per_second) {
            pace.turn(&delivery.subscription_arn, per_second).await;
        }
        if let Outcome::Later(delivery, due_ms) = delivery::attempt(&cloud, &content, delivery).await? {
            later.push((*delivery, due_ms));
        }
    }
    Ok(verdict(&content, later))
}

/// What is left is tried again together.
fn verdict(content: &Content, later: Vec<(Delivery, i64)>) -> Verdict<Publication> {
    let Some(due_ms) = later.iter().map(|(_, due_ms)| *due_ms).min() else { return Verdict::Done };
    let deliveries = later.into_iter().map(|(delivery, _)| delivery).collect();
    Verdict::Again(Publication { content: content.clone(), deliveries }, due_ms)
}

/// Sends to one queue, or to the one for dead letters.
fn to_queue(
    tx: &mut Tx<'_>,
    content: &Content,
    delivery: &Delivery,
    envelope: Option<&Envelope>,
) -> Result<Outcome> {
    let Some((arn, scope)) = delivery.receiver() else { return Ok(Outcome::Done) };
    let elsewhere: Context;
    let context = if scope == content.scope {
        tx.context
    } else {
        elsewhere = content.sender(&tx.context.cloud, scope);
        &elsewhere
    };
    let body = delivery.body(content, envelope);
    let endpoint = &context.cloud.endpoint;
    let answer = send(tx, context, queue::message_for(content, &arn, endpoint, body, delivery.raw))?;
    if let Some(status) = Status::of(context, delivery, content, &answer) {
        status.put(tx)?;
    }
    let Err(refusal) = answer else { return Ok(Outcome::Done) };
    // The first one went to the queue; few deliveries need a second.
    let body = delivery.body(content, envelope);
    Ok(match delivery.clone().refused(context, content, &refusal, &body) {
        Fate::Over(outcome) => outcome,
        Fate::Buried(delivery, letter) => {
            let buried = send(tx, context, *letter)?.map(drop);
            delivery.buried(context, content, buried)
        }
    })
}

/// What a queue says to a message: only the store's own error fails the transaction.
fn send(
    tx: &mut Tx<'_>,
    context: &Context,
    input: sqs::SendMessageInput,
) -> Result<Result<Receipt, Refusal>> {
    let answer = tx.call::<sqs::SendMessage>(context, input);
    delivery::queue_answered(&context.caller.request_id, answer)
}
