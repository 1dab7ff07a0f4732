//! REST APIs are made, shown, changed and deleted.

use api_apigateway as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::Reads;

use crate::document::{self, Document as _, Home};
use crate::patch::{self, ENTRY, REPLACE, Table, VALUE};
use crate::tags::{self, TAGGING};
use crate::{errors, keys, resources};

/// What of an API may be changed.
const TABLE: Table = &[
    ("/name", REPLACE),
    ("/description", ENTRY),
    ("/version", ENTRY),
    ("/policy", ENTRY),
    ("/apiKeySource", REPLACE),
    ("/minimumCompressionSize", ENTRY),
    ("/disableExecuteApiEndpoint", REPLACE),
    ("/binaryMediaTypes/*", VALUE),
    ("/endpointConfiguration/types/*", VALUE),
    ("/endpointConfiguration/ipAddressType", REPLACE),
    ("/endpointConfiguration/vpcEndpointIds/*", VALUE),
    ("/securityPolicy", REPLACE),
    ("/endpointAccessMode", REPLACE),
];

/// The most bytes below which nothing is compressed.
const COMPRESSION_MAX: i32 = 10_485_760;

/// Whose an API is: its id says nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) scope: Scope,
}

#[cfg(test)]
layouts::stays!(stored_owner: Owner);

/// The ARN of an API.
pub(crate) fn arn(scope: &Scope, id: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/restapis/{id}"))
}

/// The API of that id.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, id: &str) -> Result<api::RestApi> {
    Ok(Home::Of(scope).get(reads, id)?.ok_or_else(|| errors::no_api(scope, id))?)
}

/// Where the parts of an API stand, if there is such an API.
pub(crate) fn home<'a>(reads: &impl Reads, scope: &Scope, id: &'a str) -> Result<Home<'a>> {
    find(reads, scope, id).map(|_| Home::In(id))
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateRestApiInput) -> Result<api::RestApi> {
    let made: api::RestApi = document::made_of(input)?;
    let scope = tx.scope();
    let cloned = match &input.clone_from {
        Some(from) => Some((from, find(&**tx, &scope, from)?)),
        None => None,
    };
    let made = add(tx, made)?;
    let id = made.id.clone().unwrap_or_default();
    match cloned {
        Some((from, _)) => clone_parts(tx, from, &id)?,
        None => resources::add_root(tx, &id, made.root_resource_id.as_deref().unwrap_or_default()),
    }
    let tags = input.tags.iter().flatten();
    TAGGING.add(tx, &scope, &arn(&scope, &id), tags)?;
    // A clone has the root of what it was made of.
    let root = resources::root_of(&**tx, &id)?.and_then(|root| root.id);
    let made = api::RestApi { root_resource_id: root, ..made };
    Home::Of(&scope).put(tx, &id, &made);
    shown(&**tx, &scope, made)
}

/// Notes a new API, without parts.
pub(crate) fn add(tx: &mut Tx<'_>, made: api::RestApi) -> Result<api::RestApi> {
    let scope = tx.scope();
    let id = document::fresh_id(tx.random(), 10);
    let made = api::RestApi {
        id: Some(id.clone()),
        created_date: Some(tx.now),
        root_resource_id: Some(document::fresh_id(tx.random(), 10)),
        api_key_source: made.api_key_source.or(Some("HEADER".into())),
        endpoint_configuration: Some(with_types(made.endpoint_configuration)),
        disable_execute_api_endpoint: made.disable_execute_api_endpoint.or(Some(false)),
        tags: None,
        ..made
    };
    checked(&made)?;
    tx.put_record(keys::owner(&id), &Owner { scope })?;
    Home::Of(&scope).put(tx, &id, &made);
    Ok(made)
}

fn with_types(configuration: Option<api::EndpointConfiguration>) -> api::EndpointConfiguration {
    let configuration = configuration.unwrap_or_default();
    let types = configuration.types.filter(|types| !types.is_empty());
    api::EndpointConfiguration {
        types: types.or_else(|| Some(vec!["EDGE".into()])),
        ip_address_type: configuration.ip_address_type.or(Some("ipv4".into())),
        ..configuration
    }
}

/// Refuses what API Gateway refuses of an API.
pub(crate) fn checked(made: &api::RestApi) -> Result<()> {
    if made.name.as_deref().unwrap_or_default().is_empty() {
        return Err(errors::bad("The API name must not be empty.").into());
    }
    if made.minimum_compression_size.is_some_and(|size| !(0..=COMPRESSION_MAX).contains(&size)) {
        let message = format!("Invalid minimum compression size, must be between 0 and {COMPRESSION_MAX}");
        return Err(errors::bad(message).into());
    }
    let source = made.api_key_source.as_ref().map(api::ApiKeySourceType::as_str);
    if source.is_some_and(|source| !["HEADER", "AUTHORIZER"].contains(&source)) {
        return Err(errors::bad("Invalid API key source. Must be one of: HEADER, AUTHORIZER").into());
    }
    let types = made.endpoint_configuration.iter().flat_map(|endpoint| endpoint.types.iter().flatten());
    for kind in types {
        if !["EDGE", "REGIONAL", "PRIVATE"].contains(&kind.as_str()) {
            let message = "1 validation error detected: Value '[{}]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]";
            return Err(errors::bad(message.replace("{}", kind.as_str())).into());
        }
    }
    if let Some(policy) = made.policy.as_deref().filter(|policy| !policy.is_empty())
        && policy::Document::parse(policy::Kind::Resource, policy).is_err()
    {
        return Err(errors::bad(
            "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
        )
        .into());
    }
    Ok(())
}

fn clone_parts(tx: &mut Tx<'_>, from: &str, to: &str) -> Result<()> {
    for (kind, id, bytes) in crate::frozen::parts(&**tx, from)? {
        tx.put(keys::part(to).str(&kind).str(&id), bytes.to_vec());
    }
    Ok(())
}

/// With what stands elsewhere.
pub(crate) fn shown(reads: &impl Reads, scope: &Scope, api: api::RestApi) -> Result<api::RestApi> {
    let id = api.id.as_deref().unwrap_or_default();
    let tags = service::tags::of(reads, scope, &arn(scope, id))?;
    let policy = api.policy.filter(|policy| !policy.is_empty());
    Ok(api::RestApi { tags: Some(tags).filter(|tags| !tags.is_empty()), policy, ..api })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetRestApiInput) -> Result<api::RestApi> {
    let scope = view.scope();
    shown(&**view, &scope, find(&**view, &scope, &input.rest_api_id)?)
}

pub(crate) fn list(view: &View<'_>, input: &api::GetRestApisInput) -> Result<api::GetRestApisOutput> {
    let scope = view.scope();
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = Home::Of(&scope).page(view, page, |api: &mut api::RestApi| {
        *api = shown(&**view, &scope, std::mem::take(api))?;
        Ok(true)
    })?;
    Ok(api::GetRestApisOutput { items: Some(items), position })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateRestApiInput) -> Result<api::RestApi> {
    let scope = tx.scope();
    let found = find(&**tx, &scope, &input.rest_api_id)?;
    let changed = patch::apply(&found, &input.patch_operations, TABLE)?;
    checked(&changed)?;
    Home::Of(&scope).put(tx, &input.rest_api_id, &changed);
    shown(&**tx, &scope, changed)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteRestApiInput) -> Result<api::DeleteRestApiOutput> {
    let (scope, id) = (tx.scope(), input.rest_api_id.as_str());
    find(&**tx, &scope, id)?;
    crate::domains::check_unmapped(tx, id, None)?;
    crate::usage_plans::forget_stage(tx, &scope, id, None)?;
    for stage in Home::In(id).all::<api::Stage>(&**tx)? {
        let arn = tags::stage_arn(&scope, id, stage.stage_name.as_deref().unwrap_or_default());
        service::tags::forget(tx, &scope, &arn);
    }
    for kept in [keys::part(id), keys::frozen(id), keys::documentation_of(id)] {
        let range = kept.prefix_range();
        let gone: Vec<_> = tx.scan(range, store::Direction::Forward).collect::<Result<_, _>>()?;
        gone.into_iter().for_each(|(key, _)| tx.delete(key.to_vec()));
    }
    tx.delete(keys::owner(id));
    tx.delete(keys::own(&scope).str(api::RestApi::KIND).str(id));
    service::tags::forget(tx, &scope, &arn(&scope, id));
    Ok(api::DeleteRestApiOutput::default())
}
