//! Functions are made, shown, listed and deleted.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use api_lambda as api;
use service::{Context, Pages, Result, Tx, View};
use store::{Direction, Reads as _, record};
use wire::Fault;

use crate::code::{self, Source};
use crate::event::{self, dead_letter};
use crate::function::{self, Function};
use crate::host::Host;
use crate::name::{self, Name, Target};
use crate::package::Package;
use crate::settings::{Settings, Wish};
use crate::tags::TAGGING;
use crate::{concurrency, download, errors, keys, layers, package, refused, role, signing, url, versions};

/// Functions of a page.
const PAGE_MAX: i32 = 50;

/// A name in any of its forms, with a qualifier behind it or beside it; if both, they must be the same.
pub(crate) fn named(scope: &names::Scope, text: &str, qualifier: Option<&str>) -> Result<Name, Fault> {
    let invalid = || errors::invalid(format!("Invalid function name: {text}"));
    let name = Name::parse(scope, text).ok_or_else(invalid)?;
    match (&name.qualifier, qualifier) {
        (Some(derived), Some(given)) if derived != given => Err(errors::invalid(
            "The derived qualifier from the function name does not match the specified qualifier.",
        )),
        (None, Some(given)) => Ok(name.qualified(given)),
        _ => Ok(name),
    }
}

pub(crate) async fn create(
    host: Arc<Host>,
    context: Context,
    input: api::CreateFunctionInput,
) -> Result<api::CreateFunctionOutput> {
    refused::check_create(&input)?;
    if let Some(runtime) = &input.runtime {
        host.check_runtime(&context, runtime.as_str()).await?;
    }
    role::check(&context, &input.role).await?;
    let name = named(&context.scope(), &input.function_name, None)?;
    name::check_length(&name.name)?;
    let layers = layers::resolve(&context, &name.scope, input.layers.as_deref().unwrap_or_default())?;
    let package = code::of_function(&context, &host.hot, Source::from(&input.code), "CreateFunction").await?;
    layers::check_size(&package.describe([0; 16]), &layers)?;
    context.transact(|tx| record(tx, &input, name.clone(), &package, layers.clone())).await
}

pub(crate) fn record(
    tx: &mut Tx<'_>,
    input: &api::CreateFunctionInput,
    name: Name,
    package: &Package,
    layers: Vec<layers::Use>,
) -> Result<api::CreateFunctionOutput> {
    let runtime = input.runtime.as_ref().ok_or_else(|| mandatory("Runtime"))?.as_str();
    let handler = input.handler.as_ref().ok_or_else(|| mandatory("Handler"))?;
    let environment = variables(input.environment.as_ref())?;
    let dead_letter = input.dead_letter_config.as_ref().map(dead_letter::target).transpose()?.flatten();
    let mut settings = Settings::default();
    settings.change(&Wish::from(input), runtime)?;
    let key = keys::function(&name.scope, &name.name);
    if tx.get(&key)?.is_some() {
        let message = format!("Function already exist: {}", name.name);
        return Err(api::error::resource_conflict_exception(message).into());
    }
    let function = Function {
        scope: name.scope,
        name: name.name,
        runtime: runtime.to_owned(),
        role: input.role.clone(),
        handler: handler.clone(),
        description: input.description.clone().unwrap_or_default(),
        timeout_s: input.timeout.unwrap_or(function::TIMEOUT_S),
        memory_mb: input.memory_size.unwrap_or(function::MEMORY_MB),
        tmp_mb: input.ephemeral_storage.as_ref().map_or(function::TMP_MB, |storage| storage.size),
        environment,
        package: package.put(tx),
        layers,
        revision: tx.random().bytes(),
        modified_ms: tx.now.millis(),
        version: 0,
        dead_letter,
        settings,
    };
    if let Some(arn) = &input.code_signing_config_arn {
        signing::of_functions::check_config(&**tx, &function.scope, arn)?;
        signing::of_functions::attach(tx, &function.full_name(), arn)?;
    }
    tx.put_record(&key, &function)?;
    layers::take(tx, &function)?;
    TAGGING.add(tx, &function.scope, &function.full_name().arn(), input.tags.iter().flatten())?;
    let published = input.publish == Some(true);
    let made = if published { versions::freeze(tx, &function, None)? } else { function };
    Ok(made.configuration())
}

fn mandatory(what: &str) -> Fault {
    errors::invalid(format!("{what} is mandatory for functions created with deployment packages."))
}

pub(crate) fn variables(environment: Option<&api::Environment>) -> Result<BTreeMap<String, String>, Fault> {
    let variables = environment.and_then(|environment| environment.variables.clone()).unwrap_or_default();
    refused::check_environment(&variables)?;
    Ok(variables)
}

pub(crate) fn get(view: &View<'_>, input: &api::GetFunctionInput) -> Result<api::GetFunctionOutput> {
    let name = named(&view.scope(), &input.function_name, input.qualifier.as_deref())?;
    let function = function::find(&**view, &name)?;
    let tags = service::tags::of(&**view, &function.scope, &function.full_name().arn())?;
    let reserved = concurrency::reserved(&**view, &name.scope, &name.name)?;
    Ok(api::GetFunctionOutput {
        concurrency: reserved.map(|reserved| concurrency::shown(Some(reserved))),
        configuration: Some(function.configuration_as(&name)),
        code: Some(api::FunctionCodeLocation {
            repository_type: Some("S3".into()),
            location: Some(download::location(view.context, &function.package)),
            ..api::FunctionCodeLocation::default()
        }),
        tags: (!tags.is_empty()).then_some(tags),
        ..api::GetFunctionOutput::default()
    })
}

pub(crate) fn get_configuration(
    view: &View<'_>,
    input: &api::GetFunctionConfigurationInput,
) -> Result<api::GetFunctionConfigurationOutput> {
    let name = named(&view.scope(), &input.function_name, input.qualifier.as_deref())?;
    Ok(function::find(&**view, &name)?.configuration_as(&name))
}

pub(crate) fn list(view: &View<'_>, input: &api::ListFunctionsInput) -> Result<api::ListFunctionsOutput> {
    if input.master_region.as_ref().is_some_and(|region| region != "ALL") {
        // Replicas for CloudFront, of which there are none.
        return Ok(api::ListFunctionsOutput { functions: Some(Vec::new()), next_marker: None });
    }
    let pages = pages("lambda:ListFunctions", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let functions = keys::functions(&view.scope()).prefix_range();
    let page = if input.function_version.is_some() {
        pages.of_sorted(view, all_versions(view, functions)?, |_, function| {
            Ok(function.listed(&function.full_name().qualified(function.version_text())))
        })?
    } else {
        pages.of_range(view, functions, |_, value| {
            let function: Function = record::decode(value)?;
            Ok(Some(function.listed(&function.full_name())))
        })?
    };
    Ok(api::ListFunctionsOutput { next_marker: page.next_token, functions: Some(page.items) })
}

/// All functions with all their versions, in order.
fn all_versions(view: &View<'_>, functions: Range<Vec<u8>>) -> Result<BTreeMap<String, Function>> {
    let published = keys::all_versions(&view.scope()).prefix_range();
    let latest = view.scan(functions, Direction::Forward);
    let all = latest.chain(view.scan(published, Direction::Forward)).map(|entry| {
        let function: Function = record::decode(&entry?.1)?;
        Ok((format!("{}:{:020}", function.name, function.version), function))
    });
    all.collect()
}

/// The page that is asked for.
pub(crate) fn pages<'a>(
    operation: &'static str,
    marker: Option<&'a str>,
    wanted: Option<i32>,
    max: i32,
) -> Pages<'a> {
    let limit = wanted.unwrap_or(max).min(max) as usize;
    Pages { operation, token: marker, limit, bad_token: || errors::invalid("Invalid marker.") }
}

pub(crate) async fn delete(
    host: Arc<Host>,
    context: Context,
    input: api::DeleteFunctionInput,
) -> Result<api::DeleteFunctionOutput> {
    let name = named(&context.scope(), &input.function_name, input.qualifier.as_deref())?;
    let deleted = context.transact(|tx| match (name.target(), &name.qualifier) {
        (Target::Latest, None) => delete_whole(tx, &name),
        (Target::Latest, Some(_)) => {
            let message = "$LATEST version cannot be deleted without deleting the function.";
            Err(errors::invalid(message).into())
        }
        (Target::Version(number), _) => Ok(Vec::from_iter(versions::delete(tx, &name, number)?)),
        (Target::Alias(_), _) => {
            Err(errors::invalid("Deletion of aliases is not currently supported.").into())
        }
    });
    deleted.await?.iter().for_each(|version| host.forget(version));
    Ok(api::DeleteFunctionOutput { status_code: Some(204) })
}

/// Deletes a function with all that belongs to it, and tells which versions there were.
fn delete_whole(tx: &mut Tx<'_>, name: &Name) -> Result<Vec<Function>> {
    let mut versions = vec![function::find(&**tx, name)?];
    versions.append(&mut versions::all(&**tx, name)?);
    for version in &versions {
        tx.delete(version.key());
        package::delete(tx, &version.package.id)?;
        layers::release(tx, version)?;
    }
    let behind = [keys::aliases, keys::policy, keys::provisioned_of, keys::runtime_updates];
    for part in behind.map(|behind| behind(&name.scope, &name.name)) {
        let keys = tx.scan(part.prefix_range(), Direction::Forward).map(|entry| Ok(entry?.0));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        keys.into_iter().for_each(|key| tx.delete(&*key));
    }
    for key in [keys::policy, keys::concurrency, keys::recursion] {
        tx.delete(key(&name.scope, &name.name));
    }
    signing::of_functions::forget(tx, name);
    tx.signal(keys::all_provisioned());
    event::settings::forget(tx, &name.scope, &name.name)?;
    url::forget(tx, &name.scope, &name.name)?;
    service::tags::forget(tx, &name.scope, &name.arn());
    Ok(versions)
}
