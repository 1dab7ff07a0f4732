//! Where the log of requests goes.

use api_s3 as api;
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::{self, Setting};
use crate::{access_log, keys};

impl Setting for api::BucketLoggingStatus {
    const KIND: &'static str = "logging";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        let Some(logging) = &self.logging_enabled else { return Ok(()) };
        let invalid = |message: &str| {
            let fault = Fault::new("InvalidTargetBucketForLogging", 400, message);
            fault.with_element("TargetBucket", logging.target_bucket.clone())
        };
        let Some(target) = tx.get_shared::<Bucket>(&keys::bucket(&logging.target_bucket))? else {
            return Err(invalid("The target bucket for logging does not exist").into());
        };
        if target.owner != bucket.owner {
            let message = "The owner for the bucket to be logged and the target bucket must be the same.";
            return Err(invalid(message).into());
        }
        if target.region != bucket.region {
            return Err(Fault::new(
                "CrossLocationLoggingProhibitted",
                403,
                "Cross S3 location logging not allowed. ",
            )
            .with_element("SourceBucketLocation", bucket.region.as_str())
            .with_element("TargetBucketLocation", target.region.as_str())
            .into());
        }
        Ok(())
    }

    fn absent(_: &Bucket) -> Result<Self, Fault> {
        Ok(Self::default())
    }
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutBucketLoggingInput,
) -> Result<api::PutBucketLoggingOutput> {
    let output = setting::put(tx, input, &input.bucket_logging_status)?;
    access_log::note(tx, &input.bucket, input.bucket_logging_status.logging_enabled.is_some());
    Ok(output)
}

pub(crate) fn shown(setting: api::BucketLoggingStatus) -> api::GetBucketLoggingOutput {
    api::GetBucketLoggingOutput { logging_enabled: setting.logging_enabled }
}
