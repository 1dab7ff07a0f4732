//! Copies of objects in other buckets, by the rules that [`crate::settings::replication`] checks.
//!
//! Whoever adds a version notes in the same transaction to which buckets it is to be copied ([`begin`]), and a worker copies it
//! afterwards, in one transaction for each copy: its bytes are shared as those of any copy. A replica has the id, the number
//! and the time of its source, so it stands among the versions of its key where its source does. Later changes of tags, locks
//! and the like follow it ([`changed`]). Replicas are not copied again, and nothing that a lifecycle does is.
//!
//! Follows "Replicating objects within and across Regions" in S3's user guide.

mod job;
mod replica;
mod rules;

use api_s3 as api;
use service::{Result, Tx};

use crate::object::fate::{Replication, Status};
use crate::object::version::{Content, Version};
use crate::object::versions::Versions;
use crate::setting;
use rules::Destination;

pub(crate) use job::run;

/// Has copies made of a version that a client has just added. True when its record says so now.
pub(crate) fn begin(tx: &mut Tx<'_>, at: &Versions<'_>, version: &mut Version) -> Result<bool> {
    let wanted = destinations(tx, at, version)?;
    if wanted.is_empty() {
        return Ok(false);
    }
    note_all(tx, at, version, &wanted)?;
    let Some(content) = &mut version.content else { return Ok(false) };
    let copies = wanted.into_iter().map(|wanted| (wanted.bucket, Status::Pending));
    content.fate.replication = Some(Replication::Source(copies.collect()));
    Ok(true)
}

/// Has copies of a version follow a change of it. A copy that is still to be made needs no second work.
pub(crate) fn changed(tx: &mut Tx<'_>, at: &Versions<'_>, version: &mut Version) -> Result<()> {
    let replication = version.content.as_ref().and_then(|content| content.fate.replication.clone());
    let Some(replication) = replication else { return Ok(()) };
    let mut wanted = destinations(tx, at, version)?;
    match replication {
        Replication::Replica => wanted.retain(|wanted| wanted.follows_replicas),
        Replication::Source(mut copies) => {
            wanted.retain(|wanted| copies.get(&wanted.bucket) == Some(&Status::Completed));
            copies.extend(wanted.iter().map(|wanted| (wanted.bucket.clone(), Status::Pending)));
            let content = version.content.iter_mut();
            content.for_each(|content| content.fate.replication = Some(Replication::Source(copies.clone())));
        }
    }
    note_all(tx, at, version, &wanted)
}

/// What an answer tells of an object that has copies, or is one.
pub(crate) fn told(content: &Content) -> Option<api::ReplicationStatus> {
    content.fate.replication.as_ref().map(|replication| replication.status().into())
}

fn destinations(tx: &Tx<'_>, at: &Versions<'_>, version: &Version) -> Result<Vec<Destination>> {
    let setting = setting::find::<api::ReplicationConfiguration>(&**tx, at.bucket)?;
    Ok(setting.map(|setting| rules::destinations(&setting, at.key, version)).unwrap_or_default())
}

fn note_all(tx: &mut Tx<'_>, at: &Versions<'_>, version: &Version, wanted: &[Destination]) -> Result<()> {
    wanted.iter().try_for_each(|wanted| job::note(tx, at, version, wanted))
}
