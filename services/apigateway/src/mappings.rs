//! Base path mappings: what the first part of a path at a domain leads to.
//!
//! Mappings with more than one part, and those to APIs of version 2, are made there; they are shown here too.

use api_apigateway as api;
use service::domains::{self, Mapping};
use service::{Pages, Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::document::{self, Home};
use crate::patch::{self, REPLACE};
use crate::{apis, domains as names, errors};

/// How the API calls the path that is empty.
const NONE: &str = "(none)";

fn missing() -> Fault {
    errors::missing("Invalid base path mapping identifier specified")
}

/// The key of a mapping.
fn key_of(path: Option<&str>) -> &str {
    path.filter(|path| *path != NONE).unwrap_or_default()
}

fn check_key(key: &str) -> Result<(), Fault> {
    if key.contains('/') {
        return Err(errors::bad(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.",
        ));
    }
    let is_known = |c: char| c.is_ascii_alphanumeric() || "$-_.+!*'()".contains(c);
    match key.len() <= 300 && key.chars().all(is_known) {
        true => Ok(()),
        false => Err(errors::bad("Invalid base path: it may have letters, numbers and $-_.+!*'() alone")),
    }
}

/// Whether an API of the account is there, with that stage of it.
pub(crate) fn has_stage(tx: &Tx<'_>, api: &str, stage: Option<&str>) -> Result<bool> {
    if Home::Of(&tx.scope()).get::<api::RestApi>(&**tx, api)?.is_none() {
        return Ok(false);
    }
    let Some(stage) = stage else { return Ok(true) };
    Ok(Home::In(api).get::<api::Stage>(&**tx, stage)?.is_some())
}

fn check_target(tx: &Tx<'_>, api: &str, stage: Option<&str>) -> Result<()> {
    if apis::find(&**tx, &tx.scope(), api).is_err() {
        return Err(errors::bad("Invalid REST API identifier specified").into());
    }
    match has_stage(tx, api, stage)? {
        true => Ok(()),
        false => Err(errors::bad("Invalid stage identifier specified").into()),
    }
}

fn taken() -> Fault {
    errors::conflict("Base path already exists for this domain name")
}

fn shown(mapping: Mapping) -> api::BasePathMapping {
    let path = if mapping.key.is_empty() { NONE.to_owned() } else { mapping.key };
    api::BasePathMapping { base_path: Some(path), rest_api_id: Some(mapping.api), stage: mapping.stage }
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateBasePathMappingInput,
) -> Result<api::BasePathMapping> {
    let id = input.domain_name_id.as_deref();
    let domain = names::find(&**tx, &tx.scope(), &input.domain_name, id)?;
    let key = key_of(input.base_path.as_deref());
    check_key(key)?;
    let stage = input.stage.clone().filter(|stage| !stage.is_empty());
    check_target(tx, &input.rest_api_id, stage.as_deref())?;
    if domains::mapping(&**tx, &domain.name, key)?.is_some() {
        return Err(taken().into());
    }
    let id = document::fresh_id(tx.random(), 6);
    let mapping = Mapping { id, key: key.to_owned(), api: input.rest_api_id.clone(), stage };
    domains::map(tx, &domain.name, &mapping)?;
    Ok(shown(mapping))
}

/// A mapping, with the name of its domain.
fn find(
    reads: &impl Reads,
    scope: &::names::Scope,
    (domain, id): (&str, Option<&str>),
    path: &str,
) -> Result<(String, Mapping)> {
    let domain = names::find(reads, scope, domain, id)?;
    let found = domains::mapping(reads, &domain.name, key_of(Some(path)))?;
    Ok((domain.name, found.ok_or_else(missing)?))
}

pub(crate) fn get(view: &View<'_>, input: &api::GetBasePathMappingInput) -> Result<api::BasePathMapping> {
    let domain = (input.domain_name.as_str(), input.domain_name_id.as_deref());
    Ok(shown(find(&**view, &view.scope(), domain, &input.base_path)?.1))
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::GetBasePathMappingsInput,
) -> Result<api::GetBasePathMappingsOutput> {
    let domain = names::find(&**view, &view.scope(), &input.domain_name, input.domain_name_id.as_deref())?;
    let limit = document::limit_of(input.limit)?;
    let token = input.position.as_deref();
    let pages = Pages { operation: "mapping", token, limit, bad_token: document::bad_token };
    let all = domains::mappings(&**view, &domain.name)?;
    let all = all.into_iter().map(|mapping| (mapping.key.clone(), mapping));
    let page = pages.of_sorted(view, all, |_, mapping| Ok(shown(mapping)))?;
    Ok(api::GetBasePathMappingsOutput { items: Some(page.items), position: page.next_token })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateBasePathMappingInput,
) -> Result<api::BasePathMapping> {
    let domain = (input.domain_name.as_str(), input.domain_name_id.as_deref());
    let (domain, before) = find(&**tx, &tx.scope(), domain, &input.base_path)?;
    let mut changes = patch::changes(&input.patch_operations)?;
    for change in &mut changes {
        // The one path that is not called as the member.
        if change.parts == ["restapiId"] {
            change.parts = vec!["restApiId".into()];
        }
    }
    let table = &[("/basePath", REPLACE), ("/restApiId", REPLACE), ("/stage", REPLACE)];
    let changed = patch::apply_changes(&shown(before.clone()), &changes, table)?;
    let after = Mapping {
        id: before.id.clone(),
        key: key_of(changed.base_path.as_deref()).to_owned(),
        api: changed.rest_api_id.unwrap_or_default(),
        stage: changed.stage.filter(|stage| !stage.is_empty()),
    };
    check_key(&after.key)?;
    check_target(tx, &after.api, after.stage.as_deref())?;
    if after.key != before.key && domains::mapping(&**tx, &domain, &after.key)?.is_some() {
        return Err(taken().into());
    }
    domains::unmap(tx, &domain, &before);
    domains::map(tx, &domain, &after)?;
    Ok(shown(after))
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteBasePathMappingInput,
) -> Result<api::DeleteBasePathMappingOutput> {
    let domain = (input.domain_name.as_str(), input.domain_name_id.as_deref());
    let (domain, mapping) = find(&**tx, &tx.scope(), domain, &input.base_path)?;
    domains::unmap(tx, &domain, &mapping);
    Ok(api::DeleteBasePathMappingOutput::default())
}
