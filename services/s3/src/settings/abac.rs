//! Whether the tags of a bucket count for who may use it: kept and shown, and not acted upon yet.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::Setting;

impl Setting for api::AbacStatus {
    const KIND: &'static str = "abac";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        self.status.get_or_insert(api::BucketAbacStatus::Disabled);
        Ok(())
    }

    fn absent(_: &Bucket) -> Result<Self, Fault> {
        Ok(api::AbacStatus { status: Some(api::BucketAbacStatus::Disabled) })
    }
}

pub(crate) fn shown(setting: api::AbacStatus) -> api::GetBucketAbacOutput {
    api::GetBucketAbacOutput { abac_status: Some(setting) }
}
