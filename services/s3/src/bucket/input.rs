//! What all inputs that speak of a bucket have in common.

use api_s3 as api;

/// An input that names a bucket.
pub(crate) trait OfBucket {
    /// The bucket's name.
    fn bucket(&self) -> &str;
    /// Whose bucket the client takes it for.
    fn expected_owner(&self) -> Option<&str>;
}

macro_rules! of_bucket {
    ($($input:ident)*) => {$(
        impl OfBucket for api::$input {
            fn bucket(&self) -> &str {
                &self.bucket
            }

            fn expected_owner(&self) -> Option<&str> {
                self.expected_bucket_owner.as_deref()
            }
        }
    )*};
}

of_bucket! {
    AbortMultipartUploadInput
    CompleteMultipartUploadInput
    CopyObjectInput
    CreateMultipartUploadInput
    DeleteBucketInput
    DeleteBucketAnalyticsConfigurationInput
    DeleteBucketCorsInput
    DeleteBucketEncryptionInput
    DeleteBucketIntelligentTieringConfigurationInput
    DeleteBucketInventoryConfigurationInput
    DeleteBucketLifecycleInput
    DeleteBucketMetadataConfigurationInput
    DeleteBucketMetadataTableConfigurationInput
    DeleteBucketMetricsConfigurationInput
    DeleteBucketOwnershipControlsInput
    DeleteBucketPolicyInput
    DeleteBucketReplicationInput
    DeleteBucketTaggingInput
    DeleteBucketWebsiteInput
    DeleteObjectInput
    DeleteObjectTaggingInput
    DeleteObjectsInput
    DeletePublicAccessBlockInput
    GetBucketAbacInput
    GetBucketAccelerateConfigurationInput
    GetBucketAclInput
    GetBucketAnalyticsConfigurationInput
    GetBucketCorsInput
    GetBucketEncryptionInput
    GetBucketIntelligentTieringConfigurationInput
    GetBucketInventoryConfigurationInput
    GetBucketLifecycleConfigurationInput
    GetBucketLocationInput
    GetBucketLoggingInput
    GetBucketMetadataConfigurationInput
    GetBucketMetadataTableConfigurationInput
    GetBucketMetricsConfigurationInput
    GetBucketNotificationConfigurationInput
    GetBucketOwnershipControlsInput
    GetBucketPolicyInput
    GetBucketPolicyStatusInput
    GetBucketReplicationInput
    GetBucketRequestPaymentInput
    GetBucketTaggingInput
    GetBucketVersioningInput
    GetBucketWebsiteInput
    GetObjectAclInput
    GetObjectAttributesInput
    GetObjectInput
    GetObjectLegalHoldInput
    GetObjectLockConfigurationInput
    GetObjectRetentionInput
    GetObjectTaggingInput
    GetPublicAccessBlockInput
    HeadBucketInput
    HeadObjectInput
    PutObjectInput
    ListBucketAnalyticsConfigurationsInput
    ListBucketIntelligentTieringConfigurationsInput
    ListBucketInventoryConfigurationsInput
    ListBucketMetricsConfigurationsInput
    ListMultipartUploadsInput
    ListPartsInput
    ListObjectVersionsInput
    ListObjectsInput
    ListObjectsV2Input
    PutBucketAbacInput
    PutBucketAccelerateConfigurationInput
    PutBucketAclInput
    PutBucketAnalyticsConfigurationInput
    PutBucketCorsInput
    PutBucketEncryptionInput
    PutBucketIntelligentTieringConfigurationInput
    PutBucketInventoryConfigurationInput
    PutBucketLifecycleConfigurationInput
    PutBucketLoggingInput
    PutBucketMetricsConfigurationInput
    PutBucketNotificationConfigurationInput
    PutBucketOwnershipControlsInput
    PutBucketPolicyInput
    PutBucketReplicationInput
    PutBucketRequestPaymentInput
    PutBucketTaggingInput
    PutBucketVersioningInput
    PutBucketWebsiteInput
    PutObjectAclInput
    PutObjectLegalHoldInput
    PutObjectLockConfigurationInput
    PutObjectRetentionInput
    PutObjectTaggingInput
    PutPublicAccessBlockInput
    RestoreObjectInput
    UpdateBucketMetadataInventoryTableConfigurationInput
    UpdateBucketMetadataJournalTableConfigurationInput
    UpdateObjectEncryptionInput
    UploadPartCopyInput
    UploadPartInput
}

/// Whoever makes a bucket expects nobody to have it.
impl OfBucket for api::CreateBucketInput {
    fn bucket(&self) -> &str {
        &self.bucket
    }

    fn expected_owner(&self) -> Option<&str> {
        None
    }
}
