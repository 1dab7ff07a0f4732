//! A message of a FIFO topic stands once, whatever the number of its deliveries, and goes when all of them are done.
//!
//! How many are open is counted in memory: a count in a record would make parallel deliveries of a message conflict. Who
//! starts to deliver counts what the last process left.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Tx};
use store::{Direction, Reads, Transaction, record};

use super::lane::InLane;
use crate::content::Content;
use crate::keys;

/// A message, and how many deliveries it was published with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) content: Content,
    pub(super) deliveries: u64,
}

#[cfg(test)]
layouts::stays!(stored_fifo_message: Stored);

impl Stored {
    /// Notes it, if anybody gets it.
    pub(super) fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        if self.deliveries > 0 { self.put_as(tx, &self.content.message_id) } else { Ok(()) }
    }

    /// Notes it by another id than the message's own.
    pub(super) fn put_as(&self, tx: &mut Tx<'_>, id: &str) -> Result<()> {
        Ok(tx.put_record(keys::message(id), self)?)
    }

    /// That of a message; none when all of its deliveries are done.
    pub(super) fn find(cloud: &Cloud, message_id: &str) -> Result<Option<Arc<Self>>> {
        Ok(cloud.store.get_shared(&keys::message(message_id))?)
    }
}

/// Open deliveries, by the ids of messages some of whose deliveries are done.
pub(super) struct Open(Mutex<HashMap<String, u64>>);

impl Open {
    /// Counts what is to be delivered, and removes the messages of which nothing is.
    pub(super) async fn count(cloud: &Cloud) -> Result<Self> {
        let snapshot = cloud.store.snapshot();
        let mut left = HashMap::<_, u64>::new();
        for entry in snapshot.scan(keys::lanes_content().prefix_range(), Direction::Forward) {
            let delivery: InLane = record::decode(&entry?.1)?;
            *left.entry(delivery.message_id).or_default() += 1;
        }
        let messages = snapshot.scan(keys::messages().prefix_range(), Direction::Forward);
        let ids = messages.map(|entry| keys::message_id(&entry?.0)).collect::<Result<Vec<_>, _>>()?;
        for id in ids.iter().filter(|id| !left.contains_key(*id)) {
            remove(cloud, &keys::message(id)).await?;
        }
        Ok(Open(Mutex::new(left)))
    }

    /// Notes that a delivery is done; the last one takes the message away.
    pub(super) async fn done(&self, cloud: &Cloud, message_id: &str) -> Result<()> {
        if self.is_last(cloud, message_id)? {
            remove(cloud, &keys::message(message_id)).await?;
        }
        Ok(())
    }

    fn is_last(&self, cloud: &Cloud, message_id: &str) -> Result<bool> {
        let mut left = self.0.lock();
        let open = match left.remove(message_id) {
            Some(open) => open,
            None => Stored::find(cloud, message_id)?.map_or(1, |stored| stored.deliveries),
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
