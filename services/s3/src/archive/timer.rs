//! Makes restored copies be there, and go again.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Timers, Tx, Verdict};
use store::Reads as _;

use super::RESTORE_SECONDS;
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::keys::{self, Id};
use crate::lifecycle;
use crate::object::version::Version;
use crate::object::versions::Versions;

/// One for each version that was, or is being, restored.
const TIMERS: Timers = Timers::new("s3", "restore", 8);

/// A version that is restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Archived {
    bucket: String,
    bucket_id: Id,
    key: String,
    number: u64,
    id: Id,
}

#[cfg(test)]
layouts::stays!(stored_archived: Archived);

/// Begins to restore it.
pub(super) fn begin(tx: &mut Tx<'_>, at: &Versions<'_>, version: &Version) -> Result<()> {
    let seconds = tx.context.cloud.setting("s3", RESTORE_SECONDS.0);
    set(tx, at, version, tx.now.millis() + i64::from(seconds) * 1000)
}

/// Looks at it again then.
pub(super) fn set(tx: &mut Tx<'_>, at: &Versions<'_>, version: &Version, due_ms: i64) -> Result<()> {
    let archived = Archived {
        bucket: at.bucket.name.clone(),
        bucket_id: at.bucket.id,
        key: at.key.to_owned(),
        number: version.number,
        id: version.id,
    };
    let nonce = tx.random().bytes();
    TIMERS.set(tx, due_ms, &archived.name(), &nonce, &archived)
}

/// Sees to restored copies until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    TIMERS.run(cloud, |cloud, _, archived: Archived| ring(cloud, archived)).await
}

async fn ring(cloud: Arc<Cloud>, archived: Archived) -> Result<Verdict<Archived>> {
    let Some(bucket) = cloud.store.snapshot().get_shared::<Bucket>(&keys::bucket(&archived.bucket))? else {
        return Ok(Verdict::Done);
    };
    let context = cloud.context_of("s3", Scope::new(bucket.owner, bucket.region));
    context.transact(|tx| archived.turn(tx)).await?;
    Ok(Verdict::Done)
}

impl Archived {
    /// A version has its id in its bucket alone.
    fn name(&self) -> String {
        format!("{}/{}", hex::encode(self.bucket_id), hex::encode(self.id))
    }

    /// The copy is there from now on, or is gone; sets the timer anew where more is to come.
    fn turn(&self, tx: &mut Tx<'_>) -> Result<()> {
        let bucket = tx.get_shared::<Bucket>(&keys::bucket(&self.bucket))?;
        let Some(bucket) = bucket.filter(|bucket| bucket.id == self.bucket_id) else { return Ok(()) };
        let at = Versions { bucket: &bucket, key: &self.key };
        let Some(mut version) = at.at(&**tx, self.number, &self.id)? else { return Ok(()) };
        let Some(restore) = version.content.as_mut().and_then(|content| content.fate.restore.as_mut()) else {
            return Ok(());
        };
        let now_ms = tx.now.millis();
        match restore.until_ms {
            None => {
                let until_ms = lifecycle::after(now_ms, restore.days);
                restore.until_ms = Some(until_ms);
                at.rewrite(tx, &version)?;
                set(tx, &at, &version, until_ms)?;
                note(tx, &at, Kind::Restored, &version)
            }
            Some(until_ms) if until_ms <= now_ms => {
                note(tx, &at, Kind::RestoreEnded, &version)?;
                version.content.iter_mut().for_each(|content| content.fate.restore = None);
                at.rewrite(tx, &version)
            }
            Some(until_ms) => set(tx, &at, &version, until_ms),
        }
    }
}

fn note(tx: &mut Tx<'_>, at: &Versions<'_>, kind: Kind, version: &Version) -> Result<()> {
    Event { kind, bucket: at.bucket, key: at.key, version }.note(tx)
}
