//! What SNS stores, and where. Every key starts with `"sns"`.
//!
//! | key | value |
//! |---|---|
//! | `"topic", account, region, name` | [`crate::topics::Topic`] |
//! | `"subscription", account, region, topic, id` | [`crate::subscription::Subscription`]: those of a topic are a range |
//! | `"lapsed", account, region, topic, id` | one that was ended by a link, while its receiver may have it back |
//! | `"signer"` | the key that signs deliveries, and its certificate |
//! | `"audience", account, region, topic` | another random number whenever a subscription of the topic changes |
//! | `"to queues", due at (ms), id` | [`crate::publication::Publication`] (see `service::Jobs`) |
//! | `"to others", …` | likewise, in lanes (see `service::JobLanes`) |
//! | `"question", …`; `"pending", …` | see [`crate::confirmation`] |
//! | `"status", due at (ms), id` | [`crate::status_log::Status`] |
//!
//! and for FIFO topics:
//!
//! | key | value |
//! |---|---|
//! | `"archive", id, published (ms), sequence` | [`crate::content::Content`] of an archived message |
//! | `"trim", …` | the timers that delete what is too old in archives (see `service::Timers`) |
//! | `"replay", due at (ms), id` | a turn of a replay (see `service::Jobs`) |
//! | `"fifo message", id` | [`crate::content::Content`], while it has deliveries, and how many it was published with |
//! | `"lane", subscription, group` | a lane that has something to deliver |
//! | `"in lane", subscription, group, sequence` | a [`crate::delivery::Delivery`] of a message |

use names::{Arn, Scope};
use service::{scope_and_name, scoped, tags};
use store::tuple::{Key, Parts};
use store::{Error, Store, record};

fn of(kind: &str, scope: &Scope) -> Key {
    scoped("sns", kind, scope)
}

pub(crate) fn topics(scope: &Scope) -> Key {
    of("topic", scope)
}

/// Takes over what an earlier program had elsewhere.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    tags::take_over(store, "topic", Key::new().str("sns").str("topic").prefix_range(), |key, topic| {
        let (scope, name) = scope_and_name(key)?;
        Ok(vec![(scope, Arn::in_scope("sns", &scope, name), record::decode(topic)?)])
    })
}

/// The key of a topic; none when the ARN is not one of a topic.
pub(crate) fn topic(arn: &str) -> Option<Key> {
    let arn: Arn = arn.parse().ok()?;
    let scope = arn.scope().filter(|_| arn.service() == "sns")?;
    (!arn.resource().contains(':')).then(|| topics(&scope).str(arn.resource()))
}

pub(crate) fn subscriptions(scope: &Scope) -> Key {
    of("subscription", scope)
}

/// Subscriptions that were ended by a link.
pub(crate) fn lapsed(scope: &Scope) -> Key {
    of("lapsed", scope)
}

/// The key of a subscription that was ended by a link, by its ARN.
pub(crate) fn lapsed_subscription(arn: &str) -> Option<Key> {
    subscription_in(lapsed, arn)
}

/// The messages of an archive.
pub(crate) fn archive(id: &str) -> Key {
    Key::new().str("sns").str("archive").str(id)
}

/// The key that signs deliveries.
pub(crate) fn signer() -> Key {
    Key::new().str("sns").str("signer")
}

/// Changes whenever a subscription of the topic does.
pub(crate) fn audience(scope: &Scope, topic: &str) -> Key {
    of("audience", scope).str(topic)
}

/// All subscriptions of a topic, by its ARN.
pub(crate) fn subscriptions_of(topic: &Arn) -> Option<Key> {
    Some(subscriptions(&topic.scope()?).str(topic.resource()))
}

/// What is to be delivered of a group to a subscription: its record.
pub(crate) fn lane(subscription: &str, group: &str) -> Key {
    Key::new().str("sns").str("lane").str(subscription).str(group)
}

/// All that is to be delivered in a lane.
pub(crate) fn lane_content(subscription: &str, group: &str) -> Key {
    lanes_content().str(subscription).str(group)
}

/// A delivery in a lane.
pub(crate) fn in_lane(subscription: &str, group: &str, sequence: u64) -> Key {
    lane_content(subscription, group).u64(sequence)
}

/// The key of a subscription; none when the ARN is not one of a subscription.
pub(crate) fn subscription(arn: &str) -> Option<Key> {
    subscription_in(subscriptions, arn)
}

fn subscription_in(range: fn(&Scope) -> Key, arn: &str) -> Option<Key> {
    let arn: Arn = arn.parse().ok()?;
    let scope = arn.scope().filter(|_| arn.service() == "sns")?;
    let (topic, id) = arn.resource().split_once(':')?;
    Some(range(&scope).str(topic).str(id))
}

/// Every delivery of FIFO topics.
pub(crate) fn lanes_content() -> Key {
    Key::new().str("sns").str("in lane")
}

/// Every message of FIFO topics that has deliveries.
pub(crate) fn messages() -> Key {
    Key::new().str("sns").str("fifo message")
}

pub(crate) fn message(id: &str) -> Key {
    messages().str(id)
}

/// The id in the key of a message.
pub(crate) fn message_id(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    parts.str()?;
    parts.str()?;
    Ok(parts.str()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay() {
        let scope = Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap());
        let keys = [
            ("topic", topics(&scope).str("t")),
            ("subscription", subscription("arn:aws:sns:us-east-1:000000000000:t:s").unwrap()),
            ("lapsed", lapsed_subscription("arn:aws:sns:us-east-1:000000000000:t:s").unwrap()),
            ("archive", archive("a").i64(7).u64(8)),
            ("signer", signer()),
            ("audience", audience(&scope, "t")),
            ("lane", lane("s", "g")),
            ("in_lane", in_lane("s", "g", 7)),
            ("fifo_message", message("m")),
        ];
        layouts::keys_stay(env!("CARGO_MANIFEST_DIR"), &keys);
    }
}
