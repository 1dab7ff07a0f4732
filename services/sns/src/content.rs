//! A published message stands once, whatever the number of its deliveries, and goes when all of them are done.
//!
//! How many are open is counted in memory: a count in a record would make parallel deliveries of a message conflict. Who
//! starts to deliver counts what the last process left.

use std::collections::HashMap;
use std::sync::Arc;

use names::Scope;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Tx};
use store::{Direction, Reads, Transaction, record};
use wire::Timestamp;

use crate::delivery::Delivery;
use crate::keys;
use crate::message::Message;
use crate::publish::Published;
use crate::topics::Topic;

/// What all deliveries of a message bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) scope: Scope,
    pub(crate) topic_arn: String,
    pub(crate) message: Message,
    pub(crate) published_ms: i64,
    /// How many deliveries it was published with.
    deliveries: u64,
}

impl Content {
    pub(crate) fn new(topic: &Topic, message: Message, now: Timestamp, deliveries: u64) -> Self {
        let (topic_arn, published_ms) = (topic.arn().to_string(), now.millis());
        Content { scope: topic.scope, topic_arn, message, published_ms, deliveries }
    }

    /// Notes it, if anybody gets it.
    pub(crate) fn put(&self, tx: &mut Tx<'_>, published: &Published) -> Result<()> {
        if self.deliveries > 0 {
            tx.put_record(keys::message(published.sequence.is_some(), &published.id), self)?;
        }
        Ok(())
    }

    /// That of a message; none when all of its deliveries are done.
    pub(crate) fn find(cloud: &Cloud, is_fifo: bool, message_id: &str) -> Result<Option<Arc<Self>>> {
        Ok(cloud.store.get_shared(&keys::message(is_fifo, message_id))?)
    }
}

/// Open deliveries of one kind of topic, by the ids of messages some of whose deliveries are done.
pub(crate) struct Open {
    is_fifo: bool,
    left: Mutex<HashMap<String, u64>>,
}

impl Open {
    /// Counts what is to be delivered, and removes the messages of which nothing is.
    pub(crate) async fn count(cloud: &Cloud, is_fifo: bool) -> Result<Self> {
        let deliveries = if is_fifo { keys::lanes_content() } else { keys::deliveries() };
        let snapshot = cloud.store.snapshot();
        let mut left = HashMap::<_, u64>::new();
        for entry in snapshot.scan(deliveries.prefix_range(), Direction::Forward) {
            let delivery: Delivery = record::decode(&entry?.1)?;
            *left.entry(delivery.message_id).or_default() += 1;
        }
        let messages = snapshot.scan(keys::messages(is_fifo).prefix_range(), Direction::Forward);
        let ids = messages.map(|entry| keys::message_id(&entry?.0)).collect::<Result<Vec<_>, _>>()?;
        for id in ids.iter().filter(|id| !left.contains_key(*id)) {
            remove(cloud, &keys::message(is_fifo, id)).await?;
        }
        Ok(Open { is_fifo, left: Mutex::new(left) })
    }

    /// Notes that a delivery is done; the last one takes the message away.
    pub(crate) async fn done(&self, cloud: &Cloud, message_id: &str) -> Result<()> {
        if self.is_last(cloud, message_id)? {
            remove(cloud, &keys::message(self.is_fifo, message_id)).await?;
        }
        Ok(())
    }

    fn is_last(&self, cloud: &Cloud, message_id: &str) -> Result<bool> {
        let mut left = self.left.lock();
        let open = match left.remove(message_id) {
            Some(open) => open,
            None => Content::find(cloud, self.is_fifo, message_id)?.map_or(1, |content| content.deliveries),
        };
        if open > 1 {
            left.insert(message_id.to_owned(), open - 1);
        }
        Ok(open <= 1)
    }
}

/// Takes a message away. What comes back after a crash is counted, and removed then.
async fn remove(cloud: &Cloud, key: &[u8]) -> Result<()> {
    let remove = |tx: &mut Transaction| {
        tx.delete(key);
        Ok::<_, service::Error>(())
    };
    cloud.store.transact(remove).await
}
