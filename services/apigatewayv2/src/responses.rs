//! Responses of routes and integrations of WebSocket APIs: whether a client hears of what came of its message, and how that is
//! changed on its way.

use serde_json::Value;
use service::Result;
use templates::Template;
use wire::Fault;

use crate::api::Api;
use crate::documents::{self, Members, text};
use crate::parts::{self, Kind};
use crate::socket::checks;
use crate::socket::select::{self, Selection};
use crate::{errors, integrations, routes};

/// Responses of routes.
pub(crate) const OF_ROUTES: Kind = Kind {
    folder: "responses",
    above: Some(&routes::KIND),
    id: "routeResponseId",
    name: "RouteResponse",
    settle: settle_of_route,
    reach: parts::within,
    check_unused: parts::unused,
};

/// Responses of integrations.
pub(crate) const OF_INTEGRATIONS: Kind = Kind {
    folder: "responses",
    above: Some(&integrations::KIND),
    id: "integrationResponseId",
    name: "IntegrationResponse",
    settle: settle_of_integration,
    reach: parts::within,
    check_unused: parts::unused,
};

/// Only WebSocket APIs have them, and of one key there is one.
fn check_key(api: &Api, path: &str, members: &Members, name: &str, what: &str) -> Result<()> {
    if api.protocol != "WEBSOCKET" {
        return Err(errors::bad(format!("{what} are only supported for WEBSOCKET protocol APIs")).into());
    }
    for other in api.beside(path) {
        if text(&documents::read(other)?, name) == text(members, name) {
            let key = text(members, name).unwrap_or_default();
            return Err(errors::conflict(format!("{what} with key {key} already exist")).into());
        }
    }
    Ok(())
}

fn settle_of_route(api: &Api, path: &str, members: &mut Members) -> Result<()> {
    check_key(api, path, members, "routeResponseKey", "Route responses")?;
    if text(members, "routeResponseKey") != Some("$default") {
        return Err(errors::bad("Route response key must be $default").into());
    }
    Ok(errors::refuse(&[
        ("ModelSelectionExpression", members.contains_key("modelSelectionExpression")),
        ("ResponseModels", members.contains_key("responseModels")),
        ("ResponseParameters of route responses", members.contains_key("responseParameters")),
    ])?)
}

fn settle_of_integration(api: &Api, path: &str, members: &mut Members) -> Result<()> {
    check_key(api, path, members, "integrationResponseKey", "Integration responses")?;
    let key = text(members, "integrationResponseKey").unwrap_or_default();
    if !select::is_key(key) {
        return Err(errors::bad(format!("Invalid integration response key specified: {key}")).into());
    }
    check_templates(members, "responseTemplates")?;
    checks::check_mappings(members, "responseParameters", "route.response.", &["header"])?;
    Ok(errors::refuse(&[("ContentHandlingStrategy", members.contains_key("contentHandlingStrategy"))])?)
}

/// Templates, and the expression that selects one of them, can be read.
pub(crate) fn check_templates(members: &Members, name: &str) -> Result<(), Fault> {
    for (key, template) in members.get(name).and_then(Value::as_object).into_iter().flatten() {
        if let Err(error) = Template::parse(template.as_str().unwrap_or_default()) {
            return Err(errors::bad(format!("Invalid mapping template specified for {key}: {error}")));
        }
    }
    match text(members, "templateSelectionExpression") {
        Some(expression) if Selection::parse(expression).is_none() => {
            Err(errors::bad(format!("Invalid template selection expression specified: {expression}")))
        }
        _ => Ok(()),
    }
}
