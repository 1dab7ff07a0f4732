//! API Gateway v2: HTTP and WebSocket APIs, and the front by which clients reach them.
//!
//! An API is one record with its routes, integrations, authorizers and stages: it is small (AWS's quota is 300 routes), and what a
//! stage does with requests is made of it once.
//!
//! Never here: what others send to connections of WebSocket APIs, which is
//! an API of its own.

mod api;
mod apis;
mod authorizers;
mod call;
mod deployments;
mod documents;
mod domains;
mod errors;
mod export;
mod import;
mod integrations;
mod keys;
mod mappings;
mod models;
mod old;
mod parts;
mod pattern;
mod responses;
mod routes;
mod socket;
mod stages;
mod subtypes;
mod tags;
mod vpc_links;

use api_apigatewayv2 as model;
use names::{Arn, Scope};
use service::Service;
use wire::OperationFacts;

use api::Asked;
use parts::Home;

/// The resource of an operation below an API.
macro_rules! below {
    ($path:literal $(, $label:ident)*) => {
        |scope, input| at(scope, format_args!(concat!("/apis/{}", $path), input.api_id $(, input.$label)*))
    };
}

/// The same below a name of the user's own.
macro_rules! domain {
    ($path:literal $(, $label:ident)*) => {
        |scope, input| at(scope, format_args!(concat!("/domainnames/{}", $path), input.domain_name $(, input.$label)*))
    };
}

/// A VPC link.
macro_rules! link {
    () => {
        |scope, input| at(scope, format_args!("/vpclinks/{}", input.vpc_link_id))
    };
}

/// Operations on a kind of what belongs to an API.
macro_rules! home {
    ($input:ident) => {
        Home { api: &$input.api_id, above: "" }
    };
    ($input:ident, $above:ident) => {
        Home { api: &$input.api_id, above: &$input.$above }
    };
}
macro_rules! create {
    ($kind:path $(, in $above:ident)?) => {
        |tx, input| parts::create(tx, &$kind, home!(input $(, $above)?), input)
    };
}
macro_rules! get {
    ($kind:path, $id:ident $(, in $above:ident)?) => {
        |view, input| parts::get(view, &$kind, home!(input $(, $above)?), &input.$id)
    };
}
macro_rules! list {
    ($kind:path, $operation:literal $(, in $above:ident)?) => {
        |view, input| {
            let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
            let asked = Asked { operation: concat!("apigatewayv2:", $operation), max_results, token };
            parts::list(view, &$kind, home!(input $(, $above)?), &asked)
        }
    };
}
macro_rules! update {
    ($kind:path, $id:ident $(, in $above:ident)?) => {
        |tx, input| parts::update(tx, &$kind, home!(input $(, $above)?), &input.$id, input)
    };
}
macro_rules! delete {
    ($kind:path, $id:ident $(, in $above:ident)?) => {
        |tx, input| {
            parts::delete(tx, &$kind, home!(input $(, $above)?), &input.$id)?;
            Ok(Default::default())
        }
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
        .kept_visits(call::keeps)
        .domains(mappings::serves)
        .signed_visits_as("execute-api");
    [whole, belongings, modelled, responses, stages, names_of_own, linked, tagged]
        .into_iter()
        .fold(service, |service, add| add(service))
}

fn whole(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::CreateApi>(apis::create, |scope, _| at(scope, "/apis"))
        .read::<api::GetApi>(apis::get, below!(""))
        .read::<api::GetApis>(apis::list, |scope, _| at(scope, "/apis"))
        .transaction::<api::UpdateApi>(apis::update, below!(""))
        .transaction::<api::DeleteApi>(apis::delete, below!(""))
        .transaction::<api::DeleteCorsConfiguration>(apis::delete_cors, below!("/cors"))
        .transaction::<api::ImportApi>(import::create, |scope, _| at(scope, "/apis"))
        .transaction::<api::ReimportApi>(import::replace, below!(""))
        .read::<api::ExportApi>(export::get, below!("/exports/{}", specification))
}

fn belongings(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::CreateIntegration>(create!(integrations::KIND), below!("/integrations"))
        .read::<api::GetIntegration>(
            get!(integrations::KIND, integration_id),
            below!("/integrations/{}", integration_id),
        )
        .read::<api::GetIntegrations>(list!(integrations::KIND, "GetIntegrations"), below!("/integrations"))
        .transaction::<api::UpdateIntegration>(
            update!(integrations::KIND, integration_id),
            below!("/integrations/{}", integration_id),
        )
        .transaction::<api::DeleteIntegration>(
            delete!(integrations::KIND, integration_id),
            below!("/integrations/{}", integration_id),
        )
        .transaction::<api::CreateAuthorizer>(create!(authorizers::KIND), below!("/authorizers"))
        .read::<api::GetAuthorizer>(
            get!(authorizers::KIND, authorizer_id),
            below!("/authorizers/{}", authorizer_id),
        )
        .read::<api::GetAuthorizers>(list!(authorizers::KIND, "GetAuthorizers"), below!("/authorizers"))
        .transaction::<api::UpdateAuthorizer>(
            update!(authorizers::KIND, authorizer_id),
            below!("/authorizers/{}", authorizer_id),
        )
        .transaction::<api::DeleteAuthorizer>(
            delete!(authorizers::KIND, authorizer_id),
            below!("/authorizers/{}", authorizer_id),
        )
        .transaction::<api::CreateRoute>(create!(routes::KIND), below!("/routes"))
        .read::<api::GetRoute>(get!(routes::KIND, route_id), below!("/routes/{}", route_id))
        .read::<api::GetRoutes>(list!(routes::KIND, "GetRoutes"), below!("/routes"))
        .transaction::<api::UpdateRoute>(update!(routes::KIND, route_id), below!("/routes/{}", route_id))
        .transaction::<api::DeleteRoute>(delete!(routes::KIND, route_id), below!("/routes/{}", route_id))
}

fn modelled(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::CreateModel>(create!(models::KIND), below!("/models"))
        .read::<api::GetModel>(get!(models::KIND, model_id), below!("/models/{}", model_id))
        .read::<api::GetModels>(list!(models::KIND, "GetModels"), below!("/models"))
        .read::<api::GetModelTemplate>(models::template, below!("/models/{}/template", model_id))
        .transaction::<api::UpdateModel>(update!(models::KIND, model_id), below!("/models/{}", model_id))
        .transaction::<api::DeleteModel>(delete!(models::KIND, model_id), below!("/models/{}", model_id))
        .transaction::<api::DeleteRouteRequestParameter>(
            routes::delete_parameter,
            below!("/routes/{}/requestparameters/{}", route_id, request_parameter_key),
        )
}

fn responses(service: Service) -> Service {
    use model as api;
    use responses::{OF_INTEGRATIONS, OF_ROUTES};
    service
        .transaction::<api::CreateRouteResponse>(
            create!(OF_ROUTES, in route_id),
            below!("/routes/{}/routeresponses", route_id),
        )
        .read::<api::GetRouteResponse>(
            get!(OF_ROUTES, route_response_id, in route_id),
            below!("/routes/{}/routeresponses/{}", route_id, route_response_id),
        )
        .read::<api::GetRouteResponses>(
            list!(OF_ROUTES, "GetRouteResponses", in route_id),
            below!("/routes/{}/routeresponses", route_id),
        )
        .transaction::<api::UpdateRouteResponse>(
            update!(OF_ROUTES, route_response_id, in route_id),
            below!("/routes/{}/routeresponses/{}", route_id, route_response_id),
        )
        .transaction::<api::DeleteRouteResponse>(
            delete!(OF_ROUTES, route_response_id, in route_id),
            below!("/routes/{}/routeresponses/{}", route_id, route_response_id),
        )
        .transaction::<api::CreateIntegrationResponse>(
            create!(OF_INTEGRATIONS, in integration_id),
            below!("/integrations/{}/integrationresponses", integration_id),
        )
        .read::<api::GetIntegrationResponse>(
            get!(OF_INTEGRATIONS, integration_response_id, in integration_id),
            below!("/integrations/{}/integrationresponses/{}", integration_id, integration_response_id),
        )
        .read::<api::GetIntegrationResponses>(
            list!(OF_INTEGRATIONS, "GetIntegrationResponses", in integration_id),
            below!("/integrations/{}/integrationresponses", integration_id),
        )
        .transaction::<api::UpdateIntegrationResponse>(
            update!(OF_INTEGRATIONS, integration_response_id, in integration_id),
            below!("/integrations/{}/integrationresponses/{}", integration_id, integration_response_id),
        )
        .transaction::<api::DeleteIntegrationResponse>(
            delete!(OF_INTEGRATIONS, integration_response_id, in integration_id),
            below!("/integrations/{}/integrationresponses/{}", integration_id, integration_response_id),
        )
}

fn stages(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::CreateStage>(stages::create, below!("/stages"))
        .read::<api::GetStage>(stages::get, below!("/stages/{}", stage_name))
        .read::<api::GetStages>(stages::list, below!("/stages"))
        .transaction::<api::UpdateStage>(stages::update, below!("/stages/{}", stage_name))
        .transaction::<api::DeleteStage>(stages::delete, below!("/stages/{}", stage_name))
        .transaction::<api::DeleteRouteSettings>(
            stages::delete_route_settings,
            below!("/stages/{}/routesettings/{}", stage_name, route_key),
        )
        .transaction::<api::DeleteAccessLogSettings>(
            stages::delete_access_log,
            below!("/stages/{}/accesslogsettings", stage_name),
        )
        .transaction::<api::ResetAuthorizersCache>(
            authorizers::forget,
            below!("/stages/{}/cache/authorizers", stage_name),
        )
        .transaction::<api::CreateDeployment>(deployments::create, below!("/deployments"))
        .read::<api::GetDeployment>(deployments::get, below!("/deployments/{}", deployment_id))
        .read::<api::GetDeployments>(deployments::list, below!("/deployments"))
        .transaction::<api::UpdateDeployment>(deployments::update, below!("/deployments/{}", deployment_id))
        .transaction::<api::DeleteDeployment>(deployments::delete, below!("/deployments/{}", deployment_id))
}

fn names_of_own(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::CreateDomainName>(domains::create, |scope, _| at(scope, "/domainnames"))
        .read::<api::GetDomainNames>(domains::list, |scope, _| at(scope, "/domainnames"))
        .read::<api::GetDomainName>(domains::get, domain!(""))
        .transaction::<api::UpdateDomainName>(domains::update, domain!(""))
        .transaction::<api::DeleteDomainName>(domains::delete, domain!(""))
        .transaction::<api::CreateApiMapping>(mappings::create, domain!("/apimappings"))
        .read::<api::GetApiMappings>(mappings::list, domain!("/apimappings"))
        .read::<api::GetApiMapping>(mappings::get, domain!("/apimappings/{}", api_mapping_id))
        .transaction::<api::UpdateApiMapping>(mappings::update, domain!("/apimappings/{}", api_mapping_id))
        .transaction::<api::DeleteApiMapping>(mappings::delete, domain!("/apimappings/{}", api_mapping_id))
}

fn linked(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::CreateVpcLink>(vpc_links::create, |scope, _| at(scope, "/vpclinks"))
        .read::<api::GetVpcLinks>(vpc_links::list, |scope, _| at(scope, "/vpclinks"))
        .read::<api::GetVpcLink>(vpc_links::get, link!())
        .transaction::<api::UpdateVpcLink>(vpc_links::update, link!())
        .transaction::<api::DeleteVpcLink>(vpc_links::delete, link!())
}

fn tagged(service: Service) -> Service {
    use model as api;
    service
        .transaction::<api::TagResource>(tags::tag, |scope, input| tags_of(scope, &input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |scope, input| tags_of(scope, &input.resource_arn))
        .read::<api::GetTags>(tags::list, |scope, input| tags_of(scope, &input.resource_arn))
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
