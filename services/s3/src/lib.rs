//! S3: buckets and what is set for them.
//!
//! A bucket is one record, found by its name in all accounts and regions; each of its settings is another one (`keys` has
//! the layout). Whoever speaks of a bucket comes through [`bucket::Bucket::of`].
//!
//! Never here: HTTP, XML and signatures. Objects are still to come.

mod action;
mod bucket;
mod errors;
mod host;
mod keys;
mod owner;

use api_s3 as api;
use service::{Service, Sweeper};

/// Deletes what deleted buckets leave behind.
const SWEEPER: Sweeper = Sweeper::new("s3");

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .addresses(host::address)
        .actions(action::of)
        .transaction::<api::CreateBucket>(bucket::create, bucket::resource)
        .transaction::<api::DeleteBucket>(bucket::delete, bucket::resource)
        .read::<api::GetBucketLocation>(bucket::location, bucket::resource)
        .read::<api::HeadBucket>(bucket::head, bucket::resource)
        .read::<api::ListBuckets>(bucket::list, |_, _| Vec::new())
        .work("sweep", |cloud| SWEEPER.run(cloud))
}
