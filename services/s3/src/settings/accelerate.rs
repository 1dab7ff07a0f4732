//! Transfer acceleration, which has no effect here: there is no edge to go through.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::errors;
use crate::setting::Setting;

impl Setting for api::AccelerateConfiguration {
    const KIND: &'static str = "accelerate";

    fn check(&mut self, _: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        if self.status.is_none() {
            return Err(errors::malformed_xml().into());
        }
        if bucket.name.contains('.') {
            let message =
                "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names";
            return Err(errors::invalid_request(message).into());
        }
        Ok(())
    }

    fn absent(_: &Bucket) -> Result<Self, Fault> {
        Ok(Self::default())
    }
}

pub(crate) fn shown(setting: api::AccelerateConfiguration) -> api::GetBucketAccelerateConfigurationOutput {
    api::GetBucketAccelerateConfigurationOutput { status: setting.status, ..Default::default() }
}
