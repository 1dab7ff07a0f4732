//! Operations that are not here, as S3 answers whoever cannot use them: they were given up, are closed to new accounts, or are
//! for directory buckets.

use wire::{Fault, OperationFacts, ServiceFacts};

/// Those, with the kind of resource that they are for.
const CLOSED: [(&str, &str); 6] = [
    ("CreateSession", "BUCKET"),
    ("GetObjectTorrent", "OBJECT"),
    ("ListDirectoryBuckets", "SERVICE"),
    ("RenameObject", "OBJECT"),
    ("SelectObjectContent", "OBJECT"),
    ("WriteGetObjectResponse", "OBJECT"),
];

pub(crate) fn answer(service: &ServiceFacts, operation: &OperationFacts) -> Fault {
    let Some((_, resource)) = CLOSED.iter().find(|(name, _)| *name == operation.name) else {
        return service::not_built(service.name, operation.name);
    };
    Fault::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
        .with_element("Method", operation.http.method)
        .with_element("ResourceType", *resource)
}
