//! Whether a receiver wants a subscription: it is asked, with a token, and has two days to say yes. Whoever ended theirs by a
//! link, without a signature, is asked whether they want it back.
//!
//! | key | value |
//! |---|---|
//! | `"question", "open", subscription`; `"question", "lane", …` | [`Asking`] (see `service::JobLanes`) |
//! | `"pending", …` | the timers that end subscriptions which nobody confirmed (see `service::Timers`) |

use std::sync::Arc;

use api_lambda as lambda;
use api_sns as api;
use api_sqs as sqs;
use bytes::Bytes;
use names::{Arn, ids};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{Cloud, Context, JobLanes, PrincipalKind, Result, Timers, Tx, Verdict};
use store::Reads as _;
use store::tuple::Key;
use wire::Fault;

use crate::delivery::refusal::Refusal;
use crate::delivery::{letter, web};
use crate::envelope::Question;
use crate::retries::Retries;
use crate::subscription::{Confirmation, Subscription};
use crate::topics::Topic;
use crate::{errors, keys};

/// Questions on their way.
const QUESTIONS: JobLanes = JobLanes::new("sns", "question", 1);
/// When what nobody confirmed ends.
const ENDS: Timers = Timers::new("sns", "pending", 4);
/// How long a token is good: two days.
const TOKEN_MS: i64 = 2 * 24 * 3600 * 1000;
/// What is behind the subscription's id in a token, in bytes.
const SECRET_LEN: usize = 64;
/// What is asked.
pub(crate) const WANTED: &str = "SubscriptionConfirmation";
pub(crate) const WANTED_BACK: &str = "UnsubscribeConfirmation";

/// A question on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asking {
    kind: String,
    message_id: String,
    subscription: Subscription,
    token: String,
    asked_ms: i64,
    failures: u32,
}

#[cfg(test)]
layouts::stays!(stored_asking: Asking);

/// A token for a subscription.
fn token(tx: &Tx<'_>, id: &str) -> String {
    let secret: [u8; SECRET_LEN] = tx.random().bytes();
    [id.replace('-', ""), hex::encode(secret)].concat()
}

/// The id of the subscription that a token is for.
fn id_in(token: &str) -> Option<String> {
    let id: [u8; 16] = hex::decode(token.get(..32)?).ok()?.try_into().ok()?;
    let digits = hex::encode(id);
    let part = |range| digits.get(range).unwrap_or_default();
    Some([part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-"))
}

/// Asks, with a new token, which is part of the subscription from now on; it must be written then.
pub(crate) fn ask(tx: &mut Tx<'_>, kind: &'static str, subscription: &mut Subscription) -> Result<()> {
    let token = token(tx, &subscription.id);
    subscription.confirmation = Some(Confirmation { token: token.clone(), ..Confirmation::default() });
    let arn = subscription.arn().to_string();
    let (now_ms, nonce) = (tx.now.millis(), tx.random().bytes());
    ENDS.set(tx, now_ms + TOKEN_MS, &arn, &nonce, &())?;
    let asking = Asking {
        kind: kind.to_owned(),
        message_id: ids::uuid(tx.random().bytes()),
        subscription: subscription.clone(),
        token,
        asked_ms: now_ms,
        failures: 0,
    };
    let id = tx.random().bytes();
    QUESTIONS.put(tx, &arn, now_ms, &id, &asking)
}

pub(crate) fn confirm(
    tx: &mut Tx<'_>,
    input: &api::ConfirmSubscriptionInput,
) -> Result<api::ConfirmSubscriptionOutput> {
    let topic = Topic::find(&**tx, &input.topic_arn)?;
    let id = id_in(&input.token).ok_or_else(|| errors::invalid("Token"))?;
    let of_topic = |key: Key| key.str(&topic.name).str(&id);
    let lapsed = of_topic(keys::lapsed(&topic.scope));
    let found = match tx.get_record::<Subscription>(&of_topic(keys::subscriptions(&topic.scope)))? {
        Some(subscription) => Some(subscription),
        None => tx.get_record::<Subscription>(&lapsed)?,
    };
    let is_right = |confirmation: &Confirmation| confirmation.token == input.token;
    let found = found.filter(|found| found.confirmation.as_ref().is_some_and(is_right));
    let mut subscription = found.ok_or_else(|| errors::invalid("Token"))?;
    let arn = subscription.arn().to_string();
    if subscription.is_pending() {
        let is_authenticated = tx.context.caller.principal.kind != PrincipalKind::Anonymous;
        let wants_lock = input.authenticate_on_unsubscribe.as_deref() == Some("true");
        subscription.confirmation = Some(Confirmation {
            token: input.token.clone(),
            is_given: true,
            was_authenticated: is_authenticated,
            is_locked: wants_lock && is_authenticated,
        });
        ENDS.cancel(tx, &arn)?;
        tx.delete(lapsed);
        subscription.keep(tx)?;
    }
    Ok(api::ConfirmSubscriptionOutput { subscription_arn: Some(arn) })
}

/// Ends a subscription by a link: its receiver may have it back for two days.
pub(crate) fn lapse(tx: &mut Tx<'_>, mut subscription: Subscription) -> Result<()> {
    subscription.delete(tx);
    if matches!(subscription.protocol.as_str(), "http" | "https" | "email" | "email-json") {
        ask(tx, WANTED_BACK, &mut subscription)?;
        let key = keys::lapsed(&subscription.scope).str(&subscription.topic).str(&subscription.id);
        tx.put_record(key, &subscription)?;
    }
    Ok(())
}

/// Takes questions to their receivers.
pub(crate) async fn run_questions(cloud: Arc<Cloud>) -> Result<()> {
    QUESTIONS.run(cloud, put).await
}

/// Ends what nobody confirmed.
pub(crate) async fn run_ends(cloud: Arc<Cloud>) -> Result<()> {
    ENDS.run(cloud, end).await
}

async fn end(cloud: Arc<Cloud>, arn: String, (): ()) -> Result<Verdict<()>> {
    let scope = arn.parse::<Arn>().ok().and_then(|arn| arn.scope());
    let (Some(key), Some(scope)) = (keys::subscription(&arn), scope) else { return Ok(Verdict::Done) };
    let context = cloud.context_of("sns", scope);
    let is_set = |tx: &Tx<'_>| ENDS.due_ms(&**tx, &arn);
    let end = |tx: &mut Tx<'_>| {
        // Who was asked again meanwhile has two more days.
        if is_set(tx)?.is_some_and(|due_ms| due_ms > tx.now.millis()) {
            return Ok(());
        }
        match tx.get_record::<Subscription>(&key)? {
            Some(subscription) if subscription.is_pending() => subscription.delete(tx),
            _ => {}
        }
        if let Some(lapsed) = keys::lapsed_subscription(&arn) {
            tx.delete(lapsed);
        }
        Ok(())
    };
    context.transact(end).await?;
    Ok(Verdict::Done)
}

async fn put(cloud: Arc<Cloud>, asking: Asking) -> Result<Verdict<Asking>> {
    let topic = asking.subscription.topic_arn().to_string();
    let topic = match keys::topic(&topic) {
        Some(key) => cloud.store.get_shared::<Topic>(&key)?,
        None => None,
    };
    let Some(topic) = topic else { return Ok(Verdict::Done) };
    let question = Question {
        kind: if asking.kind == WANTED { WANTED } else { WANTED_BACK },
        message_id: &asking.message_id,
        subscription: &asking.subscription,
        token: &asking.token,
        asked_ms: asking.asked_ms,
        signature: topic.signature_version(),
    };
    let subscription = &asking.subscription;
    let Err(refusal) = put_to(&cloud, &topic, &question).await? else { return Ok(Verdict::Done) };
    let (code, message, subscription) = (refusal.code, refusal.message, subscription.arn());
    let web = asking.subscription.effective_policy(&topic);
    let retries = match asking.subscription.protocol.as_str() {
        "http" | "https" => &web.retries,
        protocol => Retries::of_protocol(protocol),
    };
    let wait_ms = retries.wait_ms(asking.failures + 1).filter(|_| !refusal.is_final);
    let Some(wait_ms) = wait_ms else {
        tracing::warn!(code, message, %subscription, "a receiver cannot be asked whether it wants a subscription");
        return Ok(Verdict::Done);
    };
    tracing::info!(code, message, %subscription, "a receiver is asked again later");
    let due_ms = cloud.clock.now().millis() + wait_ms;
    Ok(Verdict::Again(Asking { failures: asking.failures + 1, ..asking }, due_ms))
}

/// Puts a question to its receiver.
async fn put_to(cloud: &Arc<Cloud>, topic: &Topic, question: &Question<'_>) -> Result<Result<(), Refusal>> {
    let subscription = question.subscription;
    let endpoint = &subscription.endpoint;
    let receiver = endpoint.parse::<Arn>().ok();
    let scope = receiver.as_ref().and_then(Arn::scope).unwrap_or(subscription.scope);
    let context = cloud.context_of("sns", scope).for_source(topic.arn());
    match subscription.protocol.as_str() {
        "http" | "https" => {
            let topic_arn = topic.arn().to_string();
            let labels = web::Labels {
                kind: question.kind,
                message_id: question.message_id,
                topic_arn: &topic_arn,
                subscription_arn: None,
                content_type: "text/plain; charset=UTF-8",
                is_raw: false,
                trace: None,
            };
            let text = question.text(cloud).await?;
            Ok(web::post(cloud, endpoint, &labels, text).await.map(drop))
        }
        "sqs" | "lambda" => {
            let text = question.text(cloud).await?;
            Ok(put_to_service(&context, subscription, receiver.as_ref(), text).await.map_err(Refusal::from))
        }
        _ => letter::ask(cloud, question, topic.display_name().as_deref()).await.map(Ok),
    }
}

/// A queue or a function of another account.
async fn put_to_service(
    context: &Context,
    subscription: &Subscription,
    receiver: Option<&Arn>,
    text: String,
) -> Result<(), Fault> {
    match receiver.filter(|receiver| receiver.service() == "sqs") {
        Some(queue) => {
            let endpoint = &context.cloud.endpoint;
            let input = sqs::SendMessageInput {
                queue_url: format!("{endpoint}/{}/{}", queue.account_text(), queue.resource()),
                message_body: text,
                ..sqs::SendMessageInput::default()
            };
            context.call::<sqs::SendMessage>(input).await.map(drop)
        }
        None => {
            let question: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let event = json!({ "Records": [{
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription.arn().to_string(),
                "Sns": question,
            }] });
            let input = lambda::InvokeInput {
                function_name: subscription.endpoint.clone(),
                invocation_type: Some("Event".into()),
                payload: Some(Bytes::from(event.to_string())),
                ..lambda::InvokeInput::default()
            };
            context.call::<lambda::Invoke>(input).await.map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn tokens_name_their_subscription() {
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(id_in(&[&id.replace('-', ""), "ff00"].concat()).as_deref(), Some(id));
        for bad in ["", "0123", "x1234567-89ab-cdef-0123-456789abcdef", "ü1234567890123456789012345678901"] {
            assert_eq!(id_in(bad), None, "{bad}");
        }
    }
}
