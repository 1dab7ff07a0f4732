//! How logs call operations: `REST.GET.OBJECT`.

/// What a request is about, by its operation; `COPY` stands for the method of those that copy.
const RESOURCES: &[(&str, &str)] = &[
    ("AbortMultipartUpload", "UPLOAD"),
    ("CompleteMultipartUpload", "UPLOAD"),
    ("CreateMultipartUpload", "UPLOADS"),
    ("DeleteObjectTagging", "OBJECT_TAGGING"),
    ("DeleteObjects", "MULTI_OBJECT_DELETE"),
    ("GetBucketLifecycleConfiguration", "LIFECYCLE"),
    ("GetBucketLogging", "LOGGING_STATUS"),
    ("GetBucketRequestPayment", "REQUEST_PAYMENT"),
    ("GetObjectAttributes", "OBJECT_ATTRIBUTES"),
    ("GetObjectLegalHold", "OBJECT_LOCK_LEGALHOLD"),
    ("GetObjectLockConfiguration", "OBJECT_LOCK_CONFIGURATION"),
    ("GetObjectRetention", "OBJECT_LOCK_RETENTION"),
    ("GetObjectTagging", "OBJECT_TAGGING"),
    ("HeadBucket", "BUCKET"),
    ("ListMultipartUploads", "UPLOADS"),
    ("ListObjectVersions", "BUCKETVERSIONS"),
    ("ListObjects", "BUCKET"),
    ("ListObjectsV2", "BUCKET"),
    ("ListParts", "UPLOAD"),
    ("PutBucketLifecycleConfiguration", "LIFECYCLE"),
    ("PutBucketLogging", "LOGGING_STATUS"),
    ("PutBucketRequestPayment", "REQUEST_PAYMENT"),
    ("PutObjectLegalHold", "OBJECT_LOCK_LEGALHOLD"),
    ("PutObjectLockConfiguration", "OBJECT_LOCK_CONFIGURATION"),
    ("PutObjectRetention", "OBJECT_LOCK_RETENTION"),
    ("PutObjectTagging", "OBJECT_TAGGING"),
    ("RestoreObject", "RESTORE"),
    ("UploadPart", "PART"),
];

pub(super) fn name(operation: &str, method: &str) -> String {
    match operation {
        "CopyObject" => return "REST.COPY.OBJECT".to_owned(),
        "UploadPartCopy" => return "REST.COPY.PART".to_owned(),
        _ => {}
    }
    let known = RESOURCES.iter().find(|(known, _)| *known == operation);
    let resource = known.map_or_else(|| by_rule(operation), |(_, resource)| (*resource).to_owned());
    format!("REST.{method}.{resource}")
}

/// `GetBucketVersioning` is about `VERSIONING`, `PutPublicAccessBlock` about `PUBLIC_ACCESS_BLOCK`.
fn by_rule(operation: &str) -> String {
    let verbs = ["Get", "Put", "Delete", "Create", "Head", "List"];
    let rest = verbs.iter().find_map(|verb| operation.strip_prefix(verb)).unwrap_or(operation);
    let about = match rest {
        "BucketPolicy" => return "BUCKETPOLICY".to_owned(),
        "BucketPolicyStatus" => return "BUCKETPOLICY_STATUS".to_owned(),
        rest => rest.strip_prefix("Bucket").filter(|about| !about.is_empty()).unwrap_or(rest),
    };
    let about = about.strip_suffix("Configurations").or(about.strip_suffix("Configuration")).unwrap_or(about);
    let mut name = String::new();
    for (place, c) in about.char_indices() {
        if place > 0 && c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn operations_are_called_by_what_they_are_about() {
        for (operation, method, expected) in [
            ("GetObject", "GET", "REST.GET.OBJECT"),
            ("CopyObject", "PUT", "REST.COPY.OBJECT"),
            ("GetBucketVersioning", "GET", "REST.GET.VERSIONING"),
            ("DeleteBucketPolicy", "DELETE", "REST.DELETE.BUCKETPOLICY"),
            ("ListObjectsV2", "GET", "REST.GET.BUCKET"),
            ("CreateBucket", "PUT", "REST.PUT.BUCKET"),
            ("GetBucketLogging", "GET", "REST.GET.LOGGING_STATUS"),
            ("GetPublicAccessBlock", "GET", "REST.GET.PUBLIC_ACCESS_BLOCK"),
            ("ListBucketInventoryConfigurations", "GET", "REST.GET.INVENTORY"),
            ("UploadPart", "PUT", "REST.PUT.PART"),
        ] {
            assert_eq!(name(operation, method), expected);
        }
    }
}
