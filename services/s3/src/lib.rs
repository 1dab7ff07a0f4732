//! S3: buckets, what is set for them, and objects.
//!
//! A bucket is one record, found by its name in all accounts and regions; each of its settings is another one (`keys` has
//! the layout). Whoever speaks of a bucket comes through [`bucket::Bucket::of`].
//!
//! What stands in buckets is in [`object`]. What browsers send has its own ways in: `website`, `form` and `cors`.
//!
//! Never here: signatures; and, but for those ways, HTTP and XML.

mod absent;
mod access;
mod access_log;
mod access_point;
mod action;
mod archive;
mod bucket;
mod condition;
mod cors;
mod errors;
mod events;
mod filter;
mod form;
mod host;
mod keys;
mod lifecycle;
mod numbered;
mod object;
mod owner;
mod replication;
mod s3control;
mod setting;
mod settings;
mod upgrade;
mod website;

use api_s3 as api;
use service::{Service, Sweeper};

pub use s3control::service as control;

use settings::{
    accelerate, acl, analytics, encryption, inventory, logging, metadata, metrics, notification, object_lock,
    ownership, policy, public_access, request_payment, tagging, tiering, versioning,
};

/// Deletes what deleted buckets and uploads leave behind.
const SWEEPER: Sweeper = Sweeper::new("s3").deleting(object::swept);

/// The service.
#[must_use]
pub fn service() -> Service {
    let service = Service::new(&api::FACTS)
        .addresses(host::address)
        .passages(access_point::passage::of)
        .cross_origin(cors::allowed)
        .forms(form::take)
        .front(website::accepts, website::answer)
        .actions(action::of)
        .resource_policies(access::policy_of, access::SHARED)
        .owners(access::owner_of, access::MAKING)
        .access_lists(access::listed)
        .absent(absent::answer)
        .refusing(access::refused)
        .caller_conditions(condition::of_caller)
        .transaction::<api::CreateBucket>(bucket::create, bucket::resource)
        .transaction::<api::DeleteBucket>(bucket::delete, bucket::resource)
        .read::<api::GetBucketLocation>(bucket::location, bucket::resource)
        .read::<api::HeadBucket>(bucket::head, bucket::resource)
        .read::<api::ListBuckets>(bucket::list, |_, _| Vec::new())
        .work("sweep", |cloud| SWEEPER.run(cloud))
        .work("notices", events::run)
        .work("lifecycle", lifecycle::run)
        .work("restores", archive::run)
        .work("replicas", replication::run)
        .work("logs", access_log::run)
        .ending(access_log::deliver)
        .witness(access_log::witness)
        .wording(errors::of_failure)
        .upgrade(upgrade::run)
        .setting(archive::RESTORE_SECONDS.0, archive::RESTORE_SECONDS.1);
    let parts = [
        with_access,
        with_conditions,
        with_metadata,
        with_keeping,
        with_front,
        with_news,
        with_analytics,
        with_reports,
        with_objects,
        with_uploads,
    ];
    parts.into_iter().fold(service, |service, with_part| with_part(service))
}

/// What stands in buckets.
fn with_objects(service: Service) -> Service {
    service
        .waiting::<api::CopyObject, _, _>(object::copy, object::resource)
        .transaction::<api::DeleteObject>(object::delete, object::resource)
        .transaction::<api::DeleteObjectTagging>(object::delete_tagging, object::resource)
        .waiting::<api::DeleteObjects, _, _>(object::delete_many, object::resource_of_all)
        .waiting::<api::GetObject, _, _>(object::get, object::resource)
        .read::<api::GetObjectAcl>(object::acl, object::resource)
        .read::<api::GetObjectAttributes>(object::attributes, object::resource)
        .read::<api::GetObjectLegalHold>(object::legal_hold, object::resource)
        .read::<api::GetObjectRetention>(object::retention, object::resource)
        .read::<api::GetObjectTagging>(object::tagging, object::resource)
        .read::<api::HeadObject>(object::head, object::resource)
        .read::<api::ListObjectVersions>(object::list_versions, bucket::resource)
        .read::<api::ListObjects>(object::list, bucket::resource)
        .read::<api::ListObjectsV2>(object::list_v2, bucket::resource)
        .waiting::<api::PutObject, _, _>(object::put, object::resource)
        .transaction::<api::PutObjectAcl>(object::put_acl, object::resource)
        .transaction::<api::PutObjectLegalHold>(object::put_legal_hold, object::resource)
        .transaction::<api::PutObjectRetention>(object::put_retention, object::resource)
        .transaction::<api::PutObjectTagging>(object::put_tagging, object::resource)
        .transaction::<api::RestoreObject>(archive::restore, object::resource)
        .transaction::<api::UpdateObjectEncryption>(object::update_encryption, object::resource)
}

/// What becomes an object, a part at a time.
fn with_uploads(service: Service) -> Service {
    service
        .transaction::<api::AbortMultipartUpload>(object::abort, object::resource)
        .transaction::<api::CompleteMultipartUpload>(object::complete, object::resource)
        .transaction::<api::CreateMultipartUpload>(object::create, object::resource)
        .read::<api::ListMultipartUploads>(object::list_uploads, bucket::resource)
        .read::<api::ListParts>(object::list_parts, object::resource)
        .waiting::<api::UploadPart, _, _>(object::upload_part, object::resource)
        .waiting::<api::UploadPartCopy, _, _>(object::copy_part, object::resource)
}

/// What requests are for condition keys before anything is read.
fn with_conditions(service: Service) -> Service {
    service
        .conditions::<api::CopyObject>(condition::of_new)
        .conditions::<api::CreateBucket>(condition::of_list)
        .conditions::<api::CreateMultipartUpload>(condition::of_new)
        .conditions::<api::PutBucketAcl>(condition::of_list)
        .conditions::<api::PutObject>(condition::of_new)
}

/// Tables of metadata, of which no bucket has any.
fn with_metadata(service: Service) -> Service {
    service
        .read::<api::DeleteBucketMetadataConfiguration>(metadata::missing, bucket::resource)
        .read::<api::DeleteBucketMetadataTableConfiguration>(metadata::missing, bucket::resource)
        .read::<api::GetBucketMetadataConfiguration>(metadata::missing, bucket::resource)
        .read::<api::GetBucketMetadataTableConfiguration>(metadata::missing, bucket::resource)
        .read::<api::UpdateBucketMetadataInventoryTableConfiguration>(metadata::missing, bucket::resource)
        .read::<api::UpdateBucketMetadataJournalTableConfiguration>(metadata::missing, bucket::resource)
}

/// Who may use a bucket.
fn with_access(service: Service) -> Service {
    service
        .transaction::<api::PutBucketAcl>(acl::put, bucket::resource)
        .read::<api::GetBucketAcl>(|view, input| setting::get(view, input, acl::shown), bucket::resource)
        .transaction::<api::PutBucketOwnershipControls>(
            |tx, input| setting::put(tx, input, &input.ownership_controls),
            bucket::resource,
        )
        .read::<api::GetBucketOwnershipControls>(
            |view, input| setting::get(view, input, ownership::shown),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketOwnershipControls>(
            setting::delete::<api::OwnershipControls, _>,
            bucket::resource,
        )
        .transaction::<api::PutBucketPolicy>(policy::put, bucket::resource)
        .read::<api::GetBucketPolicy>(|view, input| setting::get(view, input, as_kept), bucket::resource)
        .transaction::<api::DeleteBucketPolicy>(
            setting::delete::<api::GetBucketPolicyOutput, _>,
            bucket::resource,
        )
        .read::<api::GetBucketPolicyStatus>(policy::status, bucket::resource)
        .transaction::<api::PutPublicAccessBlock>(
            |tx, input| setting::put(tx, input, &input.public_access_block_configuration),
            bucket::resource,
        )
        .read::<api::GetPublicAccessBlock>(
            |view, input| setting::get(view, input, public_access::shown),
            bucket::resource,
        )
        .transaction::<api::DeletePublicAccessBlock>(
            setting::delete::<api::PublicAccessBlockConfiguration, _>,
            bucket::resource,
        )
}

/// What becomes of the objects of a bucket.
fn with_keeping(service: Service) -> Service {
    service
        .transaction::<api::PutBucketEncryption>(
            |tx, input| setting::put(tx, input, &input.server_side_encryption_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketEncryption>(
            |view, input| setting::get(view, input, encryption::shown),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketEncryption>(
            setting::delete::<api::ServerSideEncryptionConfiguration, _>,
            bucket::resource,
        )
        .transaction::<api::PutBucketLifecycleConfiguration>(settings::lifecycle::put, bucket::resource)
        .read::<api::GetBucketLifecycleConfiguration>(
            |view, input| setting::get(view, input, as_kept),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketLifecycle>(
            setting::delete::<api::GetBucketLifecycleConfigurationOutput, _>,
            bucket::resource,
        )
        .transaction::<api::PutBucketReplication>(
            |tx, input| setting::put(tx, input, &input.replication_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketReplication>(
            |view, input| setting::get(view, input, settings::replication::shown),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketReplication>(
            setting::delete::<api::ReplicationConfiguration, _>,
            bucket::resource,
        )
        .transaction::<api::PutBucketVersioning>(versioning::put, bucket::resource)
        .read::<api::GetBucketVersioning>(
            |view, input| setting::get(view, input, versioning::shown),
            bucket::resource,
        )
        .transaction::<api::PutObjectLockConfiguration>(object_lock::put, bucket::resource)
        .read::<api::GetObjectLockConfiguration>(
            |view, input| setting::get(view, input, object_lock::shown),
            bucket::resource,
        )
}

/// How a bucket is reached from the web.
fn with_front(service: Service) -> Service {
    service
        .transaction::<api::PutBucketAccelerateConfiguration>(
            |tx, input| setting::put(tx, input, &input.accelerate_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketAccelerateConfiguration>(
            |view, input| setting::get(view, input, accelerate::shown),
            bucket::resource,
        )
        .transaction::<api::PutBucketCors>(
            |tx, input| setting::put(tx, input, &input.cors_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketCors>(
            |view, input| setting::get(view, input, settings::cors::shown),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketCors>(setting::delete::<api::CorsConfiguration, _>, bucket::resource)
        .transaction::<api::PutBucketRequestPayment>(
            |tx, input| setting::put(tx, input, &input.request_payment_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketRequestPayment>(
            |view, input| setting::get(view, input, request_payment::shown),
            bucket::resource,
        )
        .transaction::<api::PutBucketWebsite>(
            |tx, input| setting::put(tx, input, &input.website_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketWebsite>(
            |view, input| setting::get(view, input, settings::website::shown),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketWebsite>(
            setting::delete::<api::WebsiteConfiguration, _>,
            bucket::resource,
        )
}

/// Who hears of a bucket, and what it is called.
fn with_news(service: Service) -> Service {
    service
        .transaction::<api::PutBucketLogging>(logging::put, bucket::resource)
        .read::<api::GetBucketLogging>(
            |view, input| setting::get(view, input, logging::shown),
            bucket::resource,
        )
        .waiting::<api::PutBucketNotificationConfiguration, _, _>(notification::put, bucket::resource)
        .read::<api::GetBucketNotificationConfiguration>(
            |view, input| setting::get(view, input, as_kept),
            bucket::resource,
        )
        .transaction::<api::PutBucketAbac>(
            |tx, input| setting::put(tx, input, &input.abac_status),
            bucket::resource,
        )
        .read::<api::GetBucketAbac>(
            |view, input| setting::get(view, input, settings::abac::shown),
            bucket::resource,
        )
        .transaction::<api::PutBucketTagging>(
            |tx, input| setting::put(tx, input, &input.tagging),
            bucket::resource,
        )
        .read::<api::GetBucketTagging>(
            |view, input| setting::get(view, input, tagging::shown),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketTagging>(setting::delete::<api::Tagging, _>, bucket::resource)
}

/// Analytics and intelligent tiering, of which a bucket has several.
fn with_analytics(service: Service) -> Service {
    service
        .transaction::<api::PutBucketAnalyticsConfiguration>(
            |tx, input| numbered::put(tx, input, &input.id, &input.analytics_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketAnalyticsConfiguration>(
            |view, input| numbered::get(view, input, &input.id, analytics::shown),
            bucket::resource,
        )
        .read::<api::ListBucketAnalyticsConfigurations>(
            |view, input| numbered::list(view, input, input.continuation_token.as_deref(), analytics::listed),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketAnalyticsConfiguration>(
            |tx, input| numbered::delete::<api::AnalyticsConfiguration, _>(tx, input, &input.id),
            bucket::resource,
        )
        .transaction::<api::PutBucketIntelligentTieringConfiguration>(
            |tx, input| numbered::put(tx, input, &input.id, &input.intelligent_tiering_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketIntelligentTieringConfiguration>(
            |view, input| numbered::get(view, input, &input.id, tiering::shown),
            bucket::resource,
        )
        .read::<api::ListBucketIntelligentTieringConfigurations>(
            |view, input| numbered::list(view, input, input.continuation_token.as_deref(), tiering::listed),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketIntelligentTieringConfiguration>(
            |tx, input| numbered::delete::<api::IntelligentTieringConfiguration, _>(tx, input, &input.id),
            bucket::resource,
        )
}

/// Inventories and metrics, of which a bucket has several.
fn with_reports(service: Service) -> Service {
    service
        .transaction::<api::PutBucketInventoryConfiguration>(
            |tx, input| numbered::put(tx, input, &input.id, &input.inventory_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketInventoryConfiguration>(
            |view, input| numbered::get(view, input, &input.id, inventory::shown),
            bucket::resource,
        )
        .read::<api::ListBucketInventoryConfigurations>(
            |view, input| numbered::list(view, input, input.continuation_token.as_deref(), inventory::listed),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketInventoryConfiguration>(
            |tx, input| numbered::delete::<api::InventoryConfiguration, _>(tx, input, &input.id),
            bucket::resource,
        )
        .transaction::<api::PutBucketMetricsConfiguration>(
            |tx, input| numbered::put(tx, input, &input.id, &input.metrics_configuration),
            bucket::resource,
        )
        .read::<api::GetBucketMetricsConfiguration>(
            |view, input| numbered::get(view, input, &input.id, metrics::shown),
            bucket::resource,
        )
        .read::<api::ListBucketMetricsConfigurations>(
            |view, input| numbered::list(view, input, input.continuation_token.as_deref(), metrics::listed),
            bucket::resource,
        )
        .transaction::<api::DeleteBucketMetricsConfiguration>(
            |tx, input| numbered::delete::<api::MetricsConfiguration, _>(tx, input, &input.id),
            bucket::resource,
        )
}

/// Some settings are shown as they are kept.
fn as_kept<S>(setting: S) -> S {
    setting
}
