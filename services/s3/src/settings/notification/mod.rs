//! Who is told of what happens in a bucket.

mod check;
mod destination;
mod overlap;

pub(crate) use destination::{SUBJECT, queue_url};

use api_s3 as api;
use service::{Context, Result, Tx};
use wire::Fault;

use crate::bucket::Bucket;
use crate::setting::{self, Setting};

impl Setting for api::NotificationConfiguration {
    const KIND: &'static str = "notification";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        Ok(check::check(self, bucket, tx.random())?)
    }

    fn absent(_: &Bucket) -> Result<Self, Fault> {
        Ok(Self::default())
    }
}

/// Whoever is to be told is told so at once, which shows whether it can be.
pub(crate) async fn put(
    context: Context,
    input: api::PutBucketNotificationConfigurationInput,
) -> Result<api::PutBucketNotificationConfigurationOutput> {
    let bucket = Bucket::of(&*context.view(), &context, &input)?;
    let mut wanted = input.notification_configuration.clone();
    check::check(&mut wanted, &bucket, context.random())?;
    if input.skip_destination_validation != Some(true) {
        destination::try_all(&context, &bucket, &wanted).await?;
    }
    context.transact(|tx| setting::put(tx, &input, &wanted)).await
}
