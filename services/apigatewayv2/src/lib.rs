//! API Gateway v2: HTTP APIs with routes to Lambda functions, and the front by which clients reach them.
//!
//! An API is one record with its routes, integrations and stages: it is small (AWS's quota is 300 routes) and read whole
//! by each request.
//!
//! Never here: WebSocket APIs, authorizers, mappings and deployments by hand, which are refused by name.

mod api;
mod apis;
mod errors;
mod front;
mod integrations;
mod keys;
mod pattern;
mod routes;
mod stages;
mod tags;

use api_apigatewayv2 as model;
use names::{Arn, Scope};
use service::Service;
use wire::OperationFacts;

/// The service.
#[must_use]
pub fn service() -> Service {
    use model as api;
    Service::new(&model::FACTS)
        .invalid_as("BadRequestException")
        .actions(action)
        .transaction::<api::CreateApi>(apis::create, |scope, _| at(scope, "/apis"))
        .read::<api::GetApi>(apis::get, |scope, input| at(scope, format_args!("/apis/{}", input.api_id)))
        .read::<api::GetApis>(apis::list, |scope, _| at(scope, "/apis"))
        .transaction::<api::DeleteApi>(apis::delete, |scope, input| {
            at(scope, format_args!("/apis/{}", input.api_id))
        })
        .transaction::<api::CreateIntegration>(integrations::create, |scope, input| {
            at(scope, format_args!("/apis/{}/integrations", input.api_id))
        })
        .read::<api::GetIntegration>(integrations::get, |scope, input| {
            at(scope, format_args!("/apis/{}/integrations/{}", input.api_id, input.integration_id))
        })
        .read::<api::GetIntegrations>(integrations::list, |scope, input| {
            at(scope, format_args!("/apis/{}/integrations", input.api_id))
        })
        .transaction::<api::DeleteIntegration>(integrations::delete, |scope, input| {
            at(scope, format_args!("/apis/{}/integrations/{}", input.api_id, input.integration_id))
        })
        .transaction::<api::CreateRoute>(routes::create, |scope, input| {
            at(scope, format_args!("/apis/{}/routes", input.api_id))
        })
        .read::<api::GetRoute>(routes::get, |scope, input| {
            at(scope, format_args!("/apis/{}/routes/{}", input.api_id, input.route_id))
        })
        .read::<api::GetRoutes>(routes::list, |scope, input| {
            at(scope, format_args!("/apis/{}/routes", input.api_id))
        })
        .transaction::<api::DeleteRoute>(routes::delete, |scope, input| {
            at(scope, format_args!("/apis/{}/routes/{}", input.api_id, input.route_id))
        })
        .transaction::<api::CreateStage>(stages::create, |scope, input| {
            at(scope, format_args!("/apis/{}/stages", input.api_id))
        })
        .read::<api::GetStage>(stages::get, |scope, input| {
            at(scope, format_args!("/apis/{}/stages/{}", input.api_id, input.stage_name))
        })
        .read::<api::GetStages>(stages::list, |scope, input| {
            at(scope, format_args!("/apis/{}/stages", input.api_id))
        })
        .transaction::<api::DeleteStage>(stages::delete, |scope, input| {
            at(scope, format_args!("/apis/{}/stages/{}", input.api_id, input.stage_name))
        })
        .transaction::<api::TagResource>(tags::tag, |scope, input| tags_of(scope, &input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |scope, input| tags_of(scope, &input.resource_arn))
        .read::<api::GetTags>(tags::list, |scope, input| tags_of(scope, &input.resource_arn))
        .tagging(tags::TAGGING)
        .upgrade(tags::upgrade)
        .front(front::accepts, front::answer)
}

/// Policies name the method, not the operation.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(operation.http.method)
}

/// The tags of a resource, as a resource.
fn tags_of(scope: &Scope, arn: &str) -> Vec<Arn> {
    at(scope, format_args!("/tags/{arn}"))
}

/// The resource at that path, which no account owns.
fn at(scope: &Scope, path: impl std::fmt::Display) -> Vec<Arn> {
    vec![Arn::regional("apigateway", &scope.region, path)]
}
