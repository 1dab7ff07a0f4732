//! Subscriptions are made, shown, changed and deleted. Queues and functions need no confirmation.

use api_sns as api;
use names::{Arn, ids};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::subscription::Subscription;
use crate::topics::{self, Topic};
use crate::{errors, keys};

pub(crate) fn subscribe(tx: &mut Tx<'_>, input: &api::SubscribeInput) -> Result<api::SubscribeOutput> {
    let topic = Topic::find(&**tx, &input.topic_arn)?;
    let endpoint = checked_endpoint(&topic, &input.protocol, input.endpoint.as_deref())?;
    let mut subscription = Subscription {
        scope: topic.scope,
        topic: topic.name.clone(),
        id: ids::uuid(tx.random().bytes()),
        protocol: input.protocol.clone(),
        endpoint,
        attributes: Default::default(),
        principal: tx.context.caller.principal.arn.to_string(),
    };
    // The scope first, because a policy is checked by it.
    for (name, value) in input.attributes.iter().flatten().rev() {
        subscription.set(name, value).map_err(|fault| in_attributes(fault, name))?;
    }
    let same = |other: &Subscription| {
        other.protocol == subscription.protocol && other.endpoint == subscription.endpoint
    };
    let known = topics::subscriptions_of(&**tx, &topic)?.into_iter().find(same);
    if let Some(known) = known {
        if known.attributes != subscription.attributes {
            let message = "Attributes Reason: Subscription already exists with different attributes";
            return Err(errors::invalid(message).into());
        }
        return Ok(api::SubscribeOutput { subscription_arn: Some(known.arn().to_string()) });
    }
    subscription.keep(tx)?;
    Ok(api::SubscribeOutput { subscription_arn: Some(subscription.arn().to_string()) })
}

/// Subscribing words refused values by its own parameter, where there is one.
fn in_attributes(mut fault: Fault, name: &str) -> Fault {
    if let Some(what) =
        fault.message.strip_prefix("Invalid parameter: ").filter(|what| what.starts_with(name))
    {
        fault.message = format!("Invalid parameter: Attributes Reason: {what}");
    }
    fault
}

/// The ARN of a queue or of a function.
fn checked_endpoint(topic: &Topic, protocol: &str, endpoint: Option<&str>) -> Result<String, Fault> {
    match protocol {
        "lambda" if topic.is_fifo() => {
            return Err(errors::invalid("Protocol Reason: FIFO topics deliver to SQS queues only"));
        }
        "sqs" | "lambda" => {}
        "http" | "https" | "email" | "email-json" | "sms" | "application" | "firehose" => {
            return Err(errors::not_built(&format!("Protocol {protocol}")));
        }
        _ => {
            let message = format!("Amazon SNS does not support this protocol string: {protocol}");
            return Err(errors::invalid(message));
        }
    }
    let endpoint = endpoint.unwrap_or_default();
    let arn = endpoint.parse::<Arn>().ok().filter(|arn| arn.service() == protocol && arn.scope().is_some());
    match arn {
        Some(_) if endpoint.ends_with(".fifo") && !topic.is_fifo() => Err(errors::invalid(
            "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        )),
        Some(_) => Ok(endpoint.to_owned()),
        None if protocol == "sqs" => Err(errors::invalid("SQS endpoint ARN")),
        None => Err(errors::invalid("Lambda endpoint ARN")),
    }
}

fn find(reads: &impl Reads, arn: &str) -> Result<Subscription> {
    let key = keys::subscription(arn).ok_or_else(|| errors::invalid_arn("SubscriptionArn", arn))?;
    Ok(reads.get_record(&key)?.ok_or_else(errors::no_subscription)?)
}

pub(crate) fn unsubscribe(tx: &mut Tx<'_>, input: &api::UnsubscribeInput) -> Result<api::UnsubscribeOutput> {
    let arn = &input.subscription_arn;
    let key = keys::subscription(arn).ok_or_else(|| errors::invalid_arn("SubscriptionArn", arn))?;
    // Deleting what is not there succeeds, as in AWS.
    if let Some(subscription) = tx.get_record::<Subscription>(&key)? {
        subscription.delete(tx);
    }
    Ok(api::UnsubscribeOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListSubscriptionsInput,
) -> Result<api::ListSubscriptionsOutput> {
    let range = keys::subscriptions(&view.scope()).prefix_range();
    let (found, next_token) =
        topics::page(view, "sns:ListSubscriptions", range, input.next_token.as_deref())?;
    let subscriptions = Some(found.into_iter().map(show).collect());
    Ok(api::ListSubscriptionsOutput { subscriptions, next_token })
}

pub(crate) fn list_by_topic(
    view: &View<'_>,
    input: &api::ListSubscriptionsByTopicInput,
) -> Result<api::ListSubscriptionsByTopicOutput> {
    let topic = Topic::find(&**view, &input.topic_arn)?;
    let range = keys::subscriptions(&topic.scope).str(&topic.name).prefix_range();
    let token = input.next_token.as_deref();
    let (found, next_token) = topics::page(view, "sns:ListSubscriptionsByTopic", range, token)?;
    let subscriptions = Some(found.into_iter().map(show).collect());
    Ok(api::ListSubscriptionsByTopicOutput { subscriptions, next_token })
}

fn show(subscription: Subscription) -> api::Subscription {
    api::Subscription {
        subscription_arn: Some(subscription.arn().to_string()),
        owner: Some(subscription.scope.account.to_string()),
        topic_arn: Some(subscription.topic_arn().to_string()),
        protocol: Some(subscription.protocol),
        endpoint: Some(subscription.endpoint),
    }
}

pub(crate) fn get_attributes(
    view: &View<'_>,
    input: &api::GetSubscriptionAttributesInput,
) -> Result<api::GetSubscriptionAttributesOutput> {
    let subscription = find(&**view, &input.subscription_arn)?;
    let own = [
        ("SubscriptionArn", subscription.arn().to_string()),
        ("TopicArn", subscription.topic_arn().to_string()),
        ("Owner", subscription.scope.account.to_string()),
        ("Protocol", subscription.protocol.clone()),
        ("Endpoint", subscription.endpoint.clone()),
        ("RawMessageDelivery", subscription.is_raw().to_string()),
        ("SubscriptionPrincipal", subscription.principal.clone()),
        ("PendingConfirmation", "false".to_owned()),
        ("ConfirmationWasAuthenticated", "true".to_owned()),
    ];
    let mut attributes = subscription.attributes;
    if attributes.contains_key("FilterPolicy") {
        attributes.entry("FilterPolicyScope".into()).or_insert_with(|| "MessageAttributes".into());
    }
    attributes.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(api::GetSubscriptionAttributesOutput { attributes: Some(attributes) })
}

pub(crate) fn set_attributes(
    tx: &mut Tx<'_>,
    input: &api::SetSubscriptionAttributesInput,
) -> Result<api::SetSubscriptionAttributesOutput> {
    let mut subscription = find(&**tx, &input.subscription_arn)?;
    subscription.set(&input.attribute_name, input.attribute_value.as_deref().unwrap_or_default())?;
    subscription.keep(tx)?;
    Ok(api::SetSubscriptionAttributesOutput::default())
}
