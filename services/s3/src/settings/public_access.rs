//! Which doors to the public are closed.

use api_s3 as api;
use service::{Result, Tx};
use store::Reads;
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::{self, Setting};

impl Setting for api::PublicAccessBlockConfiguration {
    const KIND: &'static str = "public-access-block";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        for flag in [
            &mut self.block_public_acls,
            &mut self.ignore_public_acls,
            &mut self.block_public_policy,
            &mut self.restrict_public_buckets,
        ] {
            flag.get_or_insert(false);
        }
        Ok(())
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        let message = "The public access block configuration was not found";
        Err(bucket.has_no("NoSuchPublicAccessBlockConfiguration", message))
    }
}

pub(crate) fn shown(setting: api::PublicAccessBlockConfiguration) -> api::GetPublicAccessBlockOutput {
    api::GetPublicAccessBlockOutput { public_access_block_configuration: Some(setting) }
}

/// What a new bucket has: everything closed.
pub(crate) fn closed() -> api::PublicAccessBlockConfiguration {
    api::PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        ignore_public_acls: Some(true),
        block_public_policy: Some(true),
        restrict_public_buckets: Some(true),
    }
}

/// What is closed for a bucket; nothing, when nothing is set.
pub(crate) fn of(reads: &impl Reads, bucket: &Bucket) -> Result<api::PublicAccessBlockConfiguration> {
    Ok(setting::find(reads, bucket)?.unwrap_or_default())
}
