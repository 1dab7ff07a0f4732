//! API Gateway v2: HTTP APIs, and the front by which clients reach them.
//!
//! An API is one record with its routes, integrations, authorizers and stages: it is small (AWS's quota is 300 routes), and what a
//! stage does with requests is made of it once.
//!
//! Never here: WebSocket APIs, names of the user's own, VPC links, models and access logs, which are refused by name.

mod api;
mod apis;
mod authorizers;
mod call;
mod deployments;
mod documents;
mod errors;
mod integrations;
mod keys;
mod old;
mod parts;
mod pattern;
mod routes;
mod stages;
mod tags;

use api_apigatewayv2 as model;
use names::{Arn, Scope};
use service::Service;
use wire::OperationFacts;

use api::Asked;

/// The resource of an operation below an API.
macro_rules! below {
    ($path:literal $(, $label:ident)*) => {
        |scope, input| at(scope, format_args!(concat!("/apis/{}", $path), input.api_id $(, input.$label)*))
    };
}

/// The resource of an operation on one of a kind.
macro_rules! one {
    ($folder:literal, $id:ident) => {
        |scope, input| at(scope, format_args!(concat!("/apis/{}", $folder, "/{}"), input.api_id, input.$id))
    };
}

/// The five operations on a kind of what belongs to an API.
macro_rules! kind {
    ($service:ident, $kind:path, $folder:literal, $id:ident: $create:ident, $get:ident, $list:ident, $update:ident, $delete:ident) => {
        $service
            .transaction::<model::$create>(
                |tx, input| parts::create(tx, &$kind, &input.api_id, input),
                below!($folder),
            )
            .read::<model::$get>(
                |view, input| parts::get(view, &$kind, &input.api_id, &input.$id),
                one!($folder, $id),
            )
            .read::<model::$list>(
                |view, input| {
                    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
                    let operation = concat!("apigatewayv2:", stringify!($list));
                    let asked = Asked { operation, max_results, token };
                    parts::list(view, &$kind, &input.api_id, &asked)
                },
                below!($folder),
            )
            .transaction::<model::$update>(
                |tx, input| parts::update(tx, &$kind, &input.api_id, &input.$id, input),
                one!($folder, $id),
            )
            .transaction::<model::$delete>(
                |tx, input| {
                    parts::delete(tx, &$kind, &input.api_id, &input.$id)?;
                    Ok(Default::default())
                },
                one!($folder, $id),
            )
    };
}

/// The service.
#[must_use]
pub fn service() -> Service {
    let service = Service::new(&model::FACTS)
        .invalid_as("BadRequestException")
        .actions(action)
        .tagging(tags::TAGGING)
        .upgrade(tags::upgrade)
        .front(call::accepts, call::answer)
        .signed_visits_as("execute-api");
    [whole, belongings, stages, tagged].into_iter().fold(service, |service, add| add(service))
}

fn whole(service: Service) -> Service {
    service
        .transaction::<model::CreateApi>(apis::create, |scope, _| at(scope, "/apis"))
        .read::<model::GetApi>(apis::get, below!(""))
        .read::<model::GetApis>(apis::list, |scope, _| at(scope, "/apis"))
        .transaction::<model::UpdateApi>(apis::update, below!(""))
        .transaction::<model::DeleteApi>(apis::delete, below!(""))
        .transaction::<model::DeleteCorsConfiguration>(apis::delete_cors, below!("/cors"))
}

fn belongings(service: Service) -> Service {
    let service = kind!(service, integrations::KIND, "/integrations", integration_id:
        CreateIntegration, GetIntegration, GetIntegrations, UpdateIntegration, DeleteIntegration);
    let service = kind!(service, authorizers::KIND, "/authorizers", authorizer_id:
        CreateAuthorizer, GetAuthorizer, GetAuthorizers, UpdateAuthorizer, DeleteAuthorizer);
    kind!(service, routes::KIND, "/routes", route_id: CreateRoute, GetRoute, GetRoutes, UpdateRoute, DeleteRoute)
}

fn stages(service: Service) -> Service {
    service
        .transaction::<model::CreateStage>(stages::create, below!("/stages"))
        .read::<model::GetStage>(stages::get, below!("/stages/{}", stage_name))
        .read::<model::GetStages>(stages::list, below!("/stages"))
        .transaction::<model::UpdateStage>(stages::update, below!("/stages/{}", stage_name))
        .transaction::<model::DeleteStage>(stages::delete, below!("/stages/{}", stage_name))
        .transaction::<model::DeleteRouteSettings>(
            stages::delete_route_settings,
            below!("/stages/{}/routesettings/{}", stage_name, route_key),
        )
        .transaction::<model::ResetAuthorizersCache>(
            authorizers::forget,
            below!("/stages/{}/cache/authorizers", stage_name),
        )
        .transaction::<model::CreateDeployment>(deployments::create, below!("/deployments"))
        .read::<model::GetDeployment>(deployments::get, below!("/deployments/{}", deployment_id))
        .read::<model::GetDeployments>(deployments::list, below!("/deployments"))
        .transaction::<model::UpdateDeployment>(deployments::update, below!("/deployments/{}", deployment_id))
        .transaction::<model::DeleteDeployment>(deployments::delete, below!("/deployments/{}", deployment_id))
}

fn tagged(service: Service) -> Service {
    service
        .transaction::<model::TagResource>(tags::tag, |scope, input| tags_of(scope, &input.resource_arn))
        .transaction::<model::UntagResource>(tags::untag, |scope, input| tags_of(scope, &input.resource_arn))
        .read::<model::GetTags>(tags::list, |scope, input| tags_of(scope, &input.resource_arn))
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
