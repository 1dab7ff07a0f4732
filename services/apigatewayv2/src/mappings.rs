//! API mappings: what the beginning of a path at a domain leads to, for APIs of both versions.

use api_apigatewayv2 as model;
use service::domains::{self, Mapping};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::api::{self, Api, Asked};
use crate::documents::{self, Members, set};
use crate::domains as names;
use crate::errors;

fn missing() -> Fault {
    errors::missing("The api mapping resource specified in the request was not found.".into())
}

fn taken() -> Fault {
    errors::conflict("ApiMapping key already exists for this domain name")
}

fn check_key(key: &str) -> Result<(), Fault> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "$-_.+!*'()".contains(c);
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_known);
    match key.is_empty() || key.len() <= 300 && key.split('/').all(is_part) {
        true => Ok(()),
        false => Err(errors::bad(
            "API mapping key should not start with a '/' or have consecutive '/'s, and may have letters, numbers and $-_.+!*'() alone",
        )),
    }
}

fn check_target(tx: &Tx<'_>, api: &str, stage: &str) -> Result<()> {
    match domains::is_served(tx, api, stage)? {
        true => Ok(()),
        false => Err(errors::bad("Invalid stage identifier specified").into()),
    }
}

fn members(mapping: &Mapping) -> Members {
    let mut members = Members::new();
    set(&mut members, "apiId", Some(mapping.api.as_str()));
    set(&mut members, "apiMappingId", Some(mapping.id.as_str()));
    set(&mut members, "apiMappingKey", Some(mapping.key.as_str()));
    // One of version 1 may leave the stage to the path.
    set(&mut members, "stage", Some(mapping.stage.clone().unwrap_or_default()));
    members
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &model::CreateApiMappingInput,
) -> Result<model::CreateApiMappingOutput> {
    let domain = names::find_regional(&**tx, &tx.scope(), &input.domain_name)?.name;
    let key = input.api_mapping_key.clone().unwrap_or_default();
    check_key(&key)?;
    check_target(tx, &input.api_id, &input.stage)?;
    if domains::mapping(&**tx, &domain, &key)?.is_some() {
        return Err(taken().into());
    }
    let id = api::fresh_id(tx.random(), 6);
    let mapping = Mapping { id, key, api: input.api_id.clone(), stage: Some(input.stage.clone()) };
    domains::map(tx, &domain, &mapping)?;
    documents::show(&members(&mapping))
}

fn find(reads: &impl Reads, domain: &str, id: &str) -> Result<Mapping> {
    let all = domains::mappings(reads, domain)?;
    Ok(all.into_iter().find(|mapping| mapping.id == id).ok_or_else(missing)?)
}

pub(crate) fn get(view: &View<'_>, input: &model::GetApiMappingInput) -> Result<model::GetApiMappingOutput> {
    let domain = names::find(&**view, &view.scope(), &input.domain_name)?.name;
    documents::show(&members(&find(&**view, &domain, &input.api_mapping_id)?))
}

pub(crate) fn list(
    view: &View<'_>,
    input: &model::GetApiMappingsInput,
) -> Result<model::GetApiMappingsOutput> {
    let domain = names::find(&**view, &view.scope(), &input.domain_name)?.name;
    let all = domains::mappings(&**view, &domain)?;
    let all = all.into_iter().map(|mapping| (mapping.key.clone(), members(&mapping)));
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    let asked = Asked { operation: "apigatewayv2:GetApiMappings", max_results, token };
    documents::show_page(asked.page(view, all)?)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &model::UpdateApiMappingInput,
) -> Result<model::UpdateApiMappingOutput> {
    let domain = names::find_regional(&**tx, &tx.scope(), &input.domain_name)?.name;
    let before = find(&**tx, &domain, &input.api_mapping_id)?;
    let after = Mapping {
        id: before.id.clone(),
        key: input.api_mapping_key.clone().unwrap_or_else(|| before.key.clone()),
        api: input.api_id.clone(),
        stage: input.stage.clone().or_else(|| before.stage.clone()),
    };
    check_key(&after.key)?;
    check_target(tx, &after.api, after.stage.as_deref().unwrap_or_default())?;
    if after.key != before.key && domains::mapping(&**tx, &domain, &after.key)?.is_some() {
        return Err(taken().into());
    }
    domains::unmap(tx, &domain, &before);
    domains::map(tx, &domain, &after)?;
    documents::show(&members(&after))
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &model::DeleteApiMappingInput,
) -> Result<model::DeleteApiMappingOutput> {
    let domain = names::find(&**tx, &tx.scope(), &input.domain_name)?.name;
    let mapping = find(&**tx, &domain, &input.api_mapping_id)?;
    domains::unmap(tx, &domain, &mapping);
    Ok(model::DeleteApiMappingOutput::default())
}

/// Whether an API of the account has that stage.
pub(crate) fn serves(tx: &Tx<'_>, api: &str, stage: &str) -> Result<bool> {
    let found: Option<Api> = tx.get_record(&crate::keys::api(api))?;
    Ok(found.is_some_and(|api| api.scope == tx.scope() && api.stages.contains_key(stage)))
}

/// Refuses to take away an API, or a stage of it, to which mappings lead.
pub(crate) fn check_unmapped(tx: &Tx<'_>, api: &str, stage: Option<&str>) -> Result<()> {
    if domains::mapped_to(&**tx, api, stage)?.is_empty() {
        return Ok(());
    }
    let message = match stage {
        Some(stage) => format!(
            "Deleting stage {stage} failed. Please remove all API mappings for the stage from your custom domain names."
        ),
        None => format!(
            "Deleting API {api} failed. Please remove all API mappings for the API from your custom domain names."
        ),
    };
    Err(errors::bad(message).into())
}
