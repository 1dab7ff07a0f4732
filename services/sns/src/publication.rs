//! Publications of standard topics on their way to their receivers.
//!
//! Deliveries to queues go together: one transaction sends to many of them and notes what is left. Every other receiver may
//! be slow, or away, and has a job of its own.

use std::cell::OnceCell;
use std::sync::Arc;

use api_sqs as sqs;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Error, Jobs, Result, Tx, Verdict};
use wire::Fault;

use crate::content::Content;
use crate::delivery::{self, Delivery, Fate, Outcome};

/// What goes to queues.
const TO_QUEUES: Jobs = Jobs::new("sns", "to queues", 64);
/// What goes to anybody else.
const TO_OTHERS: Jobs = Jobs::new("sns", "to others", 64);
/// Queues that get a message in one transaction.
const TOGETHER_MAX: usize = 50;

/// A message with deliveries that are still to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Publication {
    content: Content,
    deliveries: Vec<Delivery>,
}

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
    let mut note = |jobs: &Jobs, deliveries: &[&Delivery]| {
        let id = tx.random().bytes();
        jobs.put(tx, now_ms, &id, &Noted { content, deliveries })
    };
    to_queues.chunks(TOGETHER_MAX).try_for_each(|together| note(&TO_QUEUES, together))?;
    to_others.chunks(1).try_for_each(|one| note(&TO_OTHERS, one))
}

/// Carries out deliveries to queues.
pub(crate) async fn run_to_queues(cloud: Arc<Cloud>) -> Result<()> {
    let context =
        |cloud: &Arc<Cloud>, publication: &Publication| cloud.context_of("sns", publication.content.scope);
    TO_QUEUES.run_in_transactions(cloud, context, to_queues).await
}

/// Carries out all other deliveries.
pub(crate) async fn run_to_others(cloud: Arc<Cloud>) -> Result<()> {
    TO_OTHERS.run(cloud, to_others).await
}

fn to_queues(tx: &mut Tx<'_>, publication: &Publication) -> Result<Verdict<Publication>> {
    let Publication { content, deliveries } = publication;
    // It is the same for all of them.
    let envelope = OnceCell::new();
    let envelope = || envelope.get_or_init(|| delivery::envelope(content)).clone();
    let mut later = Vec::new();
    for delivery in deliveries {
        if let Outcome::Later(delivery, due_ms) = to_queue(tx, content, delivery, &envelope)? {
            later.push((*delivery, due_ms));
        }
    }
    Ok(verdict(content, later))
}

async fn to_others(cloud: Arc<Cloud>, publication: Publication) -> Result<Verdict<Publication>> {
    let Publication { content, deliveries } = publication;
    let mut later = Vec::new();
    for delivery in deliveries {
        if let Outcome::Later(delivery, due_ms) = delivery::attempt(&cloud, &content, delivery).await {
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
    envelope: &dyn Fn() -> String,
) -> Result<Outcome> {
    let Some((arn, scope)) = delivery.receiver() else { return Ok(Outcome::Done) };
    let elsewhere: Context;
    let context = if scope == content.scope {
        tx.context
    } else {
        elsewhere = tx.context.cloud.context_of("sns", scope);
        &elsewhere
    };
    let input = delivery::message_for(content, delivery.raw, &arn, &context.cloud.endpoint, envelope);
    let Err(fault) = send(tx, context, input)? else { return Ok(Outcome::Done) };
    Ok(match delivery.clone().refused(context, content, &fault) {
        Fate::Over(outcome) => outcome,
        Fate::Buried(delivery, letter) => {
            let buried = send(tx, context, *letter)?;
            delivery.buried(context, content, buried)
        }
    })
}

/// What a queue says to a message: only the store's own error fails the transaction.
fn send(tx: &mut Tx<'_>, context: &Context, input: sqs::SendMessageInput) -> Result<Result<(), Fault>> {
    match tx.call::<sqs::SendMessage>(context, input) {
        Ok(_) => Ok(Ok(())),
        Err(Error::Fault(fault)) => Ok(Err(fault)),
        Err(error) => Err(error),
    }
}
