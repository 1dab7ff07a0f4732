//! Routes: which requests go to which integration.

use api_apigatewayv2 as model;
use service::{Result, Tx, View};
use wire::Fault;

use crate::api::{self, HttpApi, Route};
use crate::errors;
use crate::pattern::Pattern;

/// The same members under another name: the model repeats them in each output.
macro_rules! output {
    ($output:ident, $shown:expr) => {{
        let shown = $shown;
        model::$output {
            api_key_required: shown.api_key_required,
            authorization_type: shown.authorization_type,
            operation_name: shown.operation_name,
            route_id: shown.route_id,
            route_key: Some(shown.route_key),
            target: shown.target,
            ..model::$output::default()
        }
    }};
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &model::CreateRouteInput) -> Result<model::CreateRouteOutput> {
    errors::refuse(&[
        ("ApiKeyRequired", input.api_key_required == Some(true)),
        ("AuthorizationType", input.authorization_type.as_ref().is_some_and(|kind| kind.as_str() != "NONE")),
        ("AuthorizerId", input.authorizer_id.is_some()),
        ("AuthorizationScopes", input.authorization_scopes.is_some()),
        ("ModelSelectionExpression", input.model_selection_expression.is_some()),
        ("RequestModels", input.request_models.is_some()),
        ("RequestParameters", input.request_parameters.is_some()),
        ("RouteResponseSelectionExpression", input.route_response_selection_expression.is_some()),
    ])?;
    check_key(&input.route_key)?;
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    if api.routes.values().any(|route| route.key == input.route_key) {
        let message = format!("Route with key {} already exists for this API", input.route_key);
        return Err(errors::conflict(message).into());
    }
    let route = Route {
        key: input.route_key.clone(),
        integration: checked_target(&api, input.target.as_deref())?,
        operation_name: input.operation_name.clone(),
    };
    let id = api::fresh_id(tx.random(), 7);
    api.routes.insert(id.clone(), route.clone());
    api.put(tx)?;
    Ok(output!(CreateRouteOutput, show(id, route)))
}

/// Refuses what is no route key.
pub(crate) fn check_key(key: &str) -> Result<(), Fault> {
    match Pattern::parse(key) {
        Some(_) => Ok(()),
        None => Err(errors::bad(
            "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> \
             /<RESOURCE PATH>\" or \"$default\"",
        )),
    }
}

/// `integrations/{id}`.
fn checked_target(api: &HttpApi, target: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(target) = target else { return Ok(None) };
    let id = target.strip_prefix("integrations/").filter(|id| api.integrations.contains_key(*id));
    match id {
        Some(id) => Ok(Some(id.to_owned())),
        None => Err(errors::bad(format!("Invalid target specified: {target}"))),
    }
}

pub(crate) fn get(view: &View<'_>, input: &model::GetRouteInput) -> Result<model::GetRouteOutput> {
    let mut api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let route =
        api.routes.remove(&input.route_id).ok_or_else(|| errors::not_found("Route", &input.route_id))?;
    Ok(output!(GetRouteOutput, show(input.route_id.clone(), route)))
}

pub(crate) fn list(view: &View<'_>, input: &model::GetRoutesInput) -> Result<model::GetRoutesOutput> {
    let api = HttpApi::find(&**view, &view.scope(), &input.api_id)?;
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    let pages = api::pages("apigatewayv2:GetRoutes", max_results, token)?;
    let page = pages.of_sorted(view, api.routes, |id, route| Ok(show(id, route)))?;
    Ok(model::GetRoutesOutput { items: Some(page.items), next_token: page.next_token })
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &model::DeleteRouteInput) -> Result<model::DeleteRouteOutput> {
    let mut api = HttpApi::find(&**tx, &tx.scope(), &input.api_id)?;
    api.routes.remove(&input.route_id).ok_or_else(|| errors::not_found("Route", &input.route_id))?;
    api.put(tx)?;
    Ok(model::DeleteRouteOutput::default())
}

fn show(id: String, route: Route) -> model::Route {
    model::Route {
        api_key_required: Some(false),
        authorization_type: Some("NONE".into()),
        operation_name: route.operation_name,
        route_id: Some(id),
        route_key: route.key,
        target: route.integration.map(|id| format!("integrations/{id}")),
        ..model::Route::default()
    }
}
