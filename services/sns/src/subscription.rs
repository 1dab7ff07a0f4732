//! A subscription's record, and what its attributes may be.

use std::collections::BTreeMap;

use names::{Account, Arn, Scope};
use patterns::{Dialect, Pattern};
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::tuple::Key;
use wire::Fault;

use crate::audience::Audience;
use crate::delivery_policy::{self, Effective};
use crate::fifo::replay::{self, Replay};
use crate::topics::Topic;
use crate::{errors, keys};

/// The attribute `RedrivePolicy`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Redrive {
    dead_letter_target_arn: String,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) scope: Scope,
    pub(crate) topic: String,
    pub(crate) id: String,
    /// `sqs`, `lambda`, `http`, `https`, `email`, `email-json` or `sms`.
    pub(crate) protocol: String,
    /// Whom it is for: an ARN, a URL, an address or a number.
    pub(crate) endpoint: String,
    /// As the client gave them: `RawMessageDelivery`, `FilterPolicy`, `FilterPolicyScope`, `RedrivePolicy`, `DeliveryPolicy`.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Who subscribed.
    #[serde(default)]
    pub(crate) principal: String,
    /// The account that subscribed, where it is not the topic's.
    #[serde(default)]
    pub(crate) owner: Option<Account>,
    /// What its receiver said, where it was asked.
    #[serde(default)]
    pub(crate) confirmation: Option<Confirmation>,
    /// The last replay of its topic's archive.
    #[serde(default)]
    pub(crate) replay: Option<Replay>,
}

#[cfg(test)]
layouts::stays!(stored_subscription: Subscription);

/// Whether a receiver wants a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    /// By which it says so.
    pub(crate) token: String,
    /// Whether it did.
    pub(crate) is_given: bool,
    /// With a signature.
    pub(crate) was_authenticated: bool,
    /// Whether only its owner may end it.
    pub(crate) is_locked: bool,
}

impl Subscription {
    pub(crate) fn topic_arn(&self) -> Arn {
        Arn::in_scope("sns", &self.scope, &self.topic)
    }

    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("sns", &self.scope, format_args!("{}:{}", self.topic, self.id))
    }

    /// Whether its receiver was asked and has not answered yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.confirmation.as_ref().is_some_and(|confirmation| !confirmation.is_given)
    }

    /// Whether messages that are published now are for it.
    pub(crate) fn listens(&self) -> bool {
        !self.is_pending() && !self.replay.as_ref().is_some_and(Replay::holds_back)
    }

    /// The account that subscribed.
    pub(crate) fn owner(&self) -> Account {
        self.owner.unwrap_or(self.scope.account)
    }

    /// How it gets messages, if it is a web server.
    pub(crate) fn effective_policy(&self, topic: &Topic) -> Effective {
        let of = |attributes: &BTreeMap<String, String>| attributes.get("DeliveryPolicy").cloned();
        delivery_policy::effective(of(&topic.attributes).as_deref(), of(&self.attributes).as_deref())
    }

    fn key(&self) -> Key {
        keys::subscriptions(&self.scope).str(&self.topic).str(&self.id)
    }

    /// Writes it.
    pub(crate) fn keep(&self, tx: &mut Tx<'_>) -> Result<()> {
        Audience::changes(tx, &self.scope, &self.topic);
        Ok(tx.put_record(self.key(), self)?)
    }

    /// Deletes it.
    pub(crate) fn delete(&self, tx: &mut Tx<'_>) {
        Audience::changes(tx, &self.scope, &self.topic);
        tx.delete(self.key());
    }

    /// Whether queues get the message alone, without an envelope.
    pub(crate) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }

    /// Which messages it wants; none for all.
    pub(crate) fn filter(&self) -> Option<Pattern> {
        let text = self.attributes.get("FilterPolicy")?;
        Pattern::parse(text, self.dialect()).ok()
    }

    fn dialect(&self) -> &'static Dialect {
        if self.filters_body() { &Dialect::SNS_BODY } else { &Dialect::SNS_ATTRIBUTES }
    }

    /// The queue for what could not be delivered.
    pub(crate) fn dead_letters(&self) -> Option<String> {
        let policy: Redrive = serde_json::from_str(self.attributes.get("RedrivePolicy")?).ok()?;
        Some(policy.dead_letter_target_arn)
    }

    /// Dead letters go to a queue of the subscription's own account and region, in order where the topic has an order.
    fn check_dead_letters(&self, policy: &str) -> Result<(), Fault> {
        let refused = |why: &str| errors::invalid(format_args!("RedrivePolicy: {why}"));
        let policy: Redrive = serde_json::from_str(policy).map_err(|_| refused("failed to parse JSON"))?;
        let arn = policy.dead_letter_target_arn.parse::<Arn>().ok().filter(|arn| arn.service() == "sqs");
        let arn = arn.ok_or_else(|| refused("deadLetterTargetArn is an invalid arn"))?;
        if arn.scope() != Some(self.scope) {
            return Err(refused("dead-letter queue must be in the account and region of the subscription"));
        }
        if arn.resource().ends_with(".fifo") != self.topic.ends_with(".fifo") {
            return Err(refused(
                "must use a FIFO queue as DLQ for a FIFO topic, and a standard one for a standard topic",
            ));
        }
        Ok(())
    }

    pub(crate) fn filters_body(&self) -> bool {
        self.attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody")
    }

    /// Checks and sets one attribute; an empty filter policy takes it away.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        let choices = match name {
            "RawMessageDelivery" => {
                if value == "true" && !matches!(self.protocol.as_str(), "sqs" | "http" | "https" | "firehose")
                {
                    return Err(errors::invalid(format_args!(
                        "Delivery protocol [{}] does not support raw message delivery.",
                        self.protocol
                    )));
                }
                Some(["true", "false"])
            }
            "FilterPolicyScope" => Some(["MessageAttributes", "MessageBody"]),
            "FilterPolicy" | "RedrivePolicy" | "DeliveryPolicy" | "ReplayPolicy"
                if matches!(value, "" | "{}") =>
            {
                self.attributes.remove(name);
                return Ok(());
            }
            "FilterPolicy" => None,
            "RedrivePolicy" => {
                self.check_dead_letters(value)?;
                None
            }
            "DeliveryPolicy" if matches!(self.protocol.as_str(), "http" | "https") => {
                delivery_policy::check_subscription(value)?;
                None
            }
            "DeliveryPolicy" => {
                return Err(errors::invalid("DeliveryPolicy: only HTTP/S subscriptions have one"));
            }
            "ReplayPolicy" if self.topic.ends_with(".fifo") => {
                replay::check(value)?;
                None
            }
            "ReplayPolicy" => return Err(errors::invalid("ReplayPolicy: only FIFO topics have archives")),
            "SubscriptionRoleArn" => {
                return Err(errors::not_built(name));
            }
            _ => return Err(errors::invalid("AttributeName")),
        };
        if let Some([one, other]) = choices.filter(|choices| !choices.contains(&value)) {
            let message = format!("{name}: Invalid value [{value}]. Must be {one} or {other}.");
            return Err(errors::invalid(message));
        }
        self.attributes.insert(name.to_owned(), value.to_owned());
        // The scope decides what a policy may be: each is checked with the other.
        match self.attributes.get("FilterPolicy") {
            Some(policy) => Pattern::parse(policy, self.dialect())
                .map(drop)
                .map_err(|why| errors::invalid(format_args!("FilterPolicy: {why}"))),
            None => Ok(()),
        }
    }
}
