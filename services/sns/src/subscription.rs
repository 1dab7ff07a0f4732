//! A subscription's record, and what its attributes may be.

use std::collections::BTreeMap;

use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use store::tuple::Key;
use wire::Fault;

use crate::filter::Policy;
use crate::{errors, keys};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) scope: Scope,
    pub(crate) topic: String,
    pub(crate) id: String,
    /// `sqs` or `lambda`.
    pub(crate) protocol: String,
    /// The ARN of the queue or function.
    pub(crate) endpoint: String,
    /// As the client gave them: `RawMessageDelivery`, `FilterPolicy`, `FilterPolicyScope`.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Who subscribed.
    #[serde(default)]
    pub(crate) principal: String,
}

impl Subscription {
    pub(crate) fn topic_arn(&self) -> Arn {
        Arn::in_scope("sns", &self.scope, &self.topic)
    }

    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("sns", &self.scope, format_args!("{}:{}", self.topic, self.id))
    }

    pub(crate) fn key(&self) -> Key {
        keys::subscriptions(&self.scope).str(&self.topic).str(&self.id)
    }

    /// Whether queues get the message alone, without an envelope.
    pub(crate) fn is_raw(&self) -> bool {
        self.attributes.get("RawMessageDelivery").is_some_and(|value| value == "true")
    }

    /// Which messages it wants; none for all.
    pub(crate) fn policy(&self) -> Option<Policy> {
        let text = self.attributes.get("FilterPolicy")?;
        Policy::parse(text, self.filters_body()).ok()
    }

    fn filters_body(&self) -> bool {
        self.attributes.get("FilterPolicyScope").is_some_and(|scope| scope == "MessageBody")
    }

    /// Checks and sets one attribute; an empty filter policy takes it away.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        let choices = match name {
            "RawMessageDelivery" => Some(["true", "false"]),
            "FilterPolicyScope" => Some(["MessageAttributes", "MessageBody"]),
            "FilterPolicy" if matches!(value, "" | "{}") => {
                self.attributes.remove(name);
                return Ok(());
            }
            "FilterPolicy" => None,
            "RedrivePolicy" | "DeliveryPolicy" | "SubscriptionRoleArn" | "ReplayPolicy" => {
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
            Some(policy) => Policy::parse(policy, self.filters_body()).map(drop),
            None => Ok(()),
        }
    }
}
