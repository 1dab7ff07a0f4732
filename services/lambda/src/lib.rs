//! Lambda: functions from deployment packages, run in environments of `runtime`, at once or from a durable queue.
//!
//! A function's record and its package are written in one transaction; a package is unpacked to disk when it is first
//! needed, and can be unpacked again at any time. Asynchronous events are records until they are done with.
//! Never here: processes (they are the runtime's), images. What is not built is refused by name.

mod account;
mod aliases;
mod code;
mod concurrency;
mod destination;
mod download;
mod errors;
mod event;
mod function;
mod functions;
mod host;
mod hot_reload;
mod invoke;
mod keys;
mod layers;
mod lineage;
mod name;
mod output;
mod package;
mod permissions;
mod policy;
mod provisioned;
mod recursion;
mod refused;
mod role;
mod session;
mod settings;
mod signing;
mod sources;
mod stream;
mod tags;
mod telling;
mod trace;
mod unpacked;
mod update;
mod upkeep;
mod url;
mod versions;

use std::path::PathBuf;
use std::sync::Arc;

use api_lambda as api;
use names::{Arn, Scope};
use service::Service;
use wire::OperationFacts;

use crate::host::Host;
pub use crate::host::Hosting;
use crate::layers::LayerVersion;

/// The service. `work` is a folder of its own, for what can be made again: unpacked packages, environments.
#[must_use]
pub fn service(work: PathBuf, hosting: Hosting) -> Service {
    let host = Arc::new(Host::new(work, hosting));
    let [creating, updating, configuring, deleting, polling, printing, ending, leaving] =
        [(); 8].map(|()| Arc::clone(&host));
    let service = layers_of(framed())
        .waiting::<api::CreateFunction, _, _>(
            move |context, input| functions::create(Arc::clone(&creating), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .read::<api::GetFunction>(functions::get, |scope, input| at(scope, &input.function_name))
        .read::<api::GetFunctionConfiguration>(functions::get_configuration, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::ListFunctions>(functions::list, |_, _| Vec::new())
        .waiting::<api::DeleteFunction, _, _>(
            move |context, input| functions::delete(Arc::clone(&deleting), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .waiting::<api::UpdateFunctionCode, _, _>(
            move |context, input| update::code(Arc::clone(&updating), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .waiting::<api::UpdateFunctionConfiguration, _, _>(
            move |context, input| update::configuration(Arc::clone(&configuring), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .waiting::<api::CreateEventSourceMapping, _, _>(sources::create, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::GetEventSourceMapping>(sources::get, |scope, input| mapping(scope, &input.uuid))
        .read::<api::ListEventSourceMappings>(sources::list, |_, _| Vec::new())
        .waiting::<api::UpdateEventSourceMapping, _, _>(sources::update, |scope, input| {
            mapping(scope, &input.uuid)
        })
        .transaction::<api::DeleteEventSourceMapping>(sources::delete, |scope, input| {
            mapping(scope, &input.uuid)
        })
        .transaction::<api::AddPermission>(permissions::add, |scope, input| at(scope, &input.function_name))
        .transaction::<api::RemovePermission>(permissions::remove, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::GetPolicy>(permissions::get, |scope, input| at(scope, &input.function_name))
        .transaction::<api::TagResource>(tags::tag, |_, input| named(&input.resource))
        .transaction::<api::UntagResource>(tags::untag, |_, input| named(&input.resource))
        .read::<api::ListTags>(tags::list, |_, input| named(&input.resource))
        .work("output", move |cloud| {
            let output = Arc::clone(&printing.output);
            async move { output.run(cloud).await }
        })
        .work("resets", move |cloud| Arc::clone(&ending).follow_resets(cloud))
        .ending(move |_| Arc::clone(&leaving).take_leave())
        .work("event sources", move |cloud| sources::run(Arc::clone(&polling), cloud));
    signing(urls(limits(published(invocations(service, &host)), &host), &host))
}

/// Whose signatures code must have.
fn signing(service: Service) -> Service {
    service
        .transaction::<api::CreateCodeSigningConfig>(signing::create, |_, _| Vec::new())
        .read::<api::GetCodeSigningConfig>(signing::get, |_, input| named(&input.code_signing_config_arn))
        .transaction::<api::UpdateCodeSigningConfig>(signing::update, |_, input| {
            named(&input.code_signing_config_arn)
        })
        .transaction::<api::DeleteCodeSigningConfig>(signing::delete, |_, input| {
            named(&input.code_signing_config_arn)
        })
        .read::<api::ListCodeSigningConfigs>(signing::list, |_, _| Vec::new())
        .read::<api::ListFunctionsByCodeSigningConfig>(signing::of_functions::list, |_, input| {
            named(&input.code_signing_config_arn)
        })
        .transaction::<api::PutFunctionCodeSigningConfig>(signing::of_functions::put, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::GetFunctionCodeSigningConfig>(signing::of_functions::get, |scope, input| {
            at(scope, &input.function_name)
        })
        .transaction::<api::DeleteFunctionCodeSigningConfig>(signing::of_functions::delete, |scope, input| {
            at(scope, &input.function_name)
        })
}

/// How many invocations there may be at once, and what else an account and its functions are held to.
fn limits(service: Service, host: &Arc<Host>) -> Service {
    let [showing, listing, keeping] = [(); 3].map(|()| Arc::clone(host));
    service
        .read::<api::GetAccountSettings>(account::get, |_, _| Vec::new())
        .transaction::<api::PutFunctionConcurrency>(concurrency::put, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::GetFunctionConcurrency>(concurrency::get, |scope, input| at(scope, &input.function_name))
        .transaction::<api::DeleteFunctionConcurrency>(concurrency::delete, |scope, input| {
            at(scope, &input.function_name)
        })
        .transaction::<api::PutProvisionedConcurrencyConfig>(provisioned::put, |scope, input| {
            invoked(scope, &input.function_name, Some(&input.qualifier))
        })
        .waiting::<api::GetProvisionedConcurrencyConfig, _, _>(
            move |context, input| provisioned::get(Arc::clone(&showing), context, input),
            |scope, input| invoked(scope, &input.function_name, Some(&input.qualifier)),
        )
        .waiting::<api::ListProvisionedConcurrencyConfigs, _, _>(
            move |context, input| provisioned::list(Arc::clone(&listing), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .transaction::<api::DeleteProvisionedConcurrencyConfig>(provisioned::delete, |scope, input| {
            invoked(scope, &input.function_name, Some(&input.qualifier))
        })
        .transaction::<api::PutFunctionRecursionConfig>(recursion::put, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::GetFunctionRecursionConfig>(recursion::get, |scope, input| {
            at(scope, &input.function_name)
        })
        .transaction::<api::PutFunctionScalingConfig>(upkeep::put_scaling, |scope, input| {
            invoked(scope, &input.function_name, Some(&input.qualifier))
        })
        .read::<api::GetFunctionScalingConfig>(upkeep::get_scaling, |scope, input| {
            invoked(scope, &input.function_name, Some(&input.qualifier))
        })
        .transaction::<api::PutRuntimeManagementConfig>(upkeep::put_runtime, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::GetRuntimeManagementConfig>(upkeep::get_runtime, |scope, input| {
            at(scope, &input.function_name)
        })
        .work("provisioned", move |cloud| provisioned::run(Arc::clone(&keeping), cloud))
}

/// Versions and aliases.
fn published(service: Service) -> Service {
    service
        .transaction::<api::PublishVersion>(versions::publish, |scope, input| at(scope, &input.function_name))
        .read::<api::ListVersionsByFunction>(versions::list, |scope, input| at(scope, &input.function_name))
        .transaction::<api::CreateAlias>(aliases::create, |scope, input| at(scope, &input.function_name))
        .read::<api::GetAlias>(aliases::get, |scope, input| at(scope, &input.function_name))
        .transaction::<api::UpdateAlias>(aliases::update, |scope, input| at(scope, &input.function_name))
        .transaction::<api::DeleteAlias>(aliases::delete, |scope, input| at(scope, &input.function_name))
        .read::<api::ListAliases>(aliases::list, |scope, input| at(scope, &input.function_name))
}

/// Invocations, and how events are treated.
fn invocations(service: Service, host: &Arc<Host>) -> Service {
    let [invoking, streaming, handling, rehandling, delivering] = [(); 5].map(|()| Arc::clone(host));
    service
        .waiting::<api::Invoke, _, _>(
            move |context, input| invoke::invoke(Arc::clone(&invoking), context, input),
            |scope, input| invoked(scope, &input.function_name, input.qualifier.as_deref()),
        )
        .waiting::<api::InvokeWithResponseStream, _, _>(
            move |context, input| stream::invoke(Arc::clone(&streaming), context, input),
            |scope, input| invoked(scope, &input.function_name, input.qualifier.as_deref()),
        )
        .waiting::<api::InvokeAsync, _, _>(invoke::invoke_async, |scope, input| {
            at(scope, &input.function_name)
        })
        .waiting::<api::PutFunctionEventInvokeConfig, _, _>(
            move |context, input| event::settings::put(Arc::clone(&handling), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .waiting::<api::UpdateFunctionEventInvokeConfig, _, _>(
            move |context, input| event::settings::update(Arc::clone(&rehandling), context, input),
            |scope, input| at(scope, &input.function_name),
        )
        .read::<api::GetFunctionEventInvokeConfig>(event::settings::get, |scope, input| {
            at(scope, &input.function_name)
        })
        .read::<api::ListFunctionEventInvokeConfigs>(event::settings::list, |scope, input| {
            at(scope, &input.function_name)
        })
        .transaction::<api::DeleteFunctionEventInvokeConfig>(event::settings::delete, |scope, input| {
            at(scope, &input.function_name)
        })
        .work("events", move |cloud| event::run(Arc::clone(&delivering), cloud))
        .work("tellings", telling::run)
}

/// Layers and their versions.
fn layers_of(service: Service) -> Service {
    fn layer(scope: &Scope, name: &str) -> Vec<Arn> {
        vec![LayerVersion::of(scope, name, 0).layer_arn()]
    }
    fn version(scope: &Scope, name: &str, number: i64) -> Vec<Arn> {
        vec![LayerVersion::of(scope, name, number).arn()]
    }
    service
        .waiting::<api::PublishLayerVersion, _, _>(layers::publish, |scope, input| {
            layer(scope, &input.layer_name)
        })
        .read::<api::GetLayerVersion>(layers::get, |scope, input| {
            version(scope, &input.layer_name, input.version_number)
        })
        .read::<api::GetLayerVersionByArn>(layers::get_by_arn, |_, input| named(&input.arn))
        .read::<api::ListLayers>(layers::list, |_, _| Vec::new())
        .read::<api::ListLayerVersions>(layers::list_versions, |scope, input| layer(scope, &input.layer_name))
        .transaction::<api::DeleteLayerVersion>(layers::delete, |scope, input| {
            version(scope, &input.layer_name, input.version_number)
        })
        .transaction::<api::AddLayerVersionPermission>(layers::add, |scope, input| {
            version(scope, &input.layer_name, input.version_number)
        })
        .transaction::<api::RemoveLayerVersionPermission>(layers::remove, |scope, input| {
            version(scope, &input.layer_name, input.version_number)
        })
        .read::<api::GetLayerVersionPolicy>(layers::show, |scope, input| {
            version(scope, &input.layer_name, input.version_number)
        })
}

/// What is no operation.
fn framed() -> Service {
    Service::new(&api::FACTS)
        .front(download::accepts, download::answer)
        .actions(action)
        .wording(errors::with_type)
        .tagging(tags::TAGGING)
        .setting(host::ACCEPT_MISSING, 0)
        .resource_policies(permissions::document, permissions::SHARED)
        .upgrade(tags::upgrade)
}

/// Functions' URLs, and who visits them.
fn urls(service: Service, host: &Arc<Host>) -> Service {
    let visited = Arc::clone(host);
    service
        .transaction::<api::CreateFunctionUrlConfig>(url::operations::create, |scope, input| {
            invoked(scope, &input.function_name, input.qualifier.as_deref())
        })
        .read::<api::GetFunctionUrlConfig>(url::operations::get, |scope, input| {
            invoked(scope, &input.function_name, input.qualifier.as_deref())
        })
        .transaction::<api::UpdateFunctionUrlConfig>(url::operations::update, |scope, input| {
            invoked(scope, &input.function_name, input.qualifier.as_deref())
        })
        .transaction::<api::DeleteFunctionUrlConfig>(url::operations::delete, |scope, input| {
            invoked(scope, &input.function_name, input.qualifier.as_deref())
        })
        .read::<api::ListFunctionUrlConfigs>(url::operations::list, |scope, input| {
            at(scope, &input.function_name)
        })
        .front(url::front::accepts, move |cloud, visit| {
            url::front::answer(Arc::clone(&visited), cloud, visit)
        })
        .signed_visits()
}

/// Some operations have other names in policies.
fn action(operation: &'static OperationFacts) -> Option<&'static str> {
    Some(match operation.name {
        "Invoke" | "InvokeWithResponseStream" => "InvokeFunction",
        "GetLayerVersionByArn" => "GetLayerVersion",
        name => name,
    })
}

/// The function of that name, as a resource.
fn at(scope: &Scope, name: &str) -> Vec<Arn> {
    name::Name::parse(scope, name).map(|name| name.arn()).into_iter().collect()
}

/// What of the function is invoked, as a resource: its versions and aliases are resources of their own.
fn invoked(scope: &Scope, name: &str, qualifier: Option<&str>) -> Vec<Arn> {
    functions::named(scope, name, qualifier).map(|name| name.qualified_arn()).into_iter().collect()
}

/// The event source mapping of that UUID, as a resource.
fn mapping(scope: &Scope, uuid: &str) -> Vec<Arn> {
    vec![Arn::in_scope("lambda", scope, format_args!("event-source-mapping:{uuid}"))]
}

/// The function or mapping of that ARN, as a resource.
fn named(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
