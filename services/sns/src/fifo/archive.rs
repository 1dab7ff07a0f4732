//! Archives of FIFO topics: every message that is published while the topic's `ArchivePolicy` says so, for as many days.
//!
//! Follows "Amazon SNS message archiving for FIFO topic owners" in the developer guide.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Timers, Tx, Verdict};
use store::Direction;
use store::tuple::Key;
use wire::{Fault, Timestamp};

use crate::content::Content;
use crate::topics::Topic;
use crate::{SWEEPER, envelope, errors, keys};

/// The attribute of a topic.
pub(crate) const POLICY: &str = "ArchivePolicy";
/// When archives are looked through for what is too old.
const TRIMS: Timers = Timers::new("sns", "trim", 2);
const TRIM_EVERY_MS: i64 = 3600 * 1000;
/// Messages that one transaction deletes.
const PIECE: usize = 500;
const DAY_MS: i64 = 24 * 3600 * 1000;
const DAYS_MAX: i64 = 365;

/// What is remembered of the archive of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Archive {
    /// Another one for each archive that the topic has had.
    id: String,
    since_ms: i64,
    days: i64,
}

/// The attribute's value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    message_retention_period: Days,
}

/// As text or as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Days {
    Text(String),
    Number(i64),
}

/// The days that a policy asks for; none when it ends the archive.
pub(crate) fn days(policy: &str) -> Result<Option<i64>, Fault> {
    let refused = |why: &str| errors::invalid(format_args!("{POLICY}: {why}"));
    if policy.trim() == "{}" {
        return Ok(None);
    }
    let policy: Policy = serde_json::from_str(policy).map_err(|_| refused("failed to parse JSON"))?;
    let days = match policy.message_retention_period {
        Days::Number(days) => Some(days),
        Days::Text(text) => text.parse().ok(),
    };
    let days = days.filter(|days| (1..=DAYS_MAX).contains(days));
    days.map(Some).ok_or_else(|| refused("MessageRetentionPeriod must be between 1 and 365 days"))
}

/// Begins, changes or ends the archive of a topic as its attribute says; the topic must be written then.
pub(crate) fn follow(tx: &mut Tx<'_>, topic: &mut Topic) -> Result<()> {
    let wanted = match topic.attributes.get(POLICY) {
        Some(policy) => days(policy)?,
        None => None,
    };
    match (wanted, &mut topic.archive) {
        (Some(days), Some(archive)) => archive.days = days,
        (Some(days), None) => {
            let archive = Archive { id: tx.random().uuid(), since_ms: tx.now.millis(), days };
            set_trim(tx, topic.arn().as_str(), &archive)?;
            topic.archive = Some(archive);
        }
        (None, archive) => {
            topic.attributes.remove(POLICY);
            if let Some(archive) = archive.take() {
                TRIMS.cancel(tx, &archive.id)?;
                SWEEPER.put(tx, &archive.messages());
            }
        }
    }
    Ok(())
}

fn set_trim(tx: &mut Tx<'_>, topic_arn: &str, archive: &Archive) -> Result<()> {
    let (due_ms, nonce) = (tx.now.millis() + TRIM_EVERY_MS, tx.random().bytes());
    TRIMS.set(tx, due_ms, &archive.id, &nonce, &topic_arn.to_owned())
}

impl Archive {
    /// All of its messages, in order.
    pub(super) fn messages(&self) -> Key {
        keys::archive(&self.id)
    }

    /// The messages from a moment on.
    pub(super) fn from(&self, ms: i64) -> Vec<u8> {
        self.messages().i64(ms).into()
    }

    /// Keeps a message.
    pub(super) fn put(&self, tx: &mut Tx<'_>, content: &Content, sequence: u64) -> Result<()> {
        Ok(tx.put_record(self.messages().i64(content.published_ms).u64(sequence), content)?)
    }

    /// The moment from which on there are messages.
    pub(crate) fn begins_ms(&self, now: Timestamp) -> i64 {
        self.since_ms.max(now.millis() - self.days * DAY_MS)
    }

    /// The same, as attributes show it.
    pub(crate) fn begins(&self, now: Timestamp) -> String {
        envelope::moment(self.begins_ms(now))
    }
}

/// Deletes what is too old, from time to time.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    TRIMS.run(cloud, trim).await
}

async fn trim(cloud: Arc<Cloud>, id: String, topic_arn: String) -> Result<Verdict<String>> {
    let Some(key) = keys::topic(&topic_arn) else { return Ok(Verdict::Done) };
    let topic = cloud.store.get_shared::<Topic>(&key)?;
    let archive = topic.as_ref().and_then(|topic| topic.archive.as_ref()).filter(|archive| archive.id == id);
    let (Some(topic), Some(archive)) = (&topic, archive) else { return Ok(Verdict::Done) };
    let now = cloud.clock.now();
    let mut old = archive.messages().prefix_range();
    old.end = archive.from(archive.begins_ms(now));
    let context = cloud.context_of("sns", topic.scope);
    let piece = |tx: &mut Tx<'_>| {
        // Nobody writes there any more.
        let entries = tx.scan_unchecked(old.clone(), Direction::Forward).take(PIECE);
        let keys = entries.map(|entry| Ok(entry?.0)).collect::<Result<Vec<_>>>()?;
        keys.iter().for_each(|key| tx.delete(key.to_vec()));
        Ok(keys.len())
    };
    while context.transact(piece).await? == PIECE {}
    Ok(Verdict::Again(topic_arn, now.millis() + TRIM_EVERY_MS))
}
