//! A lane: what is to be delivered of a group to a subscription, in order.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::{Direction, Reads as _, Transaction, record};

use super::stored::{Open, Stored};
use crate::delivery::{self, Delivery, Outcome};
use crate::keys;

/// All lanes that have something to deliver.
const LANES: Jobs = Jobs::new("sns", "lane job", 64);
/// Deliveries of one turn.
const TURN_MAX: usize = 10;

/// A delivery in a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InLane {
    pub(super) message_id: String,
    pub(super) delivery: Delivery,
}

#[cfg(test)]
layouts::stays!(stored_fifo_in_lane: InLane);

/// What is stored of a lane that has something to deliver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The sequence number of its end.
    last: u64,
}

#[cfg(test)]
layouts::stays!(stored_fifo_lane: Record);

/// A lane in a transaction, which is one with its record.
pub(super) struct Lane {
    name: Name,
    record: Option<Record>,
}

/// Which lane: also what its job remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    subscription: String,
    group: String,
}

#[cfg(test)]
layouts::stays!(stored_fifo_lane_job: Name);

impl Lane {
    /// The lane of a group to a subscription.
    pub(super) fn open(tx: &Tx<'_>, subscription_arn: &str, group: &str) -> Result<Self> {
        let name = Name { subscription: subscription_arn.to_owned(), group: group.to_owned() };
        let record = tx.get_record(&keys::lane(&name.subscription, group))?;
        Ok(Lane { name, record })
    }

    /// The sequence number of its end.
    pub(super) fn last(&self) -> u64 {
        self.record.map_or(0, |record| record.last)
    }

    /// Puts a delivery at its end, and has somebody walk along it.
    pub(super) fn append(self, tx: &mut Tx<'_>, sequence: u64, delivery: &InLane) -> Result<()> {
        let Name { subscription, group } = &self.name;
        tx.put_record(keys::in_lane(subscription, group, sequence), delivery)?;
        tx.put_record(keys::lane(subscription, group), &Record { last: sequence })?;
        if self.record.is_none() {
            let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
            LANES.put(tx, now_ms, &id, &self.name)?;
        }
        Ok(())
    }
}

/// Walks along all lanes.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let open = Arc::new(Open::count(&cloud).await?);
    LANES.run(cloud, move |cloud, name| walk(cloud, Arc::clone(&open), name)).await
}

/// Delivers what stands at the head of a lane.
async fn walk(cloud: Arc<Cloud>, open: Arc<Open>, name: Name) -> Result<Verdict<Name>> {
    for (key, InLane { message_id, delivery }) in head(&cloud, &name)? {
        // A message goes when all of its deliveries are done: one that finds none was done before the process ended.
        let outcome = match Stored::find(&cloud, &message_id)? {
            Some(stored) => delivery::attempt(&cloud, &stored.content, delivery).await?,
            None => Outcome::Done,
        };
        match outcome {
            Outcome::Done => {
                // After a crash two jobs may walk along one lane: only one of them has done this delivery.
                if leave(&cloud, &key).await? {
                    open.done(&cloud, &message_id).await?;
                }
            }
            Outcome::Later(delivery, due_ms) => {
                // What stands behind it waits for it.
                let waiting = InLane { message_id, delivery: *delivery };
                cloud.store.transact(|tx| tx.put_record(&*key, &waiting)).await?;
                return Ok(Verdict::Again(name, due_ms));
            }
        }
    }
    let is_over = cloud
        .store
        .transact(|tx| {
            let key = keys::lane(&name.subscription, &name.group);
            // A publication meanwhile writes this record, and this runs again.
            let is_there = tx.get_record::<Record>(&key)?.is_some();
            let lane = keys::lane_content(&name.subscription, &name.group).prefix_range();
            let is_empty = tx.scan(lane, Direction::Forward).next().transpose()?.is_none();
            if is_there && is_empty {
                tx.delete(&key);
            }
            Ok::<_, store::Error>(is_empty)
        })
        .await?;
    let now_ms = cloud.clock.now().millis();
    Ok(if is_over { Verdict::Done } else { Verdict::Again(name, now_ms) })
}

/// Takes a delivery out of its lane; false when it was out already.
async fn leave(cloud: &Cloud, key: &[u8]) -> Result<bool> {
    let leave = |tx: &mut Transaction| {
        let is_there = tx.get(key)?.is_some();
        tx.delete(key);
        Ok::<_, service::Error>(is_there)
    };
    cloud.store.transact(leave).await
}

fn head(cloud: &Cloud, name: &Name) -> Result<Vec<(Vec<u8>, InLane)>> {
    let lane = keys::lane_content(&name.subscription, &name.group).prefix_range();
    let snapshot = cloud.store.snapshot();
    let entries = snapshot.scan(lane, Direction::Forward).take(TURN_MAX);
    entries
        .map(|entry| {
            let (key, value) = entry?;
            Ok((key.to_vec(), record::decode(&value)?))
        })
        .collect()
}
