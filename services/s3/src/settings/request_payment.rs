//! Who pays for requests.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::Setting;

impl Setting for api::RequestPaymentConfiguration {
    const KIND: &'static str = "request-payment";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        Ok(())
    }

    fn absent(_: &Bucket) -> Result<Self, Fault> {
        Ok(Self { payer: api::Payer::BucketOwner })
    }
}

pub(crate) fn shown(setting: api::RequestPaymentConfiguration) -> api::GetBucketRequestPaymentOutput {
    api::GetBucketRequestPaymentOutput { payer: Some(setting.payer) }
}
