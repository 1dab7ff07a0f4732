//! A bucket: its record, and the one way from a request to the bucket that it names.

mod create;
mod delete;
mod input;
mod list;
mod name;
mod shown;

use std::collections::BTreeSet;
use std::sync::Arc;

use names::{Account, Arn, Region, Scope};
use serde::{Deserialize, Serialize};
use service::{Context, Result, Tx};
use store::Reads;
use wire::Fault;

use crate::setting::Setting;
use crate::{errors, keys};

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use input::OfBucket;
pub(crate) use list::list;
pub(crate) use shown::{head, location};

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) id: keys::Id,
    pub(crate) name: String,
    pub(crate) owner: Account,
    pub(crate) region: Region,
    /// How whoever made it called the region; nothing for us-east-1. `EU` is a name of eu-west-1.
    pub(crate) constraint: Option<String>,
    pub(crate) created_ms: i64,
    /// The kinds of settings that it has, so that nobody looks for others.
    pub(crate) settings: BTreeSet<String>,
}

#[cfg(test)]
layouts::stays!(stored_bucket: Bucket);

impl Bucket {
    /// The bucket that a request names, for whoever may see it: it must belong to whom the client expects, and be where
    /// the client looks for it.
    ///
    /// # Errors
    /// `NoSuchBucket`; `AccessDenied` for another owner; a redirection for another region.
    pub(crate) fn of(reads: &impl Reads, context: &Context, input: &impl OfBucket) -> Result<Arc<Self>> {
        let bucket = Self::expected(reads, input)?;
        bucket.check_region(context)?;
        Ok(bucket)
    }

    /// The same wherever the client looks for it.
    pub(crate) fn expected(reads: &impl Reads, input: &impl OfBucket) -> Result<Arc<Self>> {
        let bucket = Self::named(reads, input.bucket())?;
        match input.expected_owner() {
            Some(owner) if owner != bucket.owner.as_str() => Err(errors::access_denied().into()),
            _ => Ok(bucket),
        }
    }

    /// The bucket of that name.
    pub(crate) fn named(reads: &impl Reads, name: &str) -> Result<Arc<Self>> {
        let bucket = reads.get_shared(&keys::bucket(name))?;
        Ok(bucket.ok_or_else(|| errors::no_such_bucket(name))?)
    }

    /// Whether it keeps versions, or once did.
    pub(crate) fn has_versions(&self) -> bool {
        self.settings.contains(<api_s3::VersioningConfiguration as Setting>::KIND)
    }

    /// `arn:aws:s3:::trips`.
    pub(crate) fn arn(&self) -> Arn {
        Arn::unowned("s3", self.region.partition(), &self.name)
    }

    /// It has no such setting.
    pub(crate) fn has_no(&self, code: &'static str, message: &str) -> Fault {
        Fault::new(code, 404, message).with_element("BucketName", self.name.clone())
    }

    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        Ok(tx.put_record(keys::bucket(&self.name), self)?)
    }

    /// A host that names a region is one of that region alone; everywhere else only the signature can be wrong.
    pub(crate) fn check_region(&self, context: &Context) -> Result<()> {
        let regions = context.caller.regions;
        match (regions.host, regions.signature) {
            (Some(host), _) if host != self.region => Err(errors::permanent_redirect(self).into()),
            (_, Some(signed)) if signed != self.region => Err(errors::wrong_region(&signed, self).into()),
            _ => Ok(()),
        }
    }
}

/// The bucket that an input names, as a resource. Buckets have neither region nor account in their names.
pub(crate) fn resource(scope: &Scope, input: &impl OfBucket) -> Vec<Arn> {
    vec![Arn::unowned("s3", scope.region.partition(), input.bucket())]
}
