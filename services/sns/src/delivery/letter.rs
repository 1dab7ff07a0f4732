//! Deliveries to people: e-mails, text messages and push notifications, into the outbox.

use std::sync::Arc;

use api_sns as api;
use service::{Carrier, Cloud, Letter, Result};

use super::refusal::{Receipt, Refusal};
use crate::content::Content;
use crate::envelope::{Envelope, Question, unsubscribe_url};
use crate::mobile;
use crate::sms::opt_out;

/// Who e-mails are from, where the topic has no name to show.
const SENDER: &str = "AWS Notifications";
const SENDER_ADDRESS: &str = "no-reply@sns.amazonaws.com";
/// What an e-mail is about that has no subject.
const SUBJECT: &str = "AWS Notification Message";
/// The longest text message, in characters.
const SMS_MAX: usize = 1600;

/// Sends a message to a person.
pub(crate) async fn deliver(
    cloud: &Arc<Cloud>,
    content: &Content,
    protocol: &str,
    endpoint: &str,
    subscription_arn: &str,
) -> Result<Result<Receipt, Refusal>> {
    if let Some(refusal) = refused(cloud, content, protocol, endpoint)? {
        return Ok(Err(refusal));
    }
    let text = content.message.text_for(form(protocol, endpoint));
    let subject = content.message.subject.clone();
    let name = content.display_name.as_deref();
    let (carrier, subject, text) = match protocol {
        "email" => {
            let url = unsubscribe_url(&cloud.endpoint, subscription_arn);
            let text = format!(
                "{text}\n\n--\nTo stop these notifications, visit:\n{url}\n\nThis address reads no answers.\n"
            );
            (Carrier::Email, Some(subject.unwrap_or_else(|| SUBJECT.to_owned())), text)
        }
        "email-json" => {
            let envelope = Envelope::new(cloud, content, protocol).await?;
            let subject = subject.unwrap_or_else(|| SUBJECT.to_owned());
            (Carrier::Email, Some(subject), envelope.text(subscription_arn))
        }
        "sms" => {
            let text = match name {
                Some(name) => format!("{name}> {text}"),
                None => text.to_owned(),
            };
            (Carrier::Sms, None, text.chars().take(SMS_MAX).collect())
        }
        _ => (Carrier::Push, subject, text.to_owned()),
    };
    let from = match carrier {
        Carrier::Email => from(name),
        _ => name.unwrap_or_default().to_owned(),
    };
    let letter = Letter {
        sent_ms: content.published_ms,
        service: "sns".to_owned(),
        carrier,
        from,
        to: endpoint.to_owned(),
        subject,
        text,
    };
    send(cloud, content, &letter, &[&content.message_id, " ", subscription_arn].concat()).await?;
    let text = format!(r#"{{"outbox":"{}"}}"#, content.message_id);
    Ok(Ok(Receipt { status: 200, text }))
}

/// Why a person gets nothing.
fn refused(cloud: &Cloud, content: &Content, protocol: &str, endpoint: &str) -> Result<Option<Refusal>> {
    let snapshot = cloud.store.snapshot();
    let fault = match protocol {
        "sms" if opt_out::is_opted_out(&snapshot, &content.scope, endpoint)? => {
            api::error::opted_out_exception("Phone number is opted out")
        }
        "application" => match mobile::reach(&snapshot, endpoint)? {
            Some(Ok(())) => return Ok(None),
            Some(Err(fault)) => fault,
            None => api::error::not_found_exception("Endpoint does not exist"),
        },
        _ => return Ok(None),
    };
    Ok(Some(fault.into()))
}

/// Which form of a message is for somebody: a device's is that of its platform.
fn form<'a>(protocol: &'a str, endpoint: &'a str) -> &'a str {
    match protocol {
        "application" => endpoint.split('/').nth(1).unwrap_or(protocol),
        _ => protocol,
    }
}

async fn send(cloud: &Arc<Cloud>, content: &Content, letter: &Letter, id: &str) -> Result<()> {
    let context = cloud.context_of("sns", content.scope);
    context.transact(|tx| letter.send(tx, id)).await
}

/// Asks a person by e-mail whether they want a subscription.
pub(crate) async fn ask(
    cloud: &Arc<Cloud>,
    question: &Question<'_>,
    display_name: Option<&str>,
) -> Result<()> {
    let subscription = question.subscription;
    let text = match subscription.protocol.as_str() {
        "email-json" => question.text(cloud).await?,
        _ => {
            let (topic, url) = (subscription.topic_arn(), question.url(cloud));
            match question.kind {
                "SubscriptionConfirmation" => format!(
                    "Somebody asked for notifications of the topic\n{topic}\nto this address. To receive them, visit:\n{url}\n\nWithout that, nothing will be sent.\n"
                ),
                _ => format!(
                    "Notifications of the topic\n{topic}\nare no longer sent to this address. To have them back, visit:\n{url}\n"
                ),
            }
        }
    };
    let subject = match question.kind {
        "SubscriptionConfirmation" => "AWS Notification - Subscription Confirmation",
        _ => "AWS Notification - Unsubscribe Confirmation",
    };
    let letter = Letter {
        sent_ms: question.asked_ms,
        service: "sns".to_owned(),
        carrier: Carrier::Email,
        from: from(display_name),
        to: subscription.endpoint.clone(),
        subject: Some(subject.to_owned()),
        text,
    };
    let context = cloud.context_of("sns", subscription.scope);
    context.transact(|tx| letter.send(tx, question.message_id)).await
}

fn from(name: Option<&str>) -> String {
    format!("\"{}\" <{SENDER_ADDRESS}>", name.unwrap_or(SENDER).replace(['"', '\\'], "'"))
}
