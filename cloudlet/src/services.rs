//! The table of services. Adding one is one line here.

use std::path::Path;

use service::{Directory, Service};

/// Every service of this program. `work` is a folder for what can be made again.
pub(crate) fn all(work: &Path) -> Directory {
    let services: Vec<Service> = vec![
        service_apigatewayv2::service(),
        service_dynamodb::service(),
        service_iam::service(),
        service_lambda::service(work.join("lambda")),
        service_logs::service(),
        service_sns::service(),
        service_sqs::service(),
        service_sts::service(),
    ];
    Directory::new(services)
}
