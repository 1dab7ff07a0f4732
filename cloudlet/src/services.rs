//! The table of services. Adding one is one line here.

use service::{Directory, Service};

/// Every service of this program.
pub(crate) fn all() -> Directory {
    let services: Vec<Service> = vec![service_sqs::service(), service_sts::service()];
    Directory::new(services)
}
