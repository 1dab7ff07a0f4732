//! Deployments: what an API had at a moment, for stages to have.

use api_apigatewayv2 as model;
use serde_json::json;
use service::{Result, Tx, View};

use crate::api::{self, Api, Asked};
use crate::documents::{self, Members, text};
use crate::{errors, keys};

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &model::CreateDeploymentInput,
) -> Result<model::CreateDeploymentOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    if api.parts_in("routes").next().is_none() {
        return Err(errors::bad("At least one route is required before deploying the Api.").into());
    }
    let id = api.add_deployment(tx, input.description.as_deref(), false);
    api.freeze(tx, &id)?;
    if let Some(name) = &input.stage_name {
        let stage = api.stages.get(name).ok_or_else(|| errors::not_found("Stage", name))?;
        let mut stage = documents::read(stage)?;
        if api::is_auto(&stage) {
            return Err(
                errors::bad("Deployment cannot be created for stages that have auto deploy enabled").into()
            );
        }
        api::deployed(&mut stage, &id);
        documents::set(&mut stage, "lastUpdatedDate", Some(documents::moment(tx.now.millis())));
        api.stages.insert(name.clone(), json!(stage).to_string());
    }
    api.put(tx)?;
    documents::show(&found(&api, &id)?)
}

fn found(api: &Api, id: &str) -> Result<Members> {
    documents::read(api.deployments.get(id).ok_or_else(|| errors::not_found("Deployment", id))?)
}

pub(crate) fn get(view: &View<'_>, input: &model::GetDeploymentInput) -> Result<model::GetDeploymentOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    documents::show(&found(&api, &input.deployment_id)?)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &model::GetDeploymentsInput,
) -> Result<model::GetDeploymentsOutput> {
    let api = Api::find(&**view, &view.scope(), &input.api_id)?;
    let read = |(id, text): (&String, &String)| Ok((id.clone(), documents::read(text)?));
    let all: Vec<(String, Members)> = api.deployments.iter().map(read).collect::<Result<_>>()?;
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    documents::show_page(
        Asked { operation: "apigatewayv2:GetDeployments", max_results, token }.page(view, all)?,
    )
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &model::UpdateDeploymentInput,
) -> Result<model::UpdateDeploymentOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    let mut deployment = found(&api, &input.deployment_id)?;
    documents::set(&mut deployment, "description", input.description.as_deref());
    api.deployments.insert(input.deployment_id.clone(), json!(deployment).to_string());
    api.put(tx)?;
    documents::show(&deployment)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &model::DeleteDeploymentInput,
) -> Result<model::DeleteDeploymentOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    found(&api, &input.deployment_id)?;
    for stage in api.stages.values() {
        if text(&documents::read(stage)?, "deploymentId") == Some(&input.deployment_id) {
            return Err(
                errors::bad("Active stages pointing to this deployment must be moved or deleted").into()
            );
        }
    }
    api.deployments.remove(&input.deployment_id);
    api.live.take_if(|live| live.id == input.deployment_id);
    tx.delete(keys::frozen(&api.id, &input.deployment_id));
    api.put(tx)?;
    Ok(model::DeleteDeploymentOutput::default())
}
