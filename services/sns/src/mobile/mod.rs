//! Mobile push: applications of the push services, and the devices that have them, as endpoints.
//!
//! Nothing here calls a push service. Credentials for one are checked for being there and never kept, so that nobody can
//! read them again. Publishing to endpoints is not here; it finds them by [`find_endpoint`].
//!
//! Follows "Mobile push notifications" in the developer guide.

mod applications;
mod arns;
mod attributes;
mod endpoints;
mod keys;

pub(crate) use self::endpoints::find_endpoint;

use api_sns as api;
use names::Arn;
use service::Service;

use crate::at;

/// Whether it is the ARN of an endpoint, there or not.
pub(crate) fn is_endpoint_arn(arn: &str) -> bool {
    arns::endpoint(arn).is_some()
}

/// Adds the operations of mobile push to the service.
pub(crate) fn serve(service: Service) -> Service {
    service
        .transaction::<api::CreatePlatformApplication>(applications::create, |scope, input| {
            vec![Arn::in_scope("sns", scope, format_args!("app/{}/{}", input.platform, input.name))]
        })
        .transaction::<api::DeletePlatformApplication>(applications::delete, |_, input| {
            at(&input.platform_application_arn)
        })
        .read::<api::ListPlatformApplications>(applications::list, |_, _| Vec::new())
        .read::<api::GetPlatformApplicationAttributes>(applications::get_attributes, |_, input| {
            at(&input.platform_application_arn)
        })
        .transaction::<api::SetPlatformApplicationAttributes>(applications::set_attributes, |_, input| {
            at(&input.platform_application_arn)
        })
        .transaction::<api::CreatePlatformEndpoint>(endpoints::create, |_, input| {
            at(&input.platform_application_arn)
        })
        .transaction::<api::DeleteEndpoint>(endpoints::delete, |_, input| at(&input.endpoint_arn))
        .read::<api::ListEndpointsByPlatformApplication>(endpoints::list, |_, input| {
            at(&input.platform_application_arn)
        })
        .read::<api::GetEndpointAttributes>(endpoints::get_attributes, |_, input| at(&input.endpoint_arn))
        .transaction::<api::SetEndpointAttributes>(endpoints::set_attributes, |_, input| {
            at(&input.endpoint_arn)
        })
}
