//! Authorizers: functions and issuers of tokens that say who may send a request.

use api_apigatewayv2 as model;
use serde_json::{Value, json};
use service::{Result, Tx};
use wire::Fault;

use crate::api::Api;
use crate::call::source::Source;
use crate::documents::{self, Members, text};
use crate::parts::{self, Kind};
use crate::socket::checks;
use crate::{errors, integrations};

/// Authorizers.
pub(crate) const KIND: Kind = Kind {
    folder: "authorizers",
    above: None,
    id: "authorizerId",
    name: "Authorizer",
    settle,
    reach: parts::within,
    check_unused,
};

/// Members of authorizers, and what OpenAPI documents call them.
pub(crate) const DOCUMENTED: [(&str, &str); 6] = [
    ("authorizerUri", "authorizerUri"),
    ("authorizerCredentialsArn", "authorizerCredentials"),
    ("authorizerResultTtlInSeconds", "authorizerResultTtlInSeconds"),
    ("authorizerPayloadFormatVersion", "authorizerPayloadFormatVersion"),
    ("enableSimpleResponses", "enableSimpleResponses"),
    ("jwtConfiguration", "jwtConfiguration"),
];

/// How long what an authorizer said is remembered, where the client does not say.
const REMEMBERED_SECONDS: i64 = 300;

fn settle(api: &Api, path: &str, members: &mut Members) -> Result<()> {
    for other in api.beside(path) {
        if text(&documents::read(other)?, "name") == text(members, "name") {
            return Err(errors::conflict(
                "Authorizer name must be unique. Authorizer with this name already exists",
            )
            .into());
        }
    }
    if api.protocol == "WEBSOCKET" {
        return Ok(checks::authorizer(members)?);
    }
    for source in sources(members) {
        if Source::parse(source).is_none() {
            return Err(errors::bad(format!("Invalid identity source specified: {source}")).into());
        }
    }
    Ok(match text(members, "authorizerType") {
        Some("JWT") => check_issuer(members),
        Some("REQUEST") => settle_function(members),
        _ => Err(errors::bad("Invalid authorizer type specified for this protocol")),
    }?)
}

pub(crate) fn sources(members: &Members) -> impl Iterator<Item = &str> {
    members.get("identitySource").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn check_issuer(members: &Members) -> Result<(), Fault> {
    if sources(members).count() != 1 {
        return Err(errors::bad("Identity source must have exactly one value for JWT authorizers"));
    }
    let configuration = members.get("jwtConfiguration").and_then(Value::as_object);
    let issuer = configuration.and_then(|configuration| text(configuration, "issuer")).unwrap_or_default();
    if !issuer.starts_with("https://") && !issuer.starts_with("http://") {
        return Err(errors::bad(format!("Invalid issuer: {issuer}. Issuer must have a valid URL format")));
    }
    let audience = configuration.and_then(|configuration| configuration.get("audience")?.as_array());
    if audience.is_none_or(Vec::is_empty) {
        return Err(errors::bad("Audience is required for JWT authorizers"));
    }
    Ok(())
}

fn settle_function(members: &mut Members) -> Result<(), Fault> {
    integrations::checked_function(text(members, "authorizerUri"))?;
    let is_simple = members.get("enableSimpleResponses") == Some(&Value::Bool(true));
    match text(members, "authorizerPayloadFormatVersion") {
        Some("2.0") => {}
        Some("1.0") if !is_simple => {}
        Some("1.0") => return Err(errors::bad("EnableSimpleResponses requires payload format version 2.0")),
        _ => {
            return Err(errors::bad(
                "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer",
            ));
        }
    }
    let has_sources = sources(members).next().is_some();
    documents::default(
        members,
        "authorizerResultTtlInSeconds",
        if has_sources { REMEMBERED_SECONDS } else { 0 },
    );
    documents::default(members, "enableSimpleResponses", false);
    documents::default(members, "identitySource", json!([]));
    let remembers = members.get("authorizerResultTtlInSeconds") != Some(&json!(0));
    if remembers && !has_sources {
        return Err(errors::bad("IdentitySource is required when authorizer caching is enabled"));
    }
    Ok(())
}

fn check_unused(api: &Api, id: &str) -> Result<()> {
    for (_, route) in api.parts_in("routes") {
        if text(&documents::read(route)?, "authorizerId") == Some(id) {
            return Err(errors::conflict("Cannot delete authorizer, it is referenced by a route").into());
        }
    }
    Ok(())
}

/// What was remembered so far counts no more: authorizers are asked again.
pub(crate) fn forget(
    tx: &mut Tx<'_>,
    input: &model::ResetAuthorizersCacheInput,
) -> Result<model::ResetAuthorizersCacheOutput> {
    let api = Api::find(&**tx, &tx.scope(), &input.api_id)?;
    if !api.stages.contains_key(&input.stage_name) {
        return Err(errors::not_found("Stage", &input.stage_name).into());
    }
    // What is remembered is remembered of a plan, and whoever writes an API has its plans made anew.
    api.put(tx)?;
    Ok(model::ResetAuthorizersCacheOutput::default())
}
