//! Routes: which requests go to which integration, and who may send them.

use api_apigatewayv2 as model;
use serde_json::Value;
use service::{Result, Tx};
use wire::Fault;

use crate::api::Api;
use crate::documents::{self, Members, text};
use crate::parts::{self, Kind};
use crate::pattern::Pattern;
use crate::socket::checks;
use crate::{errors, integrations, models};

/// Routes.
pub(crate) const KIND: Kind = Kind {
    folder: "routes",
    above: None,
    id: "routeId",
    name: "Route",
    settle,
    reach: parts::within,
    check_unused: parts::unused,
};

/// What routes of HTTP APIs do not have.
const NOT_OF_HTTP: [&str; 4] =
    ["modelSelectionExpression", "requestModels", "requestParameters", "routeResponseSelectionExpression"];

fn settle(api: &Api, path: &str, members: &mut Members) -> Result<()> {
    documents::default(members, "apiKeyRequired", false);
    documents::default(members, "authorizationType", "NONE");
    let key = text(members, "routeKey").unwrap_or_default();
    if api.protocol == "WEBSOCKET" {
        checks::route(key, members)?;
        models::check_named(api, members)?;
    } else {
        check_key(key)?;
        check_members(members)?;
    }
    for other in api.beside(path) {
        if text(&documents::read(other)?, "routeKey") == Some(key) {
            let message = format!("Route with key {key} already exists for this API");
            return Err(errors::conflict(message).into());
        }
    }
    if let Some(target) = text(members, "target") {
        let mut all = api.parts_in(integrations::KIND.folder);
        let named = target.strip_prefix(integrations::KIND.folder).and_then(|rest| rest.strip_prefix('/'));
        if !all.any(|(id, _)| Some(id) == named) {
            return Err(errors::bad(format!("Invalid target specified: {target}")).into());
        }
    }
    check_authorization(api, members)
}

/// A route requires that parameter no more.
pub(crate) fn delete_parameter(
    tx: &mut Tx<'_>,
    input: &model::DeleteRouteRequestParameterInput,
) -> Result<model::DeleteRouteRequestParameterOutput> {
    let mut api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    let path = format!("{}/{}", KIND.folder, input.route_id);
    let route = api.parts.get(&path).ok_or_else(|| errors::not_found(KIND.name, &input.route_id))?;
    let mut route = documents::read(route)?;
    let parameters = route.get_mut("requestParameters").and_then(Value::as_object_mut);
    if parameters.and_then(|parameters| parameters.remove(&input.request_parameter_key)).is_none() {
        return Err(errors::not_found("RequestParameter", &input.request_parameter_key).into());
    }
    api.parts.insert(path, Value::Object(route).to_string());
    api.put_changed(tx)?;
    Ok(model::DeleteRouteRequestParameterOutput::default())
}

/// Refuses what is no route key.
fn check_key(key: &str) -> Result<(), Fault> {
    match Pattern::parse(key) {
        Some(_) => Ok(()),
        None => Err(errors::bad(
            "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> \
             /<RESOURCE PATH>\" or \"$default\"",
        )),
    }
}

fn check_members(members: &Members) -> Result<(), Fault> {
    if members.get("apiKeyRequired") == Some(&Value::Bool(true)) {
        return Err(errors::bad("apiKeyRequired is not currently supported for HTTP APIs"));
    }
    match NOT_OF_HTTP.iter().find(|name| members.contains_key(**name)) {
        Some(name) => Err(errors::bad(format!("{name} is not supported for protocol type HTTP"))),
        None => Ok(()),
    }
}

/// An authorizer is there where the type of authorization needs one, and of the type that fits.
fn check_authorization(api: &Api, members: &mut Members) -> Result<()> {
    let needed = match text(members, "authorizationType").unwrap_or_default() {
        "JWT" => "JWT",
        "CUSTOM" => "REQUEST",
        _ => {
            members.remove("authorizerId");
            return Ok(());
        }
    };
    let Some(id) = text(members, "authorizerId") else {
        return Err(errors::bad("AuthorizerId is required for this authorization type").into());
    };
    let Some(found) = api.parts.get(&format!("authorizers/{id}")) else {
        return Err(errors::bad(format!("Invalid authorizer ID specified: {id}")).into());
    };
    if text(&documents::read(found)?, "authorizerType") != Some(needed) {
        return Err(errors::bad("The authorization type does not match the authorizer's type").into());
    }
    Ok(())
}
