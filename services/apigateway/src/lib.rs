//! API Gateway: REST APIs, and the front by which clients reach them.
//!
//! What an API is made of are documents of the model, each kept by itself ([`document`]); changes are operations on their
//! paths ([`patch`]). A deployment is a copy of all of them ([`frozen`]), and what requests meet is made of such a copy
//! ([`call`]).
//!
//! Never here: HTTP and WebSocket APIs, which are version 2's.

#[macro_use]
mod paths;

mod account;
mod api_keys;
mod apis;
mod call;
mod certificates;
mod deployments;
mod document;
mod documentation;
mod domains;
mod errors;
mod export;
mod frozen;
mod gateway_responses;
mod import;
mod integrations;
mod key_import;
mod keys;
mod mappings;
mod methods;
mod parts;
mod patch;
mod resources;
mod sdks;
mod stages;
mod tags;
mod usage;
mod usage_plans;
mod vpc_links;

use api_apigateway as api;
use names::{Arn, Scope};
use service::Service;
use wire::OperationFacts;

/// The service.
#[must_use]
pub fn service() -> Service {
    let service = Service::new(&api::FACTS)
        .invalid_as("BadRequestException")
        .actions(action)
        .tagging(tags::TAGGING)
        .front(call::accepts, call::answer)
        .owned_visits(call::owns)
        .kept_visits(call::keeps)
        .domains(domains::serves)
        .judges_keys(call::judge_key)
        .signed_visits_as("execute-api");
    [
        apis,
        methods,
        integrations,
        stages,
        parts,
        guards,
        clients,
        names_of_own,
        documentation,
        outward,
        account,
    ]
    .into_iter()
    .fold(service, |service, add| add(service))
}

fn apis(service: Service) -> Service {
    service
        .transaction::<api::CreateRestApi>(apis::create, path!("/restapis"))
        .read::<api::GetRestApi>(apis::get, api!(""))
        .read::<api::GetRestApis>(apis::list, path!("/restapis"))
        .transaction::<api::UpdateRestApi>(apis::update, api!(""))
        .transaction::<api::DeleteRestApi>(apis::delete, api!(""))
        .transaction::<api::ImportRestApi>(import::create, path!("/restapis"))
        .transaction::<api::PutRestApi>(import::put, api!(""))
        .transaction::<api::CreateResource>(resources::create, api!("/resources/{}", parent_id))
        .read::<api::GetResource>(resources::get, api!("/resources/{}", resource_id))
        .read::<api::GetResources>(resources::list, api!("/resources"))
        .transaction::<api::UpdateResource>(resources::update, api!("/resources/{}", resource_id))
        .transaction::<api::DeleteResource>(resources::delete, api!("/resources/{}", resource_id))
}

fn methods(service: Service) -> Service {
    service
        .transaction::<api::PutMethod>(methods::put, method!(""))
        .read::<api::GetMethod>(methods::get, method!(""))
        .transaction::<api::UpdateMethod>(methods::update, method!(""))
        .transaction::<api::DeleteMethod>(methods::delete, method!(""))
        .transaction::<api::PutMethodResponse>(methods::put_response, method!("/responses/{}", status_code))
        .read::<api::GetMethodResponse>(methods::get_response, method!("/responses/{}", status_code))
        .transaction::<api::UpdateMethodResponse>(
            methods::update_response,
            method!("/responses/{}", status_code),
        )
        .transaction::<api::DeleteMethodResponse>(
            methods::delete_response,
            method!("/responses/{}", status_code),
        )
}

fn integrations(service: Service) -> Service {
    service
        .transaction::<api::PutIntegration>(integrations::put, method!("/integration"))
        .read::<api::GetIntegration>(integrations::get, method!("/integration"))
        .transaction::<api::UpdateIntegration>(integrations::update, method!("/integration"))
        .transaction::<api::DeleteIntegration>(integrations::delete, method!("/integration"))
        .transaction::<api::PutIntegrationResponse>(
            integrations::put_response,
            method!("/integration/responses/{}", status_code),
        )
        .read::<api::GetIntegrationResponse>(
            integrations::get_response,
            method!("/integration/responses/{}", status_code),
        )
        .transaction::<api::UpdateIntegrationResponse>(
            integrations::update_response,
            method!("/integration/responses/{}", status_code),
        )
        .transaction::<api::DeleteIntegrationResponse>(
            integrations::delete_response,
            method!("/integration/responses/{}", status_code),
        )
        .waiting::<api::TestInvokeMethod, _, _>(call::test::invoke, method!(""))
}

fn stages(service: Service) -> Service {
    service
        .transaction::<api::CreateDeployment>(deployments::create, api!("/deployments"))
        .read::<api::GetDeployments>(deployments::list, api!("/deployments"))
        .read::<api::GetDeployment>(deployments::get, api!("/deployments/{}", deployment_id))
        .transaction::<api::UpdateDeployment>(deployments::update, api!("/deployments/{}", deployment_id))
        .transaction::<api::DeleteDeployment>(deployments::delete, api!("/deployments/{}", deployment_id))
        .transaction::<api::CreateStage>(stages::create, api!("/stages"))
        .read::<api::GetStages>(stages::list, api!("/stages"))
        .read::<api::GetStage>(stages::get, api!("/stages/{}", stage_name))
        .transaction::<api::UpdateStage>(stages::update, api!("/stages/{}", stage_name))
        .read::<api::GetExport>(export::get, api!("/stages/{}/exports/{}", stage_name, export_type))
        .transaction::<api::DeleteStage>(stages::delete, api!("/stages/{}", stage_name))
        .read::<api::FlushStageCache>(account::flush_cache, api!("/stages/{}/cache/data", stage_name))
        .read::<api::FlushStageAuthorizersCache>(
            account::flush_authorizers,
            api!("/stages/{}/cache/authorizers", stage_name),
        )
}

fn parts(service: Service) -> Service {
    service
        .transaction::<api::CreateModel>(parts::create_model, api!("/models"))
        .read::<api::GetModels>(parts::models, api!("/models"))
        .read::<api::GetModel>(parts::get_model, api!("/models/{}", model_name))
        .read::<api::GetModelTemplate>(parts::model_template, api!("/models/{}/default_template", model_name))
        .transaction::<api::UpdateModel>(parts::update_model, api!("/models/{}", model_name))
        .transaction::<api::DeleteModel>(parts::delete_model, api!("/models/{}", model_name))
        .transaction::<api::CreateRequestValidator>(parts::create_validator, api!("/requestvalidators"))
        .read::<api::GetRequestValidators>(parts::validators, api!("/requestvalidators"))
        .read::<api::GetRequestValidator>(
            parts::get_validator,
            api!("/requestvalidators/{}", request_validator_id),
        )
        .transaction::<api::UpdateRequestValidator>(
            parts::update_validator,
            api!("/requestvalidators/{}", request_validator_id),
        )
        .transaction::<api::DeleteRequestValidator>(
            parts::delete_validator,
            api!("/requestvalidators/{}", request_validator_id),
        )
}

fn guards(service: Service) -> Service {
    service
        .transaction::<api::CreateAuthorizer>(parts::create_authorizer, api!("/authorizers"))
        .read::<api::GetAuthorizers>(parts::authorizers, api!("/authorizers"))
        .read::<api::GetAuthorizer>(parts::get_authorizer, api!("/authorizers/{}", authorizer_id))
        .transaction::<api::UpdateAuthorizer>(
            parts::update_authorizer,
            api!("/authorizers/{}", authorizer_id),
        )
        .transaction::<api::DeleteAuthorizer>(
            parts::delete_authorizer,
            api!("/authorizers/{}", authorizer_id),
        )
        .waiting::<api::TestInvokeAuthorizer, _, _>(
            call::test_authorizer::invoke,
            api!("/authorizers/{}", authorizer_id),
        )
        .read::<api::GetGatewayResponses>(gateway_responses::list, api!("/gatewayresponses"))
        .transaction::<api::PutGatewayResponse>(
            gateway_responses::put,
            api!("/gatewayresponses/{}", response_type),
        )
        .read::<api::GetGatewayResponse>(gateway_responses::get, api!("/gatewayresponses/{}", response_type))
        .transaction::<api::UpdateGatewayResponse>(
            gateway_responses::update,
            api!("/gatewayresponses/{}", response_type),
        )
        .transaction::<api::DeleteGatewayResponse>(
            gateway_responses::delete,
            api!("/gatewayresponses/{}", response_type),
        )
}

fn clients(service: Service) -> Service {
    service
        .transaction::<api::CreateApiKey>(api_keys::create, path!("/apikeys"))
        .transaction::<api::ImportApiKeys>(key_import::import, path!("/apikeys"))
        .read::<api::GetApiKeys>(api_keys::list, path!("/apikeys"))
        .read::<api::GetApiKey>(api_keys::get, path!("/apikeys/{}", api_key))
        .transaction::<api::UpdateApiKey>(api_keys::update, path!("/apikeys/{}", api_key))
        .transaction::<api::DeleteApiKey>(api_keys::delete, path!("/apikeys/{}", api_key))
        .transaction::<api::CreateUsagePlan>(usage_plans::create, path!("/usageplans"))
        .read::<api::GetUsagePlans>(usage_plans::list, path!("/usageplans"))
        .read::<api::GetUsagePlan>(usage_plans::get, path!("/usageplans/{}", usage_plan_id))
        .transaction::<api::UpdateUsagePlan>(usage_plans::update, path!("/usageplans/{}", usage_plan_id))
        .transaction::<api::DeleteUsagePlan>(usage_plans::delete, path!("/usageplans/{}", usage_plan_id))
        .transaction::<api::CreateUsagePlanKey>(
            usage_plans::add_key,
            path!("/usageplans/{}/keys", usage_plan_id),
        )
        .read::<api::GetUsagePlanKeys>(usage_plans::list_keys, path!("/usageplans/{}/keys", usage_plan_id))
        .read::<api::GetUsagePlanKey>(
            usage_plans::get_key,
            path!("/usageplans/{}/keys/{}", usage_plan_id, key_id),
        )
        .transaction::<api::DeleteUsagePlanKey>(
            usage_plans::remove_key,
            path!("/usageplans/{}/keys/{}", usage_plan_id, key_id),
        )
        .read::<api::GetUsage>(usage::get, path!("/usageplans/{}/usage", usage_plan_id))
        .transaction::<api::UpdateUsage>(
            usage::update,
            path!("/usageplans/{}/keys/{}/usage", usage_plan_id, key_id),
        )
}

fn names_of_own(service: Service) -> Service {
    service
        .transaction::<api::CreateDomainName>(domains::create, path!("/domainnames"))
        .read::<api::GetDomainNames>(domains::list, path!("/domainnames"))
        .read::<api::GetDomainName>(domains::get, path!("/domainnames/{}", domain_name))
        .transaction::<api::UpdateDomainName>(domains::update, path!("/domainnames/{}", domain_name))
        .transaction::<api::DeleteDomainName>(domains::delete, path!("/domainnames/{}", domain_name))
        .transaction::<api::CreateBasePathMapping>(
            mappings::create,
            path!("/domainnames/{}/basepathmappings", domain_name),
        )
        .read::<api::GetBasePathMappings>(
            mappings::list,
            path!("/domainnames/{}/basepathmappings", domain_name),
        )
        .read::<api::GetBasePathMapping>(
            mappings::get,
            path!("/domainnames/{}/basepathmappings/{}", domain_name, base_path),
        )
        .transaction::<api::UpdateBasePathMapping>(
            mappings::update,
            path!("/domainnames/{}/basepathmappings/{}", domain_name, base_path),
        )
        .transaction::<api::DeleteBasePathMapping>(
            mappings::delete,
            path!("/domainnames/{}/basepathmappings/{}", domain_name, base_path),
        )
}

fn documentation(service: Service) -> Service {
    service
        .transaction::<api::CreateDocumentationPart>(documentation::create, api!("/documentation/parts"))
        .transaction::<api::ImportDocumentationParts>(documentation::import, api!("/documentation/parts"))
        .read::<api::GetDocumentationParts>(documentation::list, api!("/documentation/parts"))
        .read::<api::GetDocumentationPart>(
            documentation::get,
            api!("/documentation/parts/{}", documentation_part_id),
        )
        .transaction::<api::UpdateDocumentationPart>(
            documentation::update,
            api!("/documentation/parts/{}", documentation_part_id),
        )
        .transaction::<api::DeleteDocumentationPart>(
            documentation::delete,
            api!("/documentation/parts/{}", documentation_part_id),
        )
        .transaction::<api::CreateDocumentationVersion>(
            documentation::create_version,
            api!("/documentation/versions"),
        )
        .read::<api::GetDocumentationVersions>(documentation::list_versions, api!("/documentation/versions"))
        .read::<api::GetDocumentationVersion>(
            documentation::get_version,
            api!("/documentation/versions/{}", documentation_version),
        )
        .transaction::<api::UpdateDocumentationVersion>(
            documentation::update_version,
            api!("/documentation/versions/{}", documentation_version),
        )
        .transaction::<api::DeleteDocumentationVersion>(
            documentation::delete_version,
            api!("/documentation/versions/{}", documentation_version),
        )
}

/// What is for the way from an API to what is behind it, and to programs before it.
fn outward(service: Service) -> Service {
    service
        .transaction::<api::CreateVpcLink>(vpc_links::create, path!("/vpclinks"))
        .read::<api::GetVpcLinks>(vpc_links::list, path!("/vpclinks"))
        .read::<api::GetVpcLink>(vpc_links::get, path!("/vpclinks/{}", vpc_link_id))
        .transaction::<api::UpdateVpcLink>(vpc_links::update, path!("/vpclinks/{}", vpc_link_id))
        .transaction::<api::DeleteVpcLink>(vpc_links::delete, path!("/vpclinks/{}", vpc_link_id))
        .waiting::<api::GenerateClientCertificate, _, _>(certificates::generate, path!("/clientcertificates"))
        .read::<api::GetClientCertificates>(certificates::list, path!("/clientcertificates"))
        .read::<api::GetClientCertificate>(
            certificates::get,
            path!("/clientcertificates/{}", client_certificate_id),
        )
        .transaction::<api::UpdateClientCertificate>(
            certificates::update,
            path!("/clientcertificates/{}", client_certificate_id),
        )
        .transaction::<api::DeleteClientCertificate>(
            certificates::delete,
            path!("/clientcertificates/{}", client_certificate_id),
        )
        .read::<api::GetSdkTypes>(sdks::list, path!("/sdktypes"))
        .read::<api::GetSdkType>(sdks::get, path!("/sdktypes/{}", id))
}

fn account(service: Service) -> Service {
    service
        .read::<api::GetAccount>(account::get, path!("/account"))
        .transaction::<api::UpdateAccount>(account::update, path!("/account"))
        .transaction::<api::TagResource>(tags::tag, path!("/tags/{}", resource_arn))
        .transaction::<api::UntagResource>(tags::untag, path!("/tags/{}", resource_arn))
        .read::<api::GetTags>(tags::list, path!("/tags/{}", resource_arn))
}

/// Policies name the method, not the operation.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(operation.http.method)
}

/// The resource at that path, which no account owns.
fn at(scope: &Scope, path: impl std::fmt::Display) -> Vec<Arn> {
    vec![Arn::regional("apigateway", &scope.region, path)]
}
