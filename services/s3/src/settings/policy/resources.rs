//! The policy of a bucket, or of an access point, speaks of that and of its objects, and of what can be done to them.

use names::Arn;
use policy::{Document, Patterns, Statement};
use wire::Fault;

use super::malformed;

/// Actions on objects whose names do not say so.
const ON_OBJECTS: [&str; 5] = [
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "ListMultipartUploadParts",
    "ReplicateDelete",
    "ReplicateTags",
];
/// Actions on buckets whose names speak of objects.
const ON_BUCKETS: [&str; 2] = ["GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration"];

/// Checks the policy of what has this ARN, behind which `objects` stands before the key of an object.
pub(super) fn check(document: &Document, arn: &Arn, objects: &str) -> Result<(), Fault> {
    document.statements().iter().try_for_each(|statement| check_statement(statement, arn, objects))
}

fn check_statement(statement: &Statement, arn: &Arn, objects: &str) -> Result<(), Fault> {
    let resources = statement.resources.as_ref().map(Patterns::list).unwrap_or_default();
    let actions = statement.actions.list();
    let is_ours = |action: &String| action == "*" || action.to_ascii_lowercase().starts_with("s3:");
    if !actions.iter().all(is_ours) {
        return Err(malformed("Policy has invalid action"));
    }
    let speaks_of_it =
        |resource: &String| resource.strip_prefix(arn.as_str()).is_some_and(|rest| may_be(rest, objects));
    if !resources.iter().all(speaks_of_it) {
        return Err(malformed("Policy has invalid resource"));
    }
    // Wildcards may mean both.
    let is_of_object = |resource: &String| resource[arn.as_str().len()..].starts_with('/');
    let (objects, buckets) =
        (resources.iter().any(is_of_object), resources.iter().any(|one| !is_of_object(one)));
    let has_wildcard = resources.iter().any(|resource| resource.ends_with('*') && !is_of_object(resource));
    let applies = |action: &String| match on_objects(action) {
        Some(true) => objects || has_wildcard,
        Some(false) => buckets,
        None => true,
    };
    let only = matches!(statement.resources, Some(Patterns::Only(_)))
        && matches!(statement.actions, Patterns::Only(_));
    if only && !actions.iter().all(applies) {
        return Err(malformed("Action does not apply to any resource(s) in statement"));
    }
    Ok(())
}

/// Whether what stands behind an ARN in a resource may mean the thing itself, or one of its objects.
fn may_be(rest: &str, objects: &str) -> bool {
    match rest.split_once('*') {
        None => rest.is_empty() || rest.starts_with(objects),
        Some((fixed, _)) => fixed.starts_with(objects) || objects.starts_with(fixed),
    }
}

/// Whether an action is one on objects, rather than on buckets; nothing for several at once.
fn on_objects(action: &str) -> Option<bool> {
    let name = action.split_once(':')?.1;
    if name.contains(['*', '?']) {
        return None;
    }
    let is = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    Some(is(&ON_OBJECTS) || (name.to_ascii_lowercase().contains("object") && !is(&ON_BUCKETS)))
}

#[cfg(test)]
mod tests {
    use super::{may_be, on_objects};

    #[test]
    fn resources_are_the_thing_or_its_objects() {
        for (rest, of_bucket, of_point) in [
            ("", true, true),
            ("*", true, true),
            ("/*", true, true),
            ("/k", true, false),
            ("/object/k", true, true),
            ("/object*", true, true),
            ("/obj/*", true, false),
            ("-other", false, false),
        ] {
            assert_eq!((may_be(rest, "/"), may_be(rest, "/object/")), (of_bucket, of_point), "{rest}");
        }
    }

    #[test]
    fn actions_are_on_buckets_or_objects() {
        for action in ["s3:GetObject", "s3:PutObjectAcl", "S3:abortmultipartupload", "s3:RestoreObject"] {
            assert_eq!(on_objects(action), Some(true), "{action}");
        }
        for action in ["s3:ListBucket", "s3:GetBucketObjectLockConfiguration", "s3:PutBucketCORS"] {
            assert_eq!(on_objects(action), Some(false), "{action}");
        }
        assert_eq!((on_objects("s3:Get*"), on_objects("*")), (None, None));
    }
}
