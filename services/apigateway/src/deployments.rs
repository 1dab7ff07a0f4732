//! Deployments: copies of an API that stages serve.

use std::collections::BTreeMap;

use api_apigateway as api;
use service::{Result, Tx, View};
use store::Reads;

use crate::document::{self, Home};
use crate::frozen::Frozen;
use crate::patch::{self, ENTRY};
use crate::{apis, errors, keys, stages};

type Summary = BTreeMap<String, BTreeMap<String, api::MethodSnapshot>>;

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateDeploymentInput) -> Result<api::Deployment> {
    let api_id = input.rest_api_id.as_str();
    let api = apis::find(&**tx, &tx.scope(), api_id)?;
    let endpoint = api.endpoint_configuration.iter().flat_map(|endpoint| endpoint.types.iter().flatten());
    let is_private = endpoint.into_iter().any(|kind| kind.as_str() == "PRIVATE");
    if is_private && api.policy.as_deref().unwrap_or_default().is_empty() {
        return Err(errors::bad("Private REST API doesn't have a resource policy attached to it").into());
    }
    let frozen = Frozen::of(&**tx, &api)?;
    frozen.definition()?.check()?;
    let id = document::fresh_id(tx.random(), 6);
    let made = api::Deployment {
        id: Some(id.clone()),
        description: input.description.clone(),
        created_date: Some(tx.now),
        api_summary: None,
    };
    tx.put_record(keys::frozen(api_id).str(&id), &frozen)?;
    Home::In(api_id).put(tx, &id, &made);
    if let Some(stage) = input.stage_name.as_deref().filter(|name| !name.is_empty()) {
        stages::deploy(tx, input, stage, &id)?;
    }
    Ok(made)
}

fn shown(
    reads: &impl Reads,
    api_id: &str,
    deployment: api::Deployment,
    embed: Option<&Vec<String>>,
) -> Result<api::Deployment> {
    if !embed.into_iter().flatten().any(|what| what == "apisummary") {
        return Ok(deployment);
    }
    let id = deployment.id.as_deref().unwrap_or_default();
    let definition = Frozen::find(reads, api_id, id)?.definition()?;
    let mut summary = Summary::new();
    for (resource, verb, method) in definition.methods() {
        let snapshot = api::MethodSnapshot {
            authorization_type: method.authorization_type.clone(),
            api_key_required: method.api_key_required,
        };
        let path = resource.path.clone().unwrap_or_default();
        summary.entry(path).or_default().insert(verb.to_owned(), snapshot);
    }
    Ok(api::Deployment { api_summary: Some(summary), ..deployment })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetDeploymentInput) -> Result<api::Deployment> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let found = home.find(&**view, &input.deployment_id)?;
    shown(&**view, &input.rest_api_id, found, input.embed.as_ref())
}

pub(crate) fn list(view: &View<'_>, input: &api::GetDeploymentsInput) -> Result<api::GetDeploymentsOutput> {
    let home = apis::home(&**view, &view.scope(), &input.rest_api_id)?;
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = home.page(view, page, |_: &mut api::Deployment| Ok(true))?;
    Ok(api::GetDeploymentsOutput { items: Some(items), position })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateDeploymentInput) -> Result<api::Deployment> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    let found: api::Deployment = home.find(&**tx, &input.deployment_id)?;
    let changed = patch::apply(&found, &input.patch_operations, &[("/description", ENTRY)])?;
    home.put(tx, &input.deployment_id, &changed);
    Ok(changed)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteDeploymentInput,
) -> Result<api::DeleteDeploymentOutput> {
    let home = apis::home(&**tx, &tx.scope(), &input.rest_api_id)?;
    home.find::<api::Deployment>(&**tx, &input.deployment_id)?;
    let id = Some(&input.deployment_id);
    let serves = |stage: &api::Stage| {
        let canary = stage.canary_settings.as_ref().and_then(|canary| canary.deployment_id.as_ref());
        stage.deployment_id.as_ref() == id || canary == id
    };
    if home.all::<api::Stage>(&**tx)?.iter().any(serves) {
        let message = "Active stages pointing to this deployment must be moved or deleted";
        return Err(errors::bad(message).into());
    }
    home.delete::<api::Deployment>(tx, &input.deployment_id)?;
    tx.delete(keys::frozen(&input.rest_api_id).str(&input.deployment_id));
    Ok(api::DeleteDeploymentOutput::default())
}
