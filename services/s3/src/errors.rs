//! S3's errors, in its words, with what each is about beside them.

use names::{Arn, Region};
use wire::Fault;

use crate::bucket::Bucket;

pub(crate) fn no_such_bucket(name: &str) -> Fault {
    Fault::new("NoSuchBucket", 404, "The specified bucket does not exist").with_element("BucketName", name)
}

pub(crate) fn access_denied() -> Fault {
    Fault::new("AccessDenied", 403, "Access Denied")
}

pub(crate) fn invalid_argument(message: impl Into<String>) -> Fault {
    Fault::new("InvalidArgument", 400, message)
}

/// An argument, by its name and as it came.
pub(crate) fn argument(message: impl Into<String>, name: &str, value: &str) -> Fault {
    invalid_argument(message).with_element("ArgumentName", name).with_element("ArgumentValue", value)
}

pub(crate) fn invalid_request(message: impl Into<String>) -> Fault {
    Fault::new("InvalidRequest", 400, message)
}

/// It was tried often enough.
pub(crate) fn slow_down() -> Fault {
    Fault::new("SlowDown", 503, "Please reduce your request rate.")
}

/// What S3 calls a failure of its own.
pub(crate) fn of_failure(fault: Fault) -> Fault {
    if fault.code == "InternalFailure" {
        Fault::new("InternalError", 500, "We encountered an internal error. Please try again.")
    } else {
        fault
    }
}

/// S3 itself has no such thing.
pub(crate) fn not_implemented() -> Fault {
    let message = "A header you provided implies functionality that is not implemented";
    Fault::new("NotImplemented", 501, message)
}

pub(crate) fn malformed_xml() -> Fault {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    Fault::new("MalformedXML", 400, message)
}

/// Refuses what is no bucket's ARN.
pub(crate) fn check_destination(bucket: &str) -> Result<(), Fault> {
    let arn = bucket.parse::<Arn>().ok();
    let is_bucket = arn.is_some_and(|arn| arn.service() == "s3" && !arn.resource().contains(['/', ':']));
    if is_bucket { Ok(()) } else { Err(argument("Invalid bucket ARN", "Bucket", bucket)) }
}

/// The host means another region than the bucket's.
pub(crate) fn permanent_redirect(bucket: &Bucket) -> Fault {
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send \
                   all future requests to this endpoint.";
    let endpoint = format!("{}.s3.{}.amazonaws.com", bucket.name, bucket.region);
    Fault::new("PermanentRedirect", 301, message)
        .with_element("Endpoint", endpoint)
        .with_element("Bucket", bucket.name.clone())
        .with_header("x-amz-bucket-region", bucket.region.as_str())
}

/// The signature is for another region than the bucket's.
pub(crate) fn wrong_region(signed: &Region, bucket: &Bucket) -> Fault {
    let message = format!(
        "The authorization header is malformed; the region '{signed}' is wrong; expecting '{}'",
        bucket.region
    );
    Fault::new("AuthorizationHeaderMalformed", 400, message)
        .with_element("Region", bucket.region.as_str())
        .with_header("x-amz-bucket-region", bucket.region.as_str())
}
