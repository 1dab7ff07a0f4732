//! A published message stands once, whatever the number of its deliveries, and goes when all of them are done.
//!
//! How many are open is counted in memory: a count in a record would make parallel deliveries of a message conflict. Who
//! starts to deliver counts what the last process left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Tx};
use store::{Direction, Reads, Transaction, record};

use crate::delivery::Delivery;
use crate::keys;
use crate::message::Message;

/// A message that has deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) topic_arn: String,
    pub(crate) message: Message,
    pub(crate) published_ms: i64,
    /// How many deliveries it was published with.
    pub(crate) deliveries: u64,
}

impl Published {
    pub(crate) fn put(&self, tx: &mut Tx<'_>, message_id: &str) -> Result<()> {
        Ok(tx.put_record(&keys::message(message_id), self)?)
    }

    /// The message of that id; none when all of its deliveries are done.
    pub(crate) fn find(cloud: &Cloud, message_id: &str) -> Result<Option<Arc<Self>>> {
        Ok(cloud.store.get_shared(&keys::message(message_id))?)
    }
}

/// Open deliveries of messages some of which are done, by the messages' ids.
pub(crate) struct Open(Mutex<HashMap<String, u64>>);

impl Open {
    /// Counts what is to be delivered, and removes the messages of which nothing is.
    pub(crate) fn count(cloud: &Cloud) -> Result<Self> {
        let snapshot = cloud.store.snapshot();
        let mut open = HashMap::new();
        for entry in snapshot.scan(keys::deliveries().prefix_range(), Direction::Forward) {
            let delivery: Delivery = record::decode(&entry?.1)?;
            *open.entry(delivery.message_id).or_default() += 1;
        }
        for entry in snapshot.scan(keys::messages().prefix_range(), Direction::Forward) {
            let (key, _) = entry?;
            if !open.contains_key(&keys::message_id(&key)?) {
                remove(cloud, &key)?;
            }
        }
        Ok(Open(Mutex::new(open)))
    }

    /// Notes that a delivery is done; the last one takes the message away.
    pub(crate) fn done(&self, cloud: &Cloud, message_id: &str, published: &Published) -> Result<()> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.remove(message_id).unwrap_or(published.deliveries).saturating_sub(1);
        if left == 0 {
            return remove(cloud, &keys::message(message_id));
        }
        open.insert(message_id.to_owned(), left);
        Ok(())
    }
}

/// Takes a message away. Nobody waits until that is durable: what comes back after a crash is counted, and removed then.
fn remove(cloud: &Cloud, key: &[u8]) -> Result<()> {
    cloud.store.transact_now(|tx: &mut Transaction| {
        tx.delete(key);
        Ok::<_, service::Error>(())
    })
}
