//! The work of copying a version to one bucket: noted with the version, done afterwards, once.

use std::sync::Arc;

use api_s3 as api;
use names::{Account, Arn, Region, Scope};
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Jobs, Result, Tx, Verdict};
use store::Reads;

use super::replica;
use super::rules::Destination;
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::keys::{self, Id};
use crate::object::fate::{Replication, Status};
use crate::object::version::Version;
use crate::object::versions::Versions;

const JOBS: Jobs = Jobs::new("s3", "replica", 8);
/// What the role's session is called.
const SESSION: &str = "s3-replication";

/// A copy that is to be made, or is to follow a change of its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Copying {
    bucket: String,
    bucket_id: Id,
    owner: Account,
    region: Region,
    key: String,
    number: u64,
    id: Id,
    pub(super) to: Destination,
}

#[cfg(test)]
layouts::stays!(stored_copying: Copying);

/// Notes that a version is to be copied.
pub(super) fn note(tx: &mut Tx<'_>, at: &Versions<'_>, version: &Version, to: &Destination) -> Result<()> {
    let copying = Copying {
        bucket: at.bucket.name.clone(),
        bucket_id: at.bucket.id,
        owner: at.bucket.owner,
        region: at.bucket.region,
        key: at.key.to_owned(),
        number: version.number,
        id: version.id,
        to: to.clone(),
    };
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    JOBS.put(tx, now_ms, &id, &copying)
}

/// Copies until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, copying: Arc<Copying>| async move {
        let context = copying.context(&cloud);
        let may = copying.is_permitted(&context);
        Ok((context, may))
    };
    JOBS.run_in_transactions(cloud, prepare, |tx, copying, may| {
        copying.carry_out(tx, *may)?;
        Ok(Verdict::Done)
    })
    .await
}

impl Copying {
    /// In the name of the role that the configuration names.
    fn context(&self, cloud: &Arc<Cloud>) -> Context {
        let scope = Scope::new(self.owner, self.region);
        // What is no ARN is a role that nobody has.
        let role = self.to.role.parse::<Arn>().unwrap_or_else(|_| {
            Arn::global(
                "iam",
                scope.region.partition(),
                &scope.account,
                format_args!("role/{}", self.to.role),
            )
        });
        cloud.context_of("s3", scope).in_role(&role, SESSION)
    }

    /// Whether the role may read here and write there.
    fn is_permitted(&self, context: &Context) -> bool {
        let may = |action, bucket: &str| {
            let partition = context.scope().region.partition();
            let arns = || vec![Arn::unowned("s3", partition, format!("{bucket}/{}", self.key))];
            context.permit(&api::FACTS, action, &arns).is_ok()
        };
        may("GetObjectVersionForReplication", &self.bucket) && may("ReplicateObject", &self.to.bucket)
    }

    fn carry_out(&self, tx: &mut Tx<'_>, may: bool) -> Result<()> {
        let Some(bucket) = named(&**tx, &self.bucket)?.filter(|bucket| bucket.id == self.bucket_id) else {
            return Ok(());
        };
        let at = Versions { bucket: &bucket, key: &self.key };
        // What is deleted for good is not copied any more.
        let Some(version) = at.at(&**tx, self.number, &self.id)? else { return Ok(()) };
        let target = named(&**tx, &self.to.bucket)?.filter(|_| may);
        let is_made = match target {
            Some(target) => replica::bring(tx, &self.to, &version, &Versions { bucket: &target, ..at })?,
            None => false,
        };
        self.settle(tx, &at, version, is_made)
    }

    /// Notes what became of it with the source.
    fn settle(&self, tx: &mut Tx<'_>, at: &Versions<'_>, mut version: Version, is_made: bool) -> Result<()> {
        let fate = version.content.as_mut().map(|content| &mut content.fate);
        if let Some(Replication::Source(copies)) = fate.and_then(|fate| fate.replication.as_mut()) {
            let status = if is_made { Status::Completed } else { Status::Failed };
            copies.insert(self.to.bucket.clone(), status);
            at.rewrite(tx, &version)?;
        }
        if is_made {
            return Ok(());
        }
        tracing::debug!(
            bucket = self.bucket,
            to = self.to.bucket,
            key = self.key,
            "an object is not replicated"
        );
        if !self.to.is_measured {
            return Ok(());
        }
        let kind = Kind::NotReplicated { rule: &self.to.rule, destination: &self.to.bucket };
        Event { kind, bucket: at.bucket, key: at.key, version: &version }.note(tx)
    }
}

fn named(reads: &impl Reads, bucket: &str) -> Result<Option<Arc<Bucket>>> {
    Ok(reads.get_shared(&keys::bucket(bucket))?)
}
