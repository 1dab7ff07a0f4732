//! Subscriptions are made, shown, changed and deleted.

use std::collections::BTreeMap;

use api_sns as api;
use names::ids;
use service::{PrincipalKind, Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::fifo::replay;
use crate::subscription::Subscription;
use crate::topics::{self, Topic};
use crate::{confirmation, delivery_policy, endpoint, errors, keys};

pub(crate) fn subscribe(tx: &mut Tx<'_>, input: &api::SubscribeInput) -> Result<api::SubscribeOutput> {
    let topic = Topic::find(&**tx, &input.topic_arn)?;
    let endpoint = endpoint::checked(&topic, &input.protocol, input.endpoint.as_deref())?;
    let subscriber = tx.scope().account;
    let is_asked = endpoint::needs_confirmation(&input.protocol, &endpoint, &subscriber);
    let mut subscription = Subscription {
        scope: topic.scope,
        topic: topic.name.clone(),
        id: ids::uuid(tx.random().bytes()),
        protocol: input.protocol.clone(),
        endpoint,
        attributes: Default::default(),
        principal: tx.context.caller.principal.arn.to_string(),
        owner: Some(subscriber).filter(|subscriber| *subscriber != topic.scope.account),
        confirmation: None,
        replay: None,
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
        if known.is_pending() {
            // It is asked again, about what is wanted now.
            subscription.id = known.id;
            return ask(tx, input, subscription);
        }
        if known.attributes != subscription.attributes {
            let message = "Attributes Reason: Subscription already exists with different attributes";
            return Err(errors::invalid(message).into());
        }
        return Ok(api::SubscribeOutput { subscription_arn: Some(known.arn().to_string()) });
    }
    replay::begin(tx, &topic, &mut subscription)?;
    if is_asked {
        return ask(tx, input, subscription);
    }
    subscription.keep(tx)?;
    Ok(api::SubscribeOutput { subscription_arn: Some(subscription.arn().to_string()) })
}

/// Makes a subscription that its receiver has to confirm. Who subscribes is not told its ARN before, unless they ask.
fn ask(
    tx: &mut Tx<'_>,
    input: &api::SubscribeInput,
    mut subscription: Subscription,
) -> Result<api::SubscribeOutput> {
    confirmation::ask(tx, confirmation::WANTED, &mut subscription)?;
    subscription.keep(tx)?;
    let is_told = input.return_subscription_arn == Some(true);
    let arn = if is_told { subscription.arn().to_string() } else { "pending confirmation".to_owned() };
    Ok(api::SubscribeOutput { subscription_arn: Some(arn) })
}

/// Subscribing words refused values by its own parameter, where there is one.
fn in_attributes(mut fault: Fault, name: &str) -> Fault {
    if let Some(what) = fault
        .message
        .strip_prefix("Invalid parameter: ")
        .filter(|what| what.starts_with(name) || what.starts_with("Delivery protocol"))
    {
        fault.message = format!("Invalid parameter: Attributes Reason: {what}");
    }
    fault
}

pub(crate) fn find(reads: &impl Reads, arn: &str) -> Result<Subscription> {
    let key = keys::subscription(arn).ok_or_else(|| errors::invalid_arn("SubscriptionArn", arn))?;
    Ok(reads.get_record(&key)?.ok_or_else(errors::no_subscription)?)
}

pub(crate) fn unsubscribe(tx: &mut Tx<'_>, input: &api::UnsubscribeInput) -> Result<api::UnsubscribeOutput> {
    let arn = &input.subscription_arn;
    let key = keys::subscription(arn).ok_or_else(|| errors::invalid_arn("SubscriptionArn", arn))?;
    // Deleting what is not there succeeds, as in AWS.
    let Some(subscription) = tx.get_record::<Subscription>(&key)? else {
        return Ok(api::UnsubscribeOutput::default());
    };
    if tx.context.caller.principal.kind != PrincipalKind::Anonymous {
        subscription.delete(tx);
    } else if subscription.confirmation.as_ref().is_some_and(|confirmation| confirmation.is_locked) {
        let message = "Only the owner of the topic or of the subscription can unsubscribe it";
        return Err(api::error::authorization_error_exception(message).into());
    } else {
        confirmation::lapse(tx, subscription)?;
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
        subscription_arn: Some(match subscription.is_pending() {
            true => "PendingConfirmation".to_owned(),
            false => subscription.arn().to_string(),
        }),
        owner: Some(subscription.owner().to_string()),
        topic_arn: Some(subscription.topic_arn().to_string()),
        protocol: Some(subscription.protocol),
        endpoint: Some(endpoint::shown(&subscription.endpoint)),
    }
}

pub(crate) fn get_attributes(
    view: &View<'_>,
    input: &api::GetSubscriptionAttributesInput,
) -> Result<api::GetSubscriptionAttributesOutput> {
    let subscription = find(&**view, &input.subscription_arn)?;
    let was_authenticated =
        subscription.confirmation.as_ref().is_none_or(|confirmation| confirmation.was_authenticated);
    let own = [
        ("SubscriptionArn", subscription.arn().to_string()),
        ("TopicArn", subscription.topic_arn().to_string()),
        ("Owner", subscription.owner().to_string()),
        ("Protocol", subscription.protocol.clone()),
        ("Endpoint", subscription.endpoint.clone()),
        ("RawMessageDelivery", subscription.is_raw().to_string()),
        ("SubscriptionPrincipal", subscription.principal.clone()),
        ("PendingConfirmation", subscription.is_pending().to_string()),
        ("ConfirmationWasAuthenticated", was_authenticated.to_string()),
    ];
    let status = subscription.replay.as_ref().map(|replay| replay.status().to_owned());
    let effective = effective_policy(view, &subscription)?;
    let mut attributes = subscription.attributes;
    if attributes.contains_key("FilterPolicy") {
        attributes.entry("FilterPolicyScope".into()).or_insert_with(|| "MessageAttributes".into());
    }
    attributes.extend(status.map(|status| ("ReplayStatus".to_owned(), status)));
    attributes.extend(effective.map(|policy| ("EffectiveDeliveryPolicy".to_owned(), policy)));
    attributes.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(api::GetSubscriptionAttributesOutput { attributes: Some(attributes) })
}

/// The delivery policy of a web server.
fn effective_policy(view: &View<'_>, subscription: &Subscription) -> Result<Option<String>> {
    if !matches!(subscription.protocol.as_str(), "http" | "https") {
        return Ok(None);
    }
    let topic = Topic::find(&**view, subscription.topic_arn().as_str())?;
    let of = |attributes: &BTreeMap<String, String>| attributes.get("DeliveryPolicy").cloned();
    let (of_topic, own) = (of(&topic.attributes), of(&subscription.attributes));
    Ok(Some(delivery_policy::effective_text(of_topic.as_deref(), own.as_deref())))
}

pub(crate) fn set_attributes(
    tx: &mut Tx<'_>,
    input: &api::SetSubscriptionAttributesInput,
) -> Result<api::SetSubscriptionAttributesOutput> {
    let mut subscription = find(&**tx, &input.subscription_arn)?;
    subscription.set(&input.attribute_name, input.attribute_value.as_deref().unwrap_or_default())?;
    if input.attribute_name == replay::POLICY {
        let topic = Topic::find(&**tx, subscription.topic_arn().as_str())?;
        replay::begin(tx, &topic, &mut subscription)?;
    }
    subscription.keep(tx)?;
    Ok(api::SetSubscriptionAttributesOutput::default())
}
