//! The form of resources in identity policies. Whether they exist is not asked.

use names::Partition;

use crate::{Fault, Patterns};

/// What the path of a resource of IAM may begin with.
pub(crate) const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Resources of S3 that do have a region.
const S3_REGIONAL: [&str; 3] = ["accesspoint/", "job/", "storage-lens"];

/// Checks all resources, in order of their text as IAM does.
pub(crate) fn check(resources: &Patterns) -> Result<(), Fault> {
    let mut sorted: Vec<&String> = resources.list().iter().collect();
    sorted.sort_unstable();
    sorted.into_iter().try_for_each(|resource| check_one(resource))
}

fn check_one(resource: &str) -> Result<(), Fault> {
    if resource == "*" {
        return Ok(());
    }
    let mut parts = resource.splitn(6, ':');
    let (scheme, partition) = (parts.next(), parts.next());
    let Some(partition) = partition.filter(|_| scheme == Some("arn")) else {
        return Err(Fault::ResourceForm(resource.to_owned()));
    };
    let rest: Vec<&str> = parts.collect();
    if partition != "*" && Partition::from_name(partition).is_none() {
        return Err(Fault::ResourcePartition(partition.to_owned(), with_gaps_filled(partition, &rest)));
    }
    match rest[..] {
        [] => Err(Fault::ResourceVendor),
        [vendor, ..] if vendor.contains(['*', '?']) => Err(Fault::ResourceVendor),
        ["", ..] | [_] | [_, _] | [_, _, _] => Err(Fault::ResourceParts),
        [vendor, region, _, path, ..] => check_vendor(resource, vendor, region, path),
    }
}

/// The rules that IAM and S3 have for their own resources.
fn check_vendor(resource: &str, vendor: &str, region: &str, path: &str) -> Result<(), Fault> {
    let begins = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    match vendor {
        "iam" if !region.is_empty() => Err(Fault::ResourceRegion("iam", resource.to_owned())),
        "iam" if path != "*" && !begins(&IAM_PATHS) => Err(Fault::ResourceIamPath),
        "s3" if !region.is_empty() && !begins(&S3_REGIONAL) => {
            Err(Fault::ResourceRegion("s3", resource.to_owned()))
        }
        _ => Ok(()),
    }
}

/// The resource as IAM repeats it: missing parts become stars.
fn with_gaps_filled(partition: &str, rest: &[&str]) -> String {
    let part = |at: usize| rest.get(at).copied().filter(|part| rest.len() > 1 || !part.is_empty());
    let parts: Vec<&str> = (0..4).map(|at| part(at).unwrap_or("*")).collect();
    format!("arn:{partition}:{}", parts.join(":"))
}
