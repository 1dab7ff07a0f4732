//! Who gets the messages of a topic: its subscriptions, made ready once for all messages until one of them changes.

use std::cell::OnceCell;
use std::sync::Arc;

use names::Scope;
use patterns::Pattern;
use serde_json::Value;
use service::{Result, Tx};

use crate::delivery::Delivery;
use crate::keys;
use crate::message::Message;
use crate::subscription::Subscription;
use crate::topics::{self, Topic};

/// All subscriptions of a topic.
pub(crate) struct Audience(Vec<Member>);

/// A subscription.
pub(crate) struct Member {
    /// A delivery to it.
    pub(crate) delivery: Delivery,
    filter: Option<Filter>,
}

enum Filter {
    Attributes(Pattern),
    Body(Pattern),
}

impl Audience {
    /// That of a topic.
    pub(crate) fn of(tx: &Tx<'_>, topic: &Topic) -> Result<Arc<Self>> {
        let key = keys::audience(&topic.scope, &topic.name);
        tx.get_derived(&key, |snapshot| {
            let subscriptions = topics::subscriptions_of(snapshot, topic)?;
            let listening = subscriptions.iter().filter(|subscription| subscription.listens());
            Ok(Audience(listening.map(|subscription| Member::new(topic, subscription)).collect()))
        })
    }

    /// Notes that a subscription of that topic is made, changed or deleted.
    pub(crate) fn changes(tx: &mut Tx<'_>, scope: &Scope, topic: &str) {
        let fresh: [u8; 16] = tx.random().bytes();
        tx.put(keys::audience(scope, topic), fresh.to_vec());
    }

    /// Who wants a message.
    pub(crate) fn who_want<'a>(&'a self, message: &Message) -> Vec<&'a Member> {
        // Made once, if anybody asks.
        let (attributes, body) = (OnceCell::new(), OnceCell::new());
        self.0.iter().filter(|member| member.wants(message, &attributes, &body)).collect()
    }
}

impl Member {
    pub(crate) fn new(topic: &Topic, subscription: &Subscription) -> Self {
        let is_of_body = subscription.filters_body();
        let filter = subscription.filter().map(|filter| match is_of_body {
            true => Filter::Body(filter),
            false => Filter::Attributes(filter),
        });
        Member { delivery: Delivery::new(topic, subscription), filter }
    }

    /// Whether it wants a message, when nobody else is asked.
    pub(crate) fn wants_alone(&self, message: &Message) -> bool {
        self.wants(message, &OnceCell::new(), &OnceCell::new())
    }

    /// Whether it wants a message, whose forms for filters are made when they are needed.
    fn wants(&self, message: &Message, attributes: &OnceCell<Value>, body: &OnceCell<Value>) -> bool {
        match &self.filter {
            None => true,
            Some(Filter::Attributes(filter)) => {
                filter.matches(attributes.get_or_init(|| message.attributes_as_json()))
            }
            Some(Filter::Body(filter)) => filter.matches(body.get_or_init(|| message.body_as_json())),
        }
    }
}
